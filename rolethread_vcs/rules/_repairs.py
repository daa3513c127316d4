"""Applies safe repairs to an entry until nothing is left to repair."""

from __future__ import annotations

from collections.abc import Iterable

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import RepairSafety
from rolethread_vcs.rules._contract import Rule

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
