"""Shows how far a search has come: the commit to test and how, or the one that was looked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rolethread_vcs.ops.history.bisect import Answer, Mark, Search
from rolethread_vcs.phrases import count, short_time
from rolethread_vcs.views.terminal_text import Lines, one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.store.objects.commits import Commit

_NAMED = 10
_STYLES = {Answer.GOOD: "added", Answer.BAD: "removed", Answer.SKIP: "changed"}


def search_lists(search: Search | None) -> dict[str, object]:
    """Return what `rolethread.bisect/v1` says beside the search itself; None is a search that has ended."""
    if search is None:
        return {"running": False, "good": (), "bad": None, "skipped": ()}
    bad = search.marked(Answer.BAD)
    good, skipped = search.marked(Answer.GOOD), search.marked(Answer.SKIP)
    return {"running": True, "bad": bad[-1] if bad else None, "good": good, "skipped": skipped}


def search_lines(search: Search, first_bad: Lines, *, width: int) -> Lines:
    """Yield where a search stands; `first_bad` are the lines of the commit that was looked for."""
    if search.test is not None:
        yield from _test_lines(search, search.test, width)
    elif search.first_bad is not None:
        yield f"the first bad change is {search.first_bad.id[:10]}"
        yield ""
        yield from first_bad
    else:
        yield from _unsettled_lines(search)


def _test_lines(search: Search, commit: Commit, width: int) -> Iterator[str]:
    yield f"test {_commit_line(commit, width - 5)}"
    if search.is_fork:
        yield "here the lines of the good and the bad one parted; whether this one is good decides where to look"
    else:
        yield f"{count(len(search.suspects), 'suspect', 'suspects')}, {_about(search.tests)} to go"
    short = commit.id[:10]
    yield f"  export it:   rtv export {short} -o bisect-{short}.jsonl"
    yield "  then say:    rtv bisect good   or   rtv bisect bad   (or skip)"


def _about(tests: int) -> str:
    return "1 test" if tests == 1 else f"about {tests:,} tests"


def end_hint(search: Search) -> str | None:
    """Return what to do at the end of a search, None before."""
    if search.first_bad is None:
        return None
    short = search.first_bad.id[:10]
    return (
        f"rtv show {short}     what it changed, word by word\n"
        f"rtv revert {short}   takes it back and keeps the later work\n"
        "rtv bisect reset        ends the search"
    )


def _unsettled_lines(search: Search) -> Iterator[str]:
    number = len(search.suspects)
    yield f"the first bad change is one of {number:,}; the others that are left were skipped"
    for commit in search.suspects[:_NAMED]:
        yield f"  {styled(commit[:10], 'id')}"
    if number > _NAMED:
        yield f"  … and {number - _NAMED:,} more"


def mark_lines(marks: Iterable[tuple[Mark, Commit | None]], *, width: int) -> Lines:
    """Yield a line for each answer, the oldest first; a commit that is gone is named all the same."""
    for each, commit in marks:
        gone = f"{styled(each.commit[:10], 'id')}  (no longer here)"
        line = gone if commit is None else _commit_line(commit, width - 6)
        yield f"{styled(f'{each.answer:<4}', _STYLES[each.answer])}  {line}"


def _commit_line(commit: Commit, width: int) -> str:
    head = f"{commit.id[:10]}  {short_time(commit.author.time, now=time.time())}"
    said = one_line(commit.subject, max(width - width_of(head) - 2, 16))
    return f"{styled(head[:10], 'id')}{styled(head[10:], 'faint')}  {said}"
