"""Apply a commit from another branch, or only what it did to some entries.

\b
  rtv pick try~1                       what that commit did, as a commit here
  rtv pick main..try                   all that try has and main has not, as one
  rtv pick try~1 12 14                 only what it did to these entries
  rtv pick main..try --where tag:tavern
  rtv pick main..try -p                asked entry by entry: take, skip, edit
  rtv pick try~1 --skip-conflicts      all that is clear at once; the rest is listed and left alone
  rtv pick --continue                  when all conflicts are decided (rtv conflicts, rtv resolve)
  rtv pick --abort

The rest of the branch stays there, and what is here already is skipped. It also brings back what was taken back:
rtv pick REV after rtv revert REV.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.merge_steps import Change, apply_change, change_options, take_some
from rolethread_vcs.cli.options import Saving, patch_option, saving_options

if TYPE_CHECKING:
    from rolethread_vcs import Intent
    from rolethread_vcs.ops.merge.completion import Outcome


@click.command(cls=ChangeCommand, change="changed")
@change_options
@patch_option
@saving_options
def command(context: Context, change: Change, patch: bool, saving: Saving) -> int:
    def pick(intent: Intent) -> Outcome | None:
        dataset = context.dataset
        apply = partial(dataset.pick, change.rev, intent, skip_conflicts=change.skip_conflicts)
        if not patch:
            return apply(words=change.ids, where=change.where)
        offers = dataset.merges.pick_preview(change.rev, words=change.ids, where=change.where)
        return take_some(
            context, offers, intent, lambda ids, decisions: apply(ids=ids, decisions=decisions) if ids else None
        )

    return apply_change(context, "pick", saving, change, pick, " -p" if patch else "")
