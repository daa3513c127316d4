"""The log as lines: commits, single edits in a row as one, the graph; and operations."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rolethread_vcs.ops.history.log import Logged, fold
from rolethread_vcs.phrases import count, short_time, signed_counts
from rolethread_vcs.views.terminal_text import (
    Line,
    Lines,
    Look,
    commit_head,
    head_and_text,
    one_line,
    operation_note,
    styled,
)

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.graph import GraphRow
    from rolethread_vcs.ops.history.undo import LoggedOperation, Undone
    from rolethread_vcs.store.log import Operation


def log_lines(history: Iterable[Logged], look: Look, *, full: bool) -> Lines:
    """Yield a line for each commit, and for single edits in a row, unless they are to be shown in `full`."""
    for item in history if full else fold(history):
        if isinstance(item, Logged):
            yield _commit_line(item, look)
            continue
        times = [each.commit.author.time for each in item.edits]  # which clocks may have told backwards
        first, last = min(times), max(times)
        day, until = short_time(first, now=look.now), time.strftime("%H:%M", time.localtime(last))
        span = day if day.endswith(until) else f"{day}-{until}"
        numbers = [each.operation.number for each in item.edits if each.operation is not None]
        tail = f"  (operations {min(numbers)}-{max(numbers)})" if len(numbers) > 1 else ""
        newest = styled(item.last.commit.id[:10], "id")
        yield f"{newest}  {count(len(item.edits), 'edit')}, {span}{styled(tail, 'faint')}"
        # what a writer said about an edit is worth a line; our own words are not
        subjects = (each.commit.subject for each in item.edits)
        said = dict.fromkeys(subject for subject in subjects if not subject.startswith("edit "))
        if said:
            yield f"{' ' * 12}{one_line('; '.join(said), look.room - 12)}"


def graph_lines(graph: Iterable[GraphRow], names: Mapping[str, Sequence[str]], look: Look) -> Lines:
    """Yield the rows of a graph, commits with the `names` of what stands at them."""
    for row in graph:
        if row.logged is None:
            yield styled(row.lines, "faint")
            continue
        here = ", ".join(names.get(row.logged.commit.id, ()))
        room = max(look.width - len(row.lines) - 1, 40)
        yield f"{row.lines} {_commit_line(row.logged, look._replace(width=room), here)}"


def _commit_line(logged: Logged, look: Look, names: str = "") -> str:
    commit = logged.commit
    head = commit_head(commit, look) + (f"  {styled(names, 'tag')}" if names else "")
    tail = f"  {signed_counts(logged.counts) or 'no entries'}{operation_note(logged.operation)}"
    return head_and_text(head, commit.subject, look.room, tail=tail, least=24)


# ---- operations


def operation_lines(shown: Sequence[LoggedOperation], limit: int, look: Look, *, more: bool) -> Lines:
    """Yield a line for each operation, at most `limit`, and how to see older ones if there are `more`."""
    if not shown:
        yield Line("note", "nothing was done here yet; a copy starts with an empty log")
    for each in shown:
        line = _operation_line(each.operation, look)
        yield f"{styled(line, 'faint')} (undone)" if each.undone else line
    if more:
        yield Line("hint", f"older ones: rtv ops -n {limit * 5}")


def undone_lines(result: Undone, verb: Literal["undo", "redo"], place: str | None, look: Look) -> Lines:
    """Yield what an undo or a redo took back or brought again; `place` says where the branch is now, None if dry."""
    did, would = {"undo": ("undid", "would undo"), "redo": ("did again", "would do again")}[verb]
    for operation in result.operations:
        yield Line("report", f"{would if place is None else did} {_operation_line(operation, look).strip()}")
    if place is not None:
        yield Line("report", f"{place}; take this back with: rtv {'redo' if verb == 'undo' else 'undo'}")


def _operation_line(operation: Operation, look: Look) -> str:
    counts = signed_counts(operation)
    branch = f" on {operation.branch}" if operation.branch else ""
    line = f"{operation.number:>4}  {short_time(operation.time, now=look.now)}  {operation.command}{branch}"
    said = [f"({counts})"] if counts else []
    said += [one_line(text, look.width) for key in ("message", "because") if (text := operation.details.get(key))]
    return "  ".join([line, *said])
