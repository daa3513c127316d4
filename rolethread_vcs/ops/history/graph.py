"""Draws the lines of history beside a log: which commit led to which, as `git log --graph` does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rolethread_vcs.ops.history.log import History, LogFilter, Logged
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.refs.commit_graph import Walk
from rolethread_vcs.store.repository import Repository

COMMIT = "*"


class GraphRow(NamedTuple):
    """One line of a drawn log: the drawing, and the commit that stands in it, None where lines only part or meet."""

    lines: str
    logged: Logged | None = None


class Graph(Walk[GraphRow]):
    """The rows of a drawn log; the history behind it is walked whole before the first row.

    Commits that do not match are left out, their lines are not.
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
        history = History(repository, *revisions, only=only, **keywords)
        super().__init__(history.graph, _rows(history, count))


def _rows(history: History, count: int | None) -> Iterator[GraphRow]:
    commits: dict[str, Commit] = {}

    def by_line() -> Iterator[tuple[str, Sequence[str]]]:
        for commit, parents in history.graph.children_first(history.starts, hide=history.hidden):
            commits[commit.id] = commit
            yield commit.id, parents

    for lines, oid in draw(by_line()):
        logged = None if oid is None else history.logged(commits.pop(oid))
        if oid is None or logged is not None:
            yield GraphRow(lines, logged)
        if logged is not None and count is not None:
            count -= 1
            if count == 0:
                return


def names_by_commit(repository: Repository) -> dict[str, list[str]]:
    """Return the branches and releases that stand at each commit (hex id); one that leads nowhere is left out."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for named in (repository.refs.branches(), repository.refs.releases()):
        for name, target in sorted(named.items()):
            commit = repository.objects.commit_at(target)
            if commit is not None:
                names[commit].append(name)
    return names


# ---- the lines


def draw(history: Iterable[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, str | None]]:
    """Yield (drawing, commit in it) for a history of (commit, its parents), in which children come before parents."""
    lanes: list[str] = []  # the commit that each line, from left to right, goes to
    for commit, parents in history:
        if commit not in lanes:
            lanes.append(commit)
        lane = lanes.index(commit)
        while lanes.count(commit) > 1:
            last = len(lanes) - 1 - lanes[::-1].index(commit)
            yield _closing(last, len(lanes), to=lane), None
            del lanes[last]
        yield " ".join(COMMIT if each == lane else "|" for each in range(len(lanes))), commit
        if not parents:
            if lane < len(lanes) - 1:
                yield _closing(lane, len(lanes)), None
            del lanes[lane]
            continue
        lanes[lane] = parents[0]
        for parent in reversed(parents[1:]):
            yield _parting(lane, len(lanes)), None
            lanes.insert(lane + 1, parent)


def _closing(lane: int, count: int, to: int | None = None) -> str:
    """A line ends, or goes over `to` another one, under those between; those behind it move up."""
    cells = [" "] * (2 * count)
    for each in range(lane):
        cells[2 * each] = "|"
    if to is not None:
        for each in range(2 * to + 1, 2 * lane - 1, 2):
            cells[each] = "_"
    for each in range(lane + (to is None), count):
        cells[2 * each - 1] = "/"
    return "".join(cells).rstrip()


def _parting(lane: int, count: int) -> str:
    """A new line begins beside one; those behind it make room."""
    cells = [" "] * (2 * count + 1)
    for each in range(lane + 1):
        cells[2 * each] = "|"
    for each in range(lane, count):
        cells[2 * each + 1] = "\\"
    return "".join(cells).rstrip()
