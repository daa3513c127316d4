"""Bring back what the last undo took.

\b
  rtv redo
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_undone
from rolethread_vcs.cli.context import ChangeCommand, Context


@click.command(cls=ChangeCommand, change="changed")
@click.option("--dry-run", is_flag=True, help="Say what would be brought back, and do nothing.")
def command(context: Context, dry_run: bool) -> None:
    from rolethread_vcs.dataset import Dataset

    dataset = Dataset.open_to_go_back(context.folder)
    print_undone(context, dataset, dataset.redo(dry_run=dry_run), "redo", dry_run=dry_run)
