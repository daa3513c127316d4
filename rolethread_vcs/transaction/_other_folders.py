"""What other folders of the dataset have to say to a move of refs: one follows its branch only while it is clean."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.store.checkout.worktree import UnsavedEditsError
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log.operations import Moves
from rolethread_vcs.store.objects.trees import Difference, two_way
from rolethread_vcs.store.places.linked_folders import CheckedOutFolder
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC
from rolethread_vcs.store.repository import Repository


def refuse_other_folders(
    repository: Repository, moves: Moves, changes: Mapping[str, Iterable[Difference]] | None = None
) -> None:
    """Raise when a move of refs would leave another folder behind, or check a branch out twice.

    `changes` are the differences that a move brings to a branch (by ref) whose new commit is not in the store yet.

    Raises:
        ConflictError (checked_out_elsewhere). UnsavedEditsError: hand edits there lie on files that would change.
    """
    going_to = (moves[HEAD][1] or "").removeprefix(SYMBOLIC) if HEAD in moves else None
    for other in repository.other_folders():
        names = {BRANCHES + branch for branch in (other.branch, other.rebasing) if branch}
        if going_to in names:
            _refuse_twice(other)
        for name in sorted(names & moves.keys()):
            before, after = moves[name]
            if before == after:
                continue
            _refuse_busy(other, name.removeprefix(BRANCHES), is_deleted=after is None)
            differences = (changes or {}).get(name)
            _refuse_edited(other, _between(repository, before, after) if differences is None else differences)


def _between(repository: Repository, before: str | None, after: str | None) -> Iterable[Difference]:
    objects = repository.objects
    old, new = (None if oid is None else objects.commit(oid).tree for oid in (before, after))
    return two_way(old, new, objects.tree)


def _refuse_twice(other: CheckedOutFolder) -> None:
    branch = other.branch or other.rebasing
    raise ConflictError(
        f"{branch} is checked out in {other.folder}, and one branch is worked on in one folder; nothing was changed",
        hint=f"cd {_quoted(other)}   or make a branch of it for here: rtv switch -c NAME {branch}",
        code="checked_out_elsewhere",
    )


def _refuse_busy(other: CheckedOutFolder, branch: str, *, is_deleted: bool) -> None:
    where = f"{branch} is checked out in {other.folder}"
    if not other.is_there:
        raise ConflictError(
            f"{where}, and that folder is not there: moved, deleted, or on a disk that is not plugged in; "
            "nothing was changed",
            hint=f"if it was deleted: rtv workcopy remove {_quoted(other)}   "
            "if it was moved: git worktree repair PLACE",
            code="checked_out_elsewhere",
        )
    if is_deleted:
        raise ConflictError(
            f"{where}, so it cannot go; nothing was changed",
            hint=f"remove that folder first: rtv workcopy remove {_quoted(other)}" if other.name else None,
            code="checked_out_elsewhere",
        )
    doing = "a rebase" if other.rebasing else "a merge" if (other.private / "MERGE_HEAD").exists() else ""
    if doing:
        raise ConflictError(
            f"{where}, where plain git is in the middle of {doing}; nothing was changed",
            hint=f"finish that first: git -C {_quoted(other)} status",
            code="checked_out_elsewhere",
        )


def _refuse_edited(other: CheckedOutFolder, differences: Iterable[Difference]) -> None:
    # unchecked: where the branch is missing, it must be possible to make it again from here
    worktree = open_dataset(other.folder, check=False).worktree
    unsaved = [] if worktree is None else worktree.in_the_way(differences)
    if unsaved:
        names = ", ".join(item.path for item in unsaved[:3]) + (" …" if len(unsaved) > 3 else "")
        files = "1 hand-edited file" if len(unsaved) == 1 else f"{len(unsaved):,} hand-edited files"
        raise UnsavedEditsError(
            f"{other.branch} is checked out in {other.folder}, and {files} there would be in the way ({names}); "
            "nothing was changed",
            hint=f"keep the edits with: rtv -C {_quoted(other)} commit   "
            f"throw them away with: rtv -C {_quoted(other)} restore --all",
        )


def _quoted(other: CheckedOutFolder) -> str:
    return shlex.quote(str(other.folder))
