"""Say from which commit, and with which options, a file was exported.

\b
  rtv which train.jsonl
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.phrases import count, long_time


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
def command(context: Context, file: str) -> None:
    origin = context.dataset.which(context.path(file))
    details, operation = origin.details, origin.operation
    if context.json:
        context.output.envelope("rolethread.which/v1", {"operation": operation.number, "time": operation.time}, details)
        return
    options = [details["format"], "clean" if details["clean"] else "full"]
    if details["where"]:
        options.append(f"where {details['where']}")
    context.output.print(
        f"{file}: {count(details['entries'], 'entry')} of {details['revision']} @ {details['commit'][:10]}, "
        f"{', '.join(options)}, exported {long_time(operation.time)} (operation {operation.number})"
    )
    context.output.hint(f"the entries as they were then: rtv list --rev {details['commit'][:10]}")
