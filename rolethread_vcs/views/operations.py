"""Operations as lines: the log of them, and those that an undo or a redo moved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rolethread_vcs.phrases import short_time, signed_counts
from rolethread_vcs.views.terminal_text import Line, Lines, styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.undo import LoggedOperation, Undone
    from rolethread_vcs.store.log.operations import Operation


def operation_lines(shown: Sequence[LoggedOperation], limit: int, *, more: bool) -> Lines:
    """Yield a line for each operation, at most `limit`, and how to see older ones if there are `more`."""
    if not shown:
        yield Line("note", "nothing was done here yet; a copy starts with an empty log")
    for each in shown:
        line = _operation(each.operation)
        yield f"{styled(line, 'faint')} (undone)" if each.undone else line
    if more:
        yield Line("hint", f"older ones: rtv ops -n {limit * 5}")


def undone_lines(result: Undone, verb: Literal["undo", "redo"], place: str | None) -> Lines:
    """Yield what an undo or a redo took back or brought again; `place` says where the branch is now, None if dry."""
    did, would = {"undo": ("undid", "would undo"), "redo": ("did again", "would do again")}[verb]
    for operation in result.operations:
        yield Line("report", f"{would if place is None else did} {_operation(operation).strip()}")
    if place is not None:
        yield Line("report", f"{place}; take this back with: rtv {'redo' if verb == 'undo' else 'undo'}")


def _operation(operation: Operation) -> str:
    counts = signed_counts(operation)
    branch = f" on {operation.branch}" if operation.branch else ""
    when = short_time(operation.time, now=time.time())
    line = f"{operation.number:>4}  {when}  {operation.command}{branch}"
    return f"{line}  ({counts})" if counts else line
