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
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.completions import complete_branches
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import count, short_time
from rolethread_vcs.views.terminal_text import one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.entry_history import Step
    from rolethread_vcs.ops.history.log import Logged, Only, OperationsByCommit, Run
    from rolethread_vcs.store.log.operations import Operation
    from rolethread_vcs.store.repository import Repository

GROUP = "history"
ENVELOPE = "rolethread.log/v1"


@click.command(cls=Command)
@click.argument("rev", metavar="[REV|ID]", default="@", shell_complete=complete_branches)
@click.option("-n", "number", metavar="N", type=HowMany(), help="Show so many commits.")
@click.option("--since", metavar="WHEN", help="Only from then on: 2026-11-01, yesterday, '3 days ago', 2w.")
@click.option("--until", metavar="WHEN", help="Only up to then; a day is meant to its end.")
@click.option("--author", metavar="TEXT", help="Only by an author whose name or address holds this.")
@click.option("--where", metavar="QUERY", help="Only what touched an entry that fits, before or after.")
@click.option("--op", "verb", metavar="VERB", help="Only commits that this verb made.")
@click.option("--min-changes", metavar="N", type=click.IntRange(min=0), default=0, help="Only larger ones.")
@click.option("--graph", is_flag=True, help="Draw how lines of history part and meet.")
@click.option("--all", "everywhere", is_flag=True, help="All branches, not only this one.")
@click.option("--full", is_flag=True, help="Show every edit by itself.")
@pass_context
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
    # what opens a dataset is of no use to help
    from rolethread_vcs import Only
    from rolethread_vcs.model.revision import is_selector

    only = Only(verb, min_changes, _moment(since), _moment(until, end_of_day=True), author, where)
    entry, at, revision = rev.partition("@")
    dataset = context.open_dataset()
    if is_selector(entry) and (revision or not at):
        if graph or everywhere or where is not None or verb is not None or min_changes:
            raise UsageError(
                f"{rev} names an entry; --graph, --all, --where, --op and --min-changes are for whole commits",
                hint=f"rtv log {rev}   tells its life; a commit of that name: rtv log commit:{entry}",
            )
        _tell_life(context, dataset, entry, revision or "@", number, only)
        return
    revisions = _revisions(dataset, rev, everywhere=everywhere)
    if graph and not context.json:
        _draw(context, dataset, revisions, number, only)
    else:
        _list(context, dataset, revisions, number, only, full=full)


def _moment(text: str | None, *, end_of_day: bool = False) -> int | None:
    if text is None:
        return None
    # a log of everything does not pay for reading dates
    from rolethread_vcs.cli.arguments import parse_moment

    return parse_moment(text, now=time.time(), end_of_day=end_of_day)


def _revisions(dataset: Dataset, rev: str, *, everywhere: bool) -> tuple[str, ...]:
    if not everywhere:
        return (rev,)
    if rev != "@":
        raise UsageError(f"--all shows all branches, and {rev} is one; choose one of the two")
    return ("@", *(branch.name for branch in dataset.branches.list()))


def _list(
    context: Context, dataset: Dataset, revisions: tuple[str, ...], number: int | None, only: Only, *, full: bool
) -> None:
    history = dataset.log(*revisions, count=number, only=only)
    if context.json:
        context.output.envelope(ENVELOPE, {"commits": list(history)})
    else:
        _print(context, _lines(history, full=full, width=context.output.width))
    if history.ends:
        _tell_ends(context, dataset, history.ends)


def _print(context: Context, lines: Iterable[str], nothing: str = "no commit fits") -> None:
    is_empty = True
    for line in lines:
        context.output.print(line)
        is_empty = False
    if is_empty:
        context.output.note(nothing)


def _tell_ends(context: Context, dataset: Dataset, ends: tuple[str, ...]) -> None:
    # most histories are whole
    from rolethread_vcs.cli.answers import print_ends

    print_ends(context.output, dataset.repository, ends)


# ---- commits


def _lines(history: Iterable[Logged], *, full: bool, width: int) -> Iterator[str]:
    # as above
    from rolethread_vcs.ops.history.log import Logged, fold

    now = time.time()
    for item in history if full else fold(history):
        yield from [_commit_line(item, now, width)] if isinstance(item, Logged) else _run_lines(item, now, width)


def _commit_line(logged: Logged, now: float, width: int, names: str = "") -> str:
    commit = logged.commit
    head = f"{commit.id[:10]}  {short_time(commit.author.time, now=now)}"
    tail = f"  {_counts(logged)}{_operation(logged.operation)}"
    room = width - width_of(head) - width_of(tail) - (width_of(names) + 2 if names else 0) - 2
    subject = one_line(commit.subject, max(room, 24))
    return _row(head, f"{styled(names, 'tag')}{'  ' if names else ''}{subject}", tail)


def _run_lines(run: Run, now: float, width: int) -> Iterator[str]:
    first, last = (each.commit.author.time for each in (run.first, run.last))
    day = short_time(first, now=now)
    until = time.strftime("%H:%M", time.localtime(last))
    span = day if day.endswith(until) else f"{day}-{until}"
    numbers = [each.operation.number for each in run.edits if each.operation is not None]
    tail = f"  (operations {min(numbers)}-{max(numbers)})" if len(numbers) > 1 else ""
    head = run.last.commit.id[:10]
    yield _row(head, f"{count(len(run.edits), 'edit', 'edits')}, {span}", tail)
    # what a writer said about an edit is worth a line; our own words are not
    said = dict.fromkeys(each.commit.subject for each in run.edits if not _is_default(each))
    if said:
        yield f"{' ' * 12}{one_line('; '.join(said), width - 12)}"


def _is_default(logged: Logged) -> bool:
    return logged.commit.subject.startswith("edit ")


def _row(head: str, text: str, tail: str) -> str:
    commit, rest = head[:10], head[10:]
    return f"{styled(commit, 'id')}{styled(rest, 'faint')}  {text}{styled(tail, 'faint')}"


def _counts(logged: Logged) -> str:
    pairs = zip("+~-", logged.counts, strict=True)
    return " ".join(f"{sign}{number:,}" for sign, number in pairs if number) or "no entries"


def _operation(operation: Operation | None) -> str:
    return "" if operation is None else f"  (operation {operation.number}, {operation.verb})"


# ---- the drawing


def _draw(context: Context, dataset: Dataset, revisions: tuple[str, ...], number: int | None, only: Only) -> None:
    graph = dataset.history.graph(*revisions, count=number, only=only)
    names, now, width = dataset.history.names(), time.time(), context.output.width

    def lines() -> Iterator[str]:
        for row in graph:
            if row.logged is None:
                yield styled(row.lines, "faint")
                continue
            here = ", ".join(names.get(row.logged.commit.id, ()))
            room = max(width - len(row.lines) - 1, 40)
            yield f"{row.lines} {_commit_line(row.logged, now, room, here)}"

    _print(context, lines())
    if graph.ends:
        _tell_ends(context, dataset, graph.ends)


# ---- one entry


def _tell_life(context: Context, dataset: Dataset, word: str, revision: str, number: int | None, only: Only) -> None:
    from rolethread_vcs.cli._life_text import life_lines
    from rolethread_vcs.ops.history.log import OperationsByCommit, is_by_and_within

    life = dataset.history.entry(word, rev=revision)
    steps = islice((step for step in life if is_by_and_within(step.commit, only)), number)
    if context.json:
        makers = OperationsByCommit(dataset.repository)
        commits = [(_step_value(dataset.repository, step, makers), step) for step in steps]
        context.output.envelope(ENVELOPE, {"entry": life.entry_id, "commits": commits})
    else:
        _print(
            context,
            life_lines(dataset.repository, steps, life.entry_id, context.output.width),
            "no step of its life fits",
        )
    if life.ends:
        _tell_ends(context, dataset, life.ends)


def _step_value(repository: Repository, step: Step, makers: OperationsByCommit) -> dict[str, object]:
    """Return what a step of a life says beside itself."""
    from rolethread_vcs.cli._life_text import compared_in, step_words
    from rolethread_vcs.ops.history.log import counts_of

    operation = makers.find(step.commit)
    counts = counts_of(repository, step.commit, operation)
    compared = compared_in(repository, step)
    summary = None if compared is None else compared.diff.summary()
    return {"operation": operation, "summary": summary, "text": step_words(repository, step), "counts": counts}
