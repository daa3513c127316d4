"""The difference between two entries: messages, tags, extra, and what is left; it can be applied."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.align import Match, Pair, align
from rolethread_vcs.diff.fields import ValueChange, apply_changes, changes, require
from rolethread_vcs.diff.likeness import count_words
from rolethread_vcs.diff.words import WordChange, word_changes
from rolethread_vcs.model.entry import CONVERSATIONS, MESSAGE_KEYS, Entry, is_equal, is_same

MessageOp = Literal["insert", "remove", "edit", "move", "attributes"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A message and its number on one side, counted from 0."""

    index: int
    message: Any


@dataclass(frozen=True, slots=True)
class MessageChange:
    """One message that came, went or became another.

    `edit` changes the content, `attributes` only other keys, and `move` means that the message crossed others, edited
    or not. `before` is None for an insertion, `after` for a removal. `words` are the changes of the text where both
    sides have text and it differs; `attributes` names the keys beside `content` that differ. Of what differs at all,
    `reordered` names those (`content` too) that are equal but for the order of the keys inside them.
    """

    op: MessageOp
    before: Placed | None
    after: Placed | None
    words: tuple[WordChange, ...] = ()
    attributes: tuple[str, ...] = ()
    reordered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the entry that is shown as a whole: `uuid`, `origin`, or messages that are no list on one side."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EntryDiff:
    """How one entry becomes another. Nothing whose value is equal stands in it.

    The changes of messages stand in reading order; the paths of `extra` begin inside it.
    """

    messages: tuple[MessageChange, ...] = ()
    chosen: tuple[MessageChange, ...] = ()
    rejected: tuple[MessageChange, ...] = ()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    extra: tuple[ValueChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the two entries are the same."""
        return self == EntryDiff()

    def summary(self) -> dict[str, int]:
        """Return the counts for a line: messages by op (`chosen` and `rejected` too), words, tags, fields, extra."""
        changed = (*self.messages, *self.chosen, *self.rejected)
        ops = Counter(change.op for change in changed)
        return {
            "inserted": ops["insert"],
            "removed": ops["remove"],
            "edited": ops["edit"],
            "moved": ops["move"],
            "attributes": ops["attributes"],
            "words_added": sum(count_changed_words(change, "insert") for change in changed),
            "words_removed": sum(count_changed_words(change, "delete") for change in changed),
            "tags_added": len(self.tags_added),
            "tags_removed": len(self.tags_removed),
            "fields": len(self.fields),
            "extra": len(self.extra),
        }


def diff_entries(before: Entry, after: Entry) -> EntryDiff:
    """Return how one entry becomes another."""
    lists: dict[str, tuple[MessageChange, ...]] = {}
    fields: list[FieldChange] = []
    for key in (*CONVERSATIONS, "uuid", "origin"):
        one, other = before.document.get(key, ABSENT), after.document.get(key, ABSENT)
        if is_same(one, other):
            continue
        if key in CONVERSATIONS and isinstance(one, list) and isinstance(other, list):
            lists[key] = message_changes(one, other)
        else:
            fields.append(FieldChange(key, one, other))
    tags, to_tags = set(before.tags), set(after.tags)
    return EntryDiff(
        **lists,
        tags_added=tuple(sorted(to_tags - tags)),
        tags_removed=tuple(sorted(tags - to_tags)),
        fields=tuple(fields),
        extra=changes(before.document.get("extra", {}), after.document.get("extra", {})),
    )


def apply(entry: Entry, difference: EntryDiff) -> Entry:
    """Return the entry with a difference applied: `apply(a, diff_entries(a, b)) == b`.

    Raises:
        ConflictError (difference_does_not_fit): the entry is not the one that the difference was taken from, as far
        as can be
            told from what the difference changes.
    """
    fields = dict(entry.document)
    for key, changed in zip(CONVERSATIONS, (difference.messages, difference.chosen, difference.rejected), strict=True):
        if changed:
            fields[key] = _apply_to_messages(key, fields.get(key), changed)
    for field in difference.fields:
        require(field.key, fits=is_same(field.before, fields.get(field.key, ABSENT)))
        fields[field.key] = field.after
    tags = set(entry.tags)
    changed_tags = {*difference.tags_added, *difference.tags_removed}
    require("tags", fits=tags & changed_tags == set(difference.tags_removed))
    fields["tags"] = sorted((tags - set(difference.tags_removed)) | set(difference.tags_added))
    fields["extra"] = apply_changes(entry.document.get("extra", {}), difference.extra)
    return Entry.of({key: value for key, value in fields.items() if value is not ABSENT})


def message_changes(before: Sequence[Any], after: Sequence[Any]) -> tuple[MessageChange, ...]:
    """Return how one list of messages becomes another, in reading order.

    A number that is another one only because messages before it came or went is no change.
    """
    pairs = [pair for pair in align(before, after) if not pair.is_replacement]
    came = set(range(len(after))) - {pair.after for pair in pairs}
    went = set(range(len(before))) - {pair.before for pair in pairs}
    found = [MessageChange("insert", None, Placed(index, after[index])) for index in came]
    found += [MessageChange("remove", Placed(index, before[index]), None) for index in went]
    found += [change for pair in pairs if (change := _change_of(pair, before, after)) is not None]
    return _in_reading_order(found, pairs)


def count_changed_words(change: MessageChange, kind: Literal["insert", "delete"]) -> int:
    """Return how many words a message gained (`insert`) or lost (`delete`), without its marks."""
    if change.op == "insert" or change.op == "remove":
        placed = change.after if kind == "insert" else change.before
        text = content_of(placed.message) if placed is not None else ""
        return count_words(text) if isinstance(text, str) else 0
    return sum(count_words(text) for each, text in change.words if each == kind)


def _change_of(pair: Pair, before: Sequence[Any], after: Sequence[Any]) -> MessageChange | None:
    one, other = before[pair.before], after[pair.after]
    if pair.match is Match.EQUAL and not pair.moved and is_same(one, other):
        return None
    placed = (Placed(pair.before, one), Placed(pair.after, other))
    text, to_text = content_of(one), content_of(other)
    is_edited = not is_equal(text, to_text)
    words = word_changes(text, to_text) if is_edited and isinstance(text, str) and isinstance(to_text, str) else ()
    op: MessageOp = "move" if pair.moved else "edit" if is_edited else "attributes"
    return MessageChange(op, *placed, words, _differing_attributes(one, other), _reordered(one, other))


def content_of(message: Any) -> Any:
    """Return the content of a message, ABSENT where it has none; what is no message is its own."""
    return message.get("content", ABSENT) if isinstance(message, dict) else message


def _differing_attributes(before: Any, after: Any) -> tuple[str, ...]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    found = {
        key for key in before.keys() | after.keys() if not is_same(before.get(key, ABSENT), after.get(key, ABSENT))
    }
    found.discard("content")
    if not found:
        return ()
    return tuple(key for key in dict.fromkeys((*MESSAGE_KEYS, *sorted(found))) if key in found)


def _reordered(before: Any, after: Any) -> tuple[str, ...]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ()
    values = ((key, value, after.get(key, ABSENT)) for key, value in before.items())
    return tuple(key for key, one, other in values if is_equal(one, other) and not is_same(one, other))


def _in_reading_order(found: Iterable[MessageChange], pairs: Sequence[Pair]) -> tuple[MessageChange, ...]:
    """Sort by the place after the change; what went stands behind the message that it stood behind."""
    found = list(found)
    if len(found) < 2:
        return tuple(found)
    stayed = [pair for pair in pairs if not pair.moved]
    places = [pair.before for pair in stayed]

    def place(change: MessageChange) -> tuple[int, int, int]:
        if change.before is not None and change.after is None:
            before = bisect_left(places, change.before.index)
            return (stayed[before - 1].after if before else -1, 1, change.before.index)
        assert change.after is not None  # a change has at least one side
        return (change.after.index, 0, 0)

    return tuple(sorted(found, key=place))


def _apply_to_messages(field: str, messages: Any, difference: Sequence[MessageChange]) -> list[Any]:
    require(field, fits=isinstance(messages, list))
    kept: list[Any] = list(messages)
    arrived: list[Placed] = []
    for change in difference:
        if change.before is not None:
            place = change.before.index
            found = messages[place] if place < len(messages) else ABSENT
            require(f"{field}[{place}]", fits=is_same(change.before.message, found))
            kept[place] = ABSENT
        if change.after is not None and change.before is not None and change.op != "move":
            kept[change.before.index] = change.after.message
        elif change.after is not None:
            arrived.append(change.after)
    kept = [message for message in kept if message is not ABSENT]
    for placed in sorted(arrived, key=lambda placed: placed.index):
        kept.insert(placed.index, placed.message)
    return kept
