"""Makes a cut of a message in two, which one side made, in all three lists.

    base     Q  A B              Q  A   B
    ours     Q  A  And?  B   ->  Q  A  And?  B
    theirs   Q  A b              Q  A   b

Then the two parts are messages like others: what theirs changed of the whole, its speaker or a word, reaches the part
it belongs to, and a cut of theirs at another place is made as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolethread_vcs.diff.likeness import similarity
from rolethread_vcs.diff.words import word_changes
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.merge.gaps import Alignment
from rolethread_vcs.merge.lists import SIDES, Lists, Side, other_side

_CUT = 0.9
"""A message that was cut in two is shorter than that, of its old length."""
_CALLS = ("tool_calls", "function_call")
_MOST_CUTS = 30
"""After each cut the lists are aligned anew; a side that cut more than this is merged as it stands."""
_WHOLE = 0.9
"""Likeness from which two parts together are the message that was cut."""


def cut_alike(alignment: Alignment) -> Alignment:
    """Return the alignment of lists in which each message that a side cut is cut everywhere."""
    made: set[tuple[Side, str]] = set()
    while len(made) < _MOST_CUTS and (found := next(_cuts(alignment, made), None)) is not None:
        side, base, place = found
        cut: dict[Side, Sequence[Any]] = {
            side: alignment.lists.on(side),
            other_side(side): _cut_as(alignment, other_side(side), base, place),
        }
        alignment = Alignment(Lists(_cut(alignment.lists.base, base, place), cut["ours"], cut["theirs"]))
    return alignment


def _cuts(alignment: Alignment, made: set[tuple[Side, str]]) -> Iterator[tuple[Side, int, int]]:
    """Yield the side that cut a message, the message of the base, and where in its text; each cut once."""
    lists = alignment.lists
    for side in SIDES:
        for rest, base in parts_of_cuts(lists.base, lists.on(side), alignment.origins[side]):
            whole = _text(lists.base[base])
            texts = [_text(lists.on(side)[number]) for number in sorted((alignment.numbers[side][base], rest))]
            place = _same_place(" ".join(texts), len(texts[0]), whole)
            cut = (side, "\0".join(texts))
            if cut not in made and whole[:place].strip() and whole[place:].strip():
                made.add(cut)
                yield side, base, place


def _cut_as(alignment: Alignment, side: Side, base: int, place: int) -> Sequence[Any]:
    """Return the list of a side, its version of a message cut where the base is cut."""
    row, number = alignment.lists.on(side), alignment.numbers[side].get(base)
    if number is None:
        return row
    parts = parts_of_cuts(alignment.lists.base, row, alignment.origins[side])
    numbers = sorted([number, *(rest for rest, whole in parts if whole == base)])
    texts = [_text(row[each]) for each in numbers]
    place = _same_place(_text(alignment.lists.base[base]), place, " ".join(texts))
    for each, text in zip(numbers, texts, strict=True):
        if 0 < place < len(text):
            return _cut(row, each, place)
        place -= len(text) + 1
    return row


def parts_of_cuts(before: Sequence[Any], row: Sequence[Any], origins: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the messages of a row that hold the rest of one that was cut in two, each with the number of the whole.

    `origins` says of messages of the row which one before they are.
    """
    for number, whole_number in origins.items():
        whole, first = _text(before[whole_number]), _text(row[number])
        if not first or len(first) > _CUT * len(whole):
            continue
        for step in (1, -1):
            place = number + step
            while 0 <= place < len(row) and place not in origins:
                text = _text(row[place])
                rows = (first, text) if step > 0 else (text, first)
                if text and role_of(row[place]) == role_of(row[number]) and similarity(" ".join(rows), whole) >= _WHOLE:
                    yield place, whole_number
                place += step


def _cut(row: Sequence[Any], number: int, place: int) -> list[Any]:
    """Return a list with the text of one of its messages cut in two."""
    message = row[number]
    text = message["content"]
    # What calls a tool is the end: its result comes next.
    first = {key: value for key, value in message.items() if key not in _CALLS}
    first["content"], last = text[:place].rstrip(), {**message, "content": text[place:].lstrip()}
    return [*row[:number], first, last, *row[number + 1 :]]


def _same_place(text: str, place: int, other: str) -> int:
    """Return the place in another text that is the same as one in a text, as far as their words are the same."""
    to_place = 0
    for kind, piece in word_changes(text, other):
        if kind == "insert":
            to_place += len(piece)
            continue
        if place <= len(piece):
            return to_place + (place if kind == "equal" else 0)
        place -= len(piece)
        to_place += len(piece) if kind == "equal" else 0
    return to_place


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""
