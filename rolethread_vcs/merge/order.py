"""Merges the order of a dataset, rank by rank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choice, Conflict, Reason, field_name
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import UNSETTLED, settle
from rolethread_vcs.model.order import Order


@dataclass(frozen=True, slots=True)
class MergedOrder:
    """The merged order, ours where one entry was moved to two places."""

    order: Order
    conflicts: tuple[Conflict, ...] = ()


def merge_order(base: Order, ours: Order, theirs: Order, choices: Mapping[str, Choice] | None = None) -> MergedOrder:
    """Return the order with the moves of both sides; fields are `order["<id>"]`, values are ranks.

    Its only conflict is one entry that both moved to different places. An entry that got another rank only because
    its neighbours needed room was not moved.

    Raises:
        NotFoundError (unknown_conflict): a choice names an entry that is not in conflict.
        UsageError (unusable_choice): a choice is no rank.
    """
    resolver = Resolver(choices)
    ranks: dict[str, str] = {}
    for entry_id in sorted(base.ranks.keys() | ours.ranks.keys() | theirs.ranks.keys()):
        was, left, right = (side.ranks.get(entry_id, ABSENT) for side in (base, ours, theirs))
        rank = settle(was, left, right)
        if rank is UNSETTLED:
            rank = _where_moved(base, ours, theirs, entry_id)
        if rank is None:
            rank = resolver.answer(Conflict(field_name("order", entry_id), Reason.BOTH_MOVED, was, left, right))
        if isinstance(rank, str):
            ranks[entry_id] = rank
        elif rank is not ABSENT:
            raise UsageError(f"a rank is text, not {rank!r}; nothing was changed", code="unusable_choice")
    resolver.finish()
    return MergedOrder(Order(ranks), tuple(resolver.conflicts))


def _where_moved(base: Order, ours: Order, theirs: Order, entry_id: str) -> object:
    """Return the rank of the only side that moved an entry, None when both did."""
    stayed = [_stayed(base, side, entry_id) for side in (ours, theirs)]
    if stayed == [True, False]:
        return theirs.ranks.get(entry_id, ABSENT)
    if stayed == [False, True]:
        return ours.ranks.get(entry_id, ABSENT)
    if stayed == [True, True]:
        # Two ranks for the same place among the neighbours: either will do, so the smaller, whichever side it is.
        return min(ours.ranks[entry_id], theirs.ranks[entry_id])
    return None


def _stayed(base: Order, side: Order, entry_id: str) -> bool:
    """Whether an entry has another rank, but the same place among the moved entries of both orders."""
    if entry_id not in base.ranks or entry_id not in side.ranks:
        return False
    place = _place(base, entry_id)
    if _place(side, entry_id) != place:
        return False
    there = [other for other in base.ranks if _place(base, other) == place]
    common = [other for other in there if other in side.ranks and _place(side, other) == place]
    return _sorted(base, common) == _sorted(side, common) and len(common) > 1


def _sorted(order: Order, entry_ids: Iterable[str]) -> list[str]:
    return sorted(entry_ids, key=order.key_of)


def _place(order: Order, entry_id: str) -> str:
    return order.seek_id(entry_id)
