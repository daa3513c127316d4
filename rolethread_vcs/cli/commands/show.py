"""Show entries as they read, or a commit with what it changed, word by word.

\b
  rtv show 12
  rtv show 12@main~3        as it was three commits ago
  rtv show 12 --raw         the stored file, byte for byte
  rtv show main~1           a commit, with the difference
  rtv show main~1 --stat    a commit, a line for each entry
  rtv show commit:1234      a commit whose id begins like a number

Without a word it shows the current commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.answers import print_hand_edit
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_entries
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.layout import rev_of
from rolethread_vcs.views.terminal_text import safe_text

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry
    from rolethread_vcs.views.terminal_text import Lines

ENTRY_ENVELOPE = "rolethread.entry/v1"
ENTRIES_ENVELOPE = "rolethread.entries/v1"
COMMIT_ENVELOPE = "rolethread.show/v1"

_DETAILED = 1_000
"""Entries of one commit up to which the JSON answer holds what changed in each; `diff --json-lines` has no limit."""


@click.command(cls=Command)
@click.argument("words", metavar="[ID|REV|ID@REV]...", nargs=-1, shell_complete=complete_entries)
@click.option("--raw", is_flag=True, help="Print the stored bytes.")
@click.option("--stat", "short", is_flag=True, help="Of a commit, only which entries it touched.")
def command(context: Context, words: tuple[str, ...], raw: bool, short: bool) -> None:
    if raw and context.json:
        raise UsageError("--raw prints what is stored, --json an envelope around it; choose one")
    dataset = context.dataset
    from rolethread_vcs import ShownCommit
    from rolethread_vcs.views.entries import entry_lines

    if context.json:
        _show_json(context, dataset, list(dataset.show(*words)), short=short)
        return
    for number, shown in enumerate(dataset.show(*words)):
        if raw:
            _show_raw(context, dataset, shown)
            continue
        if number:
            context.output.print()
        if isinstance(shown, ShownCommit):
            context.output.show(_commit_lines(context, dataset, shown, short=short))
        else:
            context.output.show(entry_lines(shown.id, shown.entry, width=context.output.width))
            print_hand_edit(context.output, dataset, shown.id, shown.commit)


def _show_raw(context: Context, dataset: Dataset, shown: ShownEntry | ShownCommit) -> None:
    data = dataset.history.raw(shown)
    if context.output.is_terminal:
        # content must not steer a terminal; whoever wants the bytes sends them to a file
        context.output.print(safe_text(data.decode("utf-8", "backslashreplace")).removesuffix("\n"))
    else:
        context.output.binary.write(data)


# ---- JSON


def _show_json(context: Context, dataset: Dataset, shown: list[ShownEntry | ShownCommit], *, short: bool) -> None:
    from rolethread_vcs import ShownCommit, ShownEntry

    entries = [_entry_value(each) for each in shown if isinstance(each, ShownEntry)]
    commits = [each for each in shown if isinstance(each, ShownCommit)]
    if (entries and commits) or len(commits) > 1:
        raise UsageError("--json shows entries, or one commit", hint="run rtv show once for each")
    if commits:
        context.output.envelope(COMMIT_ENVELOPE, _commit_value(dataset, commits[0], short=short), commits[0])
    elif len(entries) == 1:
        context.output.envelope(ENTRY_ENVELOPE, entries[0])
    else:
        context.output.envelope(ENTRIES_ENVELOPE, {"entries": entries})


def _commit_value(dataset: Dataset, shown: ShownCommit, *, short: bool) -> dict[str, object]:
    short = short or len(shown.entries) > _DETAILED
    comparison = None if short else dataset.history.changes(shown)
    own: dict[str, object] = {
        "operation": dataset.history.operations().find(shown.commit),
        **{change: shown.count(change) for change in ("added", "changed", "removed")},
        "details": not short,
        "entries": shown.entries if comparison is None else list(comparison.entries()),
        "files": [{"path": path, "change": change} for path, change in shown.files]
        if comparison is None
        else comparison.files(),
    }
    return own


def _entry_value(shown: ShownEntry) -> dict[str, Any]:
    return {"id": shown.id, "rev": rev_of(shown.blob), "commit": shown.commit, **shown.entry.fields}


# ---- text


def _commit_lines(context: Context, dataset: Dataset, shown: ShownCommit, *, short: bool) -> Lines:
    from rolethread_vcs.views.commits import brief_commit_lines, commit_lines

    history, output = dataset.history, context.output
    operation = history.operations().find(shown.commit)
    if short:
        return brief_commit_lines(shown, operation, history.preview, width=output.width)
    return commit_lines(shown, operation, history.changes(shown), width=output.width, color=output.color)
