"""Draws the lines of history beside a log: which commit led to which, as `git log --graph` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.ops.history.log import EVERYTHING, History, Logged, Only
from rolethread_vcs.store.refs.commit_graph import Link
from rolethread_vcs.store.refs.refs import BRANCHES, TAGS
from rolethread_vcs.store.repository import Repository

COMMIT = "*"


class Row(NamedTuple):
    """One line of the drawing; `commit` (hex id) stands in it, None where lines only part or meet."""

    lines: str
    commit: str | None = None


class GraphRow(NamedTuple):
    """One line of a drawn log: the drawing, and the commit that stands in it, if any."""

    lines: str
    logged: Logged | None = None


class Graph:
    """The rows of a drawn log; an iterator. The history behind it is walked whole before the first row.

    Commits that do not fit are left out, their lines are not. `ends` is as in `ops.history.log.History`.
    """

    def __init__(
        self,
        repository: Repository,
        *revisions: str,
        count: int | None = None,
        only: Only = EVERYTHING,
    ) -> None:
        self._history = History(repository, *revisions, only=only)
        self._rows = self._draw(count)

    def __iter__(self) -> Iterator[GraphRow]:
        return self

    def __next__(self) -> GraphRow:
        return next(self._rows)

    @property
    def ends(self) -> tuple[str, ...]:
        """The commits behind which nothing is here."""
        return self._history.ends

    def _draw(self, count: int | None) -> Iterator[GraphRow]:
        left = count
        links: dict[str, Link] = {}

        def told() -> Iterator[tuple[str, Sequence[str]]]:
            for link, parents in self._history.by_line():
                links[link.id] = link
                yield link.id, parents

        for row in draw(told()):
            if row.commit is None:
                yield GraphRow(row.lines)
                continue
            logged = self._history.told(links.pop(row.commit))
            if logged is not None:
                yield GraphRow(row.lines, logged)
                left = None if left is None else left - 1
                if left == 0:
                    return


def names_by_commit(repository: Repository) -> dict[str, list[str]]:
    """Return the branches and releases that stand at each commit (hex id); one that leads nowhere is left out."""
    names: dict[str, list[str]] = {}
    for name, target in sorted(repository.refs.table().items()):
        for prefix in (BRANCHES, TAGS):
            if name.startswith(prefix):
                try:
                    commit = repository.objects.peel(target)
                except DamagedError:
                    continue
                names.setdefault(commit, []).append(name.removeprefix(prefix))
    return names


# ---- the lines


def draw(history: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Row]:
    """Yield the rows of a history of (commit, its parents), in which no commit comes before one it led to."""
    lanes: list[str] = []  # the commit that each line, from left to right, goes to
    for commit, parents in history:
        if commit not in lanes:
            lanes.append(commit)
        lane = lanes.index(commit)
        while lanes.count(commit) > 1:
            last = len(lanes) - 1 - lanes[::-1].index(commit)
            yield Row(_meeting(lane, last, len(lanes)))
            del lanes[last]
        yield Row(_plain(lane, len(lanes)), commit)
        if not parents:
            if lane < len(lanes) - 1:
                yield Row(_ending(lane, len(lanes)))
            del lanes[lane]
            continue
        lanes[lane] = parents[0]
        for parent in reversed(parents[1:]):
            yield Row(_parting(lane, len(lanes)))
            lanes.insert(lane + 1, parent)


def _plain(lane: int, count: int) -> str:
    return " ".join(COMMIT if each == lane else "|" for each in range(count))


def _meeting(to: int, last: int, count: int) -> str:
    """Line `last` goes over to `to`, under the lines between; those behind it move up."""
    cells = [" "] * (2 * count)
    for each in range(last):
        cells[2 * each] = "|"
    for each in range(2 * to + 1, 2 * last - 1, 2):
        cells[each] = "_"
    for each in range(last, count):
        cells[2 * each - 1] = "/"
    return "".join(cells).rstrip()


def _ending(lane: int, count: int) -> str:
    """The line that ends leaves its place to those behind it."""
    cells = [" "] * (2 * count)
    for each in range(lane):
        cells[2 * each] = "|"
    for each in range(lane + 1, count):
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
