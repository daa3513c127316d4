"""Says in which order the messages stand that all three lists have: of each two as the base has them, or turned around
if a side did so.

    base 1 2 3 4 5      ours 2 3 1 4 5      theirs 1 2 5 3 4      ->      2 5 3 1 4

Where these wishes go round in a circle, or both sides moved the same to different places, a person is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from rolethread_vcs.diff.chain import heaviest_ends
from rolethread_vcs.merge.lists import SIDES, Side


class Order(NamedTuple):
    """The places of messages in order, one for each side that may have its way where they contradict each other."""

    rows: Mapping[Side, Sequence[int]]
    is_clash: bool = False


def merged_order(numbers: Mapping[Side, Sequence[int]], begins: Sequence[bool]) -> Order:
    """Return the order of messages, given in that of the base by their numbers on each side, and which of them begin
    an exchange."""
    moves = {side: row for side, row in numbers.items() if any(one > other for one, other in pairwise(row))}
    if len(moves) < 2:
        row = next((sorted(range(len(row)), key=row.__getitem__) for row in moves.values()), range(len(begins)))
        return Order(dict.fromkeys(SIDES, row))
    ranks = {side: {number: rank for rank, number in enumerate(sorted(row))} for side, row in numbers.items()}
    places = {side: [ranks[side][number] for number in row] for side, row in numbers.items()}
    breaks = [n for n in range(1, len(begins)) if any(row[n] != row[n - 1] + 1 for row in places.values())]
    blocks = [range(*each) for each in pairwise([0, *breaks, len(begins)])]
    heads = {side: [row[block.start] for block in blocks] for side, row in places.items()}
    weights = [max(1, sum(begins[place] for place in block)) for block in blocks]
    apart = _moved_apart(heads, weights)
    rows, is_clash = {}, bool(apart)
    lower = {side: _lower(head) for side, head in heads.items()}
    torn = sum(1 << block for block in apart)
    for side, head in heads.items():
        before = []  # how many others come before each: those it stands behind on both sides, or came behind on one
        for block, (own, one, other) in enumerate(zip(lower[side], *lower.values(), strict=True)):
            settled = -1 if block in apart else torn
            both, either = (each & ~settled | own & settled for each in (one & other, one | other))
            earlier = (1 << block) - 1
            before.append((both & earlier | either & ~earlier).bit_count())
        ranked = sorted(range(len(blocks)), key=before.__getitem__)
        # so many blocks are all that come first when only they come before each other
        sums = enumerate(accumulate(before[block] for block in ranked), 1)
        ends = [size for size, total in sums if total == size * (size - 1) // 2]
        is_clash |= len(ends) < len(blocks)
        groups = (sorted(ranked[start:stop], key=head.__getitem__) for start, stop in pairwise([0, *ends]))
        rows[side] = [place for group in groups for block in group for place in blocks[block]]
    return Order(rows, is_clash)


def _moved_apart(heads: Mapping[Side, Sequence[int]], weights: Sequence[int]) -> set[int]:
    """Return which blocks both sides moved for certain, each to another place between those that nobody may have
    moved."""
    through = [[*_heaviest_through(row, weights)] for row in heads.values()]
    certain = [{block for block, (least, _) in enumerate(row) if least} for row in through]
    possible = {block for row in through for block, (_, most) in enumerate(row) if most}
    kept = [block for block in range(len(weights)) if block not in possible]
    return {
        block
        for block in certain[0] & certain[1]
        if len({sum(row[other] < row[block] for other in kept) for row in heads.values()}) > 1
    }


def _lower(row: Sequence[int]) -> list[int]:
    """Return of each place in a row, as bits, at which places the numbers are lower."""
    found, bits = [0] * len(row), 0
    for place in sorted(range(len(row)), key=row.__getitem__):
        found[place] = bits
        bits |= 1 << place
    return found


def _heaviest_through(row: Sequence[int], weights: Sequence[int]) -> Iterator[tuple[bool, bool]]:
    """Yield of each block whether it is in no heaviest rising row, and whether it is not in each of them."""
    up = heaviest_ends(row, weights)
    down = heaviest_ends([-number for number in reversed(row)], weights[::-1])[::-1]
    totals = [one + other - weight for one, other, weight in zip(up, down, weights, strict=True)]
    best = max(totals, default=0)
    ends = [end if total == best else 0 for end, total in zip(up, totals, strict=True)]
    times = Counter(ends)
    for end in ends:
        yield end == 0, end == 0 or times[end] > 1
