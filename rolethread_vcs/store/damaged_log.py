"""Makes a whole operation log again of what can be read of a damaged one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.phrases import count
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import OPERATIONS_REF, Operation, write
from rolethread_vcs.store.objects.packs import KEEP
from rolethread_vcs.store.quarantine import Quarantine
from rolethread_vcs.store.repository import Repository


def restart(repository: Repository, quarantine: Quarantine) -> str:
    """Let the log lead to its newest operations, as far back as they read; return what to say. Call under the lock.

    Where the oldest of them are gone, the rest is written again, numbered from 1. What moved since the newest is
    recorded by the next command, as a move by plain git.
    """
    kept = _readable(repository)
    head: str | None = kept[-1].id if kept else None
    if kept and kept[0].number != 1:
        numbers = {operation.number: number for number, operation in enumerate(kept, 1)}
        head = None
        with repository.pack() as pack:
            for operation in kept:
                undoes = tuple(numbers[each] for each in operation.undoes if each in numbers)
                redoes = None if operation.redoes is None else numbers.get(operation.redoes)
                number = numbers[operation.number]
                operation = replace(operation, number=number, undoes=undoes, redoes=redoes, previous=head)
                head = write(operation, pack, repository.objects, repository.signature())
            disk.remove(pack.publish().with_suffix(KEEP))
    quarantine.replace(repository.common_folder / OPERATIONS_REF, None if head is None else f"{head}\n".encode())
    if head is None:
        repository.refs.forget_packed(OPERATIONS_REF)
        return "the operation log was damaged, and starts anew; nothing done before can be undone"
    return f"the operation log was damaged; it has the newest {count(len(kept), 'operation')} that can be read"


def _readable(repository: Repository) -> list[Operation]:
    """Return the operations from the newest that can be read back to where the log breaks off, oldest first."""
    log = repository.operations
    newest = next(log.readable(), None)
    if newest is None:
        newest = max(log.stray(), key=lambda each: (each.number, each.time), default=None)
    chain: list[Operation] = []
    with suppress(DamagedError):
        while newest is not None and (not chain or newest.number == chain[-1].number - 1):
            chain.append(newest)
            newest = None if newest.previous is None else log.read(newest.previous)
    return chain[::-1]
