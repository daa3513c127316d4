"""What plain git did between two commands, as an operation of its own."""

from __future__ import annotations

from collections.abc import Mapping

from rolethread_vcs.store.log.operations import EXTERNAL, Moves, Operation, table_to_record
from rolethread_vcs.store.refs.refs import BRANCHES, shorten
from rolethread_vcs.store.repository import Repository


def external_operation(
    repository: Repository, last: Operation, changes: Moves, table: Mapping[str, str], when: int, branch: str
) -> Operation:
    """Return the operation that records what plain git did since the last one of ours.

    `table` is `Refs.table()` as it is now, in the folder of the repository.
    """
    worktree = repository.worktree_name
    names = ", ".join(shorten(name) for name in changes)
    return Operation(
        number=last.number + 1,
        verb=EXTERNAL,
        command=f"plain git moved {names}",
        time=when,
        branch=branch,
        changes=dict(changes),
        refs=table_to_record(last, table, worktree, repository.other_heads()),
        worktree=worktree,
        previous=last.id,
    )


def describe_external(changes: Moves, branch: str) -> str:
    """Return the note that tells of moves by plain git, and how to see what they brought to the current branch."""
    names = ", ".join(shorten(name) for name in changes)
    before, after = changes.get(BRANCHES + branch, (None, None))
    look = f"; see what it brought with: rtv check --new-since {before[:10]}" if before and after else ""
    return f"plain git had moved {names} since the last command; that is in the operation log now{look}"
