"""Keeps out of a merge that plain git has begun in a folder: its files are half of one side and half of the other."""

from __future__ import annotations

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.store.repository import Repository


class GitMergeError(ConflictError):
    """Plain git is in the middle of a merge in this folder, which has to end first."""

    code = "git_merge"


def refuse_merge_of_git(repository: Repository) -> None:
    """Raise while plain git is in the middle of a merge in this folder.

    Raises:
        GitMergeError: it is.
    """
    if repository.has_merge_of_git():
        raise GitMergeError(
            "plain git is in the middle of a merge here; nothing was changed",
            hint="git merge --continue   or: git merge --abort",
        )
