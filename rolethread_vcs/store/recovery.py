"""Finishes, or forgets, the transaction that a dead writer left; whoever takes the lock next comes by here."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.store import disk, pack_folder
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log import OPERATIONS_REF, journal
from rolethread_vcs.store.log.journal import Pending, SideEffects
from rolethread_vcs.store.publication import after_saving, close, folders_to_follow, forget_staged, move_ref
from rolethread_vcs.store.refs import HEAD, shorten
from rolethread_vcs.store.repository import Repository

LIVING_LOCK = 0.3
"""Seconds after which a lock file that a dead writer of ours may have left is taken for dead."""


def finish_interrupted(repository: Repository) -> list[str]:
    """Finish, or forget, the transaction that a dead writer left; call under the lock. Returns notes for the user."""
    left = pack_folder.leftovers(repository)
    if not left:
        return []
    pack_folder.index_cut_off(repository)
    pending = journal.load_all(left)
    notes: list[str] = []
    for keep, each in pending.items():
        what = f"{each.command}, {time.strftime('%H:%M', time.localtime(each.time))}"
        with after_saving(f"the last command ({what})"):
            notes += _finish(repository, keep, each, what)
    is_lost = not pending and any(map(pack_folder.is_unsaved, left))
    pack_folder.sweep(repository)
    if is_lost:
        return ["an earlier command was cut off before anything was saved; what it left is removed"]
    return notes


def forget_dead_locks(repository: Repository) -> None:
    """Remove the lock files of dead writers of ours, which are in the way of a repair; call under the lock."""
    for keep, pending in journal.load_all(pack_folder.leftovers(repository)).items():
        _remove_dead_locks(repository, pending, keep)


def _finish(repository: Repository, keep: Path, pending: Pending, what: str) -> list[str]:
    """Finish one transaction; one of which no ref had moved is left for the sweep."""
    there = in_worktree(repository, pending.worktree)
    if there is None:
        # HEAD of a folder that has gone leads nowhere any more, and its files are gone, too
        moves = {name: pair for name, pair in pending.moves.items() if name != HEAD}
        pending = replace(pending, moves=moves, effects=SideEffects(config=pending.effects.config))
    else:
        repository = there
    notes = [f"the last command ({what}) was saved but cut off; finished now"]
    if not _publish_rest(repository, keep, pending, notes):
        forget_staged(repository, pending)
        # a working copy that is saved is written again after that
        nothing = "anything was saved" if pending.file is None else f"{pending.file.path.name} was changed"
        return [f"the last command ({what}) was cut off before {nothing}"]
    reached = {name: (pair[0], repository.refs.value(name)) for name, pair in pending.moves.items()}
    close(repository, keep, replace(pending, moves=reached), notes)
    return notes


def is_published(repository: Repository, pending: Pending) -> bool:
    """Return whether the change of a dead writer was saved: then the rest follows, else it is forgotten.

    The note is older than the pack beside it. Killed between the two, a ref can only be where the note wants it because
    somebody else moved it there, and there is no operation to log.
    """
    if pending.operations is None:
        return pending.file is None or pending.file.is_done
    logged = pending.operations[1]
    is_moved = repository.operations.head() == logged or any(
        _has_moved(repository, name, pair) for name, pair in pending.moves.items()
    )
    return is_moved and logged in repository.objects


def _publish_rest(repository: Repository, keep: Path, pending: Pending, notes: list[str]) -> bool:
    """Move the refs of a transaction that had not moved yet; return whether it was published at all."""
    _remove_dead_locks(repository, pending, keep)
    is_saved = is_published(repository, pending)
    if not is_saved or pending.operations is None:
        return is_saved
    log_before, log_after = pending.operations
    is_logged = repository.operations.head() == log_after
    moved = [name for name, pair in pending.moves.items() if _has_moved(repository, name, pair)]
    for name, (before, after) in pending.moves.items():
        if name in moved:
            continue
        # The log moves last: where it has, a ref with its old value was brought back, and on purpose.
        if not is_logged and repository.refs.is_at(name, before):
            move_ref(repository, name, before, after, pending.command)
        else:
            notes.append(f"{shorten(name)} was moved by somebody else meanwhile, and was left there")
    logged = repository.operations.head()
    # a power cut may have taken the operation before this one, too: the name of the log's file is not flushed each time
    if logged == log_before or (logged not in (None, log_after) and repository.graph.is_ancestor(logged, log_after)):
        move_ref(repository, OPERATIONS_REF, logged, log_after, pending.command)
    return True


def _has_moved(repository: Repository, name: str, pair: tuple[str | None, str | None]) -> bool:
    """Return whether a ref left its old value for the new one, or went on from there."""
    before, after = pair
    now = repository.refs.value(name)
    if now in pair:
        return now == after
    if now is None or after is None or not repository.graph.is_ancestor(after, now):
        return False
    # An undo goes backwards: what was committed on its old value stands on its new one too.
    return (
        before is None or repository.graph.is_ancestor(before, after) or not repository.graph.is_ancestor(before, now)
    )


def _remove_dead_locks(repository: Repository, pending: Pending, keep: Path) -> None:
    """Remove lock files that our dead writer left: only of what it names, and none older than its note.

    A living git program holds such a lock for moments only, so one that goes by itself was not ours to remove.
    """
    started = keep.stat().st_mtime - 1
    names = [*pending.moves, OPERATIONS_REF, "packed-refs", "config"]
    locks = [repository.common_folder / f"{name}.lock" for name in names]
    folders = [each.private for each in folders_to_follow(repository, pending.moves)]
    locks += [repository.git_folder / "HEAD.lock"]
    locks += [folder / "index.lock" for folder in (repository.git_folder, *folders)]
    deadline = time.monotonic() + LIVING_LOCK
    for path in locks:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            while path.lstat().st_mtime >= started:
                if time.monotonic() > deadline:
                    disk.remove(path)
                time.sleep(0.02)


def in_worktree(repository: Repository, name: str) -> Repository | None:
    """Return the repository as opened from the worktree of a name; None when that folder has gone."""
    if name == repository.worktree_name:
        return repository
    if not name:
        return open_dataset(repository.common_folder)
    from rolethread_vcs.store.linked_folders import linked_folders

    found = next((each for each in linked_folders(repository.common_folder) if each.name == name), None)
    try:
        return None if found is None else open_dataset(found.folder)
    except RoleThreadError:
        return None
