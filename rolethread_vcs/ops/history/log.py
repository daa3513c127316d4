"""Tells the history of a dataset, newest first, reading no more of it than is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from rolethread_vcs.model.revision import parse_range
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.store.log import EXTERNAL, REDO, REPAIR, UNDO, Operation
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.refs.commit_graph import Walk
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Counts, count_between, entries_between, read_entry

_NEVER_MAKE_COMMITS = (UNDO, REDO, REPAIR, "branch", "switch")
_EDITING = ("edit", "commit", EXTERNAL, None)
_CLOCK_SLACK = 2
"""Seconds by which an operation may be older than the commit it made, both written in one transaction."""


class Logged(NamedTuple):
    """A commit of the history: `operation` made it, None when the operation log does not know (a clone, plain git).

    The counts are against the first parent. A tuple, as is `Run`: a frozen dataclass takes ten times as long to make,
    and `log -n 1` is mostly start-up.
    """

    commit: Commit
    operation: Operation | None
    counts: Counts


Moment = int
"""Seconds since 1970; as a keyword, a text or a `datetime` will do."""


class LogFilter(NamedTuple):
    """Which commits a log shows.

    `verb` made them, they touched at least `min_changes` entries, their committer's time (seconds) lies between `since`
    and `until`, both included, `author` stands in the name or the address of who wrote them, and `where` fits an entry
    that they touched, before or after.
    """

    verb: str | None = None
    min_changes: int = 0
    since: Moment | None = None
    until: Moment | None = None
    author: str | None = None
    where: str | None = None


class History(Walk[Logged]):
    """The commits that lead to some revisions, or those of ranges `A..B` and `A...B`, newest first.

    `starts` are the commits to begin at (hex ids), `hidden` those to leave out, with all that lead to them.

    Raises:
        UnknownRevisionError, UsageError: a revision names nothing, or the query cannot be read.
    """

    def __init__(
        self,
        repository: Repository,
        /,
        *revisions: str,
        count: int | None = None,
        only: LogFilter | None = None,
        **keywords: Any,
    ) -> None:
        for key in keywords.keys() & {"since", "until"}:
            moment = keywords[key]
            moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
            keywords[key] = int(moment.timestamp()) if isinstance(moment, datetime) else moment
        self._repository = repository
        self._only = only = LogFilter(**{**(only or LogFilter())._asdict(), **keywords})
        self._selection = Selection.of(where=only.where)
        self._makers = OperationsByCommit(repository)
        self.graph = repository.graph
        starts: dict[str, None] = {}
        self.hidden: set[str] = set()
        for bounds in map(parse_range, revisions or ("@",)):
            end = repository.resolve(bounds.end)
            starts[end] = None
            if bounds.start is not None:
                start = repository.resolve(bounds.start)
                starts |= {start: None} if bounds.from_fork else {}
                self.hidden.update(self.graph.merge_bases(start, end) if bounds.from_fork else [start])
        self.starts = list(starts)
        super().__init__(self.graph, islice(self._select(), count))

    def logged(self, commit: Commit) -> Logged | None:
        """Return a commit with what is known about it, or None when it is not to be shown."""
        only = self._only
        if not is_by_and_within(commit, only):
            return None
        operation = self._makers.find(commit)
        if only.verb is not None and (operation is None or operation.verb != only.verb):
            return None
        logged = Logged(commit, operation, counts_of(self._repository, commit, operation))
        if logged.counts.total < only.min_changes:
            return None
        selection = self._selection
        if not selection.is_everything and not (logged.counts.total and _touches(self._repository, commit, selection)):
            return None
        return logged

    def _select(self) -> Iterator[Logged]:
        for commit in self.graph.newest_first(self.starts, hide=self.hidden, since=self._only.since):
            logged = self.logged(commit)
            if logged is not None:
                yield logged


def is_by_and_within(commit: Commit, only: LogFilter) -> bool:
    """Return whether a commit is of the author and of the time that are wanted; the rest of `only` is not asked."""
    moment, author = commit.time, commit.author
    if (only.since is not None and moment < only.since) or (only.until is not None and moment > only.until):
        return False
    return only.author is None or only.author.casefold() in f"{author.name} <{author.email}>".casefold()


def _touches(repository: Repository, commit: Commit, selection: Selection) -> bool:
    """Return whether a commit touched an entry that is meant, before or after."""
    objects = repository.objects
    for entry_id, before, after in entries_between(objects, tree_before(repository, commit), commit.tree):
        answer = selection.decide(entry_id)
        if answer is None:
            sides = (read_entry(objects, side) for side in (after, before) if side is not None)
            answer = selection.fits(entry_id, *sides)
        if answer:
            return True
    return False


def counts_of(repository: Repository, commit: Commit, operation: Operation | None) -> Counts:
    """Return how many entries a commit added, changed and removed, from the operation log where that knows."""
    if operation is not None and operation.verb != EXTERNAL:
        return Counts(operation.added, operation.changed, operation.removed)
    return count_between(repository.objects, tree_before(repository, commit), commit.tree)


def tree_before(repository: Repository, commit: Commit) -> bytes | None:
    """Return the 20-byte tree id of a commit's first parent, None for the first commit, and where history is cut."""
    if not commit.parents:
        return None
    try:
        return repository.objects.commit(commit.parents[0]).tree
    except MissingObjectError:  # history ends here, and what was there before is not known
        return None


class OperationsByCommit:
    """Finds the operation that made a commit; reads the operation log only as far as it must."""

    def __init__(self, repository: Repository) -> None:
        self._operations = repository.operations.readable()
        self._graph = repository.graph
        self._made: dict[tuple[str | None, str], Operation] = {}
        self._last: tuple[int, str] | None = None
        """When the operation read last that may have made a commit was done, and that commit."""

    def find(self, commit: Commit) -> Operation | None:
        """Return the operation that made a commit, or None when the log does not know it."""
        parent = commit.parents[0] if commit.parents else None
        while True:
            found = self._made.get((parent, commit.id)) or self._made.get((None, commit.id))
            if found is not None:
                return found
            if self._last is not None and self._last[0] < commit.time - _CLOCK_SLACK and self._has_led_to(commit):
                return None
            operation = next(self._operations, None)
            if operation is None:
                return None
            if operation.verb not in _NEVER_MAKE_COMMITS:
                for name, (before, after) in operation.changes.items():
                    if name.startswith(BRANCHES) and after is not None:
                        self._made[before, after] = operation
                        if operation.verb != EXTERNAL:
                            self._last = operation.time, after

    def _has_led_to(self, commit: Commit) -> bool:
        """Return whether the operation read last made its commit, and that led to another: clocks may be wrong."""
        assert self._last is not None
        done, made = self._last
        is_new = abs(self._graph.objects.commit(made).time - done) <= _CLOCK_SLACK  # else a branch only moved to it
        return is_new and self._graph.is_ancestor(made, commit.id)


# ---- runs of small edits


class Run(NamedTuple):
    """Single edits by one author on one day, newest first."""

    edits: tuple[Logged, ...]

    @property
    def last(self) -> Logged:
        """The newest of them."""
        return self.edits[0]


def fold(history: Iterable[Logged]) -> Iterator[Logged | Run]:
    """Yield the history with every two or more single edits in a row, by one author on one day, as one run.

    In a row is what led to one another; two sides of a merge are told apart.
    """
    run: list[Logged] = []
    shared: tuple[object, ...] | None = None
    for logged in history:
        author, verb = logged.commit.author, None if logged.operation is None else logged.operation.verb
        own = None
        if verb in _EDITING and logged.counts == (0, 1, 0):
            own = author.name, author.email, datetime.fromtimestamp(author.time).date()
        if run and (own is None or own != shared or logged.commit.id not in run[-1].commit.parents):
            yield run[0] if len(run) == 1 else Run(tuple(run))
            run = []
        run.append(logged)
        shared = own
    if run:
        yield run[0] if len(run) == 1 else Run(tuple(run))
