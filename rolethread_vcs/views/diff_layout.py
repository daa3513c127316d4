"""Lays a difference out for reading, the same for every rendering: what is shown, what is folded, what is inline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unicodedata import is_normalized, normalize

from rolethread_vcs.diff import ABSENT, ChangeKind
from rolethread_vcs.diff.entry import EntryDiff, MessageChange, content_of
from rolethread_vcs.diff.fields import Path, ValueChange, spelled
from rolethread_vcs.diff.fields import changes as value_changes
from rolethread_vcs.diff.words import WordChange, word_changes
from rolethread_vcs.model.entry import CONVERSATIONS, is_equal
from rolethread_vcs.ops.compare.comparison import ComparedEntry, ComparedFile
from rolethread_vcs.phrases import count
from rolethread_vcs.views.entries import gist_of, other_fields, text_of, value_text
from rolethread_vcs.views.terminal_text import exact_text, safe_text, seen, styled

Words = Literal["auto", "color", "plain", "none"]
"""How changed words are shown: in their text where that reads well, always so (in colours or brackets), or never."""

BRACKETS = {"insert": "{+%s+}", "delete": "[-%s-]", "equal": "%s"}
_STYLES = {"insert": "inserted", "delete": "deleted"}

_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_OPS = (("edit", "edited"), ("insert", "added"), ("remove", "removed"), ("move", "moved"))
_NAMED = 3
_CONTEXT = 1

_STAYS = 0.4
"""Share of a text that must have stayed for its changes to be shown inside of it."""
_CHANGES = 4
_WORDS_A_CHANGE = 12
"""And so many changes at most, and one more for so many words."""

_LONG_STRETCH = 400
"""Characters of unchanged text from which its middle is left out …"""
_KEPT = 120
"""… and so many are kept on each side of it."""


# ---- messages


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An unchanged message beside a changed one, with its number after the change."""

    index: int
    message: Any


@dataclass(frozen=True, slots=True)
class Folded:
    """Unchanged messages in a row that are shown as their number."""

    messages: tuple[Unchanged, ...]

    @property
    def count(self) -> int:
        return len(self.messages)


Step = MessageChange | Unchanged | Folded


def message_steps(after: Any, changes: Sequence[MessageChange]) -> Iterator[Step]:
    messages = after if isinstance(after, list) else []
    changed_before = {change.before.index for change in changes if change.before is not None}
    changed_after = {change.after.index for change in changes if change.after is not None}
    unchanged = [Unchanged(index, message) for index, message in enumerate(messages) if index not in changed_after]
    rows: list[Unchanged | MessageChange] = []
    shown = 0
    for change in changes:
        if change.after is not None:
            place = change.after.index - sum(index < change.after.index for index in changed_after)
        else:
            assert change.before is not None
            place = change.before.index - sum(index < change.before.index for index in changed_before)
        rows += unchanged[shown:place]
        shown = max(shown, place)
        rows.append(change)
    rows += unchanged[shown:]
    yield from _fold(rows)


def _fold(rows: Sequence[Unchanged | MessageChange]) -> Iterator[Step]:
    near: set[int] = set()
    for place, row in enumerate(rows):
        if isinstance(row, MessageChange):
            near.update(range(place - _CONTEXT, place + _CONTEXT + 1))
    hidden: list[Unchanged] = []
    for place, row in enumerate(rows):
        if place not in near and isinstance(row, Unchanged):
            hidden.append(row)
            continue
        yield from _folded(hidden)
        hidden = []
        yield row
    yield from _folded(hidden)


def _folded(hidden: list[Unchanged]) -> Iterator[Step]:
    if len(hidden) == 1:  # a line that says so would take as much room
        yield hidden[0]
    elif hidden:
        yield Folded(tuple(hidden))


def changed_lists(compared: ComparedEntry, difference: EntryDiff) -> Iterator[tuple[str, Iterator[Step]]]:
    for name, changes in _changes_by_list(difference):
        after = None if compared.after is None else compared.after.document.get(name)
        yield "" if name == "messages" else name, message_steps(after, changes)


def _changes_by_list(difference: EntryDiff) -> Iterator[tuple[str, tuple[MessageChange, ...]]]:
    for name in CONVERSATIONS:
        changes: tuple[MessageChange, ...] = getattr(difference, name)
        if changes:
            yield name, changes


# ---- words


def text_changes(change: MessageChange, words: Words) -> tuple[tuple[WordChange, ...], list[tuple[str, str]]]:
    """Return what became of the text of a message: words inside of it, or else what went (`-`) and what came (`+`).

    Where both look alike, they are spelled out.
    """
    old, new = change.before, change.after
    if old is None or new is None:
        message = placed.message if (placed := old or new) else None
        has_text = text_of(message) or not other_fields(message)  # else those are shown
        return (), [("-" if new is None else "+", text_of(message) or gist_of(message))] if has_text else []
    if change.words and words != "none" and (words != "auto" or _reads_inline(change.words)):
        return tuple(told_apart(tuple(shortened(change.words)))), []
    before, after = (content_of(each.message) for each in (old, new))
    if is_equal(before, after):
        return (), []
    texts = text_of(old.message), text_of(new.message)
    if texts[0] == texts[1] or not all(isinstance(each, str) for each in (before, after)):
        texts = json_text(before), json_text(after)
    return (), [(mark, text or "(empty)") for mark, text in zip("-+", alike_spelled_out(*texts), strict=True)]


def told_apart(changes: Sequence[WordChange]) -> Iterator[WordChange]:
    """Yield the pieces of a text, those spelled out that cannot be seen, or look like the piece that they replace."""
    for place, (kind, text) in enumerate(changes):
        look = seen(text)
        beside = (*changes[max(place - 1, 0) : place], *changes[place + 1 : place + 2])
        is_alike = not look.strip(" ") or any(other != "equal" and seen(its) == look for other, its in beside)
        yield kind, exact_text(text) if kind != "equal" and is_alike else text


def alike_spelled_out(one: str, other: str) -> tuple[str, str]:
    """Return two texts, spelled out where they differ and look alike."""
    return (exact_text(one), exact_text(other)) if one != other and seen(one) == seen(other) else (one, other)


def was_note(change: MessageChange) -> str:
    """Return where a message that moved had been; one that has its number again was passed by others."""
    if change.op != "move" or change.before is None or change.after is None:
        return ""
    is_passed = change.before.index == change.after.index
    return "others moved past it" if is_passed else f"was [{change.before.index}]"


def form_note(change: MessageChange) -> str:
    """Return that a text is the same but for its Unicode form, and from which to which; "" where it is not."""
    old, new = (None if each is None else content_of(each.message) for each in (change.before, change.after))
    if not isinstance(old, str) or not isinstance(new, str) or old == new:
        return ""
    if normalize("NFC", old) != normalize("NFC", new):
        return ""
    before, after = (next((form for form in _FORMS if is_normalized(form, text)), "mixed") for text in (old, new))
    return f"only its Unicode form: {before} → {after}"


def _reads_inline(changes: Sequence[WordChange]) -> bool:
    sizes = {"equal": 0, "delete": 0, "insert": 0}
    groups, words, last = 0, 0, "equal"
    for kind, text in changes:
        sizes[kind] += len(text)
        words += text.count(" ") + 1
        groups += kind != "equal" and last == "equal"
        last = kind
    stays = sizes["equal"] >= _STAYS * (sizes["equal"] + max(sizes["delete"], sizes["insert"]))
    return stays and groups <= _CHANGES + words // _WORDS_A_CHANGE


def shortened(changes: Sequence[WordChange]) -> Iterator[WordChange]:
    for place, (kind, text) in enumerate(changes):
        if kind != "equal" or len(text) <= _LONG_STRETCH:
            yield kind, text
            continue
        # cut between words, where there is more than one
        start = "" if place == 0 else re.sub(r"\s+\S*\Z", "", text[: _KEPT + 1])
        end = "" if place == len(changes) - 1 else re.sub(r"\A\S*\s+", "", text[-_KEPT - 1 :])
        yield "equal", f"{start}{' ' if start else ''}…{' ' if end else ''}{end}"


def marked_words(changes: Iterable[WordChange], *, color: bool) -> str:
    """Return a text with its changed words marked: by style (struck through, underlined), else as `[-old-]{+new+}`."""
    parts = []
    for kind, text in changes:
        if kind == "equal":
            parts.append(safe_text(text))
        elif color:
            # white space has no colour
            parts.append(styled(text if text.strip() else text.replace(" ", "␣"), _STYLES[kind]))
        else:
            parts.append(styled(BRACKETS[kind] % text, _STYLES[kind]))
    return "".join(parts)


# ---- values


def json_text(value: Any) -> str:
    return "(nothing)" if value is ABSENT else value_text(value)


def value_lines(difference: EntryDiff) -> Iterator[tuple[str, str, str]]:
    for field in difference.fields:
        yield field.key, *_both(field.before, field.after)
    for change in difference.extra:
        yield _value_line(("extra",), change)


def _value_line(path: Path, change: ValueChange) -> tuple[str, str, str]:
    name = spelled((*path, *change.path))
    if change.reordered:
        return f"{name} (key order)", ", ".join(change.before), ", ".join(change.after)
    return name, *_both(change.before, change.after)


def attribute_values(change: MessageChange) -> Iterator[tuple[str, str, str]]:
    """Yield what a message has besides its text, before and after: what differs, or all where it came or went."""
    if change.before is None or change.after is None:
        placed = change.after or change.before
        for key, value in other_fields(None if placed is None else placed.message).items():
            yield key, json_text(value), json_text(value)
        return
    for key in dict.fromkeys((*change.reordered, *change.attributes)):
        one, other = change.before.message, change.after.message
        if key in change.reordered:
            yield from (_value_line((key,), each) for each in value_changes(one[key], other[key]))
        else:
            yield key, *_both(_attribute(one, key), _attribute(other, key))


def value_words(before: str, after: str) -> tuple[WordChange, ...]:
    """Return how a long value became another, word by word; nothing where that does not read well."""
    changes = word_changes(before, after)
    return tuple(told_apart(tuple(shortened(changes)))) if _reads_inline(changes) else ()


def _both(before: Any, after: Any) -> tuple[str, str]:
    return alike_spelled_out(json_text(before), json_text(after))


def _attribute(message: Any, key: str) -> Any:
    value = message.get(key, ABSENT) if isinstance(message, dict) else ABSENT
    return True if key == "train" and value is ABSENT else value


# ---- other files


def changed_lines(compared: ComparedFile) -> Iterator[tuple[str, str]]:
    for change in compared.changes:
        values = zip("-+", (change.before, change.after), _both(change.before, change.after), strict=True)
        for mark, value, text in values:
            if value is not ABSENT:
                yield mark, f"{spelled(change.path)}: {text}"
    if compared.changes:
        return
    from difflib import unified_diff

    old, new = (
        [] if data is None else data.decode("utf-8", "backslashreplace").splitlines()
        for data in (compared.before, compared.after)
    )
    for line in list(unified_diff(old, new, lineterm="", n=1))[2:]:
        if not line.startswith("@@"):
            yield line[:1], line[1:]


# ---- the line about an entry


def summary_of(compared: ComparedEntry, difference: EntryDiff) -> str:
    if compared.problem:
        return compared.problem
    if compared.change is ChangeKind.MOVED:
        return "moved to another place in the order"
    entry = compared.after or compared.before
    if compared.change is not ChangeKind.CHANGED and entry is not None:
        number = len(entry.messages) if isinstance(entry.messages, list) else 0
        return "  ".join([count(number, "message"), *(f"#{tag}" for tag in entry.tags)])
    parts: list[str] = []
    for name, changes in _changes_by_list(difference):
        parts += _messages_summary(name, changes)
    tags = [f"+{tag}" for tag in difference.tags_added] + [f"-{tag}" for tag in difference.tags_removed]
    if tags:
        parts.append(f"tags {' '.join(tags)}")
    parts += [name for name, _, _ in value_lines(difference)]
    if compared.moved:
        parts.append("moved")
    return ", ".join(parts) or "its layout only"


def _messages_summary(name: str, changes: Sequence[MessageChange]) -> Iterator[str]:
    where = "" if name == "messages" else f"{name} "
    for op, word in _OPS:
        same = [change for change in changes if change.op == op and form_note(change)]
        yield from _places_summary(
            where, [change for change in changes if change.op == op and change not in same], word
        )
        yield from _places_summary(where, same, f"{word} in its Unicode form only")
    by_attributes: dict[tuple[str, ...], list[MessageChange]] = {}
    for change in changes:
        if change.op == "attributes":
            names = [key for key in change.attributes if key not in change.reordered]
            names += [f"{key} (key order)" for key in change.reordered]
            by_attributes.setdefault(tuple(names), []).append(change)
    for attributes, changed in by_attributes.items():
        yield from _places_summary(where, changed, " and ".join(attributes))


def _places_summary(where: str, changes: Sequence[MessageChange], word: str) -> Iterator[str]:
    places = [placed.index for change in changes if (placed := change.after or change.before) is not None]
    if 0 < len(places) <= _NAMED:
        yield f"{where}{' '.join(f'[{place}]' for place in places)} {word}"
    elif places:
        yield f"{where}{len(places)} messages {word}"
