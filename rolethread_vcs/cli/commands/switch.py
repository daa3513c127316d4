"""Go to a branch; with -c, make it first.

\b
  rtv switch try
  rtv switch -c try             a new branch that starts here
  rtv switch -c try main~3      a new branch that starts there

A branch whose name makes it strict (release/*) cannot begin with errors that no strict branch has taken, unless --allow
lets them through.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._intent import Saving, making_options
from rolethread_vcs.cli._select import complete_branches
from rolethread_vcs.errors import UsageError

GROUP = "history"


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_branches)
@click.argument("start", metavar="[REV]", required=False, shell_complete=complete_branches)
@click.option("-c", "--create", is_flag=True, help="Make the branch.")
@making_options
@pass_context
def command(context: Context, name: str, start: str | None, create: bool, saving: Saving) -> None:
    if start is not None and not create:
        raise UsageError(
            "a branch that is there starts where it starts", hint=f"make a new one there: rtv switch -c NAME {start}"
        )
    if not create and (saving.allow or saving.because is not None):
        raise UsageError(
            "only a new branch is judged", hint=f"make one: rtv switch -c NAME   go there: rtv switch {name}"
        )
    dataset = context.open_dataset()
    dry_run = saving.dry_run
    # what changes a dataset is of no use to help
    from rolethread_vcs.cli._committed import print_committed

    words = f"switch{' -c' if create else ''} {name}{f' {start}' if start else ''}"
    intent = saving.intent("switch", words)
    if create:
        result = dataset.switch_to_new(name, start=start or "@", intent=intent)
    else:
        result = dataset.switch(name, intent=intent)
    if result.operation is None and not dry_run and not context.json:
        for note in result.notes:
            context.output.note(note)
        context.output.report(f"you are on {name} already")
        return
    made = " new branch" if create else ""
    would = f"would go to the{made or ' branch'} {name}"
    print_committed(context, result, done=would if dry_run else f"you are on the{made or ' branch'} {name} now")
