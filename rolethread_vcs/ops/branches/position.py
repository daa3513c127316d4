"""Says where one is: the branch, how many entries it holds, its note, and how it stands to another branch."""

from __future__ import annotations

from dataclasses import dataclass

from rolethread_vcs.store.branch_notes import notes
from rolethread_vcs.store.places.opening import DEFAULT_BRANCH
from rolethread_vcs.store.refs.refs import BRANCHES
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Whereabouts:
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


def whereabouts(repository: Repository, *, against: str | None = None) -> Whereabouts:
    """Return where one is, compared with the branch `against`, by default main.

    Raises:
        UnknownRevisionError: the current branch has no commit.
    """
    snapshot = repository.head_snapshot()
    branch = repository.branch()
    other = DEFAULT_BRANCH if against is None else against
    tip = None if other == branch else repository.refs.read(BRANCHES + other)
    ahead, behind = (0, 0) if tip is None else repository.ahead_behind(snapshot.id, tip)
    return Whereabouts(
        branch,
        snapshot.id,
        len(snapshot),
        None if branch is None else notes(repository).get(branch),
        None if tip is None else other,
        ahead,
        behind,
    )
