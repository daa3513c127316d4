"""Settles a transaction whose refs have moved: the folders follow, its side effects are done, and its note goes.

Each step can be done again and changes nothing then, so a crash may cut it off anywhere: see `store.recovery`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import BusyError, RoleThreadError
from rolethread_vcs.store import disk, folding
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log.journal import Pending
from rolethread_vcs.store.log.operations import Moves
from rolethread_vcs.store.publishing import mark_saved
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC
from rolethread_vcs.store.repository import Repository

if TYPE_CHECKING:
    from rolethread_vcs.store.linked_folders import CheckedOutFolder

BARE_KEY = "core.bare"


def settle(repository: Repository, keep: Path, pending: Pending, notes: list[str]) -> Repository:
    """Do what follows a publication, and fold packs; return the repository, opened anew if it went bare or back.

    Raises:
        RoleThreadError with `saved` set: the change is safe, what follows it is not; the next command finishes it.
    """
    with after_saving():
        repository = close(repository, keep, pending, notes)
        folding.fold_if_many(repository)
        return repository


def close(repository: Repository, keep: Path, pending: Pending, notes: list[str]) -> Repository:
    """Bring folders, configuration and files to where a transaction leaves them, then remove its note."""
    before = after = None
    if repository.worktree is not None or BARE_KEY in pending.effects.config:
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
        _swap(repository, repository.common_folder / target, repository.common_folder / source)
    if left_alone:
        notes.append(f"left alone, because edited by hand or damaged: {', '.join(left_alone[:5])}")
    disk.remove(keep)
    return repository


@contextlib.contextmanager
def after_saving() -> Iterator[None]:
    """Mark errors with `saved`: what failed comes after the point of no return."""
    try:
        yield
    except RoleThreadError as error:
        raise mark_saved(error) from error
    except OSError as error:
        raise mark_saved(disk.system_refused("tidying up after this command", error)) from error


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
    if head is None or not head.startswith(SYMBOLIC):
        return head
    name = head.removeprefix(SYMBOLIC)
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
    for key, value in config.items():
        if key != BARE_KEY:
            repository.config.set(key, value)
            continue
        folder = repository.home_worktree()
        if value == "true":
            repository = repository if repository.is_bare else repository.set_bare(True)
            if before is not None:
                left_alone += folder.empty(before)
        else:
            if after is not None:
                left_alone += folder.follow(None, after, afresh=True)
            repository = repository.set_bare(False) if repository.is_bare else repository
    return repository, left_alone


def _swap(repository: Repository, target: Path, source: Path) -> None:
    if source.exists():  # else it is in its place already
        target.parent.mkdir(parents=True, exist_ok=True)
        disk.rename(source, target)
        if repository.durable:
            disk.sync_folder(target.parent)
