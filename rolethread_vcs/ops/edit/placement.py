"""Where imported entries stand: corrected rejects where their rows had stood, a moved dataset as its file has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from rolethread_vcs.diff.chain import longest_chain
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
    rank = {entry_id: number for number, entry_id in enumerate(sorted(ids))}
    unmoved = {ids[place] for place, _ in longest_chain((place, rank[each]) for place, each in enumerate(ids))}
    ranks: dict[str, str] = {}
    for anchor, run, following in runs(ids, unmoved):
        ranks.update(Order().move_all_after(run, anchor, next_id=following).ranks)
    return Order(ranks)


def runs(ids: Sequence[str], unmoved: Collection[str]) -> Iterator[tuple[str | None, list[str], str | None]]:
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
