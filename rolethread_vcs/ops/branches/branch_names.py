"""Says which names a new branch or release can have beside those that are there."""

from __future__ import annotations

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.store.refs.refs import TAGS
from rolethread_vcs.store.refs.revisions import is_branch_name
from rolethread_vcs.store.repository import Repository


class BranchNameError(UsageError):
    """A name that no branch can have."""

    code = "branch_name"


class BranchExistsError(ConflictError):
    """There is a branch of that name, or of one that cannot stand beside it."""

    code = "branch_exists"


def refuse_branch_name(repository: Repository, name: str) -> None:
    """Raise when no new branch can be called so.

    Raises:
        BranchNameError, BranchExistsError.
    """
    if is_selector(name):
        raise BranchNameError(f"{name!r} is how an entry is named; give the branch a name with a letter in front")
    if not is_branch_name(name):
        raise BranchNameError(
            f"{name!r} cannot be the name of a branch",
            hint="letters, digits, - _ and / do, for example tavern/second-try",
        )
    if repository.refs.read(TAGS + name) is not None:
        raise BranchExistsError(
            f"there is a release {name} already, and one name shall mean one thing", hint=f"rtv release --show {name}"
        )
    for other in repository.refs.branches():
        if other == name:
            raise BranchExistsError(f"there is a branch {name} already", hint=f"go to it with: rtv switch {name}")
        if other.casefold() == name.casefold():
            raise BranchExistsError(f"there is a branch {other} already; many disks cannot tell it from {name}")
        if other.startswith(name + "/") or name.startswith(other + "/"):
            raise BranchExistsError(f"there is a branch {other} already, and {name} cannot stand beside it")
