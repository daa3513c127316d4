"""Show what waits for your decision after a merge, a revert or a pick, word by word.

\b
  rtv conflicts              all of them
  rtv conflicts 12 14        those of some entries

The sides go by the names of their branches (now and before in a revert). Decide with rtv resolve.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.completions import complete_conflicts
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.merge.resolve import OpenMerge

GROUP = "history"
ENVELOPE = "rolethread.conflicts/v1"


@click.command(cls=Command)
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_conflicts)
@pass_context
def command(context: Context, ids: tuple[str, ...]) -> None:
    dataset = context.open_dataset()
    found = dataset.conflicts()
    # what opens a dataset is of no use to help
    from rolethread_vcs.ops.merge.resolve import select_conflicts

    wanted = set(select_conflicts(found, ids)) if ids else None
    if context.json:
        ours, theirs, base = found.unfinished.labels
        shown = [conflict for conflict in found.conflicts if wanted is None or conflict.id in wanted]
        own = {"ours": ours, "theirs": theirs, "base": base, "conflicts": shown, "decided": found.decided}
        context.output.envelope(ENVELOPE, own, found, found.unfinished)
        return
    for line in _lines(found, wanted, context.output.width, color=context.output.color):
        context.output.print(line)


def _lines(found: OpenMerge, wanted: set[str] | None, width: int, *, color: bool) -> Iterator[str]:
    from rolethread_vcs.cli._outcome_text import next_steps
    from rolethread_vcs.ops.select.page import preview
    from rolethread_vcs.views.conflicts import conflict_block

    unfinished = found.unfinished
    labels = unfinished.labels
    left = count(len(found.conflicts), "conflict", "conflicts")
    yield f"{unfinished.command}, on {unfinished.branch}: {left} left, {len(found.decided):,} decided"
    if found.has_moved:
        yield f"{unfinished.branch} has moved on since; what you see is against {unfinished.branch} as it is now"
    for name, field in found.void:
        yield f"void: {name} {field} is another conflict by now, or none; what was decided does not count"
    last = ""
    for conflict in found.conflicts:
        if wanted is not None and conflict.id not in wanted:
            continue
        if conflict.id != last:
            last = conflict.id
            opened = found.entries.get(conflict.id)
            entry = None if opened is None else opened.preview or opened.theirs or opened.base
            yield ""
            yield styled(conflict.id, "id") + (f"  {styled(preview(entry), 'faint')}" if entry else "")
        yield from conflict_block(conflict, labels, width=width, color=color)
    yield ""
    yield from next_steps(unfinished.kind, labels, found.conflicts)
