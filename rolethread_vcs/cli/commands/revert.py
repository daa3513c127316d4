"""Take an old change back, and keep the work that was done since.

\b
  rtv revert 3fa9c1                    takes back what that commit did
  rtv revert main~5..main~2            what these commits did, as one
  rtv revert 3fa9c1 12 14              only what it did to these entries
  rtv revert 3fa9c1 --where tag:tavern
  rtv revert 3fa9c1 --skip-conflicts   all that is clear at once; the rest is listed and left alone
  rtv revert --continue                when all conflicts are decided (rtv conflicts, rtv resolve)
  rtv revert --abort

Later edits survive: the change is taken back message by message and word by word. Where somebody edited the same words
since, it needs your decision: the sides are called now and before. A merge is taken back against its first parent. To
take back your last command, there is rtv undo; rtv pick REV does a change again.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.merge_steps import Change, change_options, fixed_name, go_on_or_give_up, print_applied
from rolethread_vcs.cli.options import Saving, saving_options


@click.command(cls=ChangeCommand, change="changed")
@change_options
@saving_options
def command(context: Context, change: Change, saving: Saving) -> int:
    ended = go_on_or_give_up(context, "revert", saving, change)
    if ended is not None:
        return ended
    dataset = context.dataset
    fixed = fixed_name(dataset, change.rev)
    intent = saving.intent(f"revert {change.words}")
    outcome = dataset.revert(
        change.rev, intent, words=change.ids, where=change.where, skip_conflicts=change.skip_conflicts
    )
    return print_applied(context, outcome, change, fixed)
