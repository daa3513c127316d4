"""Pairs the rows of a file with the entries that they are: by id, uuid, equal messages, then by similarity in order.

Two entries with the same text pair in order, the n-th with the n-th. The system message does not count for similarity:
a hundred entries may share it and be strangers.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain
from rolethread_vcs.matching.alike import MOST, SCALE, SURE, pair_alike
from rolethread_vcs.matching.equal import Gaps
from rolethread_vcs.matching.signature import text_of
from rolethread_vcs.model.entry import Entry


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
    """Pair what is left by how it opens and by likeness; False when it was too much to compare each with each."""
    left, right = _left(before, after, found)
    if not left or not right:
        return True
    if max(len(left), len(right)) > MOST:
        _pair_openings(before, after, found)
        left, right = _left(before, after, found)
    if max(len(left), len(right)) > MOST:
        return False
    settled = {other: one for one, other in found.items()}
    alike = pair_alike(
        left,
        right,
        settled,
        lambda place: text_of(before[place].load()),
        lambda place: text_of(after[place].load()),
        len(before),
    )
    found.update((one, other) for other, one in alike.pairs.items())
    # a person who reads is served better by the likeliest reading than by none: what order tells apart is told apart
    gaps = Gaps(longest_chain(found.items()))
    unclear = [
        (one, other, round(likeness * SCALE))
        for other, candidates in alike.unclear.items()
        for one, likeness in candidates
        if likeness >= SURE and gaps.before(one) == gaps.after(other)
    ]
    found.update(heaviest_chain(unclear))
    _pair_openings(before, after, found)
    return True


def _pair_openings(before: Sequence[Known], after: Sequence[Known], found: dict[int, int]) -> None:
    """Pair what opens with the same words between the same neighbours, where nothing else that is left does.

    An answer that was written anew is an edit, however little of the old one stayed.
    """
    left, right = _left(before, after, found)
    if not left or not right:
        return
    gaps = Gaps(longest_chain(found.items()))
    here = _unique(left, before)
    for opening, other in _unique(right, after).items():
        one = here.get(opening)
        if one is not None and gaps.before(one) == gaps.after(other):
            found[one] = other


def _unique(places: Sequence[int], items: Sequence[Known]) -> dict[tuple[Any, str], int]:
    """Return the places by how they open, without the openings that stand at several."""
    by_opening: dict[tuple[Any, str], list[int]] = defaultdict(list)
    for place in places:
        opening = _opening(items[place].load())
        if opening is not None:
            by_opening[opening].append(place)
    return {opening: some[0] for opening, some in by_opening.items() if len(some) == 1}


def _opening(entry: Entry) -> tuple[Any, str] | None:
    """Return role and content of the first message that is not the system's, if it says anything."""
    first = next((turn for turn in entry.turns if turn.get("role") != "system"), None)
    content = None if first is None else first.get("content")
    return (first.get("role"), content) if first is not None and isinstance(content, str) and content.strip() else None


def _left(before: Sequence[Known], after: Sequence[Known], found: dict[int, int]) -> tuple[list[int], list[int]]:
    taken = set(found.values())
    return (
        [place for place in range(len(before)) if place not in found],
        [place for place in range(len(after)) if place not in taken],
    )
