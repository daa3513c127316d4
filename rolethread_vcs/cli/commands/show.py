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

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_hand_edit
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_entries, exclude
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.layout import rev_of
from rolethread_vcs.views.terminal_text import safe_text

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry

_DETAILED = 1_000
"""Entries of one commit up to which the JSON answer holds what changed in each; `diff --json-lines` has no limit."""


@click.command(cls=Command)
@click.argument("words", metavar="[ID|REV|ID@REV]...", nargs=-1, shell_complete=complete_entries)
@click.option("--raw", is_flag=True, help="Print the stored bytes.")
@click.option("--stat", "short", is_flag=True, help="Of a commit, only which entries it touched.")
def command(context: Context, words: tuple[str, ...], raw: bool, short: bool) -> None:
    exclude({"--raw": raw, "--json": context.output.json})
    dataset, output = context.dataset, context.output
    from rolethread_vcs import ShownCommit
    from rolethread_vcs.views.entries import entry_lines

    if context.output.json:
        _show_json(context, list(dataset.show(*words)), short=short)
        return
    for number, shown in enumerate(dataset.show(*words)):
        if raw:
            data = dataset.history.raw(shown)
            if output.is_terminal:
                # content must not steer a terminal; whoever wants the bytes sends them to a file
                output.print(safe_text(data.decode("utf-8", "backslashreplace")).removesuffix("\n"))
            else:
                output.binary.write(data)
            continue
        if number:
            output.print()
        if isinstance(shown, ShownCommit):
            from rolethread_vcs.views.commits import brief_commit_lines, commit_lines

            operation = dataset.history.operations().find(shown.commit)
            if short:
                output.show(brief_commit_lines(shown, operation, dataset.history.preview, output.look))
            else:
                output.show(commit_lines(shown, operation, dataset.history.changes(shown), output.look))
        else:
            output.show(entry_lines(shown.id, shown.entry, output.look))
            print_hand_edit(context, shown.id, shown.commit)


def _show_json(context: Context, shown: list[ShownEntry | ShownCommit], *, short: bool) -> None:
    from rolethread_vcs import ShownCommit, ShownEntry

    output = context.output
    commits = [each for each in shown if isinstance(each, ShownCommit)]
    entries = [
        {"id": each.id, "rev": rev_of(each.blob), "commit": each.commit, **each.entry.document}
        for each in shown
        if isinstance(each, ShownEntry)
    ]
    if (entries and commits) or len(commits) > 1:
        raise UsageError("--json shows entries, or one commit", hint="run rtv show once for each")
    if commits:
        commit, history = commits[0], context.dataset.history
        details = not short and len(commit.entries) <= _DETAILED
        own: dict[str, object] = {"operation": history.operations().find(commit.commit), "details": details}
        if details:
            comparison = history.changes(commit)
            own |= {"entries": list(comparison.entries()), "files": comparison.files()}
        else:
            own |= {"files": [{"path": path, "change": change} for path, change in commit.files]}
        output.envelope("rolethread.show/v1", own, commit)
    elif len(entries) == 1:
        output.envelope("rolethread.entry/v1", entries[0])
    else:
        output.envelope("rolethread.entries/v1", {"entries": entries})
