"""Walks from commits to those that led to them, as far as history is here."""

from __future__ import annotations

import contextlib
import heapq
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import pygit2

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store.objects import MissingObjectError, Objects, commits
from rolethread_vcs.store.objects.commits import Commit

T = TypeVar("T")

_LINK = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author [^\n]*\ncommitter [^\n]*> ([0-9]{1,18}) [+-][0-9]+\n"
)


class Link(NamedTuple):
    """What a walk needs of a commit: ids in hex, its tree as 20 bytes, the committer's time in seconds, its bytes."""

    id: str
    tree: bytes
    parents: tuple[str, ...]
    time: int
    data: bytes

    @property
    def commit(self) -> Commit:
        """The whole commit.

        Raises:
            MissingObjectError: it does not read.
        """
        try:
            return commits.decode(self.id, self.data)
        except ValueError as error:
            raise _unreadable(self.id, error) from error


class Ancestry:
    """The past of commits.

    A parent that is not here ends that line of history, and does not stop the walk: `ends` collects the commits (hex
    ids) behind which a walk found nothing. In a shallow clone there are some; elsewhere an object is missing.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.ends: dict[str, None] = {}

    def link(self, oid: str) -> Link:
        """Return a commit of a hex id.

        Raises:
            MissingObjectError: it is not here, or does not read.
        """
        return read_link(oid, self._objects.commit_bytes(oid))

    def parents(self, link: Link) -> list[Link]:
        """Return the parents that are here, in order."""
        found = []
        for oid in link.parents:
            try:
                found.append(self.link(oid))
            except MissingObjectError:
                self.ends[link.id] = None
        return found

    def newest_first(self, starts: Iterable[str], *, hide: Collection[str] = ()) -> Iterator[Link]:
        """Yield the commits that lead to some commits, those too, each once, as plain git orders them.

        A commit is read when its turn has come (libgit2's own walk sorts the whole history before it gives the first).
        `hide` is left out; it must hold with each commit all that lead to it.
        """
        queue: Queue[None] = Queue()
        seen = set(hide)
        for oid in starts:
            if oid not in seen:
                seen.add(oid)
                queue.push(self.link(oid), None)
        while queue:
            link, _ = queue.pop()
            yield link
            fresh = tuple(oid for oid in link.parents if oid not in seen)
            seen.update(fresh)
            for parent in self.parents(link._replace(parents=fresh)):
                queue.push(parent, None)

    def children_first(
        self, starts: Iterable[str], *, hide: Collection[str] = ()
    ) -> Iterator[tuple[Link, tuple[str, ...]]]:
        """Yield the same commits so that none comes before a commit it led to, one line of history after the other.

        Each comes with those of its parents that are here and not hidden. The whole history is walked before the first
        is given.
        """
        starts = list(dict.fromkeys(starts))
        parents = self.parents_of_all(starts, hide=hide)
        children = dict.fromkeys(parents, 0)
        for above in parents.values():
            for oid in above:
                children[oid] += 1
        # the newest of the starts comes first, then what led to it as far as nothing else waits for that
        ready = sorted((self.link(oid) for oid in starts if children.get(oid) == 0), key=lambda link: link.time)
        while ready:
            link = ready.pop()
            yield link, parents[link.id]
            for oid in reversed(parents[link.id]):
                children[oid] -= 1
                if not children[oid]:
                    ready.append(self.link(oid))

    def parents_of_all(self, starts: Iterable[str], *, hide: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
        """Return every commit that leads to some commits, those too, with those of its parents that are here.

        `hide` is left out, also as a parent.
        """
        found: dict[str, tuple[str, ...]] = {}
        waiting = [self.link(oid) for oid in starts if oid not in hide]
        while waiting:
            link = waiting.pop()
            if link.id in found:
                continue
            shown = link._replace(parents=tuple(oid for oid in link.parents if oid not in hide))
            above = self.parents(shown)
            found[link.id] = tuple(parent.id for parent in above)
            waiting += [parent for parent in above if parent.id not in found]
        return found


class Walk(Generic[T]):
    """What was found along history, newest first: an iterator that reads no more than is asked for.

    `ends` are the commits (hex ids) behind which history is not here, as far as it was walked: of a shallow copy, or
    where an object is missing.
    """

    def __init__(self, ancestry: Ancestry, found: Iterator[T]) -> None:
        self._ancestry = ancestry
        self._found = found

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._found)

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(self._ancestry.ends)


class Queue(Generic[T]):
    """Commits that wait for their turn, each with something to remember; the newest first.

    Those of one second keep the order in which they were met.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Link, T]] = []
        self._met = 0

    def push(self, link: Link, remembered: T) -> None:
        """Add a commit."""
        self._met += 1
        heapq.heappush(self._heap, (-link.time, self._met, link, remembered))

    def pop(self) -> tuple[Link, T]:
        """Take the newest out; there must be one."""
        return heapq.heappop(self._heap)[2:]

    def __bool__(self) -> bool:
        return bool(self._heap)


def read_link(oid: str, data: bytes) -> Link:
    """Return the link of a commit's bytes; several times as fast as decoding the whole.

    Raises:
        MissingObjectError: the bytes are no commit.
    """
    plain = _LINK.match(data)
    if plain is not None:
        tree_id, lines, seconds = plain.groups()
        above = tuple(lines.decode("ascii").split()[1::2])
        return Link(oid, bytes.fromhex(tree_id.decode("ascii")), above, int(seconds), data)
    try:  # an old or odd commit
        commit = commits.decode(oid, data)
    except ValueError as error:
        raise _unreadable(oid, error) from error
    return Link(oid, commit.tree, commit.parents, commit.committer.time, data)


def _unreadable(oid: str, error: Exception) -> MissingObjectError:
    return MissingObjectError(f"the commit {oid} cannot be read: {error}", hint="rtv verify")


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
