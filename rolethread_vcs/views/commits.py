"""Commits as lines: one with what it changed, and the search for the first bad one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.ops.history.bisect import Answer, Mark, Search
from rolethread_vcs.phrases import count, counted_words, long_time, rest_line
from rolethread_vcs.views.diff_text import entry_diff_lines, file_diff_lines
from rolethread_vcs.views.terminal_text import Line, Lines, Look, change_head, commit_head, head_and_text, styled, wrap

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import Comparison
    from rolethread_vcs.ops.history.show import ShownCommit, TouchedEntry
    from rolethread_vcs.store.log import Operation
    from rolethread_vcs.store.objects.commits import Commit

_SHOWN = 20
_TRAILERS = {"Allowed": "let through", "Because": "because"}


def commit_lines(shown: ShownCommit, operation: Operation | None, comparison: Comparison, look: Look) -> Lines:
    yield from _head(shown, operation, look.width)
    for compared in islice(comparison.entries(), _SHOWN):
        yield ""
        yield from entry_diff_lines(compared, look)
    for line in rest_line(comparison.summary().total, _SHOWN):
        yield ""
        yield line
    for file in comparison.files():
        yield ""
        yield from file_diff_lines(file, look.width)


def brief_commit_lines(
    shown: ShownCommit, operation: Operation | None, preview: Callable[[TouchedEntry], str], look: Look
) -> Lines:
    """Yield a commit with a line for each entry and file that it touched, the first twenty of each."""
    yield from _head(shown, operation, look.width)
    for entry in shown.entries[:_SHOWN]:
        yield head_and_text(change_head(entry.change, entry.id), preview(entry), look.width)
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
    text = commit.message.rstrip("\n")
    yield from wrap(text.rpartition("\n\n")[0] if commit.trailers else text, width, "    ")
    yield from [""] if commit.trailers else []
    for key, value in commit.trailers:
        known = _TRAILERS.get(key, key.replace("-", " ").lower())
        if key == "Allowed":
            from rolethread_vcs.ops.check import find_effective_rule
            from rolethread_vcs.rules import UnknownRuleError

            # RT104=3, with the name of the rule
            code, _, number = value.partition("=")
            with contextlib.suppress(UnknownRuleError):
                code = find_effective_rule(code).rule.title
            value = f"{number} × {code}" if number else code
        yield f"    {styled(f'{known}:', 'faint')} {value}"
    yield ""
    if shown.is_cut:
        yield "what was before is not here, so all it holds counts as added"
    said = counted_words(shown.counts)
    yield f"{count(len(shown.entries), 'entry')}: {said}" if said else "no entry was changed"


# ---- a search for the first bad one


_NAMED = 10
_STYLES = {Answer.GOOD: "added", Answer.BAD: "removed", Answer.SKIP: "changed"}


def search_lists(search: Search) -> dict[str, object]:
    """Return what `rolethread.bisect/v1` says beside the search itself."""
    good, bad, skipped = map(search.marked, Answer)
    return {"running": bool(search.marks), "bad": bad[-1] if bad else None, "good": good, "skipped": skipped}


def search_lines(search: Search, first_bad: Lines, look: Look) -> Lines:
    """Yield where a search stands; `first_bad` are the lines of the commit that was looked for."""
    number = len(search.suspects)
    if search.test is not None:
        yield f"test {_commit_line(search.test, look, 5)}"
        if search.is_fork:
            yield "here the lines of the good and the bad one parted; whether this one is good decides where to look"
        else:
            tests = "1 test" if search.tests == 1 else f"about {search.tests:,} tests"
            yield f"{count(number, 'suspect')}, {tests} to go"
        short = search.test.id[:10]
        yield f"  export it:   rtv export {short} -o bisect-{short}.jsonl"
        yield "  then say:    rtv bisect good   or   rtv bisect bad   (or skip)"
    elif search.first_bad is not None:
        yield f"the first bad change is {search.first_bad.id[:10]}"
        yield ""
        yield from first_bad
        short = search.first_bad.id[:10]
        hint = (
            f"rtv show {short}     what it changed, word by word\n"
            f"rtv revert {short}   takes it back and keeps the later work\n"
            "rtv bisect reset        ends the search"
        )
        yield Line("hint", hint)
    else:
        yield f"the first bad change is one of {number:,}; the others that are left were skipped"
        for commit in search.suspects[:_NAMED]:
            yield f"  {styled(commit[:10], 'id')}"
        yield from (f"  {line}" for line in rest_line(number, _NAMED))


def mark_lines(marks: Iterable[tuple[Mark, Commit | None]], look: Look) -> Lines:
    """Yield a line for each answer, the oldest first; a commit that is gone is named all the same."""
    for each, commit in marks:
        gone = f"{styled(each.commit[:10], 'id')}  (no longer here)"
        line = gone if commit is None else _commit_line(commit, look, 6)
        yield f"{styled(f'{each.answer:<4}', _STYLES[each.answer])}  {line}"


def _commit_line(commit: Commit, look: Look, used: int) -> str:
    return head_and_text(commit_head(commit, look), commit.subject, look.room - used, least=16)
