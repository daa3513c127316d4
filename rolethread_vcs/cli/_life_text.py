"""Says on one line what a commit did to an entry: `[2] edited (+3 -1 words), tags +tavern`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from rolethread_vcs.ops.compare.comparison import ComparedEntry
from rolethread_vcs.ops.history.entry_history import Step, StepKind
from rolethread_vcs.ops.history.lineage import entry_of, successors
from rolethread_vcs.phrases import count, entry_number, short_time
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.views.diff_layout import summary_of
from rolethread_vcs.views.terminal_text import one_line, styled, width_of

_NAMED = 4
_LEAST_SAID = 16
"""Columns that are left for what the commit says, or it is left out."""


def life_lines(repository: Repository, steps: Iterable[Step], entry_id: str, width: int) -> Iterator[str]:
    """Yield a line for each step: commit, time, what happened, and what the commit says where there is room."""
    now = time.time()
    for step in steps:
        commit = step.commit
        when = short_time(commit.author.time, now=now)
        other = "" if step.entry_id == entry_id else f"{step.entry_id}: "
        room = width - 14 - width_of(when)
        what = one_line(other + step_words(repository, step), max(room, 24))
        left = room - width_of(what) - 3
        said = one_line(commit.subject, left) if left >= _LEAST_SAID else ""
        yield (
            f"{styled(commit.id[:10], 'id')}  {styled(when, 'faint')}  {what}"
            f"{styled(f'   {said}' if said else '', 'faint')}"
        )


def step_words(repository: Repository, step: Step) -> str:
    """Return what happened in a step of an entry's life."""
    return "; ".join(_parts(repository, step))


def _parts(repository: Repository, step: Step) -> Iterator[str]:
    kind = step.kind
    if kind in (StepKind.ADDED, StepKind.RESTORED):
        entry = entry_of(repository, step.after)
        size = "" if entry is None else f", {count(len(entry.turns), 'message', 'messages')}"
        yield f"{kind}{_made_from(step)}{size}"
    elif kind is StepKind.REMOVED:
        made = successors(repository, step.commit.id, step.entry_id)
        yield f"removed{_went_into(made)}"
    else:
        compared = compared_in(repository, step)
        if step.before != step.after:
            what = "changed; what it held is not here" if compared is None else summary_of(compared, compared.diff)
            yield f"merged: {what}" if kind is StepKind.MERGED else what
        if step.is_moved:
            yield "moved in the order"
        if kind is StepKind.CHANGED:
            made = successors(repository, step.commit.id, step.entry_id)
            if made:
                yield f"{_named(made)} split off"


def compared_in(repository: Repository, step: Step) -> ComparedEntry | None:
    """Return the entry before and after a step; None where one of both is not there, or does not read."""
    before, after = entry_of(repository, step.before), entry_of(repository, step.after)
    return None if before is None or after is None else ComparedEntry.of(step.entry_id, before, after)


def _made_from(step: Step) -> str:
    ids = step.origin.ids
    if not ids:
        return ""
    if step.origin.is_renumbered:
        return f" in the place of {_named(ids)}, with the same messages"
    return f", made from {_named(ids)}"


def _went_into(ids: tuple[str, ...]) -> str:
    return f", went into {_named(ids)}" if ids else ""


def _named(ids: tuple[str, ...]) -> str:
    names = [entry_number(each) for each in ids[:_NAMED]]
    return ", ".join(names) + (" …" if len(ids) > _NAMED else "")
