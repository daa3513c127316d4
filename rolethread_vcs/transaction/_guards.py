"""What stops a mutation before it starts: no branch, a newer writer, hand edits in the way."""

from __future__ import annotations

from collections.abc import Sequence

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.store.checkout.worktree import Unsaved, UnsavedEditsError
from rolethread_vcs.store.refs.refs import BRANCHES, HeldRef, UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction._values import Intent


class NoSuchBranchError(NotFoundError):
    """There is no branch of that name."""

    code = "no_such_branch"


class NewerWriterError(InvalidError):
    """The dataset uses a feature that this program does not know; it reads, and refuses to write."""

    code = "newer_writer"


def refuse_newer_writer(base: Snapshot) -> None:
    """Raise when the dataset lists a writer feature that this program does not know."""
    why = base.settings.why_read_only
    if why is not None:
        raise NewerWriterError(why, hint="install a newer version of rolethread-vcs")


def refuse_merge_of_git(repository: Repository) -> None:
    """Raise while plain git merges in this folder: its files are half of one side and half of the other.

    Raises:
        ConflictError (git_merge): it is.
    """
    if repository.has_merge_of_git():
        raise ConflictError(
            "plain git is in the middle of a merge here; nothing was changed",
            hint="git merge --continue   or: git merge --abort",
            code="git_merge",
        )


def refuse_unsaved(unsaved: Sequence[Unsaved]) -> None:
    """Raise when hand edits are in the way of a command."""
    if not unsaved:
        return
    names = ", ".join(item.path for item in unsaved[:3]) + (" …" if len(unsaved) > 3 else "")
    raise UnsavedEditsError(
        f"{len(unsaved)} hand-edited file{'s are' if len(unsaved) > 1 else ' is'} in the way ({names}); "
        "nothing was changed",
        hint="keep the edits with: rtv commit   throw them away with: rtv restore --all",
    )


def branch_to_make(repository: Repository, intent: Intent) -> str:
    """Return the branch that the intent names when there is none of that name yet, else ""."""
    name = intent.branch
    if name is None or repository.refs.read(BRANCHES + name) is not None:
        return ""
    if not is_branch_name(name):
        raise UsageError(f"{name!r} cannot be the name of a branch", hint="letters, digits, - _ and / go well")
    for other in repository.refs.branches():
        if other.casefold() == name.casefold():
            raise UsageError(f"there is a branch {other} already; many disks cannot tell it from {name}")
    return name


def hold_branch(repository: Repository, branch: str | None) -> HeldRef:
    """Return the branch to commit to, as it is now; None stands for the current one.

    Raises:
        InvalidError (detached), NoSuchBranchError, UnknownRevisionError.
    """
    name = branch if branch is not None else repository.branch()
    if name is None:
        raise InvalidError(
            "you are looking at a commit, not at a branch, so there is nothing to save to",
            hint="start a branch here with: rtv switch -c NAME",
            code="detached",
        )
    held = repository.refs.hold(BRANCHES + name)
    if held is None:
        if branch is None:
            raise UnknownRevisionError(
                f"the branch {name} has no commit; its ref is missing", hint="rtv verify   rtv ops"
            )
        raise NoSuchBranchError(f"there is no branch {name}", hint=f"make it with: rtv branch {name}")
    return held
