"""Pairs what is equal in two sequences: as many as there are, in order, and with the neighbours as witnesses.

Where one side has more of a kind than the other, neighbours that stayed say which of them it is. Where they do not,
and it would make a difference, nothing is paired.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain

Pairs = dict[int, int]
"""Places on the second side (the file), each with its place on the first (what was bound)."""

_MOST_BLOCKS = 20_000
"""Stretches up to which it pays to weigh them as a whole."""


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
    here: dict[Hashable, list[int]] = defaultdict(list)
    there: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in before.items():
        here[key].append(place)
    for place, key in after.items():
        there[key].append(place)
    pairs: Pairs = {}
    uneven = []
    for key, places in there.items():
        candidates = here.get(key)
        if candidates is None:
            continue
        if len(candidates) == len(places):
            pairs.update(zip(places, candidates, strict=True))
        else:
            uneven.append((candidates, places))
    unclear: dict[int, tuple[int, ...]] = {}
    if uneven:
        gaps = Gaps(kept_order({**settled, **pairs}))
        for candidates, places in uneven:
            found, open_places, open_candidates = _by_gap(candidates, places, gaps, are_one)
            pairs.update(found)
            unclear.update(dict.fromkeys(open_places, tuple(open_candidates)))
    return pairs, unclear


class Gaps:
    """The stretches between pairs that kept their order: the same number on both sides is the same neighbourhood."""

    def __init__(self, chain: Sequence[tuple[int, int]]) -> None:
        self._before = [place for place, _ in chain]
        self._after = [place for _, place in chain]

    def before(self, place: int) -> int:
        """Return the gap of a place that was bound."""
        return bisect_left(self._before, place)

    def after(self, place: int) -> int:
        """Return the gap of a place in the file."""
        return bisect_left(self._after, place)

    def grouped(self, before: Iterable[int], after: Iterable[int]) -> list[tuple[list[int], list[int]]]:
        """Return the places of both sides gap by gap, in order; a gap may have some on one side alone."""
        here: dict[int, list[int]] = defaultdict(list)
        there: dict[int, list[int]] = defaultdict(list)
        for place in before:
            here[self.before(place)].append(place)
        for place in after:
            there[self.after(place)].append(place)
        return [(here.get(gap, []), there.get(gap, [])) for gap in sorted(here.keys() | there.keys())]


def kept_order(pairs: Pairs) -> list[tuple[int, int]]:
    """Return (before, after) of the pairs that did not move, as many as possible."""
    by_before = sorted((before, after) for after, before in pairs.items())
    # lines that follow each other on both sides stay or move together, and there are few such blocks in a large file
    starts = [
        number
        for number, (before, after) in enumerate(by_before)
        if number == 0 or by_before[number - 1] != (before - 1, after - 1)
    ]
    if len(starts) > _MOST_BLOCKS:
        return longest_chain(by_before)
    lengths = {by_before[one]: other - one for one, other in pairwise([*starts, len(by_before)])}
    chain = heaviest_chain((*by_before[number], lengths[by_before[number]]) for number in starts)
    return [(before + step, after + step) for before, after in chain for step in range(lengths[before, after])]


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
