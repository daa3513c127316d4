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

Conversations are merged message by message. What both sides changed in different ways waits for you: nothing is
committed, the branch stays as it is, and everything else can be used meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

import click

from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.cli.options import Saving, complete_branches, saving_options
from rolethread_vcs.errors import UsageError

GROUP = "history"


@click.command(cls=Command)
@click.argument("source", metavar="[BRANCH|PATH[#BRANCH]]", required=False, shell_complete=complete_branches)
@click.option("--where", metavar="QUERY", help="Take the entries that fit, as they are on either side.")
@click.option("-p", "--patch", is_flag=True, help="Ask about each entry: take, skip, edit.")
@click.option("--rest", type=click.Choice(["keep-mine"]), help="Finish the branch although a part was left out.")
@click.option("--continue", "go_on", is_flag=True, help="Commit the merge when its conflicts are decided.")
@click.option("--abort", is_flag=True, help="Give the unfinished merge up.")
@saving_options
@pass_context
def command(
    context: Context,
    /,
    source: str | None,
    where: str | None,
    patch: bool,
    rest: str | None,
    go_on: bool,
    abort: bool,
    saving: Saving,
) -> int:
    if (source is not None) + go_on + abort != 1:
        raise UsageError(
            "name what to merge, or go on with an unfinished merge",
            hint="rtv merge BRANCH   rtv merge --continue   rtv merge --abort   (branches: rtv branch)",
        )
    if source is None and (where is not None or patch or rest is not None):
        raise UsageError("which part is wanted was said when the merge began", hint="rtv merge --continue")
    from rolethread_vcs import MergeOptions
    from rolethread_vcs.cli.answers import print_outcome

    dataset = context.open_dataset()
    if source is None:
        words = "merge --continue" if go_on else "merge --abort"
        intent = saving.intent("merge", words)
        return print_outcome(
            context, dataset.merges.finish(intent=intent) if go_on else dataset.merges.abort(intent=intent)
        )
    options = MergeOptions(where=where, keeps_rest=rest is not None, folder=context.path("."))
    words = f"merge {source}" + (f" --where {where}" if where is not None else "") + (" -p" if patch else "")
    words += f" --rest {rest}" if rest is not None else ""
    intent = saving.intent("merge", words)
    if not patch:
        return print_outcome(context, dataset.merge(source, options=options, intent=intent))
    from rolethread_vcs.cli.forms import Forms
    from rolethread_vcs.cli.merge_steps import ask

    with Forms(context, dataset, "merge", f"rtv {words}") as forms:
        asked = ask(context, dataset.merges.preview(source, options=options), forms)
        if asked is None:
            forms.keep()
            context.output.report("nothing was merged")
            return 0
        ids, decisions = asked
        outcome = dataset.merge(source, options=replace(options, ids=ids, decisions=decisions), intent=intent)
        if outcome.committed.operation is None:
            forms.keep()
    return print_outcome(context, outcome)
