"""What `revert` and `pick` have in common: a change of the past is named, and done here or undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.completions import complete_branches
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import counted_words

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.cli.options import Saving
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.store.log.unfinished import Kind


@dataclass(frozen=True, slots=True)
class Change:
    """What the user said: a change of the past ("" for none), a part of it, or how to go on with one that waits."""

    rev: str
    ids: tuple[str, ...]
    where: str | None
    skip_conflicts: bool
    go_on: bool
    abort: bool

    @property
    def words(self) -> str:
        """What the operation log remembers behind the verb."""
        from rolethread_vcs.cli.options import name_words

        skips = " --skip-conflicts" if self.skip_conflicts else ""
        return f"{self.rev}{name_words(self.ids, self.where)}{skips}"


def change_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a revision or range, entries of it, and the ways to go on, and its function a `change: Change`."""

    @wraps(function)
    def wrapped(
        *args: Any,
        rev_and_ids: tuple[str, ...],
        where: str | None,
        skip_conflicts: bool,
        go_on: bool,
        abort: bool,
        **more: Any,
    ) -> Any:
        rev, ids = (rev_and_ids[0], rev_and_ids[1:]) if rev_and_ids else ("", ())
        return function(*args, change=Change(rev, ids, where, skip_conflicts, go_on, abort), **more)

    for option in (
        click.option("--abort", is_flag=True, help="Give up what waits for decisions."),
        click.option("--continue", "go_on", is_flag=True, help="Commit it when its conflicts are decided."),
        click.option("--skip-conflicts", is_flag=True, help="Do what can be done at once; leave and list the rest."),
        click.option("--where", metavar="QUERY", help="Only entries that fit, as they are, were or would be."),
        click.argument("rev_and_ids", metavar="[REV|A..B] [ID]...", nargs=-1, shell_complete=complete_branches),
    ):
        wrapped = option(wrapped)
    return wrapped


def go_on_or_give_up(context: Context, kind: Kind, saving: Saving, change: Change) -> int | None:
    """Finish or give up what waits, if that was asked for, and return the exit status.

    Raises:
        UsageError: the words do not go together, or nothing is named.
    """
    if bool(change.rev) + change.go_on + change.abort != 1:
        raise UsageError(
            f"name the change to {kind}, or go on with what waits",
            hint=f"rtv {kind} REV   rtv {kind} --continue   rtv {kind} --abort   (commits: rtv log)",
        )
    if change.rev:
        return None
    if change.where is not None or (change.abort and change.skip_conflicts):
        raise UsageError("what is wanted was said when it began", hint=f"rtv {kind} --continue")
    from rolethread_vcs.cli.answers import print_outcome

    dataset = context.open_dataset()
    skips = " --skip-conflicts" if change.skip_conflicts else ""
    intent = saving.intent(kind, f"{kind} {f'--continue{skips}' if change.go_on else '--abort'}")
    if change.abort:
        return print_outcome(context, dataset.merges.abort(kind, intent=intent))
    return print_outcome(context, dataset.merges.finish(kind, skip_conflicts=change.skip_conflicts, intent=intent))


def print_applied(
    context: Context, outcome: Outcome, change: Change, verbs: tuple[str, str], nothing: str, fixed: str
) -> int:
    """Say what came of it, and return the exit status; `verbs` are `take back` and `took back`.

    `fixed` names the change when the branch has moved on, too.
    """
    from rolethread_vcs.cli.answers import print_outcome
    from rolethread_vcs.ops.merge.completion import State

    committed = outcome.committed
    said = counted_words(committed) or "no entry changes"
    would, did = verbs
    done = f"{f'would {would}' if committed.dry_run else did} {change.rev} on {committed.branch}: {said}"
    if outcome.state is State.NOTHING and outcome.conflicts:
        nothing = f"nothing of {change.rev} can go in without a decision; nothing changed"
    elif outcome.state is State.NOTHING and outcome.left_out and change.where is not None:
        nothing = f"{change.rev} did nothing to such entries that is left to {would}; nothing changed"
    status = print_outcome(context, outcome, done=done, nothing=nothing)
    if context.json or not outcome.conflicts:
        return status
    if outcome.state is State.WAITING and not committed.dry_run:
        context.output.report(f"or only what is clear: rtv {outcome.kind} --continue --skip-conflicts")
    elif outcome.state is not State.WAITING:
        context.output.hint(f"to decide about them: rtv {outcome.kind} {fixed}   (what is done already is passed over)")
    return status


def fixed_name(dataset: Dataset, rev: str) -> str:
    """Return a name of a change that goes on to mean the same when branches move: `3fa9c1b2d4`, `A..B` by ids."""
    # as above
    commits = dataset.history.range(rev)
    return f"{commits.before[:10]}..{commits.after[:10]}" if commits.is_range else commits.after[:10]
