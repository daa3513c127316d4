"""Runs rules: over one entry, over many, and over an entry before and after a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Identity, RepairSafety
from rolethread_vcs.rules._contract import Facts, Rule
from rolethread_vcs.rules._keys import KeyLedger, without_known
from rolethread_vcs.rules._outline import Outline


def find_in_entry(rules: Iterable[Rule], entry_id: str, entry: Entry) -> list[Finding]:
    """Return what the rules of entries find in one entry, by rule, then in the order of the messages."""
    outline = Outline(entry)
    findings: list[Finding] = []
    for rule in rules:
        if rule.suspects(outline) and rule.check is not None:
            findings.extend(rule.as_finding(entry_id, found) for found in rule.check(outline))
    return findings


def check_entries(
    rules: Sequence[Rule], entries: Iterable[tuple[str, Entry]], facts: Facts | None = None
) -> Iterator[Finding]:
    """Yield every finding of (id, entry) pairs, of all severities: absolute, with no before.

    Findings of entries come as the entries stream by, those of the dataset at the end. `facts` is needed when
    the entries are not the whole dataset; it may report entries that were not passed in.
    """
    ledger = KeyLedger(rules)
    for entry_id, entry in entries:
        yield from find_in_entry(rules, entry_id, entry)
        ledger.record(entry_id, None, entry)
    yield from ledger.findings(facts)


def introduced_between(
    before: Entry | None,
    after: Entry | None,
    rules: Sequence[Rule],
    *,
    entry_id: str = "",
    origins: Iterable[Entry] = (),
) -> list[Finding]:
    """Return the findings of an entry that were neither in it before nor in the entries it was made from.

    Rules of the dataset are passed over. Of equal findings as many are taken away as were there before, the
    first ones first. `origins` are the entries that this one was split, joined or copied from, as they were
    before.
    """
    if after is None:
        return []
    found = find_in_entry(rules, entry_id, after)
    if not found:
        return []
    old: Counter[Identity] = Counter()
    for entry in (before, *origins):
        if entry is not None:
            old.update(finding.identity(entry_id) for finding in find_in_entry(rules, entry_id, entry))
    return without_known(found, old)


_MOST_ROUNDS = 10
"""One repair may uncover another; two that undo each other must not run for ever."""


def safe_repair(entry: Entry, rules: Iterable[Rule]) -> tuple[Entry, tuple[str, ...]]:
    """Return the entry with every safe repair made, and one sentence for each thing done.

    An entry that needs none comes back as the same object, with no sentences.
    """
    repairs = [rule.repair for rule in rules if rule.repair is not None and rule.repair.safety is RepairSafety.SAFE]
    done: list[str] = []
    for _ in range(_MOST_ROUNDS):
        changed = False
        for repair in repairs:
            repaired = repair.apply(entry)
            if repaired is not None:
                entry, sentences = repaired
                done.extend(sentences)
                changed = True
        if not changed:
            break
    return entry, tuple(done)
