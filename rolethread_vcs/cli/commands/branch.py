"""List branches, or make one.

\b
  rtv branch                        lists them; * marks the one you are on
  rtv branch try                    makes one here, and stays where you are
  rtv branch try --from main~3

rtv switch goes to a branch; rtv switch -c makes one and goes there. A branch whose name makes it strict (release/*)
cannot begin with errors that no strict branch has taken, unless --allow lets them through.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._intent import Saving, making_options
from rolethread_vcs.cli._output import Output, one_line, short_time, width_of
from rolethread_vcs.cli._select import complete_branches
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.ops.branching import Branch

GROUP = "history"
ENVELOPE = "rolethread.branches/v1"


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--from", "start", metavar="REV", shell_complete=complete_branches, help="Where it starts; here (@).")
@making_options
@pass_context
def command(context: Context, name: str | None, start: str | None, saving: Saving) -> None:
    if name is None and (start is not None or saving != Saving()):
        raise UsageError("a new branch needs a name", hint="rtv branch NAME --from REV")
    dataset = context.open_dataset()
    if name is None:
        branches, damaged = dataset.branches(), dataset.damaged_refs()
        if context.json:
            value = {"branches": [_value(branch) for branch in branches], "damaged_refs": [ref.name for ref in damaged]}
            context.output.envelope(ENVELOPE, value)
            return
        for line in _lines(branches, context.output.width):
            context.output.print(line)
        for ref in damaged:
            context.output.warn(str(ref))
            context.output.hint(ref.repair or "rtv verify")
        return
    # what changes a dataset is of no use to a list
    from rolethread_vcs.cli._committed import print_committed

    words = f"branch {name}" + (f" --from {start}" if start is not None else "")
    result = dataset.branch(name, start=start or "@", intent=saving.intent("branch", words))
    would = "would make" if saving.dry_run else "made"
    print_committed(context, result, done=f"{would} the branch {name}")
    if not saving.dry_run and not context.json:
        context.output.note(f"go to it with: rtv switch {name}")


def _value(branch: Branch) -> dict[str, Any]:
    return {
        "name": branch.name,
        "commit": branch.commit,
        "current": branch.is_current,
        "strict": branch.is_strict,
        "time": branch.time,
        "subject": branch.subject,
    }


def _lines(branches: tuple[Branch, ...], width: int) -> Iterator[str]:
    now = time.time()
    names = max((width_of(branch.name) for branch in branches), default=0)
    for branch in branches:
        mark = "*" if branch.is_current else " "
        padding = " " * (names - width_of(branch.name))
        name = Output.style(branch.name, "heading") if branch.is_current else branch.name
        when = short_time(branch.time, now=now)
        gate = "strict       " if branch.is_strict else "report-only  "
        room = max(width - names - len(when) - len(gate) - 18, 16)
        commit = Output.style(branch.commit[:10], "id")
        yield f"{mark} {name}{padding}  {commit}  {when}  {Output.style(gate, 'faint')}{one_line(branch.subject, room)}"
