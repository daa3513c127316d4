"""Do here what a commit did on another branch, or only what it did to some entries.

\b
  rtv pick try~1                       what that commit did, as a commit here
  rtv pick main..try                   all that try has and main has not, as one
  rtv pick try~1 12 14                 only what it did to these entries
  rtv pick main..try --where tag:tavern
  rtv pick main..try -p                asked entry by entry: take, skip, edit
  rtv pick try~1 --skip-conflicts      all that is clear at once; the rest is listed and left alone
  rtv pick --continue                  when all conflicts are decided (rtv conflicts, rtv resolve)
  rtv pick --abort

The rest of the branch stays there, and what is here already is passed over. It also brings back what was taken back:
rtv pick REV after rtv revert REV.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli._applying import change_options, fixed_name, go_on_or_give_up, print_applied, words_of
from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._intent import Saving, saving_options

GROUP = "history"


@click.command(cls=Command)
@change_options
@click.option("-p", "--patch", is_flag=True, help="Ask about each entry: take, skip, edit.")
@saving_options
@pass_context
def command(
    context: Context,
    /,
    rev: str | None,
    ids: tuple[str, ...],
    where: str | None,
    patch: bool,
    skip_conflicts: bool,
    go_on: bool,
    abort: bool,
    saving: Saving,
) -> int:
    ended = go_on_or_give_up(
        context, "pick", saving, rev, where, go_on=go_on, abort=abort, skip_conflicts=skip_conflicts
    )
    if ended is not None or rev is None:
        return ended or 0
    dataset = context.open_dataset()
    fixed = fixed_name(dataset, rev)
    words = words_of(rev, ids, where, skip_conflicts=skip_conflicts)
    intent = saving.intent("pick", f"pick {words}{' -p' if patch else ''}")
    nothing = f"nothing to pick: what {rev} did is here already"
    if patch:
        # most picks ask nothing
        from rolethread_vcs.cli._merge_patch import ask_about

        asked = ask_about(context, dataset, dataset.pick_offers(rev, words=ids, where=where), name="pick")
        if asked is None or not asked[0]:
            context.output.report("nothing was taken; nothing changed")
            return 0
        outcome = dataset.pick_chosen(rev, *asked, intent=intent, skip_conflicts=skip_conflicts)
    else:
        outcome = dataset.pick(rev, intent, words=ids, where=where, skip_conflicts=skip_conflicts)
    return print_applied(context, outcome, rev, ("pick", "picked"), nothing, fixed=fixed, is_queried=where is not None)
