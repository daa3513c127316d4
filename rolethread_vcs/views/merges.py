"""Says what came of a merge, a revert or a pick: a commit, a branch that moved on, or conflicts that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.ops.select.page import preview
from rolethread_vcs.phrases import count, counted_words
from rolethread_vcs.views.changes import UNDO, committed_lines
from rolethread_vcs.views.conflicts import conflict_block
from rolethread_vcs.views.terminal_text import Line, Lines, one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.ops.merge.resolve import OpenMerge, Resolved

_SHOWN = 20


def outcome_lines(
    outcome: Outcome, *, width: int, color: bool, done: str | None = None, nothing: str | None = None
) -> Lines:
    """Yield what came of it: a commit, a branch that moved on, or conflicts that need a decision.

    `done` and `nothing` replace the sentences about a commit, and about nothing to do.
    """
    committed = outcome.committed
    would = committed.dry_run
    if outcome.state is State.WAITING:
        for line in _waiting_lines(outcome, width):
            yield Line("report", line)
        if would and committed.touched:
            done = "what goes in without a question would be this"
            yield from committed_lines(committed, width=width, color=color, done=done)
    elif outcome.state is State.ABORTED:
        gave = "would give" if would else "gave"
        yield Line("report", f"{gave} up the {outcome.kind}; what was decided goes, nothing else changes")
        if not would:
            yield Line("report", UNDO)
    else:
        done, nothing = done or _done(outcome), nothing or _nothing(outcome)
        yield from committed_lines(committed, width=width, color=color, done=done, nothing=nothing)
        for line in _after(outcome, width):
            yield Line("note", line)


def conflict_lines(conflicts: Sequence[Conflict], width: int) -> Iterator[str]:
    shown = conflicts[:_SHOWN]
    ids = max((width_of(conflict.id) for conflict in shown), default=0)
    fields = min(max((width_of(conflict.field) for conflict in shown), default=0), 24)
    for conflict in shown:
        pad = " " * max(fields - width_of(conflict.field), 0)
        room = max(width - ids - fields - 6, 20)
        head = f"{styled(conflict.id, 'id')}{' ' * (ids - width_of(conflict.id))}"
        yield f"  {head}  {styled(conflict.field, 'heading')}{pad}  {one_line(conflict.message, room)}"
    if len(conflicts) > _SHOWN:
        yield f"  … and {len(conflicts) - _SHOWN:,} more"


def next_steps(kind: str, labels: tuple[str, str, str], conflicts: Sequence[Conflict]) -> Iterator[str]:
    ours, theirs, _ = labels
    if not conflicts:
        yield f"everything is decided; finish it with: rtv {kind} --continue"
        return
    yield "see both sides: rtv conflicts"
    yield f"decide: rtv resolve ID --take {theirs}   ({ours}, base or both do too; --edit, --file FILE; --all)"
    yield f"then: rtv {kind} --continue   or give up: rtv {kind} --abort"


def _waiting_lines(outcome: Outcome, width: int) -> Iterator[str]:
    conflicts = outcome.conflicts
    _, theirs, _ = outcome.labels
    number = count(len(conflicts), "conflict", "conflicts")
    entries = count(len({conflict.id for conflict in conflicts}), "place", "places")
    branch = outcome.committed.branch
    would = outcome.committed.dry_run
    wait = "would wait" if would else "waits" if len(conflicts) == 1 else "wait"
    what = f"merge of {theirs}" if outcome.kind == "merge" else outcome.kind
    yield f"{number} of the {what} {wait} for you, in {entries}; {branch} is as it was"
    yield from conflict_lines(conflicts, width)
    clean = outcome.taken + outcome.merged
    if clean:
        yield f"{count(clean, 'other change goes', 'other changes go')} in without a question"
    if not would:
        yield from next_steps(outcome.kind, outcome.labels, conflicts)


def _done(outcome: Outcome) -> str | None:
    committed, (_, theirs, _) = outcome.committed, outcome.labels
    if committed.is_empty and not committed.dry_run:
        return None
    if outcome.state is State.NOTHING:  # no commit, but what waited is over, and that is an operation
        return f"the {outcome.kind} is over, and changed no entry; {committed.branch} is as it was"
    said = counted_words(committed) or "no entry changes"
    would = committed.dry_run
    if outcome.state is State.FAST_FORWARD:
        return f"{committed.branch} {'would move' if would else 'moved'} on to {theirs}: {said}"
    if outcome.kind != "merge":
        return None
    if outcome.is_partial and not outcome.taken + outcome.merged:
        return "nothing would be taken" if would else None
    if outcome.is_partial:
        number = count(outcome.taken + outcome.merged, "change", "changes")
        return f"{'would take' if would else 'took'} {number} of {theirs} into {committed.branch}: {said}"
    return f"{'would merge' if would else 'merged'} {theirs} into {committed.branch}: {said}"


def _nothing(outcome: Outcome) -> str:
    if outcome.is_partial:
        return "nothing was taken; nothing changed"
    return f"{outcome.labels[1]} is in {outcome.committed.branch} already; nothing changed"


def _after(outcome: Outcome, width: int) -> Iterator[str]:
    for name, note in outcome.merge_notes[:_SHOWN]:
        yield f"look at {name} {note.field}: {note.sentence}"
    if outcome.is_partial and outcome.kind == "merge":
        left = count(outcome.left_out, "change was", "changes were")
        them = "it" if outcome.left_out == 1 else "them"
        yield f"{left} left out; a later merge offers {them} again (--rest keep-mine would have finished the branch)"
    if outcome.conflicts:
        words = ("conflict was left as it is now", "conflicts were left as they are now")
        if outcome.committed.dry_run:
            words = ("conflict would be left as it is now", "conflicts would be left as they are now")
        yield f"{count(len(outcome.conflicts), *words)}:"
        yield from conflict_lines(outcome.conflicts, width)


def open_lines(found: OpenMerge, wanted: set[str] | None, *, width: int, color: bool) -> Iterator[str]:
    """Yield the conflicts of an unfinished merge, entry by entry, of `wanted` ids alone, and the next step."""
    unfinished = found.unfinished
    labels = unfinished.labels
    left = count(len(found.conflicts), "conflict", "conflicts")
    yield f"{unfinished.command}, on {unfinished.branch}: {left} left, {len(found.decided):,} decided"
    if found.has_moved:
        yield f"{unfinished.branch} has moved on since; what you see is against {unfinished.branch} as it is now"
    for name, field in found.void:
        yield f"void: {name} {field} is another conflict by now, or none; what was decided does not count"
    last = ""
    for conflict in found.conflicts:
        if wanted is not None and conflict.id not in wanted:
            continue
        if conflict.id != last:
            last = conflict.id
            opened = found.entries.get(conflict.id)
            entry = None if opened is None else opened.preview or opened.theirs or opened.base
            yield ""
            yield styled(conflict.id, "id") + (f"  {styled(preview(entry), 'faint')}" if entry else "")
        yield from conflict_block(conflict, labels, width=width, color=color)
    yield ""
    yield from next_steps(unfinished.kind, labels, found.conflicts)


def resolved_lines(resolved: Resolved, *, would: bool) -> Lines:
    """Yield how many conflicts were decided, how many are left, and the next step."""
    number = count(len(resolved.settled), "conflict", "conflicts")
    decided = f"{'would decide' if would else 'decided'} {number}; {len(resolved.left):,} left"
    yield Line("report", decided if resolved.settled else "that was decided so already; nothing changed")
    if would:
        return
    if resolved.settled:
        yield Line("report", UNDO)
    for line in next_steps(resolved.unfinished.kind, resolved.unfinished.labels, resolved.left):
        yield Line("note", line)
