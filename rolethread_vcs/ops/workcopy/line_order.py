"""Turns the order of the lines of a file copy into moves of entries: what stayed stays, the rest goes behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.edit.placement import as_listed

_ONE_BY_ONE = 200
"""Runs up to which entries are moved run by run; more are ranked anew at once."""


@dataclass(frozen=True, slots=True)
class Run:
    """Items that stand behind an item that stayed; `anchor` is None at the front of the file."""

    anchor: str | None
    items: tuple[str, ...]


def runs_of(listed: Sequence[str], floating: Collection[str]) -> list[Run]:
    """Return the runs of floating items (moved and new ones) in a list, each with the staying one before it."""
    runs: list[Run] = []
    anchor: str | None = None
    items: list[str] = []
    for item in listed:
        if item in floating:
            items.append(item)
            continue
        if items:
            runs.append(Run(anchor, tuple(items)))
            items = []
        anchor = item
    if items:
        runs.append(Run(anchor, tuple(items)))
    return runs


def insert_runs(ids: Sequence[str], runs: Sequence[Run], first_staying: str | None) -> list[str]:
    """Return ids in order with runs put behind their anchors; ids of runs leave the place they had.

    A run at the front of the file stands before `first_staying`, the first item that stayed.
    """
    floating = {item for run in runs for item in run.items}
    behind = {run.anchor: run.items for run in runs}
    front = behind.pop(None, ())
    result: list[str] = []
    for entry_id in ids:
        if entry_id in floating:
            continue
        if entry_id == first_staying:
            result += front
            front = ()
        result.append(entry_id)
        result += behind.get(entry_id, ())
    return [*front, *result] if front else result


def order_with(order: Order, before: Sequence[str], after: Sequence[str], runs: Sequence[Run]) -> Order:
    """Return the order in which the ids `after` stand as listed; `before` is how they stood, new ones last.

    `runs` are what left its place. Ranks of entries that stayed change only where there are very many runs.
    """
    if list(before) == list(after):
        return order
    if len(runs) > _ONE_BY_ONE:
        return as_listed(after)
    place = {entry_id: number for number, entry_id in enumerate(after)}
    floating = {item for run in runs for item in run.items}
    for run in runs:
        first = place[run.items[0]]
        last = place[run.items[-1]] + 1
        anchor = after[first - 1] if first else None
        following = next((entry_id for entry_id in after[last:] if entry_id not in floating), None)
        order = order.move_all_after(run.items, anchor, next_id=following)
    return order
