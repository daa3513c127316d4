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
since, it waits for you: the sides are called now and before. A merge is taken back against its first parent. To take
back your last command, there is rtv undo; rtv pick REV does a change again.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli._applying import change_options, fixed_name, go_on_or_give_up, print_applied, words_of
from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._intent import Saving, saving_options

GROUP = "history"


@click.command(cls=Command)
@change_options
@saving_options
@pass_context
def command(
    context: Context,
    /,
    rev: str | None,
    ids: tuple[str, ...],
    where: str | None,
    skip_conflicts: bool,
    go_on: bool,
    abort: bool,
    saving: Saving,
) -> int:
    ended = go_on_or_give_up(
        context, "revert", saving, rev, where, go_on=go_on, abort=abort, skip_conflicts=skip_conflicts
    )
    if ended is not None or rev is None:
        return ended or 0
    dataset = context.open_dataset()
    fixed = fixed_name(dataset, rev)
    intent = saving.intent("revert", f"revert {words_of(rev, ids, where, skip_conflicts=skip_conflicts)}")
    outcome = dataset.revert(rev, intent, words=ids, where=where, skip_conflicts=skip_conflicts)
    nothing = f"nothing to take back: the entries are as they were before {rev} already"
    return print_applied(
        context, outcome, rev, ("take back", "took back"), nothing, fixed=fixed, is_queried=where is not None
    )
