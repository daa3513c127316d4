"""Publishes a written pack: compare-and-swap of the refs, then everything that follows.

The order is what makes a kill at any point harmless. First the pack, with the note of what is about to happen in its
`.keep` (all fsynced, the names too), then the refs (the point of no return), the operation log, the checked-out folder,
and last the `.keep` goes. Whoever takes the lock next finishes what it finds noted, or forgets it when no ref moved.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rolethread_vcs.errors import BusyError, DamagedError, MovedError, RoleThreadError
from rolethread_vcs.store import disk, folding
from rolethread_vcs.store.log import journal
from rolethread_vcs.store.log.operations import OPERATIONS_REF
from rolethread_vcs.store.objects.packs import KEEP, PackWriter
from rolethread_vcs.store.places.linked_folders import CheckedOutFolder, linked_folders
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC, HeldRef, shorten
from rolethread_vcs.store.repository import Repository

REF_PATIENCE = 10.0
"""Seconds to wait for another git program that holds a ref's lock."""

LIVING_LOCK = 0.3
"""Seconds after which a lock file that a dead writer of ours may have left is taken for dead."""

Moves = Mapping[str, tuple[str | None, str | None]]
"""Refs to their values before and after; None for absent."""


def publish_moves(
    repository: Repository,
    pack: PackWriter,
    moves: Moves,
    command: str,
    when: int,
    log: tuple[str | None, str],
    held: HeldRef | None = None,
) -> Path:
    """Make a pack visible and move refs by compare-and-swap, the operation log last; all or nothing.

    Return the pack, whose `.keep` stands until `settle`.

    Raises:
        MovedError, BusyError: nothing moved. RoleThreadError with `saved`: the move is done, something after it failed.
    """
    moves = _in_safe_order(moves)
    published = pack.publish(journal.Pending(command, when, moves, log, repository.worktree_name).encode())
    try:
        _check_written(repository, pack)
    except BaseException:
        _unkeep(published)
        raise
    done: list[str] = []
    try:
        for name, (before, after) in moves.items():
            _move(repository, name, before, after, command, held if held and held.name == name else None)
            done.append(name)
        _move(repository, OPERATIONS_REF, log[0], log[1], command, None)
    except RoleThreadError as error:
        if not _take_back(repository, moves, done, command):
            raise _saved(error) from error
        _unkeep(published)
        raise
    return published


def _in_safe_order(moves: Moves) -> Moves:
    """Return moves so that HEAD leads to a branch that is there between any two of them: a kill may come there.

    HEAD goes to a branch after that was made, and leaves one before that is deleted.
    """
    left = (moves[HEAD][0] or "").removeprefix(SYMBOLIC) if HEAD in moves else ""

    def turn(name: str) -> int:
        is_deleted = moves[name][1] is None
        return 3 if is_deleted and name == left else 2 if name == HEAD else 0 if is_deleted else 1

    return {name: moves[name] for name in sorted(moves, key=turn)}


def is_published(repository: Repository, moves: Moves) -> bool:
    """Return whether any ref has its new value; then the rest is finished now or by the next command."""
    return any(_is_at(repository, name, after) for name, (_, after) in moves.items())


def _take_back(repository: Repository, moves: Moves, done: Sequence[str], command: str) -> bool:
    """Move refs back that had moved before a later one failed; return whether all is as it was."""
    for name in reversed(done):
        before, after = moves[name]
        try:
            _move(repository, name, after, before, f"take back: {command}", None)
        except RoleThreadError:
            return False
    return True


def _check_written(repository: Repository, pack: PackWriter) -> None:
    """Look every object up before telling anybody that it is saved."""
    missing = repository.objects.missing(pack.ids())
    if missing:
        raise DamagedError(
            f"{len(missing)} objects that were just written cannot be read back; nothing was saved",
            hint="rtv doctor",
        )


def _move(
    repository: Repository, name: str, before: str | None, after: str | None, why: str, held: HeldRef | None
) -> None:
    """Move, create or delete one ref if it still has its old value; wait a little for other git programs."""
    deadline = time.monotonic() + REF_PATIENCE
    while True:
        try:
            return _move_once(repository, name, before, after, why, held)
        except BusyError:
            if _is_at(repository, name, after):
                return None
            if time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.002, 0.02))
        except RoleThreadError:
            # An error of the last fsync comes after the ref has moved: look before saying "not saved".
            if _is_at(repository, name, after):
                return None
            raise


def _is_at(repository: Repository, name: str, value: str | None) -> bool:
    try:
        return _now(repository, name) == value
    except RoleThreadError:
        return False


def _move_once(
    repository: Repository, name: str, before: str | None, after: str | None, why: str, held: HeldRef | None
) -> None:
    refs = repository.refs
    if name == HEAD:
        assert before is not None and after is not None
        refs.set_head(after, before=before)
        return
    if before is None:
        assert after is not None
        refs.create(name, after)
        return
    held = held or refs.hold_itself(name)
    if held is None or held.target != before:
        raise MovedError(f"{shorten(name)} moved while this command was working; nothing was overwritten")
    if after is None:
        held.delete()
    else:
        held.swap(after, why)


def _unkeep(pack: Path) -> None:
    with contextlib.suppress(OSError):
        pack.with_suffix(KEEP).unlink()


def settle(repository: Repository, notes: list[str], pack: Path, moves: Moves) -> None:
    """Do what follows a publication: the folder, the `.keep` of the pack with its note, folding.

    Raises:
        RoleThreadError with `saved` set: the change is safe, what follows it is not; the next command finishes it.
    """
    with _after_saving():
        _close(repository, notes, pack, moves)
        folding.fold_if_many(repository)


def _close(repository: Repository, notes: list[str], pack: Path, moves: Moves) -> None:
    left_alone = [*follow_moves(repository, moves), *_follow_elsewhere(repository, notes, moves)]
    if left_alone:
        notes.append(f"left alone, because edited by hand or damaged: {', '.join(left_alone[:5])}")
    disk.remove(pack.with_suffix(KEEP))


@contextlib.contextmanager
def _after_saving() -> Iterator[None]:
    """Mark errors with `saved`: what failed comes after the point of no return."""
    try:
        yield
    except RoleThreadError as error:
        raise _saved(error) from error
    except OSError as error:
        raise _saved(disk.system_refused("tidying up after this command", error)) from error


def _saved(error: RoleThreadError) -> RoleThreadError:
    error.saved = True
    error.message = f"the change is saved, but what follows it was cut off: {error.message}"
    error.hint = error.hint or "the next command finishes it: rtv status"
    return error


# ---- what follows a publication


def follow_moves(repository: Repository, moves: Moves) -> list[str]:
    """Bring the checked-out folder to where HEAD leads now; return files left alone: edited by hand, or damaged."""
    worktree = repository.worktree
    if worktree is None:
        return []
    before, after = _trees(repository, moves)
    return [] if after is None or before == after else worktree.follow(before, after)


def _follow_elsewhere(repository: Repository, notes: list[str], moves: Moves) -> list[str]:
    """Bring other folders that have a moved branch checked out to where it is now; return files left alone.

    A folder that does not open, or takes no writing, must not stop every command that follows: it is noted.
    """
    left_alone: list[str] = []
    for other in _folders_to_follow(repository, moves):
        before, after = (_tree_of(repository, oid) for oid in moves[f"{BRANCHES}{other.branch}"])
        if after is None or before == after:
            continue
        try:
            worktree = Repository.open(other.folder).worktree
            left = [] if worktree is None else worktree.follow(before, after)
        except BusyError:
            raise
        except RoleThreadError as error:
            notes.append(f"{other.folder} was not brought up to date: {error.message}")
            continue
        left_alone += [str(other.folder / path) for path in left]
    return left_alone


def _folders_to_follow(repository: Repository, moves: Moves) -> list[CheckedOutFolder]:
    return [each for each in repository.other_folders() if each.branch and BRANCHES + each.branch in moves]


def _tree_of(repository: Repository, commit: str | None) -> bytes | None:
    return None if commit is None else repository.objects.commit(commit).tree


def _trees(repository: Repository, moves: Moves) -> tuple[bytes | None, bytes | None]:
    """Return the trees that HEAD led to before and leads to after some moves."""
    before, after = (_tree_of(repository, head_commit(repository, moves, side)) for side in (0, 1))
    return before, after


def head_commit(repository: Repository, moves: Moves, side: int) -> str | None:
    """Return the commit that HEAD led to before (0) or leads to after (1) some moves."""
    head = moves[HEAD][side] if HEAD in moves else repository.refs.head()
    if head is None or not head.startswith(SYMBOLIC):
        return head
    name = head.removeprefix(SYMBOLIC)
    return moves[name][side] if name in moves else repository.refs.read(name)


# ---- what a crash left behind


def finish_interrupted(repository: Repository) -> list[str]:
    """Finish, or forget, the transaction that a dead writer left; call under the lock. Returns notes for the user."""
    left = folding.leftovers(repository)
    if not left:
        return []
    pending = journal.load_all(left)
    notes = [note for keep, each in pending.items() for note in _finish(repository, keep, each)]
    is_lost = not pending and any(map(folding.is_unsaved, left))
    folding.sweep(repository)
    if is_lost:
        return ["an earlier command was cut off before anything was saved; what it left is removed"]
    return notes


def _finish(repository: Repository, keep: Path, pending: journal.Pending) -> list[str]:
    """Finish one transaction; one of which no ref had moved is left for the sweep."""
    there = _in_worktree(repository, pending.worktree)
    if there is None:
        # HEAD of a folder that has gone leads nowhere any more
        pending = replace(pending, moves={name: pair for name, pair in pending.moves.items() if name != HEAD})
    else:
        repository = there
    what = f"{pending.command}, {time.strftime('%H:%M', time.localtime(pending.time))}"
    _remove_dead_locks(repository, pending, keep)
    log_before, log_after = pending.operations
    is_logged = repository.operations.head() == log_after
    moved = [name for name, pair in pending.moves.items() if _has_moved(repository, name, pair)]
    # The note is older than the pack beside it. Killed between the two, a ref can only be where the note wants it
    # because somebody else moved it there, and there is no operation to log.
    is_whole = log_after in repository.objects
    if not is_whole or not (moved or is_logged):
        return [f"the last command ({what}) was cut off before anything was saved"]
    notes = [f"the last command ({what}) was saved but cut off; finished now"]
    for name, (before, after) in pending.moves.items():
        if name in moved:
            continue
        # The log moves last: where it has, a ref with its old value was brought back, and on purpose.
        if not is_logged and _is_at(repository, name, before):
            _move(repository, name, before, after, pending.command, None)
        else:
            notes.append(f"{shorten(name)} was moved by somebody else meanwhile, and was left there")
    if repository.operations.head() == log_before:
        _move(repository, OPERATIONS_REF, log_before, log_after, pending.command, None)
    moves = {name: (pair[0], _now(repository, name)) for name, pair in pending.moves.items()}
    with _after_saving():
        _close(repository, notes, keep, moves)
    return notes


def _now(repository: Repository, name: str) -> str | None:
    return repository.refs.head() if name == HEAD else repository.refs.read(name)


def _has_moved(repository: Repository, name: str, pair: tuple[str | None, str | None]) -> bool:
    """Return whether a ref left its old value for the new one, or went on from there."""
    before, after = pair
    now = _now(repository, name)
    if now in pair:
        return now == after
    if now is None or after is None or not repository.is_ancestor(after, now):
        return False
    # An undo goes backwards: what was committed on its old value stands on its new one too.
    return before is None or repository.is_ancestor(before, after) or not repository.is_ancestor(before, now)


def _remove_dead_locks(repository: Repository, pending: journal.Pending, keep: Path) -> None:
    """Remove lock files that our dead writer left: only of what it names, and none older than its note.

    A living git program holds such a lock for moments only, so one that goes by itself was not ours to remove.
    """
    started = keep.stat().st_mtime - 1
    names = [*pending.moves, OPERATIONS_REF, "packed-refs", "config"]
    locks = [repository.common_folder / f"{name}.lock" for name in names]
    folders = [each.private for each in _folders_to_follow(repository, pending.moves)]
    locks += [repository.git_folder / "HEAD.lock"]
    locks += [folder / "index.lock" for folder in (repository.git_folder, *folders)]
    deadline = time.monotonic() + LIVING_LOCK
    for path in locks:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            while path.lstat().st_mtime >= started:
                if time.monotonic() > deadline:
                    disk.remove(path)
                time.sleep(0.02)


def _in_worktree(repository: Repository, name: str) -> Repository | None:
    """Return the repository as opened from the worktree of a name; None when that folder has gone."""
    if name == repository.worktree_name:
        return repository
    if not name:
        return Repository.open(repository.common_folder)
    found = next((each for each in linked_folders(repository.common_folder) if each.name == name), None)
    try:
        return None if found is None else Repository.open(found.folder)
    except RoleThreadError:
        return None
