"""Carries a merge, a revert or a pick to its end: to a commit, or to conflicts that wait for decisions.

All three are one thing, an `Unfinished`: what stands at the inputs, which part is wanted, what was decided. Where
nothing is left to decide it becomes a commit at once, and is never written down; where something is, it is kept under
the unfinished ref of this folder. `finish` plans it again from there, on the branch as it is then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Unpack

from rolethread_vcs.errors import ConflictError, MovedError, NotFoundError
from rolethread_vcs.gate import EntryChange
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.merge.decisions import decisions_of
from rolethread_vcs.ops.merge.sides import MergeInputs
from rolethread_vcs.ops.merge.tree_merge import TreeMerge, merge_trees
from rolethread_vcs.ops.merge.unfinished_merge import as_conflicts, find_unfinished, read_inputs, save_unfinished
from rolethread_vcs.phrases import listed
from rolethread_vcs.store.log.unfinished import Kind, Labels, Unfinished, UnreadableUnfinishedError
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import count_between
from rolethread_vcs.transaction import (
    Committed,
    Intent,
    MergeBreaksRulesError,
    Planned,
    Said,
    Session,
    StaleEntryError,
    carry,
    commit_planned,
    finish_cut_off,
    intent_of,
    refuse_git_state,
    refuse_unsaved,
    touched_entries,
    vote,
)

PICKED = "Picked-From"
"""The trailer that names the commit from which a part was taken."""


class State(StrEnum):
    """What became of a merge: a commit, a branch that moved on, nothing to do, a wait for decisions, an end."""

    COMMITTED = "committed"
    FAST_FORWARD = "fast_forward"
    NOTHING = "nothing"
    WAITING = "waiting"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a merge, a revert or a pick.

    `conflicts` need decisions, or were skipped where that was asked for. `tree` has the counts, the notes, and the
    decisions that no longer fit.
    """

    kind: Kind
    state: State
    committed: Committed
    labels: Labels
    tree: TreeMerge = field(default_factory=TreeMerge, repr=False)
    conflicts: tuple[Conflict, ...] = ()
    is_partial: bool = False

    @property
    def needs_decision(self) -> bool:
        """Whether it is unfinished until its conflicts are decided."""
        return self.state is State.WAITING


def start(repository: Repository, wanted: Unfinished, intent: Intent, *, skip_conflicts: bool = False) -> Outcome:
    """Carry a merge, a revert or a pick out, under the lock: one commit, or conflicts that are kept until decided.

    `wanted.ours` is filled in here. With `skip_conflicts` the clean part is committed, and the rest only told.

    Raises:
        ConflictError (unfinished): another one waits. ConflictError (git_unfinished). UnsavedEditsError: hand edits.
        InvalidError (unrelated). RefusedByGateError: what comes from the other side breaks a rule.
    """

    def work(session: Session) -> Outcome:
        refuse_to_start(session.repository, is_current=session.is_current)
        fresh = replace(wanted, ours=session.tip.id, branch=session.branch)
        return _attempt(session, fresh, skip_conflicts=skip_conflicts)

    return carry(repository, intent, work)


def refuse_to_start(repository: Repository, *, is_current: bool = True) -> None:
    """Refuse what could not begin here; who is asked entry by entry is told before the first question.

    Raises:
        ConflictError (unfinished): another one waits, or plain git is in the middle of a merge. UnsavedEditsError:
        there are hand edits, and what begins goes into the checked-out branch (`is_current`).
    """
    refuse_git_state(repository)
    found = repository.unfinished()
    if found is not None:
        raise ConflictError(
            f"a {found.kind} is unfinished here ({found.command})",
            hint=f"rtv conflicts   rtv {found.kind} --continue   rtv {found.kind} --abort",
            code="unfinished",
        )
    if is_current:
        refuse_unsaved(unsaved_files(repository))


def finish(
    repository: Repository,
    kind: Kind = "merge",
    intent: Intent | None = None,
    *,
    skip_conflicts: bool = False,
    **said: Unpack[Said],
) -> Outcome:
    """Finish what waits for decisions: plan it again on the branch as it is now, and commit.

    With `skip_conflicts` what is not decided of a revert or a pick is left out; a merge has to be decided as a whole.

    Raises:
        NotFoundError (nothing_unfinished): nothing of this kind waits. ConflictError (open_conflicts): something is
        left to decide.
        As `start`.
    """
    intent = intent_of(intent, said, kind, f"{kind} --continue")
    finished = finish_cut_off(repository)
    try:
        found = find_unfinished(repository, kind)
    except NotFoundError as error:
        error.hint = "; ".join(finished) or error.hint  # it may have been this one
        raise
    skips = skip_conflicts and kind != "merge"

    def work(session: Session) -> Outcome:
        now = find_unfinished(session.repository, kind)
        if now.branch != found.branch:
            raise MovedError(f"another {kind} was begun by another command meanwhile")
        return _attempt(session, now, skip_conflicts=skips)

    outcome = carry(repository, replace(intent, branch=found.branch), work)
    return replace(outcome, committed=replace(outcome.committed, notes=(*finished, *outcome.committed.notes)))


def abort(repository: Repository, kind: Kind = "merge", intent: Intent | None = None, **said: Unpack[Said]) -> Outcome:
    """Give up what waits, as one operation; the branch is as it was, and undo brings the decisions back.

    Raises:
        NotFoundError (nothing_unfinished): nothing of this kind waits.
    """
    intent = intent_of(intent, said, kind, f"{kind} --abort")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        ref = repository.unfinished_ref
        try:
            labels = find_unfinished(repository, kind).labels
        except UnreadableUnfinishedError:
            labels = Labels("ours", "theirs", "base")
        done = session.move({ref: (repository.refs.read(ref), None)})
        return Outcome(kind, State.ABORTED, done, labels)


def _attempt(session: Session, unfinished: Unfinished, *, skip_conflicts: bool) -> Outcome:
    """Make one attempt to commit what is unfinished; keep it where it needs decisions."""
    repository, tip = session.repository, session.tip
    kind, labels, theirs = unfinished.kind, unfinished.labels, unfinished.theirs
    is_merge = kind == "merge"
    ending = {repository.unfinished_ref: (unfinished.id, None)} if unfinished.id else {}
    if is_merge and repository.graph.is_ancestor(theirs, tip.id):
        done = session.move(ending) if ending else Committed(session.branch, None, None)
        return Outcome(kind, State.NOTHING, done, labels)
    inputs = read_inputs(repository, unfinished, tip.id)
    merged = merge_trees(inputs, decisions_of(unfinished))
    if merged.void and not unfinished.id:
        raise StaleEntryError(
            f"{merged.void[0][0]} was changed by another command since you looked at it",
            hint=f"look again: rtv {unfinished.command}",
        )
    if merged.conflicts and not skip_conflicts:
        return _keep(session, unfinished, inputs, merged, merged.conflicts)
    others = (repository.snapshot_of(theirs),) if theirs else ()
    try:
        verdict = vote(tip, merged.change, session.intent, session.branch, others=others)
    except MergeBreaksRulesError as error:
        if skip_conflicts:
            raise
        return _keep(session, unfinished, inputs, merged, as_conflicts(error, inputs))
    # An entry given anew beforehand is not what the other's tip holds, so then there has to be a commit.
    is_plain = not (unfinished.id or unfinished.message or session.intent.message or unfinished.decided)
    is_whole = not (merged.left_out or unfinished.keeps_rest)
    if is_merge and inputs.bases == (tip.id,) and is_plain and is_whole and not verdict.allowed:
        return Outcome(kind, State.FAST_FORWARD, _move_on(session, unfinished, merged), labels, merged)
    is_partial = is_merge and merged.left_out > 0 and not unfinished.keeps_rest
    planned = Planned(
        replace(merged.change, summary=unfinished.message or _summary(unfinished, merged)),
        merges=(theirs,) if is_merge and not is_partial else (),
        also=ending,
        trailers=(*unfinished.trailers, *(((PICKED, theirs),) if is_partial else ())),
    )
    done = commit_planned(session, planned, verdict)
    state = State.COMMITTED if done.commit or done.dry_run else State.NOTHING
    return Outcome(kind, state, done, labels, merged, merged.conflicts, is_partial)


def _move_on(session: Session, unfinished: Unfinished, merged: TreeMerge) -> Committed:
    """Move the branch to the other's tip, without a commit that joins them."""
    objects = session.repository.objects
    counts = count_between(objects, session.tip.tree, objects.commit(unfinished.theirs).tree)
    done = session.move({BRANCHES + session.branch: (session.tip.id, unfinished.theirs)}, counts=counts)
    return replace(
        done,
        commit=None if done.dry_run else unfinished.theirs,
        touched=_touched(session, merged),
        added=counts.added,
        changed=counts.changed,
        removed=counts.removed,
        ids=tuple(merged.change.puts),
    )


def _keep(
    session: Session, unfinished: Unfinished, inputs: MergeInputs, merged: TreeMerge, conflicts: tuple[Conflict, ...]
) -> Outcome:
    """Keep it as the unfinished merge of this folder; one that was to be finished, and cannot be, is refused."""
    if unfinished.id:
        raise _left(unfinished, conflicts, merged.void)
    if session.intent.message:
        unfinished = replace(unfinished, message=session.intent.message)
    done = save_unfinished(session, replace(unfinished, bases=inputs.bases), None)
    if done.dry_run:
        message = unfinished.message or _summary(unfinished, merged)
        done = replace(done, touched=_touched(session, merged), message=message)
    return Outcome(unfinished.kind, State.WAITING, done, unfinished.labels, merged, conflicts)


def _touched(session: Session, merged: TreeMerge) -> tuple[EntryChange, ...]:
    paths = {entry_path(each): None for each in (*merged.change.puts, *merged.change.removes)}
    return touched_entries(session.tip, merged.change, paths)


def _summary(unfinished: Unfinished, merged: TreeMerge) -> str:
    there = unfinished.labels.theirs
    if unfinished.kind != "merge":
        return f"{unfinished.kind} {there}"
    if merged.left_out and not unfinished.keeps_rest:
        number = merged.taken + merged.merged
        return f"take {number:,} {'entry' if number == 1 else 'entries'} of {there}"
    if merged.left_out:
        return f"merge {there}, and keep {unfinished.branch} in the rest"
    return f"merge {there}"


def _left(unfinished: Unfinished, conflicts: tuple[Conflict, ...], void: tuple[tuple[str, str], ...]) -> ConflictError:
    names = list(dict.fromkeys(conflict.id for conflict in conflicts))
    are = "conflict is" if len(conflicts) == 1 else "conflicts are"
    return ConflictError(
        f"{len(conflicts):,} {are} left to decide ({listed(names, 3)})",
        details=[f"{name} {field}: it is another conflict by now, so what was decided is void" for name, field in void],
        hint=f"rtv conflicts   rtv resolve {names[0]} --take {unfinished.labels.theirs}",
        code="open_conflicts",
    )
