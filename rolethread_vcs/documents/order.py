"""Where the moved entries are: `order.json`, merged rank by rank; without a moved entry there is no such file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rolethread_vcs.documents import Data, Kind
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.layout import ORDER
from rolethread_vcs.model.order import Order

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Choose, Merged


class _OrderKind(Kind[Order]):
    name = "order"
    absent = b"{}\n"
    patterns = (f"/{ORDER}",)

    def owns(self, path: str) -> bool:
        return path == ORDER

    def parse(self, data: bytes) -> Order:
        return Order.parse(data)

    def encode(self, value: Order) -> Data:
        return value.encode()

    def _merge_sides(self, base: Data, ours: bytes, theirs: bytes, choose: Choose | None) -> Merged[Data]:
        from rolethread_vcs.merge.conflict import Merged

        merged = merge_orders(Order.parse(base), Order.parse(ours), Order.parse(theirs), choose)
        return Merged(merged.value.encode(), merged.conflicts)


KIND = _OrderKind()


def merge_orders(base: Order, ours: Order, theirs: Order, choose: Choose | None = None) -> Merged[Order]:
    """Return the order with the moves of both sides; fields are `order["<id>"]`, values are ranks.

    Its only conflict is one entry that both moved to different places. An entry that got another rank only because
    its neighbours needed room was not moved. What both moved to one place, among other entries, has the ranks of the
    side with which the order of both is kept.

    Raises:
        UsageError (unusable_choice): a choice is no rank.
    """
    from rolethread_vcs.diff import ABSENT
    from rolethread_vcs.merge.conflict import Conflict, Reason, field_name
    from rolethread_vcs.merge.resolver import Resolver
    from rolethread_vcs.merge.values import UNSETTLED, settle

    resolver = Resolver(choose)
    ranks: dict[str, str] = {}
    unsettled: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry_id in sorted(base.ranks.keys() | ours.ranks.keys() | theirs.ranks.keys()):
        was, left, right = (side.ranks.get(entry_id, ABSENT) for side in (base, ours, theirs))
        rank = settle(was, left, right)
        if rank is UNSETTLED:
            stayed = [_stayed(base, side, entry_id) for side in (ours, theirs)]
            if all(stayed):
                # Two ranks for the same place among the neighbours: either will do, so the smaller, whosever it is.
                rank = min(ours.ranks[entry_id], theirs.ranks[entry_id])
            elif any(stayed):
                rank = right if stayed[0] else left
            else:
                place = ours.seek_id(entry_id)
                is_one = ABSENT not in (left, right) and theirs.seek_id(entry_id) == place
                unsettled[place, "" if is_one else entry_id].append(entry_id)
                continue
        if rank is not ABSENT:
            ranks[entry_id] = rank
    for (place, apart), moved in unsettled.items():
        for source in sorted((ours, theirs), key=lambda side: [side.rank_of(each) for each in moved]):
            tried = Order(ranks | {each: source.rank_of(each) for each in moved})
            if not apart and all(_has_order_of(tried, side, place) for side in (ours, theirs)):
                ranks = dict(tried.ranks)
                break
        else:
            for entry_id in moved:
                was, left, right = (side.ranks.get(entry_id, ABSENT) for side in (base, ours, theirs))
                rank = resolver.answer(Conflict(field_name("order", entry_id), Reason.BOTH_MOVED, was, left, right))
                if isinstance(rank, str):
                    ranks[entry_id] = rank
                elif rank is not ABSENT:
                    raise UsageError(f"a rank is text, not {rank!r}", code="unusable_choice")
    return resolver.merged(Order(ranks))


def _has_order_of(order: Order, side: Order, place: str) -> bool:
    """Whether the entries that a side moved to a place, and that are still there, stand in its order."""
    there = [each for each in side.ranks if side.seek_id(each) == place and order.seek_id(each) == place]
    return sorted(there, key=side.key_of) == sorted(there, key=order.key_of)


def _stayed(base: Order, side: Order, entry_id: str) -> bool:
    """Whether an entry has another rank, but the same place among the moved entries of both orders."""
    if entry_id not in base.ranks or entry_id not in side.ranks:
        return False
    place = base.seek_id(entry_id)
    if side.seek_id(entry_id) != place:
        return False
    common = [other for other in base.ranks if base.seek_id(other) == place]
    common = [other for other in common if other in side.ranks and side.seek_id(other) == place]
    return sorted(common, key=base.key_of) == sorted(common, key=side.key_of) and len(common) > 1
