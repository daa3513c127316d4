"""Show the history of the dataset, or the life of one entry, newest first.

\b
  rtv log -n 20
  rtv log main~5
  rtv log main..try            what try has and main has not
  rtv log 12                   the life of an entry: changed, moved, removed, restored
  rtv log 12@main~5            the same, up to a revision
  rtv log --graph --all        the lines of all branches
  rtv log --since '3 days ago' --author mara
  rtv log --where tag:tavern   only what touched such entries
  rtv log --op import          only what a verb did
  rtv log --min-changes 100    only what touched many entries

Single edits in a row, by one author on one day, are shown as one line; --full shows each. An entry that was split off,
joined or given a new number is followed to those that it was before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_ends
from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.log import LogFilter
    from rolethread_vcs.views.terminal_text import Line

ENVELOPE = "rolethread.log/v1"


@click.command(cls=Command)
@click.argument("rev", metavar="[REV|ID]", default="@", shell_complete=complete_branches)
@click.option("-n", "number", metavar="N", type=HowMany(), help="Show at most N commits.")
@click.option("--since", metavar="WHEN", help="Only from then on: 2026-11-01, yesterday, '3 days ago', 2w, or A...B.")
@click.option("--until", metavar="WHEN", help="Only up to then; a day is meant to its end.")
@click.option("--author", metavar="TEXT", help="Only by an author whose name or address holds this.")
@click.option("--where", metavar="QUERY", help="Only what touched an entry that matches, before or after.")
@click.option("--op", "verb", metavar="VERB", help="Only commits that this verb made.")
@click.option("--min-changes", metavar="N", type=click.IntRange(min=0), default=0, help="Only larger ones.")
@click.option("--graph", is_flag=True, help="Draw how lines of history part and meet.")
@click.option("--all", "everywhere", is_flag=True, help="All branches, not only this one.")
@click.option("--full", is_flag=True, help="Show every edit by itself.")
def command(
    context: Context,
    rev: str,
    number: int | None,
    since: str | None,
    until: str | None,
    author: str | None,
    where: str | None,
    verb: str | None,
    min_changes: int,
    graph: bool,
    everywhere: bool,
    full: bool,
) -> None:
    from rolethread_vcs import LogFilter
    from rolethread_vcs.model.revision import is_selector
    from rolethread_vcs.views.log import graph_lines, log_lines

    if since is not None and ".." in since:
        if rev != "@":
            raise UsageError(f"{since} says which commits, and so does {rev}", hint=f"rtv log {rev}")
        rev, since = since.replace("...", ".."), None
    only = LogFilter(verb, min_changes, _moment(since), _moment(until, end_of_day=True), author, where)
    entry, at, revision = rev.partition("@")
    dataset, look = context.dataset, context.output.look
    if is_selector(entry) and (revision or not at):
        if graph or everywhere or where is not None or verb is not None or min_changes:
            raise UsageError(
                f"{rev} names an entry; --graph, --all, --where, --op and --min-changes are for whole commits",
                hint=f"rtv log {rev}   tells its life; a commit of that name: rtv log commit:{entry}",
            )
        _tell_life(context, entry, revision or "@", number, only)
        return
    if everywhere and rev != "@":
        raise UsageError(f"--all shows all branches, and {rev} is one; choose one of the two")
    revisions = (rev, *(branch.name for branch in dataset.branches.list())) if everywhere else (rev,)
    if graph and not context.output.json:
        drawn = dataset.history.graph(*revisions, count=number, only=only)
        _print(context, graph_lines(drawn, dataset.history.names(), look))
        print_ends(context, drawn.ends)
        return
    history = dataset.log(*revisions, count=number, only=only)
    if context.output.json:
        context.output.envelope(ENVELOPE, {"commits": list(history)})
    else:
        _print(context, log_lines(history, look, full=full))
    print_ends(context, history.ends)


def _moment(text: str | None, *, end_of_day: bool = False) -> int | None:
    if text is None:
        return None
    from rolethread_vcs.cli.arguments import parse_moment

    return parse_moment(text, now=time.time(), end_of_day=end_of_day)


def _tell_life(context: Context, word: str, revision: str, number: int | None, only: LogFilter) -> None:
    from rolethread_vcs.views.entry_history import life_lines, step_words

    history = context.dataset.history
    life = history.entry(word, rev=revision)
    steps = islice((step for step in life if history.is_by_and_within(step.commit, only)), number)
    details = map(history.details, steps)
    if context.output.json:
        makers = history.operations()
        commits = []
        for each in details:
            operation = makers.find(each.step.commit)
            own = {
                "operation": operation,
                "summary": None if each.compared is None else each.compared.diff.summary(),
                "text": step_words(each),
                "counts": history.counts(each.step.commit, operation),
            }
            commits.append((own, each.step))
        context.output.envelope(ENVELOPE, {"entry": life.entry_id, "commits": commits})
    else:
        output = context.output
        lines = life_lines(details, life.entry_id, output.look)
        _print(context, lines, "no step of its life matches")
    print_ends(context, life.ends)


def _print(context: Context, lines: Iterable[str | Line], nothing: str = "no commit matches") -> None:
    if not context.output.show(lines):
        context.output.note(nothing)
