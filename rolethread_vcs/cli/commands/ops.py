"""List what you did, newest first: each line is one operation that rtv undo can take back.

\b
  rtv ops
  rtv ops -n 50
"""

from __future__ import annotations

from itertools import islice

import click

from rolethread_vcs.cli.answers import OPERATIONS
from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.context import Command, Context


@click.command(cls=Command)
@click.option("-n", "limit", metavar="N", type=HowMany(), default=20, help="Show at most N (default 20).")
def command(context: Context, limit: int) -> None:
    from rolethread_vcs.views.log import operation_lines

    dataset = context.dataset
    for note in dataset.operations.record_external():
        context.output.note(note)
    logged = list(islice(dataset.operations.list(), limit + 1))
    shown = logged[:limit]
    lines = operation_lines(shown, limit, context.output.look, more=len(logged) > limit)
    context.output.answer(OPERATIONS, {"operations": [(each, each.operation) for each in shown]}, lines=lines)
