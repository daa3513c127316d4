"""Where the moved entries are: `order.json`, merged rank by rank; without a moved entry there is no such file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rolethread_vcs.documents import Kind, MergedDocument
from rolethread_vcs.model.layout import ORDER
from rolethread_vcs.model.order import Order

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Choice


class _OrderKind(Kind[Order]):
    name = "order"
    absent = b"{}\n"
    patterns = (f"/{ORDER}",)

    def owns(self, path: str) -> bool:
        return path == ORDER

    def parse(self, data: bytes) -> Order:
        return Order.parse(data)

    def encode(self, value: Order) -> bytes | None:
        return value.encode()

    def _merge_sides(
        self, base: bytes | None, ours: bytes, theirs: bytes, choices: Mapping[str, Choice]
    ) -> MergedDocument:
        from rolethread_vcs.merge.order import merge_order

        merged = merge_order(Order.parse(base), Order.parse(ours), Order.parse(theirs), choices)
        return MergedDocument(merged.order.encode(), merged.conflicts)


KIND = _OrderKind()
