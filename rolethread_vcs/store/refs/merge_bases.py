"""Finds the commits that a merge of two others starts from: the newest ones that lead to both."""

from __future__ import annotations

from typing import Any

import pygit2

from rolethread_vcs.errors import DamagedError


def merge_bases(git: pygit2.Repository, one: str, other: str) -> tuple[str, ...]:
    """Return the newest commits that lead to both of two commits (hex ids); none when their histories share nothing.

    Of several none leads to another, as after two branches merged each other. Their order does not depend on which
    commit is named first.

    Raises:
        DamagedError: history does not read.
    """
    try:
        first: pygit2.Oid | None = git.merge_base(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        if first is None:
            return ()
        if str(first) in (one, other):
            return (str(first),)
        # libgit2 gives one of them. The others are among what leads to both and not to that one; whatever lies between
        # two of those is one of them too, so the newest are those that are nobody's parent there.
        rest = _ids(git, one, first) & _ids(git, other, first)
        parents = {str(parent) for oid in rest for parent in _commit(git, oid).parent_ids}
        return tuple(sorted({str(first), *(rest - parents)}, key=lambda oid: (_commit(git, oid).commit_time, oid)))
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise DamagedError(f"the history of {one[:10]} does not read: {error}", hint="rtv verify") from error


def _ids(git: pygit2.Repository, start: str, hidden: pygit2.Oid) -> set[str]:
    walker = git.walk(pygit2.Oid(hex=start), pygit2.enums.SortMode.NONE)
    walker.hide(hidden)
    return {str(commit.id) for commit in walker}


def _commit(git: pygit2.Repository, oid: str) -> Any:  # pygit2's own types say nothing about what an id leads to
    return git[oid]
