"""Tells what a merge itself broke, which is a conflict, from what came with the other side, which is the gate's."""

from __future__ import annotations

from collections.abc import Sequence

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.gate import Gate, Verdict
from rolethread_vcs.model.change import ChangeSet
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Scope
from rolethread_vcs.rules import Rule, find_in_entry
from rolethread_vcs.store.facts import SnapshotFacts
from rolethread_vcs.store.snapshot import Snapshot


class MergeBreaksRulesError(ConflictError):
    """What two sides make together breaks a rule that neither broke; `findings` are those, nothing was saved."""

    code = "merge_breaks_rules"


def refuse_broken_by_merge(gate: Gate, verdict: Verdict, change: ChangeSet, others: Sequence[Snapshot]) -> None:
    """Raise when findings that block stand in none of the other sides."""
    broken = tuple(finding for finding in verdict.blocking if not _came(finding, gate, change, others))
    if not broken:
        return
    ids = list(dict.fromkeys(finding.entry_id or "" for finding in broken))
    have = f"entry {ids[0]} breaks a rule" if len(ids) == 1 else f"{len(ids):,} entries break rules"
    codes = sorted({finding.code for finding in broken})
    raise MergeBreaksRulesError(
        f"{have} that neither side broke ({broken[0].code} {broken[0].name}: {broken[0].message}); nothing was saved",
        hint=f'{" ".join(f"--allow {code}" for code in codes)} --because "…"   saves it all the same',
        findings=broken,
    )


def _came(finding: Finding, gate: Gate, change: ChangeSet, others: Sequence[Snapshot]) -> bool:
    """Return whether one of the other sides has a finding already."""
    rule = next(each for each in gate.rules if each.code == finding.code)
    look = _in_entry if rule.scope is Scope.ENTRY else _in_dataset
    return any(finding.identity() in {each.identity() for each in look(rule, finding, change, side)} for side in others)


def _in_entry(rule: Rule, finding: Finding, _: ChangeSet, side: Snapshot) -> list[Finding]:
    entry_id = finding.entry_id or ""
    entry = side.read(entry_id)
    return find_in_entry([rule], entry_id, entry) if isinstance(entry, Entry) else []


def _in_dataset(rule: Rule, finding: Finding, change: ChangeSet, side: Snapshot) -> list[Finding]:
    entry = change.puts.get(finding.entry_id or "")
    if entry is None or rule.keys is None or rule.check_dataset is None:
        return []
    holders = SnapshotFacts(side).holders(rule, rule.keys(entry))
    return [rule.as_finding(None, found) for found in rule.check_dataset(holders)]
