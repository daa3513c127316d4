"""Makes the cuts of messages, which a side made, in all three lists.

    base     Q  A B              Q  A   B
    ours     Q  A  And?  B   ->  Q  A  And?  B
    theirs   Q  A b              Q  A   b

Then the parts are messages like others: what theirs changed of the whole, its speaker or a word, reaches the part it
belongs to, and a cut of theirs at another place is made as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from rolethread_vcs.diff.align import Match, Pair
from rolethread_vcs.diff.words import word_changes
from rolethread_vcs.merge.lists import SIDES, Lists, Side
from rolethread_vcs.merge.message import merge_message
from rolethread_vcs.merge.resolver import Resolver

_CALLS = ("tool_calls", "function_call")


def cut_alike(lists: Lists, pairs: dict[Side, list[Pair]]) -> tuple[Lists, dict[Side, list[Pair]]]:
    """Return lists in which each message that a side cut is cut everywhere, with their pairs.

    A message that the other side does not have stays whole. So does one of which a part would be in conflict, and what
    it is on either side is loose: a person decides about what they wrote, and not about a part that a merge cut off it.
    """
    rows = (lists.base, lists.ours, lists.theirs)
    made: tuple[dict[int, list[Any]], ...] = ({}, {}, {})
    loose = set()
    there = {pair.before: pair for pair in pairs["theirs"]}
    for ours, theirs in ((pair, there[pair.before]) for pair in pairs["ours"] if pair.before in there):
        if ours.rest or theirs.rest:
            numbers = ((ours.before,), (ours.after, *ours.rest), (theirs.after, *theirs.rest))
            is_new = Match.PLACED in (ours.match, theirs.match) or ours.loose or theirs.loose
            made_of = (
                None if is_new else _cut([[row[n] for n in each] for row, each in zip(rows, numbers, strict=True)])
            )
            if made_of is None:
                # who left it where and as it was is asked nothing about it
                if all(pair.rest or pair.moved or pair.match is not Match.EQUAL for pair in (ours, theirs)):
                    loose.add(ours.before)
            else:
                for done, each, found in zip(made, numbers, made_of, strict=True):
                    done.update(zip(each, found, strict=True))
    if not (loose or made[0]):
        return lists, pairs
    cut: list[list[Any]] = []
    starts: list[list[int]] = []
    for row, done in zip(rows, made, strict=True):
        pieces = [done.get(number, [message]) for number, message in enumerate(row)]
        cut.append([piece for each in pieces for piece in each])
        starts.append([*accumulate(map(len, pieces), initial=0)])

    def renumbered(side: Side) -> Iterator[Pair]:
        start = starts[1 + SIDES.index(side)]
        for pair in pairs[side]:
            before, parts = starts[0][pair.before], (pair.after, *pair.rest)
            if pair.before in made[0]:
                numbers = (number for part in parts for number in range(start[part], start[part + 1]))
                for place, number in enumerate(numbers, before):
                    yield Pair(place, number, Match.SIMILAR, pair.moved)
            else:
                is_loose, joined = pair.loose or pair.before in loose, tuple(starts[0][each] for each in pair.joined)
                rest = tuple(start[each] for each in pair.rest)
                yield Pair(before, start[pair.after], pair.match, pair.moved, is_loose, rest, joined)

    return Lists(*cut), {side: sorted(renumbered(side)) for side in SIDES}


def _cut(rows: Sequence[Sequence[Any]]) -> list[list[list[Any]]] | None:
    """Return the pieces of a message: of the base, of each part on ours, and on theirs; None if they do not merge."""
    if not all(isinstance(each, dict) and isinstance(each.get("content"), str) for row in rows for each in row):
        return None
    texts = [" ".join(message["content"] for message in row) for row in rows]
    starts = [[*accumulate((len(message["content"]) + 1 for message in row), initial=0)] for row in rows]
    ends = ((_same_place(texts[n], start, texts[0]), n, start) for n in (1, 2) for start in starts[n][1:-1])
    # in the base, each with the same place on the sides that cut there
    places: list[tuple[int, dict[int, int]]] = [(0, {0: 0, 1: 0, 2: 0})]
    for place, number, start in sorted(ends):
        if any(map(str.isalnum, texts[0][places[-1][0] : place])):
            places.append((place, {}))
        places[-1][1][number] = start
    has_rest = any("alternatives" in message for row in rows[1:] for message in row[1:])
    shared = _items(rows[0][0]) if has_rest else []
    found = []
    for number, row in enumerate(rows):
        at = [own.get(number, _same_place(texts[0], place, texts[number])) for place, own in places]
        if not {*starts[number][:-1]} <= {*at}:
            return None
        found.append(
            [
                [
                    _piece(message, low - start, high - start, shared)
                    for low, high in pairwise(sorted({stop, *(each for each in at if start <= each < stop)}))
                ]
                for message, (start, stop) in zip(row, pairwise(starts[number]), strict=True)
            ]
        )
    flat = [[piece for part in each for piece in part] for each in found]
    if {len(row) for row in flat} != {len(places)} or not all(
        piece["content"].strip() for row in flat for piece in row
    ):
        return None
    alone = Resolver()
    for base, ours, theirs in zip(*flat, strict=True):
        merge_message(base, ours, theirs, "", alone)
    return None if alone.conflicts else found


def _piece(message: Mapping[str, Any], start: int, stop: int, shared: Sequence[Any]) -> dict[str, Any]:
    """Return a piece of a message. Alternatives, versions of the whole, stay with its first part but for the shared."""
    text = message["content"]
    piece = {**message, "content": text[start:].lstrip() if start else text}
    if start and piece.pop("alternatives", None) and (kept := [each for each in _items(message) if each in shared]):
        piece["alternatives"] = kept
    if stop < len(text):  # what calls a tool is the end: its result comes next
        piece["content"] = text[start:stop].strip() if start else text[:stop].rstrip()
        return {key: value for key, value in piece.items() if key not in _CALLS}
    return piece


def _items(message: Mapping[str, Any]) -> list[Any]:
    alternatives = message.get("alternatives")
    return alternatives if isinstance(alternatives, list) else []


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
