"""Says which names a new branch or release can have beside those that are there."""

from __future__ import annotations

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.store.refs.refs import TAGS
from rolethread_vcs.store.refs.revisions import is_branch_name
from rolethread_vcs.store.repository import Repository


def refuse_branch_name(repository: Repository, name: str) -> None:
    """Raise when no new branch can be called so.

    Raises:
        UsageError (branch_name), ConflictError (branch_exists).
    """
    if is_selector(name):
        raise UsageError(
            f"{name!r} is how an entry is named; give the branch a name with a letter in front", code="branch_name"
        )
    if not is_branch_name(name):
        raise UsageError(
            f"{name!r} cannot be the name of a branch",
            hint="letters, digits, - _ and / do, for example tavern/second-try",
            code="branch_name",
        )
    if repository.refs.read(TAGS + name) is not None:
        raise ConflictError(
            f"there is a release {name} already, and one name shall mean one thing",
            hint=f"rtv release --show {name}",
            code="branch_exists",
        )
    for other in repository.refs.branches():
        if other == name:
            raise ConflictError(
                f"there is a branch {name} already", hint=f"go to it with: rtv switch {name}", code="branch_exists"
            )
        if other.casefold() == name.casefold():
            raise ConflictError(
                f"there is a branch {other} already; many disks cannot tell it from {name}", code="branch_exists"
            )
        if other.startswith(name + "/") or name.startswith(other + "/"):
            raise ConflictError(
                f"there is a branch {other} already, and {name} cannot stand beside it", code="branch_exists"
            )
