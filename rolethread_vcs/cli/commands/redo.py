"""Bring back what the last undo took.

\b
  rtv redo
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_undone
from rolethread_vcs.cli.context import Command, Context, pass_context

GROUP = "history"


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Say what would be brought back, and do nothing.")
@pass_context
def command(context: Context, dry_run: bool) -> None:
    print_undone(context, context.open_dataset(to_go_back=True).redo(dry_run=dry_run), "redo", dry_run=dry_run)
