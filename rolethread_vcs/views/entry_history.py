"""What happened to an entry, as lines: its history, and who changed which message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rolethread_vcs.ops.history.entry_history import StepDetails, StepKind
from rolethread_vcs.phrases import count, entry_number, listed
from rolethread_vcs.views.diff_layout import summary_of
from rolethread_vcs.views.entries import gist_of, message_head
from rolethread_vcs.views.terminal_text import Line, Lines, Look, commit_head, head_and_text, one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.blame import Blame
    from rolethread_vcs.store.objects.commits import Commit

_NAMED = 4
_LEAST_SAID = 16
"""Columns that are left for what the commit says, or it is left out."""


# ---- the life of an entry


def life_lines(steps: Iterable[StepDetails], entry_id: str, look: Look) -> Lines:
    """Yield a line for each step: commit, time, what happened, and what the commit says where there is room."""
    for details in steps:
        step = details.step
        commit = step.commit
        head = commit_head(commit, look)
        other = "" if step.entry_id == entry_id else f"{step.entry_id}: "
        line = head_and_text(head, other + step_words(details), look.room, least=24)
        left = look.room - width_of(line) - 3
        said = one_line(commit.subject, left) if left >= _LEAST_SAID else ""
        yield line + styled(f"   {said}" if said else "", "faint")


def step_words(details: StepDetails) -> str:
    """Return on one line what a commit did to an entry: `[2] edited (+3 -1 words), tags +tavern`."""
    step, kind, successors = details.step, details.step.kind, _named(details.successors)
    if kind in (StepKind.ADDED, StepKind.RESTORED):
        before = _named(step.origin.ids)
        renumbered = step.origin.is_renumbered
        made = f" in the place of {before}, with the same messages" if renumbered else f", made from {before}"
        size = "" if details.after is None else f", {count(len(details.after.turns), 'message')}"
        return f"{kind}{made if before else ''}{size}"
    if kind is StepKind.REMOVED:
        return f"removed, went into {successors}" if successors else "removed"
    parts = []
    if step.before != step.after:
        compared = details.compared
        what = "changed; what it held is not here" if compared is None else summary_of(compared, compared.diff)
        parts.append(f"merged: {what}" if kind is StepKind.MERGED else what)
    if step.is_moved:
        parts.append("moved in the order")
    if successors:
        parts.append(f"{successors} split off")
    return "; ".join(parts)


def _named(ids: tuple[str, ...]) -> str:
    return listed([entry_number(each) for each in ids], _NAMED)


# ---- blame


def blame_lines(blame: Blame, look: Look) -> Lines:
    heads = [message_head(each.index, each.message) for each in blame.messages]
    side, narrower = "messages", look._replace(width=look.width - 14)
    for each, head in zip(blame.messages, heads, strict=True):
        if each.side != side:
            side = each.side
            yield styled(side, "heading")
        yield f"{head}  {styled(one_line(gist_of(each.message), max(look.width - width_of(head) - 4, 20)), 'faint')}"
        if each.is_older:
            yield f"    {styled('not changed in this range', 'faint')}"
            continue
        yield f"    {_origin(each.changed, look)}"
        if each.brought.id != each.changed.id:
            yield f"    {styled('brought in by', 'faint')} {_origin(each.brought, narrower)}"
    if not blame.messages:
        yield Line("note", f"entry {blame.id} has no messages")


def _origin(commit: Commit, look: Look) -> str:
    head = f"{commit_head(commit, look)}  {one_line(commit.author.name, 24)}"
    return f"{head}  {styled(one_line(commit.subject, max(look.room - width_of(head) - 8, 12)), 'faint')}"
