"""Lists branches, and says where one is: the branch, what it holds, and how it stands to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rolethread_vcs.errors import ConflictError, UsageError, nearest
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.store.damaged_refs import damaged_refs
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH
from rolethread_vcs.store.refs import BRANCHES, HEAD, TAGS, branch_of, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import NoSuchBranchError


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its commit with time (seconds since 1970) and subject, and whether its gate refuses.

    `ahead` counts the commits that it has and the current one has not, `behind` those that it lacks. `note` is what
    somebody wrote down about it.
    """

    name: str
    commit: str
    time: int
    subject: str
    is_current: bool
    is_strict: bool
    ahead: int = 0
    behind: int = 0
    note: str | None = None


def branches(repository: Repository) -> tuple[Branch, ...]:
    """Return all branches by name; those that cannot be followed are left to `damaged_refs`."""
    current = repository.branch()
    here = repository.refs.head_commit()
    damaged = {ref.name for ref in damaged_refs(repository)}
    written = repository.config.notes()
    result = []
    for name, commit_id in sorted(repository.refs.branches().items()):
        if BRANCHES + name in damaged:
            continue
        snapshot = repository.snapshot_of(commit_id)
        commit = snapshot.commit
        ahead, behind = (0, 0) if here is None else repository.graph.ahead_behind(commit_id, here)
        result.append(
            Branch(
                name,
                commit_id,
                commit.time,
                commit.subject,
                is_current=name == current,
                is_strict=snapshot.settings.is_strict(name),
                ahead=ahead,
                behind=behind,
                note=written.get(name),
            )
        )
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Position:
    """Where one is; `branch` is None when a commit is looked at and no branch.

    `ahead` and `behind` count commits against the branch `against`, which is None where there is no other to name.
    """

    branch: str | None
    commit: str
    entries: int
    note: str | None
    against: str | None
    ahead: int
    behind: int


def branch_names(repository: Repository) -> tuple[str, ...]:
    """Return the names of all branches."""
    return tuple(repository.refs.branches())


def position(repository: Repository, *, against: str | None = None) -> Position:
    """Return where one is, compared with the branch `against`, by default main.

    Raises:
        UnknownRevisionError: the current branch has no commit.
    """
    snapshot = repository.head_snapshot()
    branch = repository.branch()
    other = DEFAULT_BRANCH if against is None else against
    tip = None if other == branch else repository.refs.read(BRANCHES + other)
    ahead, behind = (0, 0) if tip is None else repository.graph.ahead_behind(snapshot.id, tip)
    return Position(
        branch,
        snapshot.id,
        len(snapshot),
        None if branch is None else repository.config.notes().get(branch),
        None if tip is None else other,
        ahead,
        behind,
    )


# ---- one branch by its name


def branch_commit(repository: Repository, name: str, command: str = "") -> str:
    """Return the commit of a branch; `command`, if any, stands before the name that was meant in the hint of an error.

    Raises:
        NoSuchBranchError: there is none; it says what else has that name, or nearly so.
    """
    is_name = is_branch_name(name)
    commit = repository.refs.read(BRANCHES + name) if is_name else None
    if commit is not None:
        return commit
    see, near = "see the branches with: rtv branch", nearest(name, repository.refs.branches())
    is_revision = repository.find_commit(name) is not None
    if near and (is_name or not is_revision):
        hint = f"rtv {command} {near}" if command else see
        raise NoSuchBranchError(f"there is no branch {name!r}; did you mean {near}?", hint=hint)
    if is_revision:
        what = "release" if is_name and repository.refs.read(TAGS + name) is not None else "commit"
        raise NoSuchBranchError(
            f"{name!r} is a {what}, and one works on a branch", hint=f"start one there: rtv switch -c NEW-NAME {name}"
        )
    hint = f"make it with: rtv switch -c {name}" if is_name and command == "switch" else see
    raise NoSuchBranchError(f"there is no branch {name!r}", hint=hint)


def branch_before(repository: Repository) -> str:
    """Return the branch that this folder stood on last, other than the current one; the operation log knows.

    Raises:
        NoSuchBranchError: this folder never stood on another, or those are gone.
    """
    here = repository.branch()
    known = set(repository.refs.branches())
    for operation in repository.operations:
        name = branch_of(operation.changes.get(HEAD, (None, None))[0])
        if operation.worktree == repository.worktree_name and name is not None and name != here and name in known:
            return name
    raise NoSuchBranchError("there is no branch that you came from", hint="see the branches with: rtv branch")


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
