"""Finds the merges, reverts and picks that wait for decisions on a branch, in whichever folder."""

from __future__ import annotations

from rolethread_vcs.errors import ConflictError, DamagedError
from rolethread_vcs.store.log.unfinished import Unfinished, read
from rolethread_vcs.store.refs.refs import is_unfinished
from rolethread_vcs.store.repository import Repository


def unfinished_on(repository: Repository, branch: str) -> Unfinished | None:
    """Return what waits for decisions on a branch, or None."""
    for name, oid in repository.refs.table().items():
        if is_unfinished(name):
            try:
                found = read(oid, repository.objects)
            except DamagedError:  # `verify` and the verbs of merging tell; it says nothing about a branch
                continue
            if found.branch == branch:
                return found
    return None


def refuse_unfinished(repository: Repository, branch: str) -> None:
    """Raise when something waits for decisions on a branch.

    Raises:
        ConflictError (unfinished_on_branch).
    """
    found = unfinished_on(repository, branch)
    if found is not None:
        raise ConflictError(
            f"{branch} waits for the end of: {found.command}; nothing was changed",
            hint=f"rtv conflicts   rtv {found.kind} --continue   rtv {found.kind} --abort",
            code="unfinished_on_branch",
        )
