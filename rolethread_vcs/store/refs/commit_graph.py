"""What leads to what among the commits of a repository, as libgit2 walks them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import pygit2

from rolethread_vcs.errors import DamagedError


class CommitGraph:
    """The commits of a repository and their parents; all ids are hex."""

    def __init__(self, git: pygit2.Repository) -> None:
        self._git = git

    def walk(self, start: str, *, hide: Iterable[str] = ()) -> Iterator[str]:
        """Yield the commits that lead to a commit and to none of those hidden, newest first, children before parents.

        Raises:
            DamagedError: history cannot be read.
        """
        with _reading(start):
            walker = self._git.walk(pygit2.Oid(hex=start), pygit2.enums.SortMode.TOPOLOGICAL)
            for other in hide:
                walker.hide(pygit2.Oid(hex=other))
            for commit in walker:
                yield str(commit.id)

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Return whether a commit is, or leads to, another."""
        if ancestor == descendant:
            return True
        try:
            return bool(self._git.descendant_of(pygit2.Oid(hex=descendant), pygit2.Oid(hex=ancestor)))
        except (pygit2.GitError, KeyError, ValueError):
            return False

    def common_ancestor(self, one: str, other: str) -> str | None:
        """Return the nearest commit that leads to both of two commits, or None where their histories share nothing.

        Raises:
            DamagedError: history cannot be read.
        """
        with _reading(one):
            found = self._git.merge_base(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        return None if found is None else str(found)

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return the newest commits that lead to both of two commits; none when their histories share nothing.

        A merge starts from them. Of several none leads to another, as after two branches merged each other. Their order
        does not depend on which commit is named first.

        Raises:
            DamagedError: history cannot be read.
        """
        first = self.common_ancestor(one, other)
        if first is None or first in (one, other):
            return () if first is None else (first,)
        # libgit2 gives one of them. The others are among what leads to both and not to that one; whatever lies between
        # two of those is one of them too, so the newest are those that are nobody's parent there.
        rest = set(self.walk(one, hide=(first,))) & set(self.walk(other, hide=(first,)))
        with _reading(one):
            parents = {str(parent) for oid in rest for parent in self._commit(oid).parent_ids}
            return tuple(sorted({first, *(rest - parents)}, key=lambda oid: (self._commit(oid).commit_time, oid)))

    def ahead_behind(self, one: str, other: str) -> tuple[int, int]:
        """Return how many commits lead to one commit and not to another, and the other way round.

        Raises:
            DamagedError: history cannot be read.
        """
        with _reading(one):
            ahead, behind = self._git.ahead_behind(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        return ahead, behind

    def _commit(self, oid: str) -> Any:  # pygit2's own types say nothing about what an id leads to
        return self._git[oid]


@contextlib.contextmanager
def _reading(start: str) -> Iterator[None]:
    try:
        yield
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise DamagedError(f"the history of {start[:10]} cannot be read: {error}", hint="rtv verify") from error
