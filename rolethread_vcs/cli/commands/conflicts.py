"""Show what waits for your decision after a merge, a revert or a pick, word by word.

\b
  rtv conflicts              all of them
  rtv conflicts 12 14        those of some entries

The sides go by the names of their branches (now and before in a revert). Decide with rtv resolve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.cli.options import complete_conflicts

if TYPE_CHECKING:
    pass

GROUP = "history"
ENVELOPE = "rolethread.conflicts/v1"


@click.command(cls=Command)
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_conflicts)
@pass_context
def command(context: Context, ids: tuple[str, ...]) -> None:
    dataset = context.open_dataset()
    found = dataset.merges.conflicts()
    from rolethread_vcs.views.merges import open_lines

    wanted = set(dataset.merges.select(found, ids)) if ids else None
    if context.json:
        ours, theirs, base = found.unfinished.labels
        shown = [conflict for conflict in found.conflicts if wanted is None or conflict.id in wanted]
        own = {"ours": ours, "theirs": theirs, "base": base, "conflicts": shown, "decided": found.decided}
        context.output.envelope(ENVELOPE, own, found, found.unfinished)
        return
    context.output.show(open_lines(found, wanted, width=context.output.width, color=context.output.color))
