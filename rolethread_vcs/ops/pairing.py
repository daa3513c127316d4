"""Pairs the rows of a file with the entries that they are: by id, uuid, equal messages, then by similarity in order.

Two entries with the same text pair in order, the n-th with the n-th. The system message does not count for similarity:
a hundred entries may share it and be strangers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rolethread_vcs.diff.align import Match, align
from rolethread_vcs.diff.chain import longest_chain
from rolethread_vcs.diff.words import similarity
from rolethread_vcs.model.entry import Entry

ALIKE = 0.6
"""Likeness from which two entries between the same neighbours are one, edited: short ones share their marks anyway."""
SURE = 0.8
"""Likeness from which two entries far apart are one, edited."""
MOST = 5_000
"""Rows and entries left over, each, up to which similar ones are looked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a row or an entry is recognised by.

    `id` is our own id, where there is one; `whole` digests everything, `spoken` roles and contents, `suffix` the
    messages, and `born` is the suffix of the messages at birth, which the id tells. `load` reads it again.
    """

    name: str
    id: str | None
    uuid: str | None
    whole: bytes
    spoken: bytes
    suffix: str
    born: str | None
    line: int | None
    load: Callable[[], Entry]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which is which: numbers on both sides, from 0, sorted by the first; `is_complete` unless too many were left."""

    pairs: tuple[tuple[int, int], ...]
    is_complete: bool


def pair(before: Sequence[Known], after: Sequence[Known]) -> Pairing:
    """Return which of two sequences are the same entry; an item is in one pair at most."""
    found: dict[int, int] = {}
    taken: set[int] = set()

    def match(key_before: _Key, key_after: _Key) -> None:
        places: dict[Hashable, deque[int]] = defaultdict(deque)
        for place, known in enumerate(after):
            key = key_after(known)
            if key is not None and place not in taken:
                places[key].append(place)
        for place, known in enumerate(before):
            queue = places.get(key_before(known)) if place not in found else None
            if queue:
                found[place] = queue.popleft()
                taken.add(found[place])

    match(_id, _id)
    match(_uuid, _uuid)
    match(_whole, _whole)
    match(_suffix, _suffix)
    match(_spoken, _spoken)
    match(_suffix, _born)
    match(_born, _suffix)
    is_complete = _pair_similar(before, after, found)
    return Pairing(tuple(sorted(found.items())), is_complete)


_Key = Callable[[Known], Hashable | None]


def _id(known: Known) -> str | None:
    return known.id


def _uuid(known: Known) -> str | None:
    return None if known.uuid is None else known.uuid.lower()


def _whole(known: Known) -> bytes:
    return known.whole


def _suffix(known: Known) -> str:
    return known.suffix


def _spoken(known: Known) -> bytes:
    return known.spoken


def _born(known: Known) -> str | None:
    return known.born


def _pair_similar(before: Sequence[Known], after: Sequence[Known], found: dict[int, int]) -> bool:
    """Pair what is left by likeness: first between the same neighbours, then anywhere; False when it was too much."""
    left, right = _left(before, after, found)
    if not left or not right:
        return True
    if len(left) > MOST or len(right) > MOST:
        return False
    texts = {("before", place): _text(before[place].load()) for place in left}
    texts |= {("after", place): _text(after[place].load()) for place in right}
    anchors = [(-1, -1), *longest_chain(found.items()), (len(before), len(after))]
    for (start, to_start), (stop, to_stop) in pairwise(anchors):
        one = left[bisect_right(left, start) : bisect_left(left, stop)]
        other = right[bisect_right(right, to_start) : bisect_left(right, to_stop)]
        found.update(_similar(one, other, texts, ALIKE))
    left, right = _left(before, after, found)
    found.update(_similar(left, right, texts, SURE))
    return True


def _left(before: Sequence[Known], after: Sequence[Known], found: dict[int, int]) -> tuple[list[int], list[int]]:
    taken = set(found.values())
    return (
        [place for place in range(len(before)) if place not in found],
        [place for place in range(len(after)) if place not in taken],
    )


def _similar(
    left: list[int], right: list[int], texts: dict[tuple[str, int], str], at_least: float
) -> list[tuple[int, int]]:
    if not left or not right:
        return []
    one: list[Any] = [{"role": "entry", "content": texts["before", place]} for place in left]
    other: list[Any] = [{"role": "entry", "content": texts["after", place]} for place in right]
    pairs = [(left[each.before], right[each.after]) for each in align(one, other) if each.match is not Match.PLACED]
    return [pair for pair in pairs if similarity(texts["before", pair[0]], texts["after", pair[1]]) >= at_least]


def _text(entry: Entry) -> str:
    turns = [turn for turn in entry.turns if turn.get("role") != "system"] or list(entry.turns)
    return "\n".join(text for turn in turns if isinstance(text := turn.get("content"), str))
