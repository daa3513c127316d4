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

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.completions import complete_entries
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.ids import rev_of
from rolethread_vcs.views.terminal_text import safe_text

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry

GROUP = "entries"
ENTRY_ENVELOPE = "rolethread.entry/v1"
ENTRIES_ENVELOPE = "rolethread.entries/v1"
COMMIT_ENVELOPE = "rolethread.show/v1"


@click.command(cls=Command)
@click.argument("words", metavar="[ID|REV|ID@REV]...", nargs=-1, shell_complete=complete_entries)
@click.option("--raw", is_flag=True, help="Print the stored bytes.")
@click.option("--stat", "short", is_flag=True, help="Of a commit, only which entries it touched.")
@pass_context
def command(context: Context, words: tuple[str, ...], raw: bool, short: bool) -> None:
    if raw and context.json:
        raise UsageError("--raw prints what is stored, --json an envelope around it; choose one")
    dataset = context.open_dataset()
    # what opens a dataset is of no use to help
    from rolethread_vcs.cli.answers import print_hand_edit
    from rolethread_vcs.ops.history.show import ShownEntry

    if context.json:
        _show_json(context, dataset, list(dataset.show(*words)), short=short)
        return
    for number, shown in enumerate(dataset.show(*words)):
        if raw:
            _show_raw(context, dataset, shown)
            continue
        if number:
            context.output.print()
        if isinstance(shown, ShownEntry):
            lines = _entry_lines(context, shown)
        else:
            lines = _commit_lines(context, dataset, shown, short=short)
        for line in lines:
            context.output.print(line)
        if isinstance(shown, ShownEntry):
            print_hand_edit(context.output, dataset.repository, shown.id, shown.commit)


def _show_raw(context: Context, dataset: Dataset, shown: ShownEntry | ShownCommit) -> None:
    data = dataset.history.raw(shown)
    if context.output.is_terminal:
        # content must not steer a terminal; whoever wants the bytes sends them to a file
        context.output.print(safe_text(data.decode("utf-8", "backslashreplace")).removesuffix("\n"))
    else:
        context.output.binary.write(data)


# ---- JSON


def _show_json(context: Context, dataset: Dataset, shown: list[ShownEntry | ShownCommit], *, short: bool) -> None:
    from rolethread_vcs.cli._commit_text import commit_sources
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry

    entries = [_entry_value(each) for each in shown if isinstance(each, ShownEntry)]
    commits = [each for each in shown if isinstance(each, ShownCommit)]
    if (entries and commits) or len(commits) > 1:
        raise UsageError("--json shows entries, or one commit", hint="run rtv show once for each")
    if commits:
        context.output.envelope(COMMIT_ENVELOPE, *commit_sources(dataset, commits[0], short=short))
    elif len(entries) == 1:
        context.output.envelope(ENTRY_ENVELOPE, entries[0])
    else:
        context.output.envelope(ENTRIES_ENVELOPE, {"entries": entries})


def _entry_value(shown: ShownEntry) -> dict[str, Any]:
    return {"id": shown.id, "rev": rev_of(shown.blob), "commit": shown.commit, **shown.entry.fields}


# ---- text


def _entry_lines(context: Context, shown: ShownEntry) -> Iterator[str]:
    from rolethread_vcs.views.entries import entry_lines

    return entry_lines(shown.id, shown.entry, width=context.output.width)


def _commit_lines(context: Context, dataset: Dataset, shown: ShownCommit, *, short: bool) -> Iterator[str]:
    from rolethread_vcs.cli._commit_text import commit_lines

    return commit_lines(context, dataset, shown, short=short)
