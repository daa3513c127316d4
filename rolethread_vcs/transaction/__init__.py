"""The one road to a commit: plan, vote, write, publish, settle.

`Session` holds the writers' lock and does the last three; `run` drives a small change through all five, planning again
when another writer was faster. A bulk import streams its blobs into a pack first and then takes the same session.

    plan     base snapshot -> ChangeSet, pure, can run again
    vote     the gate; the last no
    write    one pack: blobs, trees, the commit, the operation; invisible until published
    publish  the pack with a note of what is about to happen, then compare-and-swap of the refs: the point of no return
    settle   operation log, checked-out folder, `.keep`, folding small packs; repeatable after a crash
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from rolethread_vcs.errors import ConflictError, MovedError
from rolethread_vcs.gate import EntryChange, Gate, Verdict
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store.facts import RuleKeys
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Counts as Counts
from rolethread_vcs.store.tree_reader import readable
from rolethread_vcs.transaction.refusals import MergeBreaksRulesError as MergeBreaksRulesError
from rolethread_vcs.transaction.refusals import NewerWriterError as NewerWriterError
from rolethread_vcs.transaction.refusals import NoSuchBranchError as NoSuchBranchError
from rolethread_vcs.transaction.refusals import branch_commit as branch_commit
from rolethread_vcs.transaction.refusals import current_branch as current_branch
from rolethread_vcs.transaction.refusals import refuse_broken_by_merge
from rolethread_vcs.transaction.refusals import refuse_git_state as refuse_git_state
from rolethread_vcs.transaction.refusals import refuse_name as refuse_name
from rolethread_vcs.transaction.refusals import refuse_other_folders as refuse_other_folders
from rolethread_vcs.transaction.refusals import refuse_unsaved as refuse_unsaved
from rolethread_vcs.transaction.session import Session as Session
from rolethread_vcs.transaction.session import change_file as change_file
from rolethread_vcs.transaction.session import external_operation as external_operation
from rolethread_vcs.transaction.session import finish_cut_off as finish_cut_off
from rolethread_vcs.transaction.values import TOUCHED_SHOWN as TOUCHED_SHOWN
from rolethread_vcs.transaction.values import ChangeSet as ChangeSet
from rolethread_vcs.transaction.values import Committed as Committed
from rolethread_vcs.transaction.values import Intent as Intent
from rolethread_vcs.transaction.values import PathChange as PathChange
from rolethread_vcs.transaction.values import Planned as Planned
from rolethread_vcs.transaction.values import Said as Said
from rolethread_vcs.transaction.values import intent_of as intent_of
from rolethread_vcs.transaction.values import split_keywords as split_keywords

ATTEMPTS = 12

T = TypeVar("T")


class StaleEntryError(ConflictError):
    """An entry changed since the caller read it; nothing was overwritten."""

    code = "stale"


def run(
    repository: Repository,
    intent: Intent,
    plan: Callable[[Snapshot], ChangeSet | Planned],
    *,
    expected: Mapping[str, bytes] | None = None,
) -> Committed:
    """Carry a small change to its commit, planning again when the branch moved meanwhile.

    `expected` maps ids to the blob ids that the caller read ("if unchanged since").

    Raises:
        StaleEntryError: an entry of `expected` changed since. RefusedByGateError: the gate said no.
        MergeBreaksRulesError: what two sides make together breaks a rule that neither broke.
        UnsavedEditsError: hand edits are in the way. BusyError, MovedError: after bounded retries.
    """

    def work(session: Session) -> Committed:
        base = session.tip
        for entry_id, blob in (expected or {}).items():
            if entry_id not in base or base.blob_id(entry_id) != blob:
                raise StaleEntryError(f"entry {entry_id} changed since it was read", hint=f"rtv show {entry_id}")
        plans = plan(base)
        return commit_planned(session, plans if isinstance(plans, Planned) else Planned(plans))

    return carry(repository, intent, work)


def carry(repository: Repository, intent: Intent, work: Callable[[Session], T]) -> T:
    """Do some work in a session on the intent's branch, anew when the branch moved meanwhile.

    Raises:
        BusyError, MovedError: after bounded retries. What the work raises.
    """
    for attempt in range(ATTEMPTS):
        try:
            with Session.open(repository, intent) as session:
                return work(session)
        except MovedError as error:
            if error.saved or attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.001, 0.02) * (attempt + 1))
    raise AssertionError("unreachable")


def commit_planned(session: Session, planned: Planned, verdict: Verdict | None = None) -> Committed:
    """Carry a plan that was made on the session's base through vote, write, publish and settle.

    A `verdict` that was passed on that very change stands in for the vote.

    Raises:
        As `run`, but for those of a plan that is not fresh.
    """
    base, change = session.tip, planned.change
    if verdict is None:
        verdict = vote(base, change, session.intent, session.branch)
    with session.repository.pack() as pack:
        paths, counts = write_blobs(base, change, pack)
        result = session.commit(pack, paths, counts, planned, verdict)
        return replace(result, touched=touched_entries(base, change, paths))


def vote(base: Snapshot, change: ChangeSet, intent: Intent, branch: str, *, others: Sequence[Snapshot] = ()) -> Verdict:
    """Ask the gate about a change; policy is read from the branch's tip before it.

    `others` are the other sides of a merge.

    Raises:
        RefusedByGateError: a strict branch, and findings that the change introduces and nobody allowed.
        MergeBreaksRulesError: some of them stand in none of the sides.
    """
    gate = Gate(base.settings, branch, intent.allowances, intent.because, facts=RuleKeys(base), entry_before=base.get)
    # an entry that does not read counts as none, so that it can be repaired or removed
    for entry_id, entry in change.puts.items():
        gate.feed(EntryChange(entry_id, readable(base.read(entry_id)), entry, change.origin.get(entry_id, ())))
    for entry_id in sorted(change.removes):  # neighbours lie in one folder, which is then read once
        gate.feed(EntryChange(entry_id, readable(base.read(entry_id)), None))
    verdict = gate.finish()
    if not verdict.passes:
        if others:
            refuse_broken_by_merge(gate, verdict, change, others)
        from rolethread_vcs.gate.refusal import refusal_of_edit

        raise refusal_of_edit(verdict, change.made_up)
    return verdict


def touched_entries(base: Snapshot, change: ChangeSet, paths: Mapping[str, PathChange]) -> tuple[EntryChange, ...]:
    """Return the first entries that a change of paths touches, before and after, in the order of their ids."""
    ids = filter(None, map(id_of_path, sorted(paths)))
    return tuple(EntryChange(id_, readable(base.read(id_)), change.puts.get(id_)) for id_ in islice(ids, TOUCHED_SHOWN))


def write_blobs(base: Snapshot, change: ChangeSet, pack: PackWriter) -> tuple[dict[str, PathChange], Counts]:
    """Write the blobs of a change into a pack; return what happens to which path that changes, and the counts."""
    paths: dict[str, PathChange] = {}
    added = changed = 0
    for path, blob in change.write(pack):
        before = base.find(path)
        if blob != before:
            paths[path] = blob
            if blob is not None and path not in change.files:
                added += before is None
                changed += before is not None
    return paths, Counts(added, changed, len(change.removes))
