"""Commits as lines: one with what it changed, and the search for the first bad one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.ops.history.bisect import Answer, Mark, Search
from rolethread_vcs.phrases import count, long_time, rest_line, short_time
from rolethread_vcs.views.diff_text import entry_diff_lines, file_diff_lines
from rolethread_vcs.views.terminal_text import Lines, change_head, one_line, styled, width_of, wrap

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import Comparison
    from rolethread_vcs.ops.history.show import ShownCommit, TouchedEntry
    from rolethread_vcs.store.log import Operation
    from rolethread_vcs.store.objects.commits import Commit

_SHOWN = 20
_TRAILERS = {"Allowed": "let through", "Because": "because"}


def commit_lines(
    shown: ShownCommit, operation: Operation | None, comparison: Comparison, *, width: int, color: bool
) -> Lines:
    yield from _head(shown, operation, width)
    for compared in islice(comparison.entries(), _SHOWN):
        yield ""
        yield from entry_diff_lines(compared, width=width, color=color)
    for line in rest_line(comparison.summary().total, _SHOWN):
        yield ""
        yield line
    for file in comparison.files():
        yield ""
        yield from file_diff_lines(file, width=width)


def brief_commit_lines(
    shown: ShownCommit, operation: Operation | None, preview: Callable[[TouchedEntry], str], *, width: int
) -> Lines:
    """Yield a commit with a line for each entry and file that it touched, the first twenty of each."""
    yield from _head(shown, operation, width)
    for entry in shown.entries[:_SHOWN]:
        head = change_head(entry.change, entry.id)
        yield f"{head}  {one_line(preview(entry), max(width - width_of(head) - 2, 10))}".rstrip()
    yield from rest_line(len(shown.entries), _SHOWN)
    for path, change in shown.files[:_SHOWN]:
        yield change_head(change, path)
    yield from rest_line(len(shown.files), _SHOWN, "file")


def _head(shown: ShownCommit, operation: Operation | None, width: int) -> Iterator[str]:
    commit = shown.commit
    yield f"{styled(f'commit {commit.id}', 'id')}"
    made_by = f"   operation {operation.number} ({operation.command})" if operation is not None else ""
    yield f"by {commit.author.name}, {long_time(commit.author.time)}{made_by}"
    if len(commit.parents) > 1:
        yield f"joins {' and '.join(parent[:10] for parent in commit.parents)}; compared with the first"
    yield ""
    yield from wrap(_text_of(commit), width, "    ")
    yield from _trailer_lines(commit)
    yield ""
    if shown.is_cut:
        yield "what was before is not here, so all it holds counts as added"
    yield _counts(shown)


def _text_of(commit: Commit) -> str:
    text = commit.message.rstrip("\n")
    return text.rpartition("\n\n")[0] if commit.trailers else text


def _trailer_lines(commit: Commit) -> Iterator[str]:
    if not commit.trailers:
        return
    yield ""
    for key, value in commit.trailers:
        known = _TRAILERS.get(key, key.replace("-", " ").lower())
        yield f"    {styled(f'{known}:', 'faint')} {_explained(key, value)}"


def _explained(key: str, value: str) -> str:
    if key != "Allowed":
        return value
    from rolethread_vcs.ops.check import find_effective_rule
    from rolethread_vcs.rules import UnknownRuleError

    code, _, number = value.partition("=")
    try:
        title = find_effective_rule(code).rule.title
    except UnknownRuleError:
        title = code
    return f"{number} × {title}" if number else title


def _counts(shown: ShownCommit) -> str:
    parts = [f"{change} {shown.count(change):,}" for change in ("added", "changed", "removed") if shown.count(change)]
    if not parts:
        return "no entry was changed"
    return f"{count(len(shown.entries), 'entry')}: {', '.join(parts)}"


# ---- a search for the first bad one


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
        yield f"{count(len(search.suspects), 'suspect')}, {_about(search.tests)} to go"
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
    yield from (f"  {line}" for line in rest_line(number, _NAMED))


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
