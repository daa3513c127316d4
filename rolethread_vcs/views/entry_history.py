"""What happened to an entry, as lines: its history, and who changed which message."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rolethread_vcs.ops.history.entry_history import Step, StepDetails, StepKind
from rolethread_vcs.phrases import count, entry_number, listed, short_time
from rolethread_vcs.views.diff_layout import summary_of, text_of
from rolethread_vcs.views.entries import message_head
from rolethread_vcs.views.terminal_text import Line, Lines, one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.blame import Blame
    from rolethread_vcs.store.objects.commits import Commit

_NAMED = 4
_LEAST_SAID = 16
"""Columns that are left for what the commit says, or it is left out."""


# ---- the life of an entry


def life_lines(steps: Iterable[StepDetails], entry_id: str, *, width: int) -> Lines:
    """Yield a line for each step: commit, time, what happened, and what the commit says where there is room."""
    now = time.time()
    for details in steps:
        step = details.step
        commit = step.commit
        when = short_time(commit.author.time, now=now)
        other = "" if step.entry_id == entry_id else f"{step.entry_id}: "
        room = width - 14 - width_of(when)
        what = one_line(other + step_words(details), max(room, 24))
        left = room - width_of(what) - 3
        said = one_line(commit.subject, left) if left >= _LEAST_SAID else ""
        yield (
            f"{styled(commit.id[:10], 'id')}  {styled(when, 'faint')}  {what}"
            f"{styled(f'   {said}' if said else '', 'faint')}"
        )


def step_words(details: StepDetails) -> str:
    """Return on one line what a commit did to an entry: `[2] edited (+3 -1 words), tags +tavern`."""
    return "; ".join(_parts(details))


def _parts(details: StepDetails) -> Iterator[str]:
    step, kind = details.step, details.step.kind
    if kind in (StepKind.ADDED, StepKind.RESTORED):
        size = "" if details.after is None else f", {count(len(details.after.turns), 'message')}"
        yield f"{kind}{_made_from(step)}{size}"
    elif kind is StepKind.REMOVED:
        yield f"removed, went into {_named(details.successors)}" if details.successors else "removed"
    else:
        compared = details.compared
        if step.before != step.after:
            what = "changed; what it held is not here" if compared is None else summary_of(compared, compared.diff)
            yield f"merged: {what}" if kind is StepKind.MERGED else what
        if step.is_moved:
            yield "moved in the order"
        if details.successors:
            yield f"{_named(details.successors)} split off"


def _made_from(step: Step) -> str:
    ids = step.origin.ids
    if not ids:
        return ""
    if step.origin.is_renumbered:
        return f" in the place of {_named(ids)}, with the same messages"
    return f", made from {_named(ids)}"


def _named(ids: tuple[str, ...]) -> str:
    return listed([entry_number(each) for each in ids], _NAMED)


# ---- blame


def blame_lines(blame: Blame, *, width: int) -> Lines:
    now = time.time()
    heads = [message_head(each.index, each.message) for each in blame.messages]
    side = "messages"
    for each, head in zip(blame.messages, heads, strict=True):
        if each.side != side:
            side = each.side
            yield styled(side, "heading")
        yield f"{head}  {styled(one_line(text_of(each.message), max(width - width_of(head) - 4, 20)), 'faint')}"
        yield f"    {_origin(each.changed, now, width)}"
        if each.brought.id != each.changed.id:
            yield f"    {styled('brought in by', 'faint')} {_origin(each.brought, now, width - 14)}"
    if not blame.messages:
        yield Line("note", f"entry {blame.id} has no messages")


def _origin(commit: Commit, now: float, width: int) -> str:
    head = f"{commit.id[:10]}  {short_time(commit.author.time, now=now)}  {one_line(commit.author.name, 24)}"
    said = one_line(commit.subject, max(width - width_of(head) - 8, 12))
    return f"{styled(head[:10], 'id')}{head[10:]}  {styled(said, 'faint')}"
