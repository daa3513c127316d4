"""Lists what was done, newest first, with what is undone by now and what plain git did beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from rolethread_vcs.errors import BusyError, SystemRefusedError
from rolethread_vcs.store.log.operations import REDO, UNDO, Operation, moved_since
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, NewerWriterError, Session, external_operation


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """An operation with whether it is undone by now."""

    operation: Operation
    undone: bool


def log(repository: Repository) -> Iterator[LoggedOperation]:
    """Yield the operations, newest first, each with whether it is undone by now.

    What plain git moved since the last one comes first, as the operation that the next mutating verb will record.
    """
    undone: set[int] = set()
    cancelled: set[int] = set()
    for operation in itertools.chain(_unrecorded(repository), repository.operations):
        if operation.verb == REDO and operation.redoes is not None and operation.number not in undone:
            cancelled.add(operation.redoes)
        elif operation.verb == UNDO and operation.number not in cancelled:
            undone.update(operation.undoes)
        yield LoggedOperation(operation, operation.number in undone or operation.number in cancelled)


def _unrecorded(repository: Repository) -> Iterator[Operation]:
    last = repository.operations.last()
    if last is None:
        return
    table = repository.refs.table(last.refs)
    changes = moved_since(last, table, repository.worktree_name)
    if changes:
        now = repository.signature().time
        yield external_operation(repository, last, changes, table, now, repository.branch() or "")


def record_external(repository: Repository) -> tuple[str, ...]:
    """Take moves by plain git into the log, as an operation of their own; a dataset that is read-only stays so."""
    last = repository.operations.last()
    if last is None or not moved_since(last, repository.refs.table(last.refs), repository.worktree_name):
        return ()
    try:
        with Session.open(repository, Intent("ops", "ops"), needs_branch=False) as session:
            session.record_external()
            return tuple(session.notes)
    except (BusyError, SystemRefusedError, NewerWriterError) as error:
        return (f"plain git moved something, and that could not be noted: {error.message}",)
