"""What plain git did between two commands, as an operation of its own."""

from __future__ import annotations

from collections.abc import Mapping

from rolethread_vcs.store.operations import EXTERNAL, Operation
from rolethread_vcs.store.publishing import Moves
from rolethread_vcs.store.refs import shorten


def external_operation(
    last: Operation, changes: Moves, table: Mapping[str, str], when: int, worktree: str, branch: str
) -> Operation:
    """Return the operation that records what plain git did since the last one of ours."""
    names = ", ".join(shorten(name) for name in changes)
    return Operation(
        number=last.number + 1,
        verb=EXTERNAL,
        command=f"plain git moved {names}",
        time=when,
        branch=branch,
        changes=dict(changes),
        refs=dict(table),
        worktree=worktree,
        previous=last.id,
    )


def describe_external(changes: Moves) -> str:
    """Return the note that tells of moves by plain git."""
    names = ", ".join(shorten(name) for name in changes)
    return f"plain git had moved {names} since the last command; that is in the operation log now"
