"""Says which entries changed their place between two orders: as few of them as possible."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TypeVar

from rolethread_vcs.diff.chain import longest_chain

T = TypeVar("T", bound=Hashable)


def moved(before: Sequence[T], after: Sequence[T], *, fixed: Collection[T] = ()) -> frozenset[T]:
    """Return the items of both orders that left their place among the others; removed and added ones do not count.

    `fixed` are items known to keep their order among each other: where it could be either of two that moved, it is
    the one that is not fixed.
    """
    places = {item: place for place, item in enumerate(after)}
    common = [item for item in before if item in places]
    here = set(common)
    stays = {item for item in common if item in fixed}
    slots_after: dict[T, int] = {}
    met = 0
    for item in after:
        if item in stays:
            met += 1
        elif item in here:
            slots_after[item] = met
    met = 0
    free = []
    for item in common:
        if item in stays:
            met += 1
        elif slots_after[item] == met:
            # it crossed none of the fixed ones
            free.append(item)
    kept = {free[number] for number, _ in longest_chain((number, places[item]) for number, item in enumerate(free))}
    return frozenset(item for item in common if item not in stays and item not in kept)
