"""Finds the branch that one came from, for `switch -`."""

from __future__ import annotations

from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import NoSuchBranchError


def branch_before(repository: Repository) -> str:
    """Return the branch that this folder stood on last, other than the current one; the operation log knows.

    Raises:
        NoSuchBranchError: this folder never stood on another, or those are gone.
    """
    here = repository.branch()
    known = set(repository.refs.branches())
    for operation in repository.operations:
        before = operation.changes.get(HEAD, (None, None))[0] or ""
        name = before.removeprefix(SYMBOLIC + BRANCHES)
        if operation.worktree == repository.worktree_name and name != before and name != here and name in known:
            return name
    raise NoSuchBranchError(
        "there is no branch that you came from; nothing was changed", hint="see the branches with: rtv branch"
    )
