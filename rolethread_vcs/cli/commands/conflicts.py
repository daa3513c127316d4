"""Show what needs your decision after a merge, a revert or a pick, word by word.

\b
  rtv conflicts              all of them
  rtv conflicts 12 14        those of some entries

The sides go by the names of their branches (now and before in a revert). Decide with rtv resolve.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_conflicts

ENVELOPE = "rolethread.conflicts/v1"


@click.command(cls=Command)
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_conflicts)
def command(context: Context, ids: tuple[str, ...]) -> None:
    from rolethread_vcs.views.merges import open_lines

    dataset, output = context.dataset, context.output
    found = dataset.merges.conflicts()
    wanted = set(dataset.merges.select(found, ids)) if ids else None
    shown = [conflict for conflict in found.conflicts if wanted is None or conflict.id in wanted]
    own = {"conflicts": shown, "decided": found.decided}
    lines = open_lines(found, wanted, output.look)
    output.answer(ENVELOPE, own, found.unfinished.labels, found, found.unfinished, lines=lines)
