"""Merge a branch, or another copy of the dataset, into the branch you are on.

\b
  rtv merge warmer-mara                   all of a branch
  rtv merge warmer-mara --dry-run         what it would bring, and what would clash
  rtv merge warmer-mara --where tag:inn   a part of it, as an ordinary commit
  rtv merge warmer-mara -p                the same, asked entry by entry: take, skip, edit
  rtv merge warmer-mara -p --rest keep-mine   finishes the branch: what was refused does not come back
  rtv merge /media/stick/tavern#main      a branch of another copy of this dataset
  rtv merge --continue                    when all conflicts are decided (rtv conflicts, rtv resolve)
  rtv merge --abort

Conversations are merged message by message. What both sides changed in different ways needs your decision: nothing is
committed, the branch stays as it is, and everything else can be used meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_outcome
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.merge_steps import Change, go_on_or_abort, take_some
from rolethread_vcs.cli.options import Saving, complete_branches, patch_option, saving_options

if TYPE_CHECKING:
    from rolethread_vcs import Decision
    from rolethread_vcs.ops.merge.completion import Outcome


@click.command(cls=ChangeCommand, change="changed")
@click.argument("source", metavar="[BRANCH|PATH[#BRANCH]]", required=False, shell_complete=complete_branches)
@click.option("--where", metavar="QUERY", help="Take the entries that match, as they are on either side.")
@patch_option
@click.option("--rest", type=click.Choice(["keep-mine"]), help="Finish the branch although a part was left out.")
@click.option("--continue", "go_on", is_flag=True, help="Commit the merge when its conflicts are decided.")
@click.option("--abort", is_flag=True, help="Abort the merge.")
@saving_options
def command(
    context: Context,
    source: str | None,
    where: str | None,
    patch: bool,
    rest: str | None,
    go_on: bool,
    abort: bool,
    saving: Saving,
) -> int:
    change = Change((source,) if source else (), where, False, go_on, abort)
    ended = go_on_or_abort(context, "merge", saving, change, has_part=patch or rest is not None)
    if ended is not None:
        return ended
    from rolethread_vcs import MergeOptions

    dataset = context.dataset
    options = MergeOptions(where=where, keeps_rest=rest is not None, folder=context.path("."))
    words = f"merge {change.words}{' -p' if patch else ''}{f' --rest {rest}' if rest is not None else ''}"
    intent = saving.intent(words)
    if not patch:
        return print_outcome(context, dataset.merge(change.rev, options=options, intent=intent))

    def merge(ids: tuple[str, ...], decisions: dict[str, dict[str, Decision]]) -> Outcome:
        return dataset.merge(change.rev, options=replace(options, ids=ids, decisions=decisions), intent=intent)

    outcome = take_some(context, dataset.merges.preview(change.rev, options=options), intent, merge)
    if outcome is None:
        context.output.report("nothing was merged")
        return 0
    return print_outcome(context, outcome)
