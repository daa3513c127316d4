"""Take the last command back: as if it had never happened.

\b
  rtv undo
  rtv undo 3
  rtv undo --to 12

Undoing is an operation too: rtv redo brings it back, and nothing is lost on the way.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_undone
from rolethread_vcs.cli.context import ChangeCommand, Context


@click.command(cls=ChangeCommand, change="changed")
@click.argument("number", metavar="[N]", type=int, default=1)
@click.option("--to", metavar="OP", type=int, help="Go back to just after this operation.")
@click.option("--dry-run", is_flag=True, help="Say what would be undone, and undo nothing.")
def command(context: Context, number: int, to: int | None, dry_run: bool) -> None:
    from rolethread_vcs.dataset import Dataset

    dataset = Dataset.open_to_go_back(context.folder)
    branch = dataset.current_branch()
    result = dataset.undo(number, to=to, dry_run=dry_run)
    for operation in result.operations:
        if operation.branch and operation.branch != branch and not dry_run:
            context.output.note(f"operation {operation.number} ({operation.command}) was on {operation.branch}")
    print_undone(context, dataset, result, "undo", dry_run=dry_run)
