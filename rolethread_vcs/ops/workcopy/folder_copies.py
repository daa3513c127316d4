"""Folder copies: further folders of the dataset, each on a branch of its own; git calls them linked worktrees.

They share the history, the lock and the operation log. Each has its own files, its own HEAD, its own unfinished merge
and its own links of file copies. A folder copy follows its branch: whichever folder moves that branch.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from rolethread_vcs.errors import ConflictError, NotFoundError, RoleThreadError
from rolethread_vcs.ops.edit.hand_edits import save_hand_edits
from rolethread_vcs.ops.edit.status import Survey, survey, unsaved_files
from rolethread_vcs.ops.workcopy.links import all_copies
from rolethread_vcs.phrases import count
from rolethread_vcs.store import linked_folders
from rolethread_vcs.store.checkout import REMOVED, STAGED
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.linked_folders import MAKING, REMOVING, CheckedOutFolder
from rolethread_vcs.store.refs import BRANCHES, UNFINISHED_ELSEWHERE
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Intent, Said, Session, branch_commit, intent_of


@dataclass(frozen=True, slots=True)
class FolderCopy:
    """A folder that the dataset is checked out in: `name` is "" for the main one.

    `branch` is None where a commit is checked out. `problem` says what is wrong with the folder, with what to do; None
    when all is well. `unsaved` counts hand edits, and is None where nobody can look.
    """

    name: str
    folder: Path
    branch: str | None
    is_here: bool
    unsaved: int | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AddedFolder:
    """A folder copy that was made (or finished, where making it had been cut off), and how many files it holds."""

    folder: Path
    branch: str
    committed: Committed


@dataclass(frozen=True, slots=True)
class RemovedFolder:
    """A folder copy that was removed: `was_there` is false where the folder had gone; `left` are files kept in it."""

    folder: Path
    branch: str | None
    was_there: bool
    left: tuple[str, ...]
    committed: Committed


def folder_copies(repository: Repository) -> tuple[FolderCopy, ...]:
    """Return every folder that the dataset is checked out in, the main one first."""
    copies = []
    for found in repository.folders():
        is_here = found.private == repository.git_folder
        unsaved: int | None = None
        problem: str | None = None
        if not found.is_there:
            problem = f"not there: {found.gone_hint}"
        elif found.cut_off == MAKING:
            problem = f"cut off while it was made: rtv workcopy add {found.quoted} --branch {found.branch}"
        elif found.cut_off is not None:
            problem = f"cut off while it was removed: rtv workcopy remove {found.quoted}"
        else:
            try:
                opened = repository if is_here else open_dataset(found.folder)
                if (state := opened.git_state()) is not None:
                    problem = f"{state.said.removesuffix(' here')}: git -C {found.quoted} status"
                unsaved = len(unsaved_files(opened))
            except RoleThreadError as error:
                problem = error.message
        copies.append(FolderCopy(found.name, found.folder, found.branch, is_here, unsaved, problem))
    return tuple(sorted(copies, key=lambda each: each.name))


def status(repository: Repository, folder: str | Path) -> Survey:
    """Return the present state of a folder copy; see `open_folder`."""
    return survey(open_folder(repository, Path(folder)))


def commit(repository: Repository, folder: str | Path, intent: Intent | None = None, **said: Unpack[Said]) -> Committed:
    """Save the hand edits of a folder copy in one commit on its branch; see `open_folder`."""
    return save_hand_edits(open_folder(repository, Path(folder)), intent, **said)


def open_folder(repository: Repository, folder: Path) -> Repository:
    """Return the dataset as opened in a folder copy.

    Raises:
        NotFoundError (no_folder_copy): it is none, or it is not there.
    """
    found = _existing(repository, folder)
    if not found.is_there:
        raise NotFoundError(f"{found.folder} is not there", hint=found.gone_hint, code="no_folder_copy")
    return open_dataset(found.folder)


def add(repository: Repository, folder: str | Path, branch: str, intent: Intent | None = None) -> AddedFolder:
    """Check a branch out in a folder of its own, which is not there yet or empty.

    Where an earlier attempt was cut off, this finishes it.

    Raises:
        NoSuchBranchError. ConflictError (checked_out_elsewhere): it is checked out in another folder. ConflictError
        (folder_taken).
        InvalidError (alias): it is another name for a branch.
    """
    intent = intent or Intent("workcopy", f"workcopy add {folder}")
    folder = Path(folder)
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        tip = branch_commit(repository, branch)
        repository.refs.hold_itself(BRANCHES + branch)
        cut_off = _cut_off_at(repository, folder, branch)
        _refuse_place(repository, folder, branch, cut_off)
        if intent.dry_run:
            return AddedFolder(folder, branch, Committed(branch, tip, None, dry_run=True))
        linked = cut_off or linked_folders.link(repository.common_folder, folder, branch)
        copy = open_dataset(linked.folder, check=False)
        assert copy.worktree is not None
        copy.worktree.fill(copy.snapshot_of(tip).tree)
        linked_folders.mark(linked.private, None)
        session.intent = replace(intent, details={**intent.details, "folder": str(linked.folder), "branch": branch})
        done = session.move({})
        return AddedFolder(linked.folder, branch, replace(done, branch=branch, commit=tip))


def remove(
    repository: Repository, folder: str | Path, intent: Intent | None = None, **said: Unpack[Said]
) -> RemovedFolder:
    """Remove a folder copy: its files that are saved, and git's knowledge of it; files of other kinds stay there.

    The branch stays. Where an earlier attempt was cut off, this finishes it.

    Raises:
        NotFoundError (no_folder_copy). UnsavedEditsError: it has hand edits. ConflictError (folder_in_use):
        a merge is unfinished there, a file copy is linked to it …
    """
    intent = intent_of(intent, said, "workcopy", f"workcopy remove {folder}")
    folder = Path(folder)
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        found = _existing(repository, folder)
        obstacle = _obstacle(repository, found)
        if obstacle is not None:
            problem, hint = obstacle
            raise ConflictError(problem, hint=hint, code="folder_in_use")
        if intent.dry_run:
            dry = Committed(found.branch or "", None, None, dry_run=True)
            return RemovedFolder(found.folder, found.branch, found.is_there, (), dry)
        session.intent = replace(intent, details={**intent.details, "folder": str(found.folder)})
        left = _empty(found)
        unfinished = _unfinished_merge(found)
        waiting = repository.refs.read(unfinished)
        done = session.move({} if waiting is None else {unfinished: (waiting, None)})
        return RemovedFolder(found.folder, found.branch, found.is_there, left, done)


def _empty(found: CheckedOutFolder) -> tuple[str, ...]:
    """Remove the saved files of a folder copy and what links it; return the names of what stays in the folder."""
    if not found.is_there:
        linked_folders.unlink(found)
        return ()
    if found.cut_off is not None:
        linked_folders.unlock_index(found)
    linked_folders.mark(found.private, REMOVING)
    copy = open_dataset(found.folder, check=False)
    assert copy.worktree is not None
    commit = copy.refs.head_commit()
    if commit is not None:
        copy.worktree.empty(copy.snapshot_of(commit).tree)
    linked_folders.unlink(found)
    return tuple(sorted(path.name for path in found.folder.iterdir())) if found.folder.exists() else ()


# ---- what stands in the way


def _obstacle(repository: Repository, found: CheckedOutFolder) -> tuple[str, str] | None:
    """Return what would be lost with a folder, or why it cannot go, and what to do; None when it can."""
    folder, where = found.folder, found.quoted
    if not found.name:
        hint = "to check no files out there: rtv config set checkout never"
        return f"{folder} is the dataset itself, not a copy of it", hint
    if found.private == repository.git_folder:
        main = shlex.quote(str(repository.common_folder))
        return f"{folder} is the folder you are in", f"rtv -C {main} workcopy remove {where}"
    if not found.is_there:
        return None
    if found.locked is not None and found.cut_off is None:
        return (
            f"{folder} is locked with git{f': {found.locked}' if found.locked else ''}",
            f"git worktree unlock {where}",
        )
    copy = open_dataset(folder, check=False)
    if repository.refs.read(_unfinished_merge(found)) is not None:
        return f"a merge is unfinished in {folder}", f"rtv -C {where} status"
    if (state := copy.git_state()) is not None:
        return f"in {folder} {state.said.removesuffix(' here')}", f"git -C {where} status"
    is_whole = copy.refs.head_commit() is not None and found.cut_off != MAKING
    edits = unsaved_files(copy, with_staged=True) if is_whole else []
    if any(edit.flag == STAGED for edit in edits):
        return f"in {folder} git has other content staged than is on disk", f"git -C {where} status"
    if found.cut_off == REMOVING:
        edits = [edit for edit in edits if edit.change != REMOVED]
    if edits:
        return f"{folder} has {count(len(edits), 'file')} edited by hand and not saved", found.edits_hint
    linked = all_copies(copy)
    if linked:
        hint = f"see them with: rtv -C {where} workcopy list"
        return f"{count(len(linked), 'file copy is', 'file copies are')} linked to {folder}", hint
    is_lost = found.branch is None and found.head != ""
    if is_lost and not any(
        repository.graph.is_ancestor(found.head, tip) for tip in repository.refs.branches().values()
    ):
        hint = f"keep it with: rtv branch NAME --from {found.head[:10]}"
        return f"{folder} stands on the commit {found.head[:10]}, which is on no branch", hint
    return None


def _unfinished_merge(found: CheckedOutFolder) -> str:
    return f"{UNFINISHED_ELSEWHERE}{found.name}/merge"


def _refuse_place(repository: Repository, folder: Path, branch: str, cut_off: CheckedOutFolder | None) -> None:
    users = (each for each in repository.folders() if branch in (each.branch, each.rebasing))
    where = next((each.folder for each in users if cut_off is None or each.private != cut_off.private), None)
    if where is not None:
        raise ConflictError(
            f"{branch} is checked out in {where}, and one branch is worked on in one folder",
            hint=f"make a branch of it, and a folder for that: rtv branch NAME --from {branch}",
            code="checked_out_elsewhere",
        )
    if cut_off is not None:
        return
    place = folder.resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ConflictError(f"{folder} is there already, and not an empty folder", code="folder_taken")
    for inside in (repository.common_folder.resolve(), repository.folder.resolve()):
        if place.is_relative_to(inside):
            raise ConflictError(
                f"{folder} lies inside the dataset",
                hint=f"put it beside: {repository.folder.resolve().parent / place.name}",
                code="folder_taken",
            )


# ---- finding


def _find(repository: Repository, folder: Path) -> CheckedOutFolder | None:
    place = folder.resolve()
    return next((each for each in repository.folders() if each.folder.resolve() == place), None)


def _existing(repository: Repository, folder: Path) -> CheckedOutFolder:
    found = _find(repository, folder)
    if found is None:
        raise NotFoundError(
            f"{folder} is no folder copy of this dataset",
            hint="see them with: rtv workcopy list",
            code="no_folder_copy",
        )
    return found


def _cut_off_at(repository: Repository, folder: Path, branch: str) -> CheckedOutFolder | None:
    """Return the folder copy at a place that was cut off while it was made for a branch.

    One that never came so far that there was a folder is unlinked.
    """
    found = _find(repository, folder)
    if found is None or found.branch != branch:
        return None
    # killed before it was marked, there is neither a folder nor an index
    is_unmarked = found.locked is None and not found.is_there and not (found.private / "index").exists()
    if found.cut_off != MAKING and not is_unmarked:
        return None
    if not found.is_there:
        linked_folders.unlink(found)
        return None
    linked_folders.unlock_index(found)
    return found
