"""Say from which commit, and with which options, a file was exported.

\b
  rtv which train.jsonl
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
def command(context: Context, file: str) -> None:
    from rolethread_vcs.views.entries import origin_lines

    origin = context.dataset.which(context.path(file))
    own = {"operation": origin.operation.number, "time": origin.operation.time}
    context.output.answer("rolethread.which/v1", own, origin.details, lines=origin_lines(file, origin))
