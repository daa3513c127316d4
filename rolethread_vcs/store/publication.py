"""Publishes a written pack, moves refs by compare-and-swap, and settles what follows.

The order is what makes a kill at any point harmless. First the pack, with the note of what is about to happen in its
`.keep` (all fsynced, the names too), then the refs (the point of no return), and the operation log. Then the change is
settled: the folders follow, its side effects are done, and last the `.keep` goes. Each of these steps can be done
again and changes nothing then. Whoever takes the lock next finishes what it finds noted, or forgets it when no ref
moved (`store.recovery`).
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import BusyError, DamagedError, RoleThreadError
from rolethread_vcs.store import disk, pack_folder
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log import OPERATIONS_REF, Moves
from rolethread_vcs.store.log.journal import Pending
from rolethread_vcs.store.objects.packs import KEEP, KEEP_TEXT, PackWriter
from rolethread_vcs.store.refs import BRANCHES, HEAD, HeldRef, ref_of
from rolethread_vcs.store.repository import Repository

if TYPE_CHECKING:
    from rolethread_vcs.store.linked_folders import CheckedOutFolder


BARE_KEY = "core.bare"
REF_PATIENCE = 10.0
"""Seconds to wait for another git program that holds a ref's lock."""


def publish(
    repository: Repository, pack: PackWriter, pending: Pending, held: HeldRef | None = None, *, keeps_more: bool = False
) -> Path:
    """Make a pack visible and move refs by compare-and-swap, the operation log last; all or nothing.

    Return the `.keep` with the note, which stands until `settle`. With `keeps_more` the operation holds what no branch
    does.

    Raises:
        MovedError, BusyError: nothing moved. RoleThreadError with `saved`: the move is done, something after it failed.
    """
    pending = replace(pending, moves=_in_safe_order(pending.moves))
    assert pending.operations is not None
    moves, command, (log_before, log_after) = pending.moves, pending.command, pending.operations
    keep = pack.publish(pending.encode()).with_suffix(KEEP)
    try:
        _check_written(repository, pack)
    except BaseException:
        _unkeep(keep)
        raise
    done: list[str] = []
    try:
        for name, (before, after) in moves.items():
            move_ref(repository, name, before, after, command, held if held and held.name == name else None)
            done.append(name)
        # Where the branch is on the disk, and a power cut takes the log's new value and brings it no note back, the
        # next command records the move as plain git's, and it can be undone. What only the log holds has to be there.
        is_in_branch = bool(moves) and not (keeps_more or pending.effects.record())
        move_ref(repository, OPERATIONS_REF, log_before, log_after, command, sync_name=not is_in_branch)
    except RoleThreadError as error:
        try:
            for name in reversed(done):
                before, after = moves[name]
                move_ref(repository, name, after, before, f"take back: {command}")
        except RoleThreadError:
            raise mark_saved(error) from error
        _unkeep(keep)
        raise
    return keep


def publish_file(repository: Repository, pending: Pending, prepare: Callable[[], object]) -> Path:
    """Change the file outside the dataset that a transaction without an operation is about; all or nothing.

    Return the note, which stands until `settle`. `prepare` is called just before the file changes, which is the point
    of no return, and may raise to leave everything as it is.
    """
    scratch, change = repository.scratch_folder, pending.file
    note = scratch / f"{os.getpid()}-{os.urandom(4).hex()}{KEEP}"
    text = KEEP_TEXT + b"%d\n" % os.getpid() + pending.encode()
    try:
        with disk.system_errors("noting what is about to happen"):
            if change is not None and change.staged is not None and repository.durable:
                disk.sync_folder(change.path.parent)  # a staged file that is not there means that it took its place
            disk.make_folders(scratch, durable=repository.durable)
            disk.replace_file(note, text, durable=repository.durable, scratch=scratch)
        prepare()
        if change is not None:
            with disk.system_errors(f"writing {change.path}"):
                change.carry_out()
    except BaseException:
        if change is None or not change.is_done:
            with contextlib.suppress(OSError):
                forget_staged(repository, pending)
            _unkeep(note)
        raise
    if change is not None and repository.durable:
        with after_saving():
            disk.sync_folder(change.path.parent)
    return note


def forget_staged(repository: Repository, pending: Pending) -> None:
    """Remove what was written to take the place of a file, and did not."""
    for source in filter(None, pending.effects.swaps.values()):
        (repository.common_folder / source).unlink(missing_ok=True)
    if pending.file is not None and pending.file.staged is not None:
        pending.file.staged.unlink(missing_ok=True)


def _in_safe_order(moves: Moves) -> Moves:
    """Return moves so that HEAD leads to a branch that is there between any two of them: a kill may come there.

    HEAD goes to a branch after that was made, and leaves one before that is deleted.
    """
    left = ref_of(moves[HEAD][0]) if HEAD in moves else None

    def turn(name: str) -> int:
        is_deleted = moves[name][1] is None
        return 3 if is_deleted and name == left else 2 if name == HEAD else 0 if is_deleted else 1

    return {name: moves[name] for name in sorted(moves, key=turn)}


def _check_written(repository: Repository, pack: PackWriter) -> None:
    """Look every object up before telling anybody that it is saved."""
    missing = repository.objects.missing(pack.ids())
    if missing:
        raise DamagedError(f"{len(missing)} objects that were just written cannot be read back", hint="rtv doctor")


def move_ref(
    repository: Repository,
    name: str,
    before: str | None,
    after: str | None,
    why: str,
    held: HeldRef | None = None,
    *,
    sync_name: bool = True,
) -> None:
    """Move, create or delete one ref if it still has its old value; wait a little for other git programs."""
    deadline = time.monotonic() + REF_PATIENCE
    while True:
        try:
            return repository.refs.move(name, before, after, why, held, sync_name=sync_name)
        except BusyError:
            if repository.refs.is_at(name, after):
                return None
            if time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.002, 0.02))
        except RoleThreadError:
            # An error of the last fsync comes after the ref has moved: look before said "not saved".
            if repository.refs.is_at(name, after):
                return None
            raise


def _unkeep(keep: Path) -> None:
    with contextlib.suppress(OSError):
        keep.unlink()


def mark_saved(error: RoleThreadError, earlier: str = "") -> RoleThreadError:
    """Return an error that came after the point of no return, which says so.

    `earlier` is what was saved, if that is not the change of this command: of that nothing is.
    """
    error.saved = not earlier
    if earlier:
        error.message = f"{earlier} was cut off, and cannot be finished before this one: {error.message}"
    else:
        error.message = f"what follows the change was cut off: {error.message}"
        error.hint = error.hint or "the next command finishes it: rtv status"
    return error


@contextlib.contextmanager
def after_saving(earlier: str = "") -> Iterator[None]:
    """Let errors say that what failed comes after the point of no return, as `mark_saved`."""
    try:
        yield
    except RoleThreadError as error:
        raise mark_saved(error, earlier) from error
    except OSError as error:
        raise mark_saved(disk.system_refused("tidying up after a command", error), earlier) from error


def settle(repository: Repository, keep: Path, pending: Pending, notes: list[str]) -> Repository:
    """Do what follows a publication, and fold packs; return the repository, opened anew if it went bare or back.

    Raises:
        RoleThreadError with `saved` set: the change is safe, what follows it is not; the next command finishes it.
    """
    with after_saving():
        repository = close(repository, keep, pending, notes)
        pack_folder.fold_if_many(repository)
        return repository


def close(repository: Repository, keep: Path, pending: Pending, notes: list[str]) -> Repository:
    """Bring folders, configuration and files to where a transaction leaves them, then remove its note."""
    before = after = None
    does_follow = repository.worktree is not None and (pending.moves or pending.effects.files)
    if does_follow or BARE_KEY in pending.effects.config:
        before, after = (_tree_of(repository, head_commit(repository, pending.moves, side)) for side in (0, 1))
    repository, left_alone = _configure(repository, pending.effects.config, before, after)
    worktree = repository.worktree
    if worktree is not None and after is not None:
        exchanged = {path for path, _, _ in pending.effects.files}
        if exchanged:
            left_alone += worktree.exchange(pending.effects.files, after)
        if before != after:  # what was given back is a hand edit again, and stays
            left_alone += [path for path in worktree.follow(before, after) if path not in exchanged]
    left_alone += _follow_elsewhere(repository, notes, pending.moves)
    for target, source in pending.effects.swaps.items():
        place = repository.common_folder / target
        disk.make_folders(place.parent, durable=repository.durable)
        if source is None:
            disk.remove(place)
        elif (written := repository.common_folder / source).exists():  # else it is in its place already
            disk.rename(written, place)
        if repository.durable:
            disk.sync_folder(place.parent)
    if left_alone:
        notes.append(f"left alone, because edited by hand or damaged: {', '.join(left_alone[:5])}")
    disk.remove(keep)
    return repository


# ---- folders


def _follow_elsewhere(repository: Repository, notes: list[str], moves: Moves) -> list[str]:
    """Bring other folders that have a moved branch checked out to where it is now; return files left alone.

    A folder that does not open, or takes no writing, must not stop every command that follows: it is noted.
    """
    left_alone: list[str] = []
    for other in folders_to_follow(repository, moves):
        before, after = (_tree_of(repository, oid) for oid in moves[f"{BRANCHES}{other.branch}"])
        if after is None or before == after:
            continue
        try:
            worktree = open_dataset(other.folder).worktree
            left = [] if worktree is None else worktree.follow(before, after)
        except BusyError:
            raise
        except RoleThreadError as error:
            notes.append(f"{other.folder} was not brought up to date: {error.message}")
            continue
        left_alone += [str(other.folder / path) for path in left]
    return left_alone


def folders_to_follow(repository: Repository, moves: Moves) -> list[CheckedOutFolder]:
    """Return the other folders whose branch moves."""
    return [each for each in repository.other_folders() if each.branch and BRANCHES + each.branch in moves]


def head_commit(repository: Repository, moves: Moves, side: int) -> str | None:
    """Return the commit that HEAD led to before (0) or leads to after (1) some moves."""
    head = moves[HEAD][side] if HEAD in moves else repository.refs.head()
    name = ref_of(head)
    if name is None:
        return head
    return moves[name][side] if name in moves else repository.refs.read(name)


def _tree_of(repository: Repository, commit: str | None) -> bytes | None:
    return None if commit is None else repository.objects.commit(commit).tree


# ---- side effects


def _configure(
    repository: Repository, config: Mapping[str, str | None], before: bytes | None, after: bytes | None
) -> tuple[Repository, list[str]]:
    """Set keys of `.git/config`; return the repository to go on with, and files that were left alone.

    In this order a crash leaves files that nobody misses, and not a folder that seems to have lost them.
    """
    left_alone: list[str] = []
    plain = {key: value for key, value in config.items() if key != BARE_KEY}
    if plain:
        repository.config.set(plain)
    if BARE_KEY in config:
        folder = repository.home_worktree()
        if config[BARE_KEY] == "true":
            repository = repository if repository.is_bare else repository.set_bare(True)
            if before is not None:
                left_alone += folder.empty(before)
        else:
            if after is not None:
                left_alone += folder.follow(None, after, afresh=True)
            repository = repository.set_bare(False) if repository.is_bare else repository
    return repository, left_alone
