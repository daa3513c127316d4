"""Lays a difference out for reading, the same for every rendering: what is shown, what is folded, what is inline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.entry import EntryDiff, MessageChange
from rolethread_vcs.diff.fields import Path, ValueChange, spelled
from rolethread_vcs.diff.fields import changes as value_changes
from rolethread_vcs.diff.words import WordChange
from rolethread_vcs.model.change_kind import ChangeKind
from rolethread_vcs.model.entry import CONVERSATIONS
from rolethread_vcs.ops.compare.comparison import ComparedEntry, ComparedFile
from rolethread_vcs.phrases import count
from rolethread_vcs.views.entries import text_of, value_text
from rolethread_vcs.views.terminal_text import safe_text, styled

Words = Literal["auto", "color", "plain", "none"]
"""How changed words are shown: in their text where that reads well, always so (in colours or brackets), or never."""

BRACKETS = {"insert": "{+%s+}", "delete": "[-%s-]", "equal": "%s"}
_STYLES = {"insert": "added", "delete": "removed"}

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
        after = None if compared.after is None else compared.after.fields.get(name)
        yield "" if name == "messages" else name, message_steps(after, changes)


def _changes_by_list(difference: EntryDiff) -> Iterator[tuple[str, tuple[MessageChange, ...]]]:
    for name in CONVERSATIONS:
        changes: tuple[MessageChange, ...] = getattr(difference, name)
        if changes:
            yield name, changes


# ---- words


def inline_words(change: MessageChange, words: Words) -> tuple[WordChange, ...]:
    if words == "none" or (words == "auto" and not _reads_inline(change.words)):
        return ()
    return tuple(shortened(change.words))


def text_changes(change: MessageChange, words: Words) -> tuple[tuple[WordChange, ...], list[tuple[str, str]]]:
    """Return what became of the text of a message: words inside of it, or else what went (`-`) and what came (`+`)."""
    old, new = (None if placed is None else text_of(placed.message) for placed in (change.before, change.after))
    if old is not None and new is not None and (inline := inline_words(change, words)):
        return inline, []
    sides = [] if old == new else [("-", old), ("+", new)]
    return (), [(mark, text) for mark, text in sides if text is not None]


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
    """Return a text with its changed words marked: by style where styles show, else as `[-old-]{+new+}`."""
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
    if value is ABSENT:
        return "(nothing)"
    return value_text(value)


def value_lines(difference: EntryDiff) -> Iterator[tuple[str, str, str]]:
    for field in difference.fields:
        yield field.key, json_text(field.before), json_text(field.after)
    for change in difference.extra:
        yield _value_line(("extra",), change)


def _value_line(path: Path, change: ValueChange) -> tuple[str, str, str]:
    name = spelled((*path, *change.path))
    if change.reordered:
        return f"{name} (key order)", ", ".join(change.before), ", ".join(change.after)
    return name, json_text(change.before), json_text(change.after)


def attribute_values(change: MessageChange) -> Iterator[tuple[str, str, str]]:
    if change.before is None or change.after is None:
        return
    for key in dict.fromkeys((*change.reordered, *change.attributes)):
        one, other = change.before.message, change.after.message
        if key in change.reordered:
            yield from (_value_line((key,), each) for each in value_changes(one[key], other[key]))
        else:
            yield key, _attribute(one, key), _attribute(other, key)


def _attribute(message: Any, key: str) -> str:
    value = message.get(key, ABSENT) if isinstance(message, dict) else ABSENT
    return "true" if key == "train" and value is ABSENT else json_text(value)


# ---- other files


def changed_lines(compared: ComparedFile) -> Iterator[tuple[str, str]]:
    for change in compared.changes:
        for mark, value in (("-", change.before), ("+", change.after)):
            if value is not ABSENT:
                yield mark, f"{spelled(change.path)}: {json_text(value)}"
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
        yield from _places_summary(where, [change for change in changes if change.op == op], word)
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
