"""Takes operations back and brings them again: moves only the refs of those operations, and never asks the gate."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rolethread_vcs.errors import BusyError, ConflictError, NotFoundError, SystemRefusedError, UsageError
from rolethread_vcs.ops.settings.settings import refuse_checkout
from rolethread_vcs.phrases import count as count_of
from rolethread_vcs.phrases import listed
from rolethread_vcs.store.checkout import STAGED, UnsavedEditsError
from rolethread_vcs.store.log import EXTERNAL, REDO, REPAIR, UNDO, Moves, Operation, kept_blob
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.objects.trees import Difference
from rolethread_vcs.store.publication import head_commit
from rolethread_vcs.store.refs import BRANCHES, HEAD, REMOTES, SYMBOLIC, TAGS, ref_of, shorten
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import count_between
from rolethread_vcs.transaction import Committed, Counts, Intent, NewerWriterError, Session, external_operation

_NAMED = 3
"""Operations that are named one by one in an answer."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo or a redo did: the operations it took back (or brought again), newest first."""

    operations: tuple[Operation, ...]
    committed: Committed


def _choose(repository: Repository, count: int, to: int | None) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """Return the operations to take back, and those between them that another folder has to take back, newest first."""
    chosen: list[Operation] = []
    elsewhere: list[Operation] = []
    for logged in list_operations(repository):
        operation = logged.operation
        if to is not None and operation.number <= to:
            break
        if logged.undone or operation.verb in (UNDO, REDO) or not operation.has_effect:
            continue
        if operation.is_of_another_folder(repository.worktree_name):
            elsewhere.append(operation)
            continue
        chosen.append(operation)
        if to is None and len(chosen) == count:
            break
    if to is not None:
        last = repository.operations.last()
        if last is None or not 1 <= to <= last.number:
            raise NotFoundError(f"there is no operation {to}", hint="see them with: rtv ops")
    if not chosen or (to is None and len(chosen) < count):
        left = (
            f"only {count_of(len(chosen), 'operation', 'operations')} can be undone"
            if chosen
            else "there is nothing to undo"
        )
        notes = "".join(f"; {note}" for note in _notes_of_folders(repository, elsewhere, left_alone=True))
        raise NotFoundError(f"{left}{notes}", hint="see what was done with: rtv ops", code="nothing_to_undo")
    return tuple(chosen), tuple(elsewhere)


def _notes_of_folders(repository: Repository, operations: Sequence[Operation], *, left_alone: bool) -> list[str]:
    """Return what to say of operations that were done in another folder that is still there."""
    folders = {each.name: each.folder for each in repository.other_folders()}
    notes = []
    for each in operations[:_NAMED]:
        if each.worktree in folders and each.worktree != repository.worktree_name:
            folder = folders[each.worktree]
            name, back = f"operation {each.number} ({each.command})", f"rtv -C {shlex.quote(str(folder))} undo"
            if left_alone:
                notes.append(f"{name} is left alone: it was done in {folder}, so take it back there: {back}")
            else:
                notes.append(f"{name} was done in {folder}")
    return notes


def undo(repository: Repository, count: int = 1, *, to: int | None = None, dry_run: bool = False) -> Undone:
    """Take the last operations back as one new operation.

    Raises:
        ConflictError: a ref has moved since, or hand edits are in the way; nothing was changed.
    """
    if count < 1:
        raise UsageError("undo takes back at least one operation", hint="rtv undo")
    command = f"undo --to {to}" if to is not None else ("undo" if count == 1 else f"undo {count}")
    intent = Intent(UNDO, command, dry_run=dry_run)
    with Session.open(repository, intent, needs_branch=False, goes_back=True) as session:
        if not dry_run:
            session.record_external()
        chosen, elsewhere = _choose(repository, count, to)
        session.notes += [
            *_notes_of_folders(repository, elsewhere, left_alone=True),
            *_notes_of_folders(repository, chosen, left_alone=False),
        ]
        named = listed([f"{each.number} ({each.command})" for each in chosen], 3)
        session.intent = replace(session.intent, command=f"undo {named}")
        return _go_back(session, chosen, chosen, undoes=tuple(operation.number for operation in chosen))


def redo(repository: Repository, *, dry_run: bool = False) -> Undone:
    """Bring the operations again that the last undo took back, as one new operation.

    Raises:
        NotFoundError (nothing_to_undo): nothing was undone, or something else was done since. ConflictError as `undo`.
    """
    intent = Intent(REDO, REDO, dry_run=dry_run)
    with Session.open(repository, intent, needs_branch=False, goes_back=True) as session:
        if not dry_run:
            session.record_external()
        undone = _last_undo(repository)
        chosen = tuple(each for each in repository.operations if each.number in undone.undoes)
        session.notes += _notes_of_folders(repository, chosen, left_alone=False)
        return _go_back(session, [undone], chosen, redoes=undone.number)


def _last_undo(repository: Repository) -> Operation:
    """Return the undo that a redo takes back."""
    for logged in list_operations(repository):
        operation = logged.operation
        if operation.is_of_another_folder(repository.worktree_name):
            continue
        if operation.verb == UNDO and not logged.undone:
            return operation
        if operation.verb not in (UNDO, REDO) and operation.has_effect:
            break
    raise NotFoundError(
        "there is nothing to redo: nothing was undone, or something else was done since",
        hint="rtv ops",
        code="nothing_to_undo",
    )


def _go_back(
    session: Session,
    reverted: Sequence[Operation],
    chosen: tuple[Operation, ...],
    *,
    undoes: tuple[int, ...] = (),
    redoes: int | None = None,
) -> Undone:
    """Move refs back through the reverted operations; what else the chosen ones did is undone, or redone."""
    repository, forward = session.repository, redoes is not None
    moves = _moves_back(reverted)
    for name, (expected, _) in moves.items():
        if expected != repository.refs.value(name):
            oldest = reverted[-1]
            raise ConflictError(
                f"{shorten(name)} has moved since operation {oldest.number} ({oldest.command})",
                hint="see what moved it with: rtv ops",
            )
    branch = ref_of(moves[HEAD][1]) if HEAD in moves else None
    if branch is not None and (moves[branch][1] if branch in moves else repository.refs.read(branch)) is None:
        # another folder deleted it since; in this one, what deleted it would be taken back first
        name = shorten(branch)
        raise ConflictError(
            f"this would go back to the branch {name}, which is not there any more",
            hint=f"see what took it with: rtv ops   make one of that name with: rtv branch {shlex.quote(name)}",
        )
    for name, (before, after) in moves.items():
        if before and after and name.startswith(BRANCHES):
            session.notes += _notes_of_pushed(repository, chosen, shorten(name), before, after)
        elif before and name.startswith(TAGS):
            session.notes += _notes_of_release(repository, name.removeprefix(TAGS), moves_on=after is not None)
    # tag objects that a garbage collection took, and refs are to point at: the operation kept their bytes
    gone = [new for _, new in moves.values() if new and not new.startswith(SYMBOLIC) and new not in repository.objects]
    kept = {oid: tag for oid in gone for each in chosen if (tag := repository.operations.tag_object(each, oid))}
    for oid in gone:
        if oid not in kept:
            raise ConflictError(
                f"this would go back to {oid[:10]}, which is lost",
                hint="bring it back from another copy: rtv verify --repair --from COPY",
                code="lost_commit",
            )
    files = _exchanges(repository, chosen, moves, forward=forward)
    config: dict[str, tuple[str | None, str | None]] = {}
    for operation in chosen:
        for key, (before, after) in operation.config.items():
            config[key] = (before, config[key][1] if key in config else after)
    if not forward:
        config = {key: (after, before) for key, (before, after) in config.items()}
    refuse_checkout(repository, config)
    committed = session.move(
        moves,
        counts=count_entries(repository, moves),
        tags=list(kept.values()),
        effects=SideEffects(files=files),
        undoes=undoes,
        redoes=redoes,
        config=config,
    )
    return Undone(chosen, committed)


def _notes_of_pushed(
    repository: Repository, chosen: Sequence[Operation], branch: str, before: str, after: str
) -> Iterator[str]:
    """Yield what to say of a branch that goes behind what was pushed of it, or fetched: how to go on from there."""
    graph, followed = repository.graph, repository.refs.upstream(branch)
    for name, (there, tip) in repository.refs.remote_branches().items():
        is_its_own = there == branch if followed is None else REMOTES + name == followed
        if not is_its_own or all(graph.is_ancestor(base, after) for base in graph.merge_bases(before, tip)):
            continue
        gone = list(graph.newest_first([tip], hide=[after]))
        said = f"{branch} goes {count_of(len(gone), 'commit')} behind {name}"
        # also those that an undo before this one took back
        since = list(itertools.takewhile(lambda each: each.number >= chosen[-1].number, repository.operations))
        if all(_made(since, BRANCHES + branch, commit) for commit in gone):
            span = tip[:10] if len(gone) == 1 else f"{after[:10]}..{tip[:10]}"
            back = "redo" if graph.is_ancestor(tip, before) else f"merge {name}"
            yield (
                f"{said}, which others may have, so git push will be refused; "
                f"to take it back for them, too: rtv {back}, then rtv revert {span}"
            )
        else:
            yield f"{said}; nothing of that is lost: git pull, or rtv merge {name}, brings it back"


def _notes_of_release(repository: Repository, name: str, *, moves_on: bool) -> Iterator[str]:
    """Yield what to say of a release that goes, or moves; git keeps no note of where a tag was pushed to."""
    remotes = sorted(filter(None, repository.refs.git.remotes.names()), key=lambda each: (each != "origin", each))
    if remotes:
        verb, words = ("move", f"--force {remotes[0]}") if moves_on else ("delete", f"{remotes[0]} --delete")
        quoted = shlex.quote(name)
        yield f"where {name} was pushed to, it is as before; to {verb} it there, too: git push {words} {quoted}"


def _made(operations: Sequence[Operation], branch: str, commit: Commit) -> bool:
    """Return whether one of some operations of ours made a commit, rather than move the branch on to it."""
    for each in operations:
        before, after = each.changes.get(branch, (None, None))
        if after == commit.id and each.verb not in (EXTERNAL, UNDO, REDO, REPAIR):
            return commit.parents[:1] == (before,) and (each.verb != "merge" or len(commit.parents) > 1)
    return False


def _moves_back(operations: Sequence[Operation]) -> Moves:
    """Return the moves that take operations back, newest first, each ref moved once.

    Raises:
        ConflictError: an operation in between that is not among them moved one of the refs.
    """
    moves: dict[str, tuple[str | None, str | None]] = {}
    for operation in operations:
        for name, (before, after) in operation.changes.items():
            known = moves.get(name, (after, after))
            if known[1] != after:
                raise ConflictError(
                    f"{shorten(name)} was moved between operation {operation.number} and the ones after it",
                    hint="rtv ops",
                )
            moves[name] = (known[0], before)
    return {name: pair for name, pair in moves.items() if pair[0] != pair[1]}


def count_entries(repository: Repository, moves: Moves) -> Counts:
    """Return how many entries ref moves bring, change and take on the current branch, or on the one that moves."""
    before, after = (head_commit(repository, moves, side) for side in (0, 1))
    if before == after:
        pair = next(((b, a) for name, (b, a) in moves.items() if name != HEAD and b and a), None)
        before, after = pair if pair is not None else (None, None)
    if before is None or after is None:
        return Counts()
    objects = repository.objects
    old, new = (objects.commit(objects.peel(commit)).tree for commit in (before, after))
    return count_between(objects, old, new)


def _exchanges(
    repository: Repository, chosen: Sequence[Operation], moves: Moves, *, forward: bool
) -> tuple[Difference, ...]:
    """Return how hand edits that a restore threw away come back into the folder, or, for a redo, go again.

    Raises:
        ConflictError: there is no folder to bring them back to. UnsavedEditsError: a file is not as the operation left
        it.
    """
    exchanges: dict[str, Difference] = {}
    if not any(operation.discarded for operation in chosen):
        return ()
    worktree, commit = repository.worktree, head_commit(repository, moves, 1 if forward else 0)
    for operation in chosen:
        for path, oid in operation.discarded.items():
            if worktree is None or commit is None:
                raise ConflictError(
                    f"operation {operation.number} threw away hand edits, and no files are checked out now to bring "
                    "them back to",
                    hint="rtv config set checkout always",
                )
            # newest first: of several edits of one file the oldest counts, which the undo of them all brings back
            edited, saved = kept_blob(oid), repository.snapshot_of(commit).find(path)
            exchanges[path] = Difference(path, edited, saved) if forward else Difference(path, saved, edited)
    if worktree is not None:
        for each in worktree.in_the_way(exchanges.values()):
            # the index may hold what HEAD has, which is neither of the two
            head = repository.head_snapshot().find(each.path)
            if each.flag != STAGED or worktree.index.holds_other(each.path, head):
                raise UnsavedEditsError(
                    f"{each.path} has other hand edits now", hint="save them first with: rtv commit"
                )
    return tuple(exchanges.values())


# ---- the list of operations


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """An operation with whether it is undone by now."""

    operation: Operation
    undone: bool


def list_operations(repository: Repository) -> Iterator[LoggedOperation]:
    """Yield the operations, newest first, each with whether it is undone by now.

    What plain git moved since the last one comes first, as the operation that the next mutating verb will record.
    """
    unrecorded = _unrecorded(repository)
    return with_undone(itertools.chain(() if unrecorded is None else (unrecorded,), repository.operations))


def with_undone(operations: Iterable[Operation]) -> Iterator[LoggedOperation]:
    """Yield operations, newest first and every undo and redo among them, each with whether it is undone by now."""
    undone: set[int] = set()
    cancelled: set[int] = set()
    for operation in operations:
        if operation.verb == REDO and operation.redoes is not None and operation.number not in undone:
            cancelled.add(operation.redoes)
        elif operation.verb == UNDO and operation.number not in cancelled:
            undone.update(operation.undoes)
        yield LoggedOperation(operation, operation.number in undone or operation.number in cancelled)


def _unrecorded(repository: Repository) -> Operation | None:
    last = repository.operations.last()
    table = repository.refs.table(None if last is None else last.refs)
    return external_operation(repository, last, table, repository.signature().time, repository.branch() or "")


def record_external(repository: Repository) -> tuple[str, ...]:
    """Take moves by plain git into the log, as an operation of their own; a dataset that is read-only stays so."""
    if _unrecorded(repository) is None:
        return ()
    try:
        with Session.open(repository, Intent("ops", "ops"), needs_branch=False) as session:
            session.record_external()
            return tuple(session.notes)
    except (BusyError, SystemRefusedError, NewerWriterError) as error:
        return (f"plain git moved something, and that could not be noted: {error.message}",)
