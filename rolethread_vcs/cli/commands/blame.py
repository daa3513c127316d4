"""Say for each message of an entry who last changed it, when, and which commit brought it in.

\b
  rtv blame 12
  rtv blame 12@main~5         as it was five commits ago
  rtv blame 12@main...try     only what try changed since it left main

A message is followed through edits, moves, splits, joins and merges. `brought in` is left out where nobody changed the
message since.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_ends, print_hand_edit
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_entries
from rolethread_vcs.errors import UsageError


@click.command(cls=Command)
@click.argument("entry", metavar="ID[@REV]", shell_complete=complete_entries)
def command(context: Context, entry: str) -> None:
    from rolethread_vcs.views.entry_history import blame_lines

    word, at, revision = entry.partition("@")
    if at and not revision:
        raise UsageError(f"{entry!r} names no revision behind the @", hint=f"rtv blame {word}@main~1")
    blame = context.dataset.history.blame(word, rev=revision or "@")
    lines = blame_lines(blame, context.output.look)
    context.output.answer("rolethread.blame/v1", blame, lines=lines)
    if not context.output.json:
        print_hand_edit(context, blame.id, blame.commit)
    print_ends(context, blame.ends)
