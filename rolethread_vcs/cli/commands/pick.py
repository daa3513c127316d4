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

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.merge_steps import Change, change_options, fixed_name, go_on_or_give_up, print_applied
from rolethread_vcs.cli.options import Saving, saving_options

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.transaction import Intent


@click.command(cls=ChangeCommand, change="changed")
@change_options
@click.option("-p", "--patch", is_flag=True, help="Ask about each entry: take, skip, edit.")
@saving_options
def command(context: Context, change: Change, patch: bool, saving: Saving) -> int:
    ended = go_on_or_give_up(context, "pick", saving, change, has_part=patch)
    if ended is not None:
        return ended
    dataset = context.dataset
    fixed = fixed_name(dataset, change.rev)
    words = f"pick {change.words}{' -p' if patch else ''}"
    intent = saving.intent(words)
    if patch:
        outcome = _asked(context, dataset, change, words, intent)
        if outcome is None:
            context.output.report("nothing was taken; nothing changed")
            return 0
    else:
        outcome = dataset.pick(
            change.rev, intent, words=change.ids, where=change.where, skip_conflicts=change.skip_conflicts
        )
    return print_applied(context, outcome, change, fixed)


def _asked(context: Context, dataset: Dataset, change: Change, words: str, intent: Intent) -> Outcome | None:
    from rolethread_vcs.cli.merge_steps import Forms, ask

    with Forms(context, "pick", f"rtv {words}") as forms:
        asked = ask(context, dataset.merges.pick_preview(change.rev, words=change.ids, where=change.where), forms)
        if asked is None or not asked[0]:
            forms.keep()
            return None
        ids, decisions = asked
        outcome = dataset.pick(change.rev, intent, ids=ids, decisions=decisions, skip_conflicts=change.skip_conflicts)
        if outcome.committed.operation is None:
            forms.keep()
        return outcome
