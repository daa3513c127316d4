"""Surveys the present state: where one is, what is not saved yet, what waits, what was done last."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store.checkout import NEW, STAGED, Unsaved, Worktree
from rolethread_vcs.store.log import UNDO, moved_since
from rolethread_vcs.store.refs import REMOTES
from rolethread_vcs.store.repository import Repository

if TYPE_CHECKING:
    from rolethread_vcs.store.damaged_refs import FollowedRef
    from rolethread_vcs.store.git_state import GitState
    from rolethread_vcs.store.log import Operation


@dataclass(frozen=True, slots=True)
class Upstream:
    """The branch of another copy that a branch follows (`origin/main`), as it was when it was `fetched` last.

    `ahead` counts the commits that the branch here has and that one has not, `behind` the others. `commit` is None when
    it is gone, `fetched` (seconds since 1970) when nobody knows.
    """

    name: str
    commit: str | None
    ahead: int
    behind: int
    fetched: float | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A command that a crash cut off: the next mutating one finishes it where its change was saved, else forgets it."""

    command: str
    was_saved: bool

    @property
    def said(self) -> str:
        """What the matter is, and what follows, as a sentence."""
        named = f"the last command ({self.command})"
        if self.was_saved:
            return f"{named} was saved but cut off; the next one that changes something finishes it"
        return f"{named} was cut off before anything was changed; repeat it"


@dataclass(frozen=True, slots=True)
class Survey:
    """The present state.

    `branch` is None when a commit is looked at and no branch; `unsaved` are the hand edits that `commit` would take and
    `restore` would throw away, `foreign` the new files that are no part of a dataset; `drafts` are names of files in
    the drafts folder; `interrupted` is the command that a crash cut off.
    `damaged_refs` are branches and releases that cannot be followed. `why_read_only` says why no command of this
    version may write here, None where it may. `left_out` counts the files of the dataset that a sparse checkout leaves
    out; `is_partial` tells of a partial clone of git. `has_unfinished` tells of a merge, a revert or a pick that waits
    for decisions; see `open_merge`. `staged` are files of which git has other content staged than is on disk and saved.
    `git` is what plain git is in the middle of here, None for nothing: what that brings shows as hand edits.
    `last_operation` may be what plain git moved since; `can_undo` says whether `undo`, or `redo`, takes it back now.
    """

    name: str
    branch: str | None
    commit: str
    is_strict: bool
    entries: int
    is_checked_out: bool
    unsaved: tuple[Unsaved, ...]
    foreign: tuple[Unsaved, ...]
    drafts: tuple[str, ...]
    last_operation: Operation | None
    interrupted: Interrupted | None
    can_undo: bool = False
    damaged_refs: tuple[FollowedRef, ...] = ()
    why_read_only: str | None = None
    has_unfinished: bool = False
    git: GitState | None = None
    left_out: int = 0
    is_partial: bool = False
    upstream: Upstream | None = None
    staged: tuple[Unsaved, ...] = ()


def upstream_of(repository: Repository, branch: str, commit: str) -> Upstream | None:
    """Return what a branch follows, and how it stands to it with a commit; None where it follows no other copy."""
    ref = repository.refs.upstream(branch)
    if ref is None or not ref.startswith(REMOTES):
        return None
    there = repository.refs.read(ref)
    ahead, behind = (0, 0) if there is None else repository.graph.ahead_behind(commit, there)
    common = repository.common_folder
    fetched = []
    for path in (repository.git_folder / "FETCH_HEAD", common / "FETCH_HEAD", common / ref, common / "logs" / ref):
        with suppress(OSError):
            fetched.append(path.stat().st_mtime)
    return Upstream(ref.removeprefix(REMOTES), there, ahead, behind, max(fetched, default=None))


def survey(repository: Repository) -> Survey:
    """Return the present state; of the checked-out files only those that changed on disk are read."""
    from rolethread_vcs.store.damaged_refs import damaged_refs

    repository = repository.reopened_if_changed()
    snapshot = repository.head_snapshot()
    branch = repository.branch()
    settings = snapshot.settings
    edits = _differing_files(repository)
    staged = tuple(edit for edit in edits if edit.flag == STAGED)
    unsaved = tuple(edit for edit in edits if edit not in staged and not is_foreign(edit))
    if unsaved and repository.worktree is not None:
        from rolethread_vcs.ops.edit.hand_files import why_refused

        unsaved = tuple(replace(each, problem=why_refused(repository.worktree, snapshot, each)) for each in unsaved)
    interrupted, git = interrupted_command(repository), repository.git_state()
    last = _last_operation(repository, is_interrupted=interrupted is not None)
    return Survey(
        name=settings.name,
        branch=branch,
        commit=snapshot.id,
        is_strict=branch is not None and settings.is_strict(branch),
        entries=len(snapshot),
        is_checked_out=repository.worktree is not None,
        has_unfinished=repository.has_unfinished_merge(),
        git=git,
        is_partial=repository.objects.is_partial,
        left_out=0 if repository.worktree is None else repository.worktree.count_left_out(),
        unsaved=unsaved,
        foreign=tuple(edit for edit in edits if edit not in staged and is_foreign(edit)),
        staged=staged,
        drafts=drafts(repository),
        last_operation=last,
        can_undo=git is None
        and interrupted is None
        and last is not None
        and (last.has_effect or last.verb == UNDO)
        and last.details.keys().isdisjoint(("lost", "missing"))
        and not last.is_of_another_folder(repository.worktree_name),
        interrupted=interrupted,
        damaged_refs=damaged_refs(repository),
        why_read_only=settings.why_read_only,
        upstream=None if branch is None else upstream_of(repository, branch, snapshot.id),
    )


def _last_operation(repository: Repository, *, is_interrupted: bool) -> Operation | None:
    """Return what was done last: by one of our commands, or, since then, by plain git.

    While a command of ours is cut off, what moved since is mostly its doing: it is not laid to git.
    """
    try:
        last = repository.operations.last()
    except DamagedError:  # said with the damaged refs
        return None
    table = repository.refs.table(None if last is None else last.refs)
    if last is None or is_interrupted or not moved_since(last, table, repository.worktree_name):
        return last
    from rolethread_vcs.transaction import external_operation

    return external_operation(repository, last, table, repository.signature().time, repository.branch() or "")


def _differing_files(repository: Repository) -> list[Unsaved]:
    # where the files went since this repository was opened, all of them would seem to be removed by hand
    worktree = repository.reopened_if_changed().worktree
    if worktree is None:
        return []
    edits = worktree.unsaved(repository.head_snapshot().tree)
    unwritten = _unwritten(repository, worktree) if edits else set()
    return [edit for edit in edits if edit.path not in unwritten]


def _unwritten(repository: Repository, worktree: Worktree) -> set[str]:
    """Return the paths of files that a command which was cut off, by a full disk say, left as they were."""
    from rolethread_vcs.store.log import journal
    from rolethread_vcs.store.pack_folder import leftovers
    from rolethread_vcs.store.publication import head_commit
    from rolethread_vcs.transaction.refusals import differences_between

    paths: set[str] = set()
    for pending in journal.load_all(leftovers(repository)).values():
        ends = [head_commit(repository, pending.moves, side) for side in (0, 1)]
        # killed early, the pack with the commit is not there, and no file was touched
        if pending.worktree == repository.worktree_name and all(end in repository.objects for end in ends if end):
            differences = list(differences_between(repository, *ends))
            edited = {each.path for each in worktree.in_the_way(differences)}
            paths |= {each.path for each in differences} - edited
    return paths


def is_foreign(edit: Unsaved) -> bool:
    """Return whether a new file is no part of a dataset (a note, a stray export): `commit` leaves it where it is."""
    from rolethread_vcs.documents import kind_of

    return edit.change == NEW and edit.id is None and not kind_of(edit.path).is_part


def unsaved_files(repository: Repository, *, with_staged: bool = False) -> list[Unsaved]:
    """Return the hand edits that belong to the dataset, in path order; nothing when no files are checked out.

    `with_staged` also what git has staged and no file holds: it goes with the index.
    """
    edits = _differing_files(repository)
    return [edit for edit in edits if (with_staged if edit.flag == STAGED else not is_foreign(edit))]


def drafts(repository: Repository) -> tuple[str, ...]:
    """Return the names of the files with typed text that was not saved; an editor's backups beside them are none."""
    folder = repository.drafts_folder
    try:
        return tuple(sorted(path.name for path in folder.glob("[!.#]*.txt") if path.is_file()))
    except OSError:
        return ()


def interrupted_command(repository: Repository) -> Interrupted | None:
    """Return the command that a crash cut off, or None; one that is running right now does not count."""
    from rolethread_vcs.store.lock import is_held
    from rolethread_vcs.store.log import journal
    from rolethread_vcs.store.pack_folder import leftovers
    from rolethread_vcs.store.recovery import in_worktree, is_published

    pending = journal.load_all(leftovers(repository))
    if not pending or is_held(repository.lock_path):
        return None
    # looked at again: a command that ended between the two looks was not cut off
    found = next((each for keep, each in reversed(pending.items()) if keep.exists()), None)
    if found is None:
        return None
    was_saved = False
    with suppress(DamagedError):  # of a torn ref, which is said, too
        was_saved = is_published(in_worktree(repository, found.worktree) or repository, found)
    return Interrupted(found.command, was_saved)
