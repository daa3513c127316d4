"""Shows a commit: who, when, what it says, and what it changed, word by word or in short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.phrases import count, long_time
from rolethread_vcs.views.diff_text import entry_diff_lines, file_diff_lines
from rolethread_vcs.views.terminal_text import Lines, one_line, styled, wrap

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import Comparison
    from rolethread_vcs.ops.history.show import ShownCommit, TouchedEntry
    from rolethread_vcs.store.log.operations import Operation
    from rolethread_vcs.store.objects.commits import Commit

_SHOWN = 20
_MARKS = {"added": "+", "changed": "~", "removed": "-"}
_TRAILERS = {"Allowed": "let through", "Because": "because"}


def commit_lines(
    shown: ShownCommit, operation: Operation | None, comparison: Comparison, *, width: int, color: bool
) -> Lines:
    """Yield a commit, the operation that made it, and its difference from the first parent, word by word."""
    yield from _head(shown, operation, width)
    for compared in islice(comparison.entries(), _SHOWN):
        yield ""
        yield from entry_diff_lines(compared, width=width, color=color)
    hidden = comparison.summary().total - _SHOWN
    if hidden > 0:
        yield ""
        yield f"… and {hidden:,} more"
    for file in comparison.files():
        yield ""
        yield from file_diff_lines(file, width=width)


def brief_commit_lines(
    shown: ShownCommit, operation: Operation | None, preview: Callable[[TouchedEntry], str], *, width: int
) -> Lines:
    """Yield a commit with a line for each entry and file that it touched, the first twenty of each."""
    yield from _head(shown, operation, width)
    for entry in shown.entries[:_SHOWN]:
        head = f"{_MARKS[entry.change]} {entry.id}"
        text = one_line(preview(entry), max(width - len(head) - 2, 10))
        yield f"{styled(head, entry.change)}  {text}".rstrip()
    if len(shown.entries) > _SHOWN:
        yield f"… and {len(shown.entries) - _SHOWN:,} more"
    for path, change in shown.files[:_SHOWN]:
        yield styled(f"{_MARKS[change]} {path}", change)
    if len(shown.files) > _SHOWN:
        yield f"… and {count(len(shown.files) - _SHOWN, 'more file', 'more files')}"


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
    from rolethread_vcs.ops.check.rule_list import weighed_rule
    from rolethread_vcs.rules import UnknownRuleError

    code, _, number = value.partition("=")
    try:
        title = weighed_rule(code).rule.title
    except UnknownRuleError:
        title = code
    return f"{number} × {title}" if number else title


def _counts(shown: ShownCommit) -> str:
    parts = [f"{change} {shown.count(change):,}" for change in ("added", "changed", "removed") if shown.count(change)]
    if not parts:
        return "no entry was changed"
    return f"{count(len(shown.entries), 'entry', 'entries')}: {', '.join(parts)}"
