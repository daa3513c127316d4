"""Shows operations: the log of them, and those that an undo or a redo moved."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.cli.context import Context
from rolethread_vcs.phrases import count, short_time
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.undo import Undone
    from rolethread_vcs.store.log.operations import Operation

ENVELOPE = "rolethread.ops/v1"


def print_operations(context: Context, dataset: Dataset, limit: int) -> None:
    """Print the newest operations."""
    output = context.output
    for note in dataset.record_external():
        output.note(note)
    logged = list(islice(dataset.ops(), limit + 1))
    shown = logged[:limit]
    if context.json:
        output.envelope(ENVELOPE, {"operations": [(each, each.operation) for each in shown]})
        return
    if not shown:
        output.note("nothing was done here yet; a copy starts with an empty log")
    now = time.time()
    for each in shown:
        line = _line(each.operation, now)
        output.print(f"{styled(line, 'faint')} (undone)" if each.undone else line)
    if len(logged) > limit:
        output.hint(f"older ones: rtv ops -n {limit * 5}")


def print_undone(context: Context, result: Undone, *, verb: str, dry_run: bool) -> None:
    """Say what an undo or a redo took back or brought again."""
    output, committed = context.output, result.committed
    output.saved = committed.operation is not None
    for note in committed.notes:
        output.note(note)
    if context.json:
        state = {"undone": verb == "undo" and not dry_run}
        value = [(state, operation) for operation in result.operations]
        output.envelope(ENVELOPE, {"operations": value, "operation": committed.operation, "dry_run": dry_run})
        return
    now = time.time()
    word = {"undo": ("undid", "would undo"), "redo": ("did again", "would do again")}[verb][dry_run]
    for operation in result.operations:
        output.report(f"{word} {_line(operation, now).strip()}")
    if not dry_run:
        other = "redo" if verb == "undo" else "undo"
        output.report(f"{_place(context, result)}; take this back with: rtv {other}")


def _place(context: Context, result: Undone) -> str:
    """Return where the branch stands now whose entries were moved, which need not be the one that one is on."""
    dataset = context.open_dataset(to_go_back=True)
    where = dataset.repository.branch() or result.committed.branch or "a commit"
    moved = {each.branch for each in result.operations if each.added or each.changed or each.removed} - {""}
    other = next(iter(moved)) if len(moved) == 1 else where
    if other == where:
        snapshot = dataset.snapshot()
    elif other in dataset.repository.refs.branches():
        where, snapshot = other, dataset.snapshot(other)
    else:
        return f"the branch {other} is gone"
    return f"{where} is at {snapshot.id[:10]} now, with {count(len(snapshot), 'entry', 'entries')}"


def _line(operation: Operation, now: float) -> str:
    counts = [
        f"{mark}{number:,}"
        for mark, number in (("+", operation.added), ("~", operation.changed), ("-", operation.removed))
        if number
    ]
    branch = f" on {operation.branch}" if operation.branch else ""
    what = f"{operation.command}{branch}"
    return f"{operation.number:>4}  {short_time(operation.time, now=now)}  {what}" + (
        f"  ({' '.join(counts)})" if counts else ""
    )
