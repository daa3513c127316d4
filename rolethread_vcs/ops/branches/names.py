"""Says which names a new branch or release can have beside those that are there."""

from __future__ import annotations

from typing import Literal

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.store.refs.refs import BRANCHES, TAGS, is_branch_name
from rolethread_vcs.store.repository import Repository

Kind = Literal["branch", "release"]

_EXAMPLES: dict[Kind, str] = {"branch": "tavern/second-try", "release": "v1.2"}
_SEE: dict[Kind, str] = {"branch": "go to it with: rtv switch", "release": "rtv release --show"}


def refuse_name(repository: Repository, kind: Kind, name: str) -> None:
    """Raise when no new branch, or release, can be called so.

    Raises:
        UsageError (branch_name, release_name): nothing can. ConflictError (branch_exists, release_exists): what is
        there already stands in the way.
    """
    if is_selector(name):
        raise UsageError(
            f"{name!r} is how an entry is named; give the {kind} a name with a letter in front",
            code="branch_name" if kind == "branch" else "release_name",
        )
    if not is_branch_name(name):
        raise UsageError(
            f"{name!r} cannot be the name of a {kind}",
            hint=f"letters, digits, . - _ and / do, for example {_EXAMPLES[kind]}",
            code="branch_name" if kind == "branch" else "release_name",
        )
    for ref in repository.refs.table():
        if not ref.startswith((BRANCHES, TAGS)):
            continue
        there: Kind = "branch" if ref.startswith(BRANCHES) else "release"
        other = ref.removeprefix(BRANCHES).removeprefix(TAGS)
        problem = _problem(name, other, is_same_kind=there == kind)
        if problem is not None:
            hint = f"{_SEE[there]} {name}" if other == name else None
            raise ConflictError(
                f"there is a {there} {other} already{problem}",
                hint=hint,
                code="branch_exists" if kind == "branch" else "release_exists",
            )


def _problem(name: str, other: str, *, is_same_kind: bool) -> str | None:
    """Return why a name cannot stand beside another, None when it can."""
    if not is_same_kind:
        return ", and one name shall mean one thing" if other == name else None
    if other == name:
        return ""
    if other.casefold() == name.casefold():
        return f"; many disks cannot tell it from {name}"
    if other.startswith(name + "/") or name.startswith(other + "/"):
        return f", and {name} cannot stand beside it"
    return None
