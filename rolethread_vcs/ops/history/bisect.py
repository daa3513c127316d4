"""Finds the commit that made things worse, by asking about few of those between a good and a bad one.

What was answered lies in one small file of the worktree's private folder; everything else follows from it. HEAD and the
checked-out files stay as they are: what is tested is an export.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter
from pathlib import Path

from rolethread_vcs.errors import ConflictError, DamagedError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.canonical import JsonProblemError, encode_value, parse
from rolethread_vcs.ops.export.rows import ExportOptions, ExportRows
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.repository import PRIVATE, Repository

_VERSION = 1
_FILE = "bisect.json"
_COMMIT = re.compile("[0-9a-f]{40}")


class Answer(StrEnum):
    """What somebody found out about a commit."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Mark:
    """One answer about a commit (hex id), and when it was given, in seconds since 1970."""

    answer: Answer
    commit: str
    time: int


@dataclass(frozen=True, slots=True)
class Search:
    """How far a search has come.

    `suspects` are the commits (hex ids) that may be the first bad one, the known bad one included, newest first.
    `test` is the commit to look at next, None when there is none: then `first_bad` is what was looked for, or, where
    skipped commits are in the way, None too, and it is one of the suspects. `tests` is about how many are left. When
    `is_fork`, the commit to test is one where a good and a bad line of history parted. `ends` are the commits behind
    which history is not here.
    """

    marks: tuple[Mark, ...]
    suspects: tuple[str, ...]
    test: Commit | None = None
    first_bad: Commit | None = None
    tests: int = 0
    is_fork: bool = False
    ends: tuple[str, ...] = ()

    def marked(self, answer: Answer) -> tuple[str, ...]:
        """Return the commits of an answer, in the order given."""
        return tuple(dict.fromkeys(mark.commit for mark in self.marks if mark.answer is answer))


def start(repository: Repository, good: str, bad: str = "@") -> Search:
    """Begin a search between a good revision and a bad one.

    Raises:
        ConflictError (bisecting): one is under way. InvalidError (contradiction): good is not older than bad.
    """
    if _path(repository).exists():
        raise ConflictError(
            "a search is under way already",
            hint="rtv bisect status   or, to end it: rtv bisect reset",
            code="bisecting",
        )
    now = int(time.time())
    marks = (Mark(Answer.BAD, repository.resolve(bad), now), Mark(Answer.GOOD, repository.resolve(good), now))
    return _saved(repository, _search(repository, marks))


def mark(repository: Repository, answer: Answer | str, rev: str | None = None) -> Search:
    """Take an answer about a revision, by default about the commit that is to be tested.

    Raises:
        As `status`. InvalidError (contradiction): it does not go with the answers before.
    """
    answer = Answer(answer)
    known = _marks(repository)
    if rev is not None:
        commit = repository.resolve(rev)
    else:
        asked = _search(repository, known).test
        if asked is None:
            raise UsageError("the search is at its end, and asks for nothing", hint="rtv bisect status")
        commit = asked.id
    if answer is Answer.SKIP and any(each.commit == commit and each.answer is Answer.BAD for each in known):
        raise InvalidError(
            f"{commit[:10]} was called bad; there is nothing to skip", hint="rtv bisect log", code="contradiction"
        )
    return _saved(repository, _search(repository, (*known, Mark(answer, commit, int(time.time())))))


def status(repository: Repository) -> Search:
    """Return how far the search has come.

    Raises:
        NotFoundError (not_bisecting), InvalidError (bisect_state).
    """
    return _search(repository, _marks(repository))


def run(repository: Repository, judge: Callable[[Search], Answer | str]) -> Search:
    """Ask `judge` about one commit after the other, until the search is at its end; answers so far are kept."""
    search = status(repository)
    while search.test is not None:
        search = mark(repository, judge(search), search.test.id)
    return search


def reset(repository: Repository) -> bool:
    """End the search, also one whose answers do not read; return whether there was one."""
    with disk.system_errors("ending the search"):
        was_there = disk.remove(_path(repository))
        if was_there and repository.durable:
            disk.sync_folder(_path(repository).parent)
        return was_there


def export_candidate(
    repository: Repository, commit: str, path: str | Path, *, format: str = "messages", clean: bool = False
) -> None:
    """Write the entries of a commit (hex id) as JSON lines; unlike `export`, this leaves no trace in the operation log.

    Raises:
        UsageError: no such format. CannotCarryError: an entry does not fit it.
    """
    rows = ExportRows(repository.snapshot_of(commit), ExportOptions(format, clean))
    with disk.system_errors(f"writing {path}"), Path(path).open("wb") as file:
        file.writelines(rows.chunks(lambda _: None))


# ---- the search


def _search(repository: Repository, marks: tuple[Mark, ...]) -> Search:
    graph, objects = repository.graph, repository.objects
    bad = next(each.commit for each in reversed(marks) if each.answer is Answer.BAD)
    goods = list(dict.fromkeys(each.commit for each in marks if each.answer is Answer.GOOD))
    try:
        suspects = graph.parents_of_all([bad], hide=goods)
    except MissingObjectError as error:
        raise DamagedError(
            f"a commit that was answered about is not here: {error.message}", hint="rtv bisect reset"
        ) from error
    bases = {good: graph.merge_bases(good, bad) for good in goods}
    for good, shared in bases.items():
        if bad in shared:
            raise _contradiction(bad, good)
        if not shared:
            raise InvalidError(
                f"{good[:10]} and {bad[:10]} have no commit in common",
                hint="rtv log --graph --all",
                code="contradiction",
            )
    older = [good for good, shared in bases.items() if good in shared]
    for good in (each for each in goods if each not in older):
        # nobody has called good yet where the lines of this one and of the bad one parted
        unknown = (base for base in reversed(bases[good]) if not any(graph.is_ancestor(base, each) for each in older))
        fork = next(unknown, None)
        if fork is not None:
            return Search(marks, (), objects.commit(fork), None, 1, is_fork=True, ends=tuple(graph.ends))
    skipped = {each.commit for each in marks if each.answer is Answer.SKIP}
    test = halve(suspects, skipped=skipped)
    ends = tuple(end for end in graph.ends if end in suspects)
    if test is not None:
        return Search(marks, tuple(suspects), objects.commit(test), None, (len(suspects) - 1).bit_length(), ends=ends)
    first_bad = objects.commit(bad) if len(suspects) == 1 else None
    return Search(marks, tuple(suspects), None, first_bad, ends=ends)


def _contradiction(bad: str, good: str) -> InvalidError:
    if good == bad:
        return InvalidError(f"{bad[:10]} cannot be good and bad", hint="rtv bisect log", code="contradiction")
    return InvalidError(
        f"{good[:10]}, called good, comes after {bad[:10]}, called bad",
        hint="the good one must be the older; to find what made it better, call the new state bad\n"
        "see what was answered: rtv bisect log",
        code="contradiction",
    )


# ---- the file


def _path(repository: Repository) -> Path:
    return repository.git_folder / PRIVATE / _FILE


def _saved(repository: Repository, search: Search) -> Search:
    rows = [{"answer": str(each.answer), "commit": each.commit, "time": each.time} for each in search.marks]
    path = _path(repository)
    with disk.system_errors("writing down the answer"):
        disk.make_folders(path.parent, durable=repository.durable)
        disk.replace_file(path, encode_value({"marks": rows, "version": _VERSION}), durable=repository.durable)
    return search


def _marks(repository: Repository) -> tuple[Mark, ...]:
    """Return the answers given so far, the oldest first."""
    path = _path(repository)
    try:
        with disk.system_errors("reading what was answered"):
            data = path.read_bytes() if path.exists() else None
        if data is None:
            raise NotFoundError("no search is under way", hint="rtv bisect start GOOD BAD", code="not_bisecting")
        value = parse(data)
        if value["version"] != _VERSION:
            raise InvalidError(
                f"a newer rtv began this search (version {value['version']})", hint="use that one", code="bisect_state"
            )
        found = tuple(Mark(Answer(row["answer"]), str(row["commit"]), int(row["time"])) for row in value["marks"])
    except (JsonProblemError, KeyError, TypeError, ValueError) as error:
        reason = str(error)
    else:
        is_whole = {Answer.GOOD, Answer.BAD} <= {each.answer for each in found}
        if is_whole and all(_COMMIT.fullmatch(each.commit) for each in found):
            return found
        reason = "something is no commit" if is_whole else "a good or a bad commit is missing"
    raise InvalidError(
        f"what was answered in this search cannot be read: {path}: {reason}",
        hint="rtv bisect reset   ends the search",
        code="bisect_state",
    )


def answers(repository: Repository) -> list[tuple[Mark, Commit | None]]:
    """Return what was answered, the oldest first, each with its commit, None for one that is not here any more."""
    found: list[tuple[Mark, Commit | None]] = []
    for mark in status(repository).marks:
        try:
            found.append((mark, repository.objects.commit(mark.commit)))
        except DamagedError:
            found.append((mark, None))
    return found


# ---- the middle: pure, in a history with merges


def halve(parents: Mapping[str, Sequence[str]], *, skipped: Collection[str] = ()) -> str | None:
    """Return the suspect to test: the one whose answer, good or bad, leaves the fewest suspects in the worse case.

    `parents` maps each suspect to those of its parents that are suspects. None: only one suspect is left to test, the
    newest, which is known to be bad, or all others are `skipped`.
    """
    best, found = 0, None
    for commit, leading in count_leading(parents):
        worth = min(leading, len(parents) - leading)
        if worth > best and commit not in skipped:
            best, found = worth, commit
    return found


def count_leading(parents: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Yield each commit with the number of commits that lead to it, itself included, parents before children.

    The sets are kept as bits of one number a commit, and only while a child still needs them.
    """
    needed = Counter(parent for above in parents.values() for parent in set(above))
    sets: dict[str, int] = {}
    for number, commit in enumerate(TopologicalSorter(parents).static_order()):
        direct = set(parents[commit])
        reached = 1 << number
        for parent in direct:
            reached |= sets[parent]
        yield commit, reached.bit_count()
        sets[commit] = reached
        for parent in direct:
            needed[parent] -= 1
            if not needed[parent]:
                del sets[parent]
