"""Show entries as they read, or a commit with what it changed.

\b
  rtv show 12
  rtv show 12@main~3        as it was three commits ago
  rtv show 12 --raw         the stored file, byte for byte
  rtv show main~1           a commit
  rtv show commit:1234      a commit whose id begins like a number

Without a word it shows the current commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._output import Output, count, long_time, one_line, safe_text, wrap
from rolethread_vcs.cli._select import complete_entries
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.showing import ShownCommit, ShownEntry
    from rolethread_vcs.store.commits import Commit

GROUP = "entries"
ENTRY_ENVELOPE = "rolethread.entry/v1"
ENTRIES_ENVELOPE = "rolethread.entries/v1"
COMMIT_ENVELOPE = "rolethread.show/v1"

_SHOWN = 20
_MARKS = {"added": "+", "changed": "~", "removed": "-"}
_TRAILERS = {"Allowed": "let through", "Because": "because"}


@click.command(cls=Command)
@click.argument("words", metavar="[ID|REV|ID@REV]...", nargs=-1, shell_complete=complete_entries)
@click.option("--raw", is_flag=True, help="Print the stored bytes.")
@pass_context
def command(context: Context, words: tuple[str, ...], raw: bool) -> None:
    if raw and context.json:
        raise UsageError("--raw prints what is stored, --json an envelope around it; choose one")
    dataset = context.open_dataset()
    # what opens a dataset is of no use to help
    from rolethread_vcs.ops.showing import ShownEntry

    if context.json:
        _show_json(context, dataset, list(dataset.show(*words)))
        return
    for number, shown in enumerate(dataset.show(*words)):
        if raw:
            _show_raw(context, dataset, shown)
            continue
        if number:
            context.output.print()
        lines = (
            _entry_lines(context, shown) if isinstance(shown, ShownEntry) else _commit_lines(context, dataset, shown)
        )
        for line in lines:
            context.output.print(line)


def _show_raw(context: Context, dataset: Dataset, shown: ShownEntry | ShownCommit) -> None:
    from rolethread_vcs.ops.showing import raw_bytes

    data = raw_bytes(dataset.repository, shown)
    if context.output.is_terminal:
        # content must not steer a terminal; whoever wants the bytes sends them to a file
        context.output.print(safe_text(data.decode("utf-8", "backslashreplace")).removesuffix("\n"))
    else:
        context.output.binary.write(data)


# ---- JSON


def _show_json(context: Context, dataset: Dataset, shown: list[ShownEntry | ShownCommit]) -> None:
    from rolethread_vcs.ops.showing import ShownCommit, ShownEntry

    entries = [_entry_value(each) for each in shown if isinstance(each, ShownEntry)]
    commits = [each for each in shown if isinstance(each, ShownCommit)]
    if (entries and commits) or len(commits) > 1:
        raise UsageError("--json shows entries, or one commit", hint="run rtv show once for each")
    if commits:
        context.output.envelope(COMMIT_ENVELOPE, _commit_value(dataset, commits[0]))
    elif len(entries) == 1:
        context.output.envelope(ENTRY_ENVELOPE, entries[0])
    else:
        context.output.envelope(ENTRIES_ENVELOPE, {"entries": entries})


def _entry_value(shown: ShownEntry) -> dict[str, Any]:
    return {"id": shown.id, "rev": shown.blob[:12], "commit": shown.commit, **shown.entry.fields}


def _commit_value(dataset: Dataset, shown: ShownCommit) -> dict[str, Any]:
    from rolethread_vcs.ops.history import OperationsByCommit

    commit = shown.commit
    operation = OperationsByCommit(dataset.repository).find(commit)
    return {
        "id": commit.id,
        "parents": list(commit.parents),
        "author": commit.author.name,
        "email": commit.author.email,
        "time": commit.author.time,
        "message": commit.message,
        "trailers": [list(pair) for pair in commit.trailers],
        "operation": None if operation is None else operation.number,
        "added": shown.count("added"),
        "changed": shown.count("changed"),
        "removed": shown.count("removed"),
        "entries": [{"id": entry.id, "change": entry.change} for entry in shown.entries],
        "files": [{"path": path, "change": change} for path, change in shown.files],
    }


# ---- text


def _entry_lines(context: Context, shown: ShownEntry) -> Iterator[str]:
    from rolethread_vcs.cli._entries import entry_lines

    return entry_lines(shown.id, shown.entry, width=context.output.width)


def _commit_lines(context: Context, dataset: Dataset, shown: ShownCommit) -> Iterator[str]:
    from rolethread_vcs.ops.history import OperationsByCommit

    commit, width = shown.commit, context.output.width
    yield f"{Output.style(f'commit {commit.id}', 'id')}"
    operation = OperationsByCommit(dataset.repository).find(commit)
    made_by = f"   operation {operation.number} ({operation.command})" if operation is not None else ""
    yield f"by {commit.author.name}, {long_time(commit.author.time)}{made_by}"
    if len(commit.parents) > 1:
        yield f"joins {' and '.join(parent[:10] for parent in commit.parents)}; compared with the first"
    yield ""
    yield from wrap(_text_of(commit), width, "    ")
    yield from _trailer_lines(commit)
    yield ""
    yield _counts(shown)
    yield from _touched_lines(dataset, shown, width)


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
        yield f"    {Output.style(f'{known}:', 'faint')} {_explained(key, value)}"


def _explained(key: str, value: str) -> str:
    """Return the value of a trailer in words: `RT104=3` is `3 × RT104 empty_message`."""
    if key != "Allowed":
        return value
    from rolethread_vcs.ops.ruling import weighed_rule
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


def _touched_lines(dataset: Dataset, shown: ShownCommit, width: int) -> Iterator[str]:
    from rolethread_vcs.ops.showing import preview_of

    for entry in shown.entries[:_SHOWN]:
        head = f"{_MARKS[entry.change]} {entry.id}"
        text = one_line(preview_of(dataset.repository, entry), max(width - len(head) - 2, 10))
        yield f"{Output.style(head, entry.change)}  {text}".rstrip()
    if len(shown.entries) > _SHOWN:
        yield f"… and {len(shown.entries) - _SHOWN:,} more"
    for path, change in shown.files[:_SHOWN]:
        yield Output.style(f"{_MARKS[change]} {path}", change)
    if len(shown.files) > _SHOWN:
        yield f"… and {count(len(shown.files) - _SHOWN, 'more file', 'more files')}"
