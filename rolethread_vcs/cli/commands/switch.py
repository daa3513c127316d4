"""Go to a branch; with -c, make it first.

\b
  rtv switch try
  rtv switch -                  back to the branch that you came from
  rtv switch -c try             a new branch that starts here
  rtv switch -c try main~3      a new branch that starts there
  rtv switch -c try --note "warmer answers, shorter greetings"

It says where you are then: how many entries, how far ahead of the branch you came from. Unsaved hand edits stop it, but
for a new branch that starts here.

A branch whose name makes it strict (release/*) cannot begin with errors that no strict branch has taken, unless --allow
lets them through.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, complete_branches, making_options
from rolethread_vcs.errors import UsageError


@click.command(cls=ChangeCommand, change="changed")
@click.argument("name", shell_complete=complete_branches)
@click.argument("start", metavar="[REV]", required=False, shell_complete=complete_branches)
@click.option("-c", "--create", is_flag=True, help="Make the branch.")
@click.option("--note", metavar="TEXT", help="With -c: what the branch is for.")
@making_options
def command(context: Context, name: str, start: str | None, create: bool, note: str | None, saving: Saving) -> None:
    if start is not None and not create:
        raise UsageError(
            "a branch that is there starts where it starts", hint=f"make a new one there: rtv switch -c NAME {start}"
        )
    if note is not None and not create:
        raise UsageError("a branch that is there is noted where it is", hint=f"rtv branch {name} --note TEXT")
    if not create and (saving.allow or saving.because is not None):
        raise UsageError(
            "only a new branch is judged", hint=f"make one: rtv switch -c NAME   go there: rtv switch {name}"
        )
    dataset = context.dataset
    dry_run = saving.dry_run
    from rolethread_vcs.views.branches import position_line

    said = "" if note is None else f" --note {note!r}"
    words = f"switch{' -c' if create else ''} {name}{f' {start}' if start else ''}{said}"
    intent = saving.intent(words)
    before = dataset.current_branch()
    if create:
        result = dataset.branch(name, start=start or "@", note=note, intent=intent, switch=True)
    else:
        result = dataset.switch(name, intent=intent)
        name = result.branch
    where = None if dry_run else dataset.branches.position(against=before if before != result.branch else None)
    made = " new" if create else ""
    done = f"would go to the{made} branch {name}" if dry_run else f"you are on the{made} branch {name} now"
    more = {} if where is None else {"where": where}
    print_committed(context, result, more, done=done, nothing=f"you are on {name} already")
    if where is not None and not context.json:
        context.output.note(position_line(where, context.output.width))
