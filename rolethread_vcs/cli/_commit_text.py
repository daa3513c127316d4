"""Shows a commit: who, when, what it says, and what it changed, word by word or in short."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from rolethread_vcs.ops.history.log import OperationsByCommit
from rolethread_vcs.ops.history.show import changes_of, preview_of
from rolethread_vcs.phrases import count, long_time
from rolethread_vcs.views.terminal_text import one_line, styled, wrap

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.show import ShownCommit
    from rolethread_vcs.store.objects.commits import Commit

_SHOWN = 20
_DETAILED = 1_000
"""Entries of one commit up to which the JSON answer holds what changed in each; `diff --json-lines` has no limit."""
_MARKS = {"added": "+", "changed": "~", "removed": "-"}
_TRAILERS = {"Allowed": "let through", "Because": "because"}


def commit_sources(dataset: Dataset, shown: ShownCommit, *, short: bool) -> tuple[dict[str, Any], ShownCommit]:
    """Return what `rolethread.show/v1` says; entries come with what changed in them, up to a thousand of them."""
    short = short or len(shown.entries) > _DETAILED
    comparison = None if short else changes_of(dataset.repository, shown)
    own = {
        "operation": OperationsByCommit(dataset.repository).find(shown.commit),
        **{change: shown.count(change) for change in ("added", "changed", "removed")},
        "details": not short,
        "entries": shown.entries if comparison is None else list(comparison.entries()),
        "files": [{"path": path, "change": change} for path, change in shown.files]
        if comparison is None
        else comparison.files(),
    }
    return own, shown


def commit_lines(context: Context, dataset: Dataset, shown: ShownCommit, *, short: bool) -> Iterator[str]:
    """Yield the lines of a commit with its difference from the first parent, or in `short` a line for each entry."""
    yield from commit_head(context, dataset, shown)
    if short:
        yield from touched_lines(context, dataset, shown)
    else:
        yield from _difference_lines(context, dataset, shown)


def commit_head(context: Context, dataset: Dataset, shown: ShownCommit) -> Iterator[str]:
    """Yield the lines above the changes of a commit, with the counts last."""
    commit, width = shown.commit, context.output.width
    yield f"{styled(f'commit {commit.id}', 'id')}"
    operation = OperationsByCommit(dataset.repository).find(commit)
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


def touched_lines(context: Context, dataset: Dataset, shown: ShownCommit) -> Iterator[str]:
    """Yield a line for each entry and file that a commit touched, the first twenty of each."""
    for entry in shown.entries[:_SHOWN]:
        head = f"{_MARKS[entry.change]} {entry.id}"
        text = one_line(preview_of(dataset.repository, entry), max(context.output.width - len(head) - 2, 10))
        yield f"{styled(head, entry.change)}  {text}".rstrip()
    if len(shown.entries) > _SHOWN:
        yield f"… and {len(shown.entries) - _SHOWN:,} more"
    for path, change in shown.files[:_SHOWN]:
        yield styled(f"{_MARKS[change]} {path}", change)
    if len(shown.files) > _SHOWN:
        yield f"… and {count(len(shown.files) - _SHOWN, 'more file', 'more files')}"


def _difference_lines(context: Context, dataset: Dataset, shown: ShownCommit) -> Iterator[str]:
    from rolethread_vcs.views.diff_text import entry_diff_lines, file_diff_lines

    width, color = context.output.width, context.output.color
    comparison = changes_of(dataset.repository, shown)
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


def _text_of(commit: Commit) -> str:
    """Return the message without its trailers."""
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
    """Return the value of a trailer in words: `RT104=3` is `3 × RT104 empty_message`."""
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
