"""Walks from commits to those that led to them, as far as history is here."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import pygit2

from rolethread_vcs.store.libgit2 import RAISED, read_errors
from rolethread_vcs.store.objects import MissingObjectError, Objects
from rolethread_vcs.store.objects.commits import Commit

T = TypeVar("T")

_SLOP = 5
"""Commits that a walk goes on behind the last one that it may have to leave out, as plain git does: clocks differ."""


class CommitGraph:
    """The commits of a repository and their parents; all ids are hex.

    A parent that is not here ends that line of history, and does not stop a walk: `ends` collects the commits behind
    which the walks of this graph found nothing. In a shallow copy there are some; elsewhere an object is missing.
    """

    def __init__(self, git: pygit2.Repository, objects: Objects) -> None:
        self._git = git
        self.objects = objects
        self.ends: dict[str, None] = {}

    def parents(self, commit: Commit) -> list[Commit]:
        """Return the parents that are here, in order."""
        found = []
        for oid in commit.parents:
            try:
                found.append(self.objects.commit(oid))
            except MissingObjectError:
                self.ends[commit.id] = None
        return found

    def newest_first(self, starts: Iterable[str], *, hide: Iterable[str] = ()) -> Iterator[Commit]:
        """Yield the commits that lead to some commits, those too, each once, as plain git orders them.

        A commit is read when its turn has come (libgit2's own walk sorts the whole history before it gives the first).
        Those to `hide`, and all that lead to them, are left out; then the walk is done before the first is given.

        Raises:
            MissingObjectError: one of those named is not here.
        """
        hidden = set(hide)
        queue: Queue[None] = Queue()
        seen: set[str] = set()
        for oid in (*hidden, *starts):
            if oid not in seen:
                seen.add(oid)
                queue.push(self.objects.commit(oid), None)
        if hidden:
            yield from self._shown(queue, seen, hidden)
            return
        while queue:
            commit, _ = queue.pop()
            yield commit
            self._push_parents(commit, queue, seen)

    def _shown(self, queue: Queue[None], seen: set[str], hidden: set[str]) -> list[Commit]:
        found: dict[str, Commit] = {}
        waiting = seen - hidden
        slop, last = _SLOP, 0
        while queue and slop:
            commit, _ = queue.pop()
            fresh = self._push_parents(commit, queue, seen)
            if commit.id not in hidden:
                waiting.remove(commit.id)
                waiting.update(fresh)
                found[commit.id], last = commit, commit.time
                continue
            below = list(commit.parents)
            while below:
                oid = below.pop()
                if oid not in hidden:
                    hidden.add(oid)
                    waiting.discard(oid)
                    if oid in found:  # by a clock that is wrong it came before what it led to
                        below += found.pop(oid).parents
            slop = _SLOP if waiting or (found and commit.time >= last) else slop - 1
        return list(found.values())

    def _push_parents(self, commit: Commit, queue: Queue[None], seen: set[str]) -> list[str]:
        """Let those parents wait for their turn that were not seen yet, and return them."""
        fresh = [oid for oid in commit.parents if oid not in seen]
        seen.update(fresh)
        here = self.parents(commit._replace(parents=tuple(fresh)))
        for parent in here:
            queue.push(parent, None)
        return [parent.id for parent in here]

    def parents_of_all(self, starts: Iterable[str], *, hide: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
        """Return the commits of `newest_first`, each with those of its parents that are among them."""
        found = {commit.id: commit.parents for commit in self.newest_first(starts, hide=hide)}
        return {oid: tuple(each for each in above if each in found) for oid, above in found.items()}

    def children_first(
        self, starts: Iterable[str], *, hide: Iterable[str] = ()
    ) -> Iterator[tuple[Commit, tuple[str, ...]]]:
        """Yield the same so that no commit comes before one that it led to, one line of history after the other.

        The whole history is walked before the first is given.
        """
        starts = list(dict.fromkeys(starts))
        parents = self.parents_of_all(starts, hide=hide)
        children = dict.fromkeys(parents, 0)
        for above in parents.values():
            for oid in above:
                children[oid] += 1
        # the newest of the starts comes first, then what led to it as far as nothing else waits for that
        ready = [self.objects.commit(oid) for oid in starts if children.get(oid) == 0]
        ready.sort(key=lambda commit: commit.time)
        while ready:
            commit = ready.pop()
            yield commit, parents[commit.id]
            for oid in reversed(parents[commit.id]):
                children[oid] -= 1
                if not children[oid]:
                    ready.append(self.objects.commit(oid))

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        if ancestor == descendant:
            return True
        try:
            return bool(self._git.descendant_of(descendant, ancestor))
        except RAISED:
            return False

    def common_ancestor(self, one: str, other: str) -> str | None:
        """Return the nearest commit that leads to both of two commits, or None where their histories share nothing.

        Raises:
            DamagedError: history cannot be read.
        """
        with read_errors(f"the history of {one[:10]}"):
            found = self._git.merge_base(one, other)
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
        ours, theirs = (self.parents_of_all([each], hide=[first]) for each in (one, other))
        rest = ours.keys() & theirs.keys()
        inner = {parent for oid in rest for parent in ours[oid]}
        return tuple(sorted({first, *(rest - inner)}, key=lambda oid: (self.objects.commit(oid).time, oid)))

    def ahead_behind(self, one: str, other: str) -> tuple[int, int]:
        """Return how many commits lead to one commit and not to another, and the other way round.

        Raises:
            DamagedError: history cannot be read.
        """
        with read_errors(f"the history of {one[:10]}"):
            ahead, behind = self._git.ahead_behind(one, other)
        return ahead, behind


class Walk(Generic[T]):
    """What was found along history, newest first: an iterator that reads no more than is asked for.

    `ends` are the commits (hex ids) behind which history is not here, as far as it was walked: of a shallow copy, or
    where an object is missing.
    """

    def __init__(self, graph: CommitGraph, found: Iterator[T]) -> None:
        self._graph = graph
        self._found = found

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._found)

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(self._graph.ends)


class Queue(Generic[T]):
    """Commits that wait for their turn, each with something to remember; the newest first.

    Those of one second keep the order in which they were met.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Commit, T]] = []
        self._met = 0

    def push(self, commit: Commit, remembered: T) -> None:
        self._met += 1
        heapq.heappush(self._heap, (-commit.time, self._met, commit, remembered))

    def pop(self) -> tuple[Commit, T]:
        """Take the newest out; there must be one."""
        return heapq.heappop(self._heap)[2:]

    def pop_second(self) -> list[tuple[Commit, T]]:
        """Take out the newest and all that are of the same second; there must be one."""
        taken = [self.pop()]
        while self._heap and self._heap[0][2].time == taken[0][0].time:
            taken.append(self.pop())
        return taken

    def __bool__(self) -> bool:
        return bool(self._heap)
