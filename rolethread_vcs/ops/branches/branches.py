"""Lists branches, and says where one is: the branch, what it holds, and how it stands to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rolethread_vcs.store.damaged_refs import damaged_refs
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH
from rolethread_vcs.store.refs import BRANCHES, HEAD, REMOTES, branch_of
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
    damaged = {ref.name for ref in damaged_refs(repository)}
    tips = repository.refs.branches().items()
    return _described(repository, {name: (name, tip) for name, tip in tips if BRANCHES + name not in damaged})


def remote_branches(repository: Repository) -> tuple[Branch, ...]:
    """Return the branches of other copies, as they were fetched last, that no branch here follows."""
    followed = {repository.refs.upstream(name) for name in repository.refs.branches()}
    kind = repository.objects.kind  # what a partial copy lacks is left out
    tips = {
        name: (there, tip)
        for name, (there, tip) in repository.refs.remote_branches().items()
        if REMOTES + name not in followed and kind(tip) == "commit"
    }
    return _described(repository, tips)


def _described(repository: Repository, tips: Mapping[str, tuple[str, str]]) -> tuple[Branch, ...]:
    """Return branches by the names people give them, of the names that they have in their own copy, and commits."""
    current = repository.branch()
    here = repository.refs.head_commit()
    written = repository.config.notes()
    result = []
    for name, (own_name, commit_id) in sorted(tips.items()):
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
                is_strict=snapshot.settings.is_strict(own_name),
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


def branch_before(repository: Repository) -> str:
    """Return the branch that this folder stood on last, other than the current one; the operation log knows.

    Raises:
        NoSuchBranchError: this folder never stood on another, or those are gone.
    """
    here = repository.branch()
    known = set(repository.refs.branches())
    for operation in repository.operations.readable():
        name = branch_of(operation.changes.get(HEAD, (None, None))[0])
        if operation.worktree == repository.worktree_name and name is not None and name != here and name in known:
            return name
    raise NoSuchBranchError("there is no branch that you came from", hint="see the branches with: rtv branch")
