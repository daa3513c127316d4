"""Walks from commits to those that led to them, as far as history is here, and in an order that no clock can spoil."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.libgit2 import RAISED, read_errors, refuse_unread
from rolethread_vcs.store.objects import MissingObjectError, Objects
from rolethread_vcs.store.objects.commits import Commit

T = TypeVar("T")

_TABLE = Table("commit order", 1)
_ALL = b"all"
"""The one key: whether a clock went backwards anywhere, and then the commits (20 bytes) with their moments."""
_ROW = struct.Struct(">20sq")
_LATEST = 2**63 - 1
_WORTH_IT = 500
"""Commits that take longer to read than SQLite takes to load."""


class CommitOrder:
    """The moments of the commits of one repository; what is known of one never changes.

    Its first question reads all that led to a commit, once: what was found of a long history is remembered.
    """

    def __init__(self, objects: Objects, cache_folder: Path) -> None:
        self._objects = objects
        self._derived = Derived(cache_folder)
        self._is_skewed = False

    @cached_property
    def _known(self) -> dict[str, int]:
        data = self._derived.find(_TABLE, [_ALL]).get(_ALL, b"")
        if len(data) % _ROW.size != 1:
            return {}
        self._is_skewed = data[0] != 0
        return {oid.hex(): moment for oid, moment in _ROW.iter_unpack(data[1:])}

    def moment(self, commit: Commit) -> int:
        """Return a commit's time, or the least later one (seconds) that is later than those of all that led to it."""
        if self._known.get(commit.id, commit.time) < commit.time:  # what was remembered cannot be true
            self._known.clear()
        if commit.id not in self._known:
            self._learn(commit)
        return self._known[commit.id]

    def is_by_the_clock(self, *commits: str) -> bool:
        """Return whether no commit that led to some commits (hex ids) claims to be newer than one that it led to."""
        for oid in commits:
            self.moment(self._objects.commit(oid))
        return not self._is_skewed

    def _learn(self, commit: Commit) -> None:
        known, fresh = self._known, len(self._known)
        read = {commit.id: (commit.time, commit.parents)}
        missing: set[str] = set()
        waiting = [commit.id]
        while waiting:
            time, above = read[waiting[-1]]
            for oid in above:
                if oid not in read and oid not in missing:
                    try:
                        parent = self._objects.commit(oid)
                        read[oid] = parent.time, parent.parents
                    except MissingObjectError:
                        missing.add(oid)
            here = [oid for oid in above if oid in read]
            unknown = [oid for oid in here if oid not in known]
            if unknown:
                waiting += unknown
                continue
            self._is_skewed |= any(read[oid][0] > time for oid in here)
            known[waiting.pop()] = max([time, *(known[oid] + 1 for oid in here)])
        # with a commit missing, it is another history once the rest was fetched
        if not missing and len(known) - fresh > _WORTH_IT and max(known.values()) <= _LATEST:
            rows = (_ROW.pack(bytes.fromhex(oid), moment) for oid, moment in known.items())
            self._derived.keep(_TABLE, {_ALL: bytes([self._is_skewed]) + b"".join(rows)})


class CommitGraph:
    """The commits of a repository and their parents; all ids are hex.

    A parent that is not here ends that line of history, and does not stop a walk: `ends` collects the commits behind
    which the walks of this graph found nothing. In a shallow copy there are some; elsewhere an object is missing.
    `order` has the moments that walks go by; a walk along one line needs none.
    """

    def __init__(self, objects: Objects, order: CommitOrder) -> None:
        self.objects = objects
        self.order = order
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

    def newest_first(
        self, starts: Iterable[str], *, hide: Iterable[str] = (), since: int | None = None
    ) -> Iterator[Commit]:
        """Yield the commits that lead to some commits, those too, each once, none before one that it led to.

        A commit is read when its turn has come (libgit2's own walk sorts the whole history before it gives the first).
        Those to `hide`, and all that lead to them, are left out. With `since` (seconds) the walk ends where nothing
        before can be of then or later.

        Raises:
            MissingObjectError: one of those named is not here.
        """
        hidden = set(hide)
        queue: Queue[None] = Queue(self)
        seen: set[str] = set()
        for oid in (*hidden, *starts):
            if oid not in seen:
                seen.add(oid)
                queue.push(self.objects.commit(oid), None)
        shown = seen - hidden  # of those that wait
        while shown:
            commit, _ = queue.pop()
            if since is not None and commit.time < since and self.order.moment(commit) < since:
                return
            if commit.id not in hidden:
                shown.remove(commit.id)
                yield commit
            else:
                hidden.update(commit.parents)
                shown.difference_update(commit.parents)
            for parent in self.parents(commit):
                if parent.id not in seen:
                    seen.add(parent.id)
                    queue.push(parent, None)
                    if parent.id not in hidden:
                        shown.add(parent.id)

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
        ready.sort(key=self.order.moment)
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
        git = self.objects.history
        try:
            return bool(git.descendant_of(descendant, ancestor))
        except RAISED as error:
            refuse_unread(error)
            return False

    def common_ancestor(self, one: str, other: str) -> str | None:
        """Return the nearest commit that leads to both of two commits, or None where their histories share nothing.

        Raises:
            DamagedError: history cannot be read.
        """
        with read_errors(f"the history of {one[:10]}"):
            found = self.objects.history.merge_base(one, other)
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
        if not self.order.is_by_the_clock(one, other):  # then libgit2 miscounts
            sides = (self.newest_first([each], hide=[rest]) for each, rest in ((one, other), (other, one)))
            ahead, behind = (sum(1 for _ in side) for side in sides)
            return ahead, behind
        with read_errors(f"the history of {one[:10]}"):
            ahead, behind = self.objects.history.ahead_behind(one, other)
        return ahead, behind


class Walk(Generic[T]):
    """What was found along history, newest first: an iterator that reads no more than is asked for.

    `ends` are the commits (hex ids) behind which history is not here, as far as it was walked: of a shallow copy, or
    where an object is missing.
    """

    def __init__(self, graph: CommitGraph, found: Iterator[T]) -> None:
        self._graph = graph
        self._found = found

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, newest first, to be iterated>"

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._found)

    @property
    def ends(self) -> tuple[str, ...]:
        return tuple(self._graph.ends)


class Queue(Generic[T]):
    """Commits that wait for their turn, each with something to remember: the newest first, and none before one that it
    led to. Of those of one moment the one that was met first comes first.
    """

    def __init__(self, graph: CommitGraph) -> None:
        self._graph = graph
        self._fresh: list[tuple[Commit, T]] = []  # a commit that waits alone needs no order
        self._heap: list[tuple[int, int, Commit, T]] = []
        self._met = 0

    def push(self, commit: Commit, remembered: T) -> None:
        self._fresh.append((commit, remembered))

    def pop(self) -> tuple[Commit, T]:
        """Take the newest out; there must be one."""
        if not self._heap and len(self._fresh) == 1:
            return self._fresh.pop()
        for commit, remembered in self._fresh:
            self._met += 1
            heapq.heappush(self._heap, (-self._graph.order.moment(commit), self._met, commit, remembered))
        self._fresh.clear()
        return heapq.heappop(self._heap)[2:]

    def __bool__(self) -> bool:
        return bool(self._heap or self._fresh)
