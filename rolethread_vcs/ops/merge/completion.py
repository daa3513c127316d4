"""Carries a merge, a revert or a pick to its end: to a commit, or to conflicts that wait for decisions.

All three are one thing, an `Unfinished`: what stands at the inputs, which part is wanted, what was decided. Where
nothing is left to decide it becomes a commit at once, and is never written down; where something is, it is kept under
the unfinished ref of this folder. `finish` plans it again from there, on the branch as it is then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rolethread_vcs.errors import ConflictError, MovedError
from rolethread_vcs.merge.conflict import Conflict, Note
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.merge.merge_inputs import MergeInputs, as_conflicts, merge_at, read_inputs
from rolethread_vcs.ops.merge.tree_merge import TreeMerge
from rolethread_vcs.ops.merge.unfinished_merge import decisions_of, find_unfinished, nothing_unfinished, save_unfinished
from rolethread_vcs.store.log.unfinished import Kind, Labels, Unfinished, UnreadableUnfinishedError
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import count_between
from rolethread_vcs.transaction import (
    ChangeSet,
    Committed,
    Intent,
    MergeBreaksRulesError,
    Planned,
    Session,
    StaleEntryError,
    carry,
    commit_planned,
    refuse_merge_of_git,
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

    `conflicts` wait for decisions, or were skipped where that was
    asked for. `void` are decisions, by id and field, that no longer fit. The counts are those of `TreeMerge`, as are
    `merge_notes`.
    """

    kind: Kind
    state: State
    committed: Committed
    labels: Labels
    conflicts: tuple[Conflict, ...] = ()
    void: tuple[tuple[str, str], ...] = ()
    taken: int = 0
    merged: int = 0
    left_out: int = 0
    merge_notes: tuple[tuple[str, Note], ...] = ()
    theirs: str = ""
    is_partial: bool = False

    @property
    def needs_decision(self) -> bool:
        """Whether it is unfinished until its conflicts are decided."""
        return self.state is State.WAITING

    def with_note(self, note: str) -> Outcome:
        """Return it with one more thing to say, before all others."""
        return replace(self, committed=replace(self.committed, notes=(note, *self.committed.notes)))


# ---- start, finish, abort


def start(repository: Repository, wanted: Unfinished, intent: Intent, *, skip_conflicts: bool = False) -> Outcome:
    """Carry a merge, a revert or a pick out, under the lock: one commit, or conflicts that are kept until decided.

    `wanted.ours` is filled in here. With `skip_conflicts` the clean part is committed, and the rest only told.

    Raises:
        ConflictError (unfinished): another one waits. ConflictError (git_merge). UnsavedEditsError: hand edits.
        InvalidError (unrelated). RefusedByGateError: what comes from the other side breaks a rule.
    """

    def work(session: Session) -> Outcome:
        refuse_to_start(session.repository, is_current=session.is_current)
        fresh = replace(wanted, ours=session.tip.id, branch=session.branch)
        return _Attempt(session, fresh, skip_conflicts=skip_conflicts).run()

    return carry(repository, intent, work)


def refuse_to_start(repository: Repository, *, is_current: bool = True) -> None:
    """Refuse what could not begin here; who is asked entry by entry is told before the first question.

    Raises:
        ConflictError (unfinished): another one waits, or plain git is in the middle of a merge. UnsavedEditsError:
        there are hand
        edits, and what begins goes into the checked-out branch (`is_current`).
    """
    _refuse_unfinished(repository)
    if is_current:
        refuse_unsaved(unsaved_files(repository))


def finish(
    repository: Repository, kind: Kind = "merge", intent: Intent | None = None, *, skip_conflicts: bool = False
) -> Outcome:
    """Finish what waits for decisions: plan it again on the branch as it is now, and commit.

    With `skip_conflicts` what is not decided of a revert or a pick is left out; a merge has to be decided as a whole.

    Raises:
        NotFoundError (nothing_unfinished): nothing of this kind waits. ConflictError (open_conflicts): something is
        left to decide.
        As `start`.
    """
    intent = intent or Intent(kind, f"{kind} --continue")
    found = find_unfinished(repository, kind)
    skips = skip_conflicts and kind != "merge"

    def work(session: Session) -> Outcome:
        now = find_unfinished(session.repository, kind)
        if now.branch != found.branch:
            raise MovedError(f"another {kind} was begun by another command meanwhile; nothing was saved")
        return _Attempt(session, now, skip_conflicts=skips).run()

    return carry(repository, replace(intent, branch=found.branch), work)


def abort(repository: Repository, kind: Kind = "merge", intent: Intent | None = None) -> Outcome:
    """Give up what waits, as one operation; the branch is as it was, and undo brings the decisions back.

    Raises:
        NotFoundError (nothing_unfinished): nothing of this kind waits.
    """
    intent = intent or Intent(kind, f"{kind} --abort")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        ref = repository.unfinished_ref
        oid = repository.refs.read(ref)
        if oid is None:
            raise nothing_unfinished(kind)
        try:
            found = find_unfinished(repository, kind)
        except UnreadableUnfinishedError:
            labels, theirs = Labels("ours", "theirs", "base"), ""
        else:
            labels, theirs = found.labels, found.theirs
        done = session.move({ref: (oid, None)})
        return Outcome(kind, State.ABORTED, done, labels, theirs=theirs)


class _Attempt:
    """One attempt at one unfinished thing, in a session."""

    def __init__(self, session: Session, unfinished: Unfinished, *, skip_conflicts: bool = False) -> None:
        self._session = session
        self._repository = session.repository
        self._unfinished = unfinished
        self._skips = skip_conflicts
        self._tip = session.tip.id

    def run(self) -> Outcome:
        unfinished, repository = self._unfinished, self._repository
        is_merge = unfinished.kind == "merge"
        if is_merge and repository.graph.is_ancestor(unfinished.theirs, self._tip):
            return self._nothing()
        inputs = read_inputs(repository, unfinished, self._tip)
        merged = merge_at(inputs, unfinished, decisions_of(unfinished))
        if merged.void and not unfinished.id:
            raise StaleEntryError(
                f"{merged.void[0][0]} was changed by another command since you looked at it; nothing was saved",
                hint=f"look again: rtv {unfinished.command}",
            )
        if merged.conflicts and not self._skips:
            return self._keep(merged, merged.conflicts, inputs)
        others = (repository.snapshot_of(unfinished.theirs),) if unfinished.theirs else ()
        try:
            verdict = vote(self._session.tip, merged.change, self._session.intent, self._session.branch, others=others)
        except MergeBreaksRulesError as error:
            if self._skips:
                raise
            return self._keep(merged, as_conflicts(error, inputs), inputs)
        if is_merge and self._can_move_on(inputs, merged) and not verdict.allowed:
            return self._move_on(merged)
        is_whole = merged.left_out == 0 or unfinished.keeps_rest
        planned = Planned(
            replace(merged.change, summary=unfinished.message or self._summary(merged)),
            merges=(unfinished.theirs,) if is_merge and is_whole else (),
            also=self._ending(),
            trailers=(*unfinished.trailers, *(((PICKED, unfinished.theirs),) if is_merge and not is_whole else ())),
        )
        committed = commit_planned(self._session, planned, verdict)
        state = State.COMMITTED if committed.commit or committed.dry_run else State.NOTHING
        return self._outcome(state, committed, merged, merged.conflicts, is_partial=is_merge and not is_whole)

    def _can_move_on(self, inputs: MergeInputs, merged: TreeMerge) -> bool:
        """Whether the branch can go on to the other's tip, without a commit that joins them.

        It cannot where something was decided beforehand: an entry given anew is not what the other's tip holds.
        """
        unfinished = self._unfinished
        has_message = bool(unfinished.message or self._session.intent.message)
        return inputs.bases == (self._tip,) and not (
            unfinished.id or has_message or merged.left_out or unfinished.keeps_rest or unfinished.decided
        )

    def _move_on(self, merged: TreeMerge) -> Outcome:
        session, theirs = self._session, self._unfinished.theirs
        objects = self._repository.objects
        new = objects.commit(theirs).tree
        counts = count_between(objects, session.tip.tree, new)
        done = session.move({BRANCHES + session.branch: (self._tip, theirs)}, counts=counts)
        ids = (*merged.change.puts, *merged.change.removes)
        touched = touched_entries(session.tip, merged.change, {entry_path(each): None for each in ids})
        done = replace(
            done,
            commit=None if done.dry_run else theirs,
            touched=touched,
            added=counts.added,
            changed=counts.changed,
            removed=counts.removed,
            ids=tuple(merged.change.puts),
        )
        return self._outcome(State.FAST_FORWARD, done, merged, ())

    def _nothing(self) -> Outcome:
        """Say that the other side is in already; what waited for it ends."""
        ending = self._ending()
        done = self._session.move(ending) if ending else Committed(self._session.branch, None, None)
        return self._outcome(State.NOTHING, done, TreeMerge(ChangeSet()), ())

    def _keep(self, merged: TreeMerge, conflicts: tuple[Conflict, ...], inputs: MergeInputs) -> Outcome:
        """Keep it as the unfinished merge of this folder; one that was to be finished, and cannot be, is refused."""
        unfinished, session = self._unfinished, self._session
        if unfinished.id:
            raise _left(unfinished, conflicts, merged.void)
        if session.intent.message:
            unfinished = replace(unfinished, message=session.intent.message)
        done = save_unfinished(session, replace(unfinished, bases=inputs.bases), None)
        if done.dry_run:
            ids = (*merged.change.puts, *merged.change.removes)
            touched = touched_entries(session.tip, merged.change, {entry_path(each): None for each in ids})
            done = replace(done, touched=touched, message=unfinished.message or self._summary(merged))
        return self._outcome(State.WAITING, done, merged, conflicts)

    def _ending(self) -> dict[str, tuple[str | None, str | None]]:
        unfinished = self._unfinished
        return {self._repository.unfinished_ref: (unfinished.id, None)} if unfinished.id else {}

    def _summary(self, merged: TreeMerge) -> str:
        unfinished, there = self._unfinished, self._unfinished.labels.theirs
        if unfinished.kind != "merge":
            return f"{unfinished.kind} {there}"
        if merged.left_out and not unfinished.keeps_rest:
            number = merged.taken + merged.merged
            return f"take {number:,} {'entry' if number == 1 else 'entries'} of {there}"
        if merged.left_out:
            return f"merge {there}, and keep {unfinished.branch} in the rest"
        return f"merge {there}"

    def _outcome(
        self,
        state: State,
        committed: Committed,
        merged: TreeMerge,
        conflicts: tuple[Conflict, ...],
        *,
        is_partial: bool = False,
    ) -> Outcome:
        unfinished = self._unfinished
        return Outcome(
            unfinished.kind,
            state,
            committed,
            unfinished.labels,
            conflicts,
            merged.void,
            merged.taken,
            merged.merged,
            merged.left_out,
            merged.notes,
            unfinished.theirs,
            is_partial,
        )


def _refuse_unfinished(repository: Repository) -> None:
    refuse_merge_of_git(repository)
    if repository.refs.read(repository.unfinished_ref) is not None:
        found = repository.unfinished()
        assert found is not None
        raise ConflictError(
            f"a {found.kind} is unfinished here ({found.command}); nothing was changed",
            hint=f"rtv conflicts   rtv {found.kind} --continue   rtv {found.kind} --abort",
            code="unfinished",
        )


def _left(unfinished: Unfinished, conflicts: tuple[Conflict, ...], void: tuple[tuple[str, str], ...]) -> ConflictError:
    names = list(dict.fromkeys(conflict.id for conflict in conflicts))
    are = "conflict is" if len(conflicts) == 1 else "conflicts are"
    return ConflictError(
        f"{len(conflicts):,} {are} left to decide ({', '.join(names[:3])}{' …' if len(names) > 3 else ''}); "
        "nothing was saved",
        details=[f"{name} {field}: it is another conflict by now, so what was decided is void" for name, field in void],
        hint=f"rtv conflicts   rtv resolve {names[0]} --take {unfinished.labels.theirs}",
        code="open_conflicts",
    )
