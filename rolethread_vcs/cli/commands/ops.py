"""List what you did, newest first: each line is one operation that rtv undo can take back.

\b
  rtv ops
  rtv ops -n 50
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.context import Command, Context, pass_context

GROUP = "history"


@click.command(cls=Command)
@click.option("-n", "limit", metavar="N", type=HowMany(), default=20, help="How many; 20 by default.")
@pass_context
def command(context: Context, limit: int) -> None:
    # what opens a dataset is of no use to help
    from rolethread_vcs.cli._operations import print_operations

    print_operations(context, context.open_dataset(), limit)
