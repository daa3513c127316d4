"""Says what came of a merge, a revert or a pick: a commit, a branch that moved on, or conflicts that wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.cli._committed import UNDO, print_committed
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.ops.merge.completion import Outcome

ENVELOPE = "rolethread.merge/v1"
_SHOWN = 20


def print_outcome(context: Context, outcome: Outcome, *, done: str | None = None, nothing: str | None = None) -> int:
    """Say what came of it, and return the exit status: 50 where something waits for a person.

    `done` and `nothing` replace the sentences about a commit, and about nothing to do.
    """
    output = context.output
    committed = outcome.committed
    output.saved = committed.operation is not None
    status = ConflictError.status if outcome.state is State.WAITING else 0
    if context.json:
        for note in committed.notes:
            output.note(note)
        look_at = [{"id": name, "field": note.field, "sentence": note.sentence} for name, note in outcome.merge_notes]
        sides = {"ours": outcome.labels[0], "theirs": outcome.labels[1], "look_at": look_at}
        output.envelope(ENVELOPE, sides, outcome, committed)
        return status
    would = committed.dry_run
    if outcome.state is State.WAITING:
        for note in committed.notes:
            output.note(note)
        for line in _waiting_lines(outcome, output.width):
            output.report(line)
        if would and committed.touched:
            print_committed(context, committed, done="what goes in without a question would be this")
    elif outcome.state is State.ABORTED:
        for note in committed.notes:
            output.note(note)
        output.report(
            f"{'would give' if would else 'gave'} up the {outcome.kind}; what was decided goes, nothing else changes"
        )
        if not would:
            output.report(UNDO)
    else:
        print_committed(
            context,
            committed,
            done=done or _done(outcome),
            nothing=nothing or _nothing(outcome),
        )
        for line in _after(outcome, output.width):
            output.note(line)
    return status


def conflict_lines(conflicts: Sequence[Conflict], width: int) -> Iterator[str]:
    """Yield a line for each conflict: where it is and why it is one."""
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
    """Yield how to go on from open conflicts, or from none."""
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
    counts = {"added": committed.added, "changed": committed.changed, "removed": committed.removed}
    said = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number) or "no entry changes"
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
