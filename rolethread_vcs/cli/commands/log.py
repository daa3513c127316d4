"""Show the history of the dataset, newest first.

\b
  rtv log -n 20
  rtv log main~5
  rtv log main..try            what try has and main has not
  rtv log --op import          only what a verb did
  rtv log --min-changes 100    only what touched many entries

Single edits in a row, by one author on one day, are shown as one line; --full shows each.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli._context import Command, Context, pass_context
from rolethread_vcs.cli._output import Output, count, one_line, short_time, width_of
from rolethread_vcs.cli._select import complete_branches
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.ops.history import Logged, Run
    from rolethread_vcs.store.operations import Operation

GROUP = "history"
ENVELOPE = "rolethread.log/v1"


@click.command(cls=Command)
@click.argument("rev", default="@", shell_complete=complete_branches)
@click.option("-n", "number", metavar="N", type=click.IntRange(min=1), help="Show so many commits.")
@click.option("--full", is_flag=True, help="Show every edit by itself.")
@click.option("--op", "verb", metavar="VERB", help="Only commits that this verb made.")
@click.option("--min-changes", metavar="N", type=click.IntRange(min=0), default=0, help="Only larger ones.")
@pass_context
def command(context: Context, rev: str, number: int | None, full: bool, verb: str | None, min_changes: int) -> None:
    # what opens a dataset is of no use to help
    from rolethread_vcs.model.revision import is_selector

    if is_selector(rev):
        raise UsageError(
            f"{rev} names an entry; the history of one entry comes in a later version",
            hint=f"the entry as it was: rtv show {rev}@REV   a commit of that name: rtv log commit:{rev}",
        )
    history = context.open_dataset().log(rev, count=number, verb=verb, min_changes=min_changes)
    if context.json:
        context.output.envelope(ENVELOPE, {"commits": [_value(logged) for logged in history]})
        return
    is_empty = True
    for line in _lines(history, full=full, width=context.output.width):
        context.output.print(line)
        is_empty = False
    if is_empty:
        context.output.note("no commit fits")


def _value(logged: Logged) -> dict[str, Any]:
    commit, operation = logged.commit, logged.operation
    return {
        "id": commit.id,
        "message": commit.message.rstrip("\n"),
        "author": commit.author.name,
        "email": commit.author.email,
        "time": commit.author.time,
        "parents": list(commit.parents),
        "operation": None if operation is None else operation.number,
        "verb": None if operation is None else operation.verb,
        "added": logged.added,
        "changed": logged.changed,
        "removed": logged.removed,
    }


def _lines(history: Iterable[Logged], *, full: bool, width: int) -> Iterator[str]:
    # what opens a dataset is of no use to help
    from rolethread_vcs.ops.history import Logged, fold

    now = time.time()
    for item in history if full else fold(history):
        yield from _commit_lines(item, now, width) if isinstance(item, Logged) else _run_lines(item, now, width)


def _commit_lines(logged: Logged, now: float, width: int) -> Iterator[str]:
    commit = logged.commit
    head = f"{commit.id[:10]}  {short_time(commit.author.time, now=now)}"
    tail = f"  {_counts(logged)}{_operation(logged.operation)}"
    subject = one_line(commit.subject, max(width - width_of(head) - width_of(tail) - 2, 24))
    yield _row(head, subject, tail)


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
    return f"{Output.style(commit, 'id')}{Output.style(rest, 'faint')}  {text}{Output.style(tail, 'faint')}"


def _counts(logged: Logged) -> str:
    pairs = (("+", logged.added), ("~", logged.changed), ("-", logged.removed))
    return " ".join(f"{sign}{number:,}" for sign, number in pairs if number) or "no entries"


def _operation(operation: Operation | None) -> str:
    return "" if operation is None else f"  (operation {operation.number}, {operation.verb})"
