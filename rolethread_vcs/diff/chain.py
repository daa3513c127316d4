"""Chooses, from pairs of places in two lists, those that keep their order and together weigh most."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

Place = tuple[int, int]
"""A place in the first list and one in the second."""


def longest_chain(pairs: Iterable[Place]) -> list[Place]:
    """Return as many pairs as possible that rise on both sides; each place may stand in one pair only."""
    ends: list[int] = []  # the smallest second place at which a chain of each length can end
    last: list[int] = []  # and the node it ends with
    nodes: list[tuple[int, int, int]] = []
    for one, other in sorted(pairs):
        length = bisect_left(ends, other)
        nodes.append((one, other, last[length - 1] if length else -1))
        if length == len(ends):
            ends.append(other)
            last.append(len(nodes) - 1)
        else:
            ends[length] = other
            last[length] = len(nodes) - 1
    return _walk_back(nodes, last[-1] if last else -1)


def heaviest_chain(weighed: Iterable[tuple[int, int, int]]) -> list[Place]:
    """Return the pairs that rise on both sides and together weigh most; each item is a pair and its weight.

    A tree of maxima over the second places (Fenwick) answers "the heaviest chain that ends before here", so that the
    work grows with the pairs and not with the square of the places.
    """
    rows: dict[int, list[Place]] = defaultdict(list)
    for one, other, weight in weighed:
        rows[one].append((other, weight))
    ranks = {other: rank for rank, other in enumerate(sorted({other for row in rows.values() for other, _ in row}), 1)}
    nodes: list[tuple[int, int, int]] = []
    maxima = _Maxima(len(ranks))
    for one in sorted(rows):
        ended = []
        for other, weight in sorted(rows[one]):
            before, node = maxima.up_to(ranks[other] - 1)
            nodes.append((one, other, node))
            ended.append((ranks[other], before + weight))
        # Only now: two pairs of one row cannot follow each other.
        for offset, (rank, total) in enumerate(ended, len(nodes) - len(ended)):
            maxima.raise_at(rank, total, offset)
    return _walk_back(nodes, maxima.up_to(len(ranks))[1])


def heaviest_ends(row: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Return of each place in a row of different numbers what the heaviest rising row that ends there weighs."""
    ranks = {number: rank for rank, number in enumerate(sorted(row))}
    maxima, ends = _Maxima(len(row)), []
    for place, (number, weight) in enumerate(zip(row, weights, strict=True)):
        ends.append(maxima.up_to(ranks[number])[0] + weight)
        maxima.raise_at(ranks[number] + 1, ends[-1], place)
    return ends


class _Maxima:
    """The greatest weight up to each rank, with the node that has it; of equal ones the first stays."""

    def __init__(self, size: int) -> None:
        self._best: list[tuple[int, int]] = [(0, -1)] * (size + 1)

    def up_to(self, rank: int) -> tuple[int, int]:
        best = (0, -1)
        while rank:
            if self._best[rank][0] >= best[0]:
                best = self._best[rank]
            rank -= rank & -rank
        return best

    def raise_at(self, rank: int, weight: int, node: int) -> None:
        while rank < len(self._best):
            if weight > self._best[rank][0]:
                self._best[rank] = (weight, node)
            rank += rank & -rank


def _walk_back(nodes: list[tuple[int, int, int]], node: int) -> list[Place]:
    pairs = []
    while node >= 0:
        one, other, node = nodes[node]
        pairs.append((one, other))
    return pairs[::-1]
