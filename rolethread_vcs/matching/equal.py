"""Pairs what is equal in two sequences: as many as there are, in order, and with the neighbours as witnesses.

Where one side has more of a kind than the other, neighbours that stayed say which of them it is. Where they do not,
and it would make a difference, nothing is paired.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from rolethread_vcs.diff.chain import longest_chain

Pairs = dict[int, int]
"""Places on the second side (the file), each with its place on the first (what was bound)."""


def pair_equal(
    before: Mapping[int, Hashable],
    after: Mapping[int, Hashable],
    settled: Pairs,
    are_one: Callable[[Sequence[int]], bool],
) -> tuple[Pairs, dict[int, tuple[int, ...]]]:
    """Pair equal keys of two sides, and return what could not be told: places after, with the places they could be.

    `before` and `after` map places to keys, in order. `settled` are pairs known already. `are_one` says whether it
    makes no difference which of some equal places before is meant.
    """
    holders = places_by_value(before)
    pairs: Pairs = {}
    uneven = []
    for key, places in places_by_value(after).items():
        candidates = holders.get(key)
        if candidates is None:
            continue
        if len(candidates) == len(places):
            pairs.update(zip(places, candidates, strict=True))
        else:
            uneven.append((candidates, places))
    unclear: dict[int, tuple[int, ...]] = {}
    if uneven:
        gaps = Gaps({**settled, **pairs})
        for candidates, places in uneven:
            found, open_places, open_candidates = _by_gap(candidates, places, gaps, are_one)
            pairs.update(found)
            unclear.update(dict.fromkeys(open_places, tuple(open_candidates)))
    return pairs, unclear


def places_by_value(values: Mapping[int, Hashable]) -> dict[Hashable, list[int]]:
    """Return the places that hold each value, in order."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, value in values.items():
        places[value].append(place)
    return places


class Gaps:
    """What lies between pairs that kept their order: the same number on both sides is the same neighbourhood.

    `kept` are these pairs (before, after), as many as possible.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.kept = longest_chain((before, after) for after, before in pairs.items())
        self._before = [place for place, _ in self.kept]
        self._after = [place for _, place in self.kept]

    def before(self, place: int) -> int:
        """Return the gap of a place that was bound."""
        return bisect_left(self._before, place)

    def after(self, place: int) -> int:
        """Return the gap of a place in the file."""
        return bisect_left(self._after, place)

    def grouped(self, before: Iterable[int], after: Iterable[int]) -> list[tuple[list[int], list[int]]]:
        """Return the places of both sides gap by gap, in order; a gap may have some on one side alone."""
        gaps: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place in before:
            gaps[self.before(place)][0].append(place)
        for place in after:
            gaps[self.after(place)][1].append(place)
        return [gaps[gap] for gap in sorted(gaps)]


def _by_gap(
    candidates: list[int], places: list[int], gaps: Gaps, are_one: Callable[[Sequence[int]], bool]
) -> tuple[Pairs, list[int], list[int]]:
    """Return pairs, then places and candidates that cannot be told apart."""
    found: Pairs = {}
    left: list[int] = []
    left_after: list[int] = []
    shut: list[int] = []
    shut_after: list[int] = []
    for some, others in gaps.grouped(candidates, places):
        if len(some) > len(others) and others and not are_one(some):
            shut += some
            shut_after += others
            continue
        found.update(zip(others, some, strict=False))
        left += some[len(others) :]
        left_after += others[len(some) :]
    if len(left) > len(left_after) and left_after and not are_one(left):
        return found, shut_after + left_after, shut + left
    found.update(zip(left_after, left, strict=False))
    return found, shut_after, shut
