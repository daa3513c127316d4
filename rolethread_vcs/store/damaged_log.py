"""Makes a whole operation log again of what can be read of a damaged one, and of that of a copy of the dataset.

Each operation keeps its number. Where some are lost between others, one stands for them that did nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.phrases import count
from rolethread_vcs.store import disk
from rolethread_vcs.store.damaged_refs import fallen_back, follow_ref
from rolethread_vcs.store.log import (
    LOST,
    OPERATIONS_REF,
    RECORD,
    REPAIR,
    Operation,
    OperationLog,
    table_difference,
    write,
)
from rolethread_vcs.store.objects import Objects, commits
from rolethread_vcs.store.objects.packs import KEEP, PackWriter
from rolethread_vcs.store.quarantine import Quarantine, content
from rolethread_vcs.store.refs import SYMBOLIC, moved, shorten
from rolethread_vcs.store.repository import Repository

KEPT = "refs/rolethread/kept/"
"""Below it lie refs that keep commits from git's collection which only lost operations may have led to."""


def restart(repository: Repository, quarantine: Quarantine, more: Mapping[int, Operation] | None = None) -> str:
    """Let the log lead to all operations that can be read; return what to say. Call under the lock.

    `more` are operations that a copy has and that are lost here; their objects are here. What moved since the newest
    is recorded by the next command, as a move by plain git.
    """
    place = repository.common_folder / OPERATIONS_REF
    before = content(place)
    found, repairs = _parted(_readable(repository))
    known = {each.number: each for each in found if each.verb != LOST} | dict(more or {})
    head: str | None = None
    last, lost = 0, 0
    table: Mapping[str, str] = {}
    with repository.pack() as pack:
        for operation in [known[number] for number in sorted(known)] + repairs:
            if operation.verb == REPAIR and more and operation.number <= last:  # it comes after what the copy had
                names = (*operation.changes, *operation.details.get("lost", ()))
                refs = {**table, **{name: operation.refs[name] for name in names if name in operation.refs}}
                operation = replace(operation, number=last + 1, refs=refs, changes=table_difference(table, refs))
            if operation.number > last + 1:
                lost += operation.number - last - 1
                head = _write(_stand_in(last + 1, operation, head), pack, repository)
            is_there = operation.previous == head and operation.id
            head = operation.id if is_there else _write(replace(operation, previous=head), pack, repository)
            last, table = operation.number, operation.refs
        if pack.ids():
            disk.remove(pack.publish().with_suffix(KEEP))
    was = None
    with suppress(DamagedError):
        was = repository.operations.head()
    if not quarantine.swap(place, before, None if head is None else f"{head}\n".encode()):
        raise moved(OPERATIONS_REF)
    if head is None:
        repository.refs.forget_packed(OPERATIONS_REF)
    if lost or head is None or was not in (None, head, *(each.id for each in found)):
        _keep_commits(repository)
    if head is None:
        return "the operation log was damaged, and starts again; nothing done before can be undone"
    left = f"; {count(lost, 'operation')} before that cannot be read" if lost else ""
    return f"the operation log was damaged; it goes up to operation {last} again{left}"


def operations_to_bring(repository: Repository, copy: OperationLog, *, is_damaged: bool) -> dict[int, Operation]:
    """Return the operations that the log of a copy has and that are lost here, by number; none of another log."""
    found, repairs = _parted(_readable(repository))
    here = {each.number: each for each in found if each.verb != LOST}
    is_lost = any(each.verb == LOST for each in found) or any("lost" in each.details for each in repairs)
    if not (is_damaged or is_lost):
        return {}
    there = {each.number: each for each in copy.readable()}
    common = sorted(here.keys() & there.keys())
    parted = next((number for number in common if here[number].record() != there[number].record()), None)
    if here and (not common or parted == common[0]):
        return {}
    return {
        number: each for number, each in there.items() if number not in here and (parted is None or number < parted)
    }


def _parted(operations: list[Operation]) -> tuple[list[Operation], list[Operation]]:
    """Return operations without the repairs at their end, and those."""
    end = len(operations)
    while end and operations[end - 1].verb == REPAIR:
        end -= 1
    return operations[:end], operations[end:]


def _readable(repository: Repository) -> list[Operation]:
    """Return the operations that can be read, oldest first: where the log breaks off, the next older one that is here.

    Of several of one number the latest counts.
    """
    log = repository.operations
    newest = next(log.readable(), None)
    with suppress(DamagedError):
        if (lost := fallen_back(repository).get(OPERATIONS_REF)) is not None:
            newest = log.read(lost)
    chain: list[Operation] = []
    others: list[Operation] | None = None
    while newest is not None or others is None:
        if newest is not None:
            chain.append(newest)
            if newest.first == 1:
                break
            with suppress(DamagedError):
                newest = None if newest.previous is None else log.read(newest.previous)
                if newest is not None and newest.number == chain[-1].first - 1:
                    continue
        if others is None:
            others = sorted(log.stray(), key=lambda each: (each.number, each.time), reverse=True)
        below = chain[-1].first if chain else float("inf")
        newest = next((each for each in others if each.number < below), None)
    return chain[::-1]


def _stand_in(first: int, before: Operation, previous: str | None) -> Operation:
    """Return what stands for the lost operations from `first` up to the one before another."""
    last = before.number - 1
    said = f"operation {last} is lost" if first == last else f"operations {first} to {last} are lost"
    return Operation(last, LOST, said, before.time, "", details={"first": first}, previous=previous)


def _write(operation: Operation, pack: PackWriter, repository: Repository) -> str:
    """Write an operation again, with the tags that it kept: nothing else may lead to them."""
    for value in {value for pair in operation.changes.values() for value in pair if value} if operation.id else ():
        with suppress(DamagedError):
            tag = None if value.startswith(SYMBOLIC) else repository.operations.tag_object(operation, value)
            if tag is not None:
                pack.tags[value] = tag
    return write(operation, pack, repository.objects, repository.signature())


def _keep_commits(repository: Repository) -> None:
    """Keep what no ref leads to any more, since only a lost operation may have: as parents of one commit with a ref."""
    objects = repository.objects
    stored: dict[str, commits.Commit] = {}
    for oid in objects.ids():
        with suppress(DamagedError):
            if objects.kind(oid) == "commit":
                stored[oid] = objects.commit(oid)
    names, heads = repository.refs.names(), [each.head for each in repository.folders()]
    reached: set[str] = set()
    waiting = [tip for name in names if (tip := follow_ref(repository, name).commit)]
    waiting += [head for head in heads if head in stored]
    while waiting:
        oid = waiting.pop()
        if oid not in reached:
            reached.add(oid)
            waiting += stored[oid].parents if oid in stored else ()
    whole: set[str] = set()
    left = [
        oid
        for oid in stored.keys() - reached
        if _is_whole(objects, oid, whole) and RECORD.encode() not in objects.items(stored[oid].tree)
    ]
    tips = set(left) - {parent for oid in left for parent in stored[oid].parents}
    if tips:
        name = KEPT + time.strftime("%Y%m%d-%H%M%S")
        with repository.pack() as pack:
            message = commits.compose_message(f"kept when {shorten(OPERATIONS_REF)} was repaired")
            kept = pack.add_commit(pack.add("tree", b""), sorted(tips), repository.signature(), message)
            published = pack.publish()
        repository.refs.create(name, kept)
        disk.remove(published.with_suffix(KEEP))


def _is_whole(objects: Objects, oid: str, whole: set[str]) -> bool:
    """Return whether an object is here with all that it leads to; what is known to be `whole` grows."""
    waiting, seen = [oid], set[str]()
    while waiting:
        each = waiting.pop()
        if each not in whole and each not in seen:
            seen.add(each)
            try:
                waiting += commits.needs(*objects.check(each))
            except DamagedError:
                return False
    whole |= seen
    return True
