"""Tells the history of a dataset, newest first, reading no more of it than is asked for."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from rolethread_vcs.model.layout import ENTRIES, SUFFIX
from rolethread_vcs.model.revision import parse_range
from rolethread_vcs.store.commits import Commit
from rolethread_vcs.store.operations import EXTERNAL, REDO, UNDO, Operation
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.trees import FOLDER, ReadTree, parse

_NEVER_MAKE_COMMITS = (UNDO, REDO, "branch", "switch")
_JSON = SUFFIX.encode()
_EDITING = ("edit", "commit", EXTERNAL, None)
_CLOCK_SLACK = 2
"""Seconds by which an operation may be older than the commit it made, both written in one transaction."""


class Logged(NamedTuple):
    """A commit of the history: `operation` made it, None when the operation log does not know (a clone, plain git).

    The counts are entries, against the first parent. A tuple, as is `Run`: a frozen dataclass takes ten times as long
    to make, and `log -n 1` is mostly start-up.
    """

    commit: Commit
    operation: Operation | None
    added: int
    changed: int
    removed: int

    @property
    def is_single_edit(self) -> bool:
        """Whether the commit is an edit of one entry, and no other verb brought it about."""
        verb = None if self.operation is None else self.operation.verb
        return verb in _EDITING and (self.added, self.changed, self.removed) == (0, 1, 0)

    @property
    def changes(self) -> int:
        """How many entries were added, changed or removed."""
        return self.added + self.changed + self.removed


def log(
    repository: Repository,
    revision: str = "@",
    *,
    count: int | None = None,
    verb: str | None = None,
    min_changes: int = 0,
) -> Iterator[Logged]:
    """Yield the commits that lead to a revision, or those of a range `A..B`, newest first, at most `count`.

    `verb` keeps those that an operation of that verb made, `min_changes` those that touched so many entries.

    Raises:
        UnknownRevisionError, UsageError: the revision names nothing.
    """
    span = parse_range(revision)
    end = repository.resolve(str(span.end))
    known: set[str] = set()
    if span.start is not None:
        known = {commit.id for commit in repository.walk(repository.resolve(str(span.start)))}
    makers = OperationsByCommit(repository)
    return islice(_chosen(repository, makers, _walk(repository, end, known), verb, min_changes), count)


def _chosen(
    repository: Repository,
    makers: OperationsByCommit,
    commits: Iterable[Commit],
    verb: str | None,
    min_changes: int,
) -> Iterator[Logged]:
    for commit in commits:
        operation = makers.find(commit)
        if verb is not None and (operation is None or operation.verb != verb):
            continue
        logged = Logged(commit, operation, *_counts(repository, commit, operation))
        if logged.changes >= min_changes:
            yield logged


def _counts(repository: Repository, commit: Commit, operation: Operation | None) -> tuple[int, int, int]:
    """Return how many entries a commit added, changed and removed, from the operation log where that knows."""
    if operation is not None and operation.verb != EXTERNAL:
        return operation.added, operation.changed, operation.removed
    return count_changes(repository, commit)


def count_changes(repository: Repository, commit: Commit) -> tuple[int, int, int]:
    """Return how many entries a commit added, changed and removed against its first parent; reads trees only."""
    read = repository.objects.tree
    before, after = tree_before(repository, commit), bytes.fromhex(commit.tree)
    sides = tuple(_folders(tree, read).get(ENTRIES.encode()) for tree in (before, after))
    return _count_folders(sides[0], sides[1], read, depth=2)


def tree_before(repository: Repository, commit: Commit) -> bytes | None:
    """Return the 20-byte tree id of a commit's first parent, None for the first commit."""
    if not commit.parents:
        return None
    return bytes.fromhex(repository.objects.commit(commit.parents[0]).tree)


def _count_folders(before: bytes | None, after: bytes | None, read: ReadTree, *, depth: int) -> tuple[int, int, int]:
    """Count in two folders (20-byte tree ids); `depth` 0 is where entries lie."""
    if before == after:
        return 0, 0, 0
    if depth == 0:
        old, new = _files(before, read), _files(after, read)
        both = old.keys() & new.keys()
        return len(new) - len(both), sum(old[name] != new[name] for name in both), len(old) - len(both)
    old, new = _folders(before, read), _folders(after, read)
    added = changed = removed = 0
    for name in old.keys() | new.keys():
        below = _count_folders(old.get(name), new.get(name), read, depth=depth - 1)
        added, changed, removed = added + below[0], changed + below[1], removed + below[2]
    return added, changed, removed


def _folders(tree: bytes | None, read: ReadTree) -> dict[bytes, bytes]:
    return {} if tree is None else {item.name: item.oid for item in parse(read(tree)) if item.mode == FOLDER}


def _files(tree: bytes | None, read: ReadTree) -> dict[bytes, bytes]:
    return {} if tree is None else {item.name: item.oid for item in parse(read(tree)) if item.name.endswith(_JSON)}


def _walk(repository: Repository, start: str, known: set[str]) -> Iterator[Commit]:
    """Yield commits, newest first, as plain git orders them; a commit is read when its turn has come.

    libgit2's own walk sorts the whole history before it gives the first commit.
    """
    seen = {start} | known
    if start in known:
        return
    first = repository.objects.commit(start)
    # the number keeps commits of one second in the order they were met
    waiting = [(-first.committer.time, 0, first)]
    met = 1
    while waiting:
        commit = heapq.heappop(waiting)[2]
        yield commit
        for parent in commit.parents:
            if parent not in seen:
                seen.add(parent)
                below = repository.objects.commit(parent)
                heapq.heappush(waiting, (-below.committer.time, met, below))
                met += 1


class OperationsByCommit:
    """Finds the operation that made a commit; reads the operation log only as far as it must."""

    def __init__(self, repository: Repository) -> None:
        self._operations = iter(repository.operations)
        self._made: dict[tuple[str | None, str], Operation] = {}
        self._oldest_read: int | None = None

    def find(self, commit: Commit) -> Operation | None:
        """Return the operation that made a commit, or None when the log does not know it."""
        parent = commit.parents[0] if commit.parents else None
        while True:
            found = self._made.get((parent, commit.id)) or self._made.get((None, commit.id))
            if found is not None:
                return found
            if self._oldest_read is not None and self._oldest_read < commit.committer.time - _CLOCK_SLACK:
                return None
            operation = next(self._operations, None)
            if operation is None:
                return None
            self._oldest_read = operation.time
            self._note(operation)

    def _note(self, operation: Operation) -> None:
        if operation.verb in _NEVER_MAKE_COMMITS:
            return
        for name, (before, after) in operation.changes.items():
            if name.startswith(BRANCHES) and after is not None:
                self._made[before, after] = operation


# ---- runs of small edits


class Run(NamedTuple):
    """Single edits by one author on one day, newest first."""

    edits: tuple[Logged, ...]

    @property
    def last(self) -> Logged:
        """The newest of them."""
        return self.edits[0]

    @property
    def first(self) -> Logged:
        """The oldest of them."""
        return self.edits[-1]


def fold(history: Iterable[Logged]) -> Iterator[Logged | Run]:
    """Yield the history with every two or more single edits in a row, by one author on one day, as one run."""
    run: list[Logged] = []
    for logged in history:
        if run and not (logged.is_single_edit and _author_and_day(logged) == _author_and_day(run[0])):
            yield _folded(run)
            run = []
        if logged.is_single_edit:
            run.append(logged)
        else:
            yield logged
    if run:
        yield _folded(run)


def _folded(run: list[Logged]) -> Logged | Run:
    return run[0] if len(run) == 1 else Run(tuple(run))


def _author_and_day(logged: Logged) -> tuple[str, str, date]:
    author = logged.commit.author
    return author.name, author.email, datetime.fromtimestamp(author.time).date()
