"""Judges a branch that would begin its life strict: what its entries bring that no strict branch has taken yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rolethread_vcs.gate import EntryChange, Gate, RefusedByGateError
from rolethread_vcs.store.facts import RuleKeys
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import entries_between, readable
from rolethread_vcs.transaction import Intent


def judge_start(repository: Repository, name: str, commit: str, intent: Intent) -> Intent:
    """Return the intent of making a branch at a commit, with what was let through in its details.

    Policy is that of the commit, which governs the branch from then on. Where the branch would only report there is
    nothing to judge, nor where a strict branch holds the commit already: its gate has spoken. Else the errors count as
    introduced that stand at the commit and not where it parted from `main` (or, where main is not strict, from another
    strict branch); where no strict branch has anything in common with it, all of them.

    Raises:
        RefusedByGateError: there are such errors, and they are not allowed; no branch was made.
    """
    tip = repository.snapshot_of(commit)
    if not tip.settings.is_strict(name):
        return intent
    strict = {
        branch: at
        for branch, at in repository.refs.branches().items()
        # a damaged branch says nothing, and stops nobody from making another
        if tip.settings.is_strict(branch) and repository.objects.kind(at) == "commit"
    }
    if any(repository.graph.is_ancestor(commit, at) for at in strict.values()):
        return intent
    before = _parting(repository, commit, strict)
    facts, entry_before = (None, None) if before is None else (RuleKeys(before), before.get)
    gate = Gate(tip.settings, name, intent.allowances, intent.because, facts=facts, entry_before=entry_before)
    for entry_id, _, _ in entries_between(repository.objects, None if before is None else before.tree, tip.tree):
        # one that does not read at the tip is not for the gate, `verify` names it
        new = readable(tip.read(entry_id))
        old = None if before is None else readable(before.read(entry_id))
        gate.feed(EntryChange(entry_id, old, new, new.origin if new is not None else ()))
    verdict = gate.finish()
    if not verdict.passes:
        ids = {finding.entry_id for finding in verdict.blocking}
        have = "1 entry here has" if len(ids) == 1 else f"{len(ids):,} entries here have"
        overruns = {overrun.code: f"{overrun.code}={overrun.found}" for overrun in verdict.overruns}
        codes = sorted({finding.code for finding in (*verdict.blocking, *verdict.allowed)})
        flags = " ".join(f"--allow {overruns.get(code, code)}" for code in codes)
        raise RefusedByGateError(
            f"{name} would be a strict branch, and {have} errors that no strict branch has taken; no branch was made",
            hint=f'{flags} --because "…"   makes it all the same\n'
            "or correct the entries first, or choose a name that no pattern of gate.strict matches",
            findings=verdict.blocking,
        )
    allowed = [list(each) for each in verdict.trailers()]
    return replace(intent, details={**intent.details, "allowed": allowed}) if allowed else intent


def _parting(repository: Repository, commit: str, strict: Mapping[str, str]) -> Snapshot | None:
    """Return where a commit parted from main, else from the first strict branch that shares history with it."""
    for branch in sorted(strict, key=lambda each: (each != DEFAULT_BRANCH, each)):
        common = repository.graph.common_ancestor(commit, strict[branch])
        if common is not None:
            return repository.snapshot_of(common)
    return None
