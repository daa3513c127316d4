"""The answers that several verbs share: a mutation, a merge, an undo, and what is said beside history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from rolethread_vcs.errors import ConflictError, SystemRefusedError
from rolethread_vcs.phrases import count, listed

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.cli.output import Output
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.undo import Undone
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.transaction import Committed
    from rolethread_vcs.views.terminal_text import Lines

COMMIT = "rolethread.commit/v1"
OPERATIONS = "rolethread.ops/v1"


def print_committed(
    context: Context, result: Committed | None, *more: object, done: str | None = None, nothing: str = "nothing changed"
) -> None:
    """Say what a mutation did, None for one that was not begun; the end of every verb that changes data.

    `more` are further sources of the envelope.
    """
    from rolethread_vcs.views.changes import committed_lines

    output = context.output
    if result is None:
        from rolethread_vcs import Committed

        result = Committed(context.dataset.current_branch() or "", None, None)
    note_committed(output, result)
    lines = committed_lines(result, output.look, done=done, nothing=nothing)
    output.answer(COMMIT, *more, result, lines=lines)


def note_committed(output: Output, result: Committed) -> None:
    """Remember that something was saved, if so, and write what is to be noted about it."""
    output.saved = result.operation is not None
    for note in result.notes:
        output.note(note)


def print_outcome(context: Context, outcome: Outcome, lines: Lines | None = None) -> int:
    """Say what came of a merge, a revert or a pick, and return the exit status: 50 where something needs a decision.

    `lines` say it in other words than those of a merge.
    """
    from rolethread_vcs.views.merges import outcome_lines

    output, committed = context.output, outcome.committed
    note_committed(output, committed)
    own = {"look_at": [({"id": name}, note) for name, note in outcome.tree.notes], "notes": committed.notes}
    lines = lines or outcome_lines(outcome, output.look)
    output.answer("rolethread.merge/v1", own, outcome.labels, outcome, outcome.tree, committed, lines=lines)
    return ConflictError.status if outcome.needs_decision else 0


def print_undone(
    context: Context, dataset: Dataset, result: Undone, verb: Literal["undo", "redo"], *, dry_run: bool
) -> None:
    """Say what an undo or a redo took back or brought again."""
    from rolethread_vcs.views.log import undone_lines

    output, committed = context.output, result.committed
    note_committed(output, committed)
    state = {"undone": verb == "undo" and not dry_run}
    value = {
        "operations": [(state, operation) for operation in result.operations],
        "operation": committed.operation,
        "dry_run": dry_run,
    }
    place = None
    if not (dry_run or output.json):
        here = dataset.current_branch() or ""
        moved = {each.branch for each in result.operations if each.added or each.changed or each.removed} - {""}
        branch = next(iter(moved)) if len(moved) == 1 else here
        if branch != here and branch not in dataset.branches.names():
            place = f"the branch {branch} is gone"
        else:
            snapshot = dataset.snapshot() if branch == here else dataset.snapshot(branch)
            at, entries = f"at {snapshot.id[:10]}", count(len(snapshot), "entry")
            place = f"{branch} is {at} now, with {entries}" if branch else f"you are {at}, on no branch, with {entries}"
    output.answer(OPERATIONS, value, lines=undone_lines(result, verb, place, output.look))


def print_ends(context: Context, ends: Sequence[str]) -> None:
    """Say behind which commits (hex ids) nothing is here, on stderr; nothing when there are none."""
    if not ends:
        return
    output, named = context.output, listed([oid[:10] for oid in ends], 3)
    if context.dataset.is_shallow:
        output.note(f"history ends at {named}: this copy is shallow, and what was before is not in it")
        output.hint("git fetch --unshallow   brings the rest")
    elif context.dataset.is_partial:
        output.note(f"history ends at {named}: this copy is a partial clone of git, and what was before is not in it")
        output.hint("git fetch --refetch --no-filter   brings the rest")
    else:
        output.warn(f"history ends at {named}: the commit before it is missing or damaged")
        output.hint("rtv verify   says what is damaged")


def print_hand_edit(context: Context, entry_id: str, commit: str) -> None:
    """Say it on stderr, where the commit (a hex id) that the entry was shown of is the one that the folder follows."""
    head = context.dataset.snapshot()
    if commit != head.id:
        return
    try:
        if context.dataset.hand_edited(head, [entry_id]):
            context.output.note(f"this is what is saved; {entry_id} was edited by hand since: rtv diff -- {entry_id}")
    except SystemRefusedError as error:
        context.output.note(f"whether {entry_id} was edited by hand since cannot be told: {error.message}")
