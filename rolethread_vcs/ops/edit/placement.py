"""Where imported entries stand: corrected rejects where their rows had stood, a moved dataset as its file has it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rolethread_vcs.model.order import Order
from rolethread_vcs.store.snapshot import Snapshot


def behind_anchors(base: Snapshot, behind: Mapping[str | None, Sequence[str]]) -> Order:
    """Return the order with new entries behind entries of a snapshot; None stands for the front.

    An anchor that is gone leaves its entries at the end, where their ids put them.
    """
    order = base.order
    for anchor, ids in behind.items():
        if anchor is None or anchor in base:
            following = base.ids(after=anchor, limit=1)
            order = order.move_all_after(ids, anchor, next_id=following[0] if following else None)
    return order


def as_listed(ids: Sequence[str]) -> Order:
    """Return the order that makes entries stand as listed, moving as few of them as possible."""
    unmoved = set(longest_rising(ids))
    ranks: dict[str, str] = {}
    for anchor, run, following in _runs(ids, unmoved):
        ranks.update(Order().move_all_after(run, anchor, next_id=following).ranks)
    return Order(ranks)


def _runs(ids: Sequence[str], unmoved: set[str]) -> Iterator[tuple[str | None, list[str], str | None]]:
    """Yield (unmoved entry before, moved entries, unmoved entry behind) for each run of moved entries."""
    anchor: str | None = None
    run: list[str] = []
    for entry_id in ids:
        if entry_id not in unmoved:
            run.append(entry_id)
            continue
        if run:
            yield anchor, run, entry_id
            run = []
        anchor = entry_id
    if run:
        yield anchor, run, None


def longest_rising(ids: Sequence[str]) -> list[str]:
    """Return a longest rising subsequence (patience sorting, n log n)."""
    if all(one < two for one, two in pairwise(ids)):
        return list(ids)
    tops: list[str] = []
    places: list[int] = []
    previous: list[int] = []
    for place, entry_id in enumerate(ids):
        pile = bisect_left(tops, entry_id)
        previous.append(places[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(entry_id)
            places.append(place)
        else:
            tops[pile] = entry_id
            places[pile] = place
    rising = []
    place = places[-1] if places else -1
    while place >= 0:
        rising.append(ids[place])
        place = previous[place]
    return rising[::-1]
