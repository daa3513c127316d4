"""Go to a branch; with -c, make it first.

\b
  rtv switch try
  rtv switch -                  back to the branch that you came from
  rtv switch feature            also where only origin/feature is there: a branch of your own that follows it
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
    from rolethread_vcs.views.branches import position_line

    dataset = context.dataset
    before = dataset.current_branch()
    if create:
        said = "" if note is None else f" --note {note!r}"
        intent = saving.intent(f"switch -c {name}{f' {start}' if start else ''}{said}")
        result = dataset.branch(name, start=start or "@", note=note, intent=intent, switch=True)
    else:
        result = dataset.switch(name, intent=saving.intent(f"switch {name}"))
        name = result.branch
    made = " new" if create else ""
    if saving.dry_run:
        done = f"would go to the{made} branch {name}"
        print_committed(context, result, done=done, nothing=f"you are on {name} already")
        return
    where = dataset.branches.position(against=before if before != result.branch else None)
    done = f"you are on the{made} branch {name} now"
    print_committed(context, result, {"where": where}, done=done, nothing=f"you are on {name} already")
    if not context.output.json:
        context.output.note(position_line(where, context.output.look))
