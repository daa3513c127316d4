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
take back your last command, there is rtv undo; to go back to how everything was at REV, rtv restore --all --from REV.
rtv pick REV does a change again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.merge_steps import Change, apply_change, change_options
from rolethread_vcs.cli.options import Saving, saving_options

if TYPE_CHECKING:
    from rolethread_vcs import Intent
    from rolethread_vcs.ops.merge.completion import Outcome


@click.command(cls=ChangeCommand, change="changed")
@change_options
@saving_options
def command(context: Context, change: Change, saving: Saving) -> int:
    def revert(intent: Intent) -> Outcome:
        ids, where, skips = change.ids, change.where, change.skip_conflicts
        return context.dataset.revert(change.rev, intent, words=ids, where=where, skip_conflicts=skips)

    return apply_change(context, "revert", saving, change, revert)
