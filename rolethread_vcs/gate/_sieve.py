"""Tells sound entries from others by the entry alone, without settings of a branch or the rest of the dataset.

Nearly every entry of an import is sound. Because nothing but the entry is needed, other processes can say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules import KeyLedger, Rule, SharedKeys, effective_rules, find_in_entry


class SoundEntry(NamedTuple):
    """A new entry in which no rule of entries finds anything, and the keys that dataset rules have to look at."""

    entry_id: str
    keys: SharedKeys


class Sieve:
    """Asks the gate's rules about entries, one by one; remembers nothing."""

    def __init__(self, severities: Mapping[str, Severity | str]) -> None:
        rules = gate_rules(severities)
        self._entry_rules = tuple(rule for rule in rules if rule.scope is Scope.ENTRY)
        self._ledger = KeyLedger(rules)

    def is_sound(self, entry: Entry) -> bool:
        """Return whether no rule of entries finds anything."""
        return not find_in_entry(self._entry_rules, "", entry)

    def keys_of(self, entry: Entry) -> SharedKeys:
        """Return the keys of the entry under the rules of the dataset."""
        return self._ledger.keys_of(entry)


def gate_rules(severities: Mapping[str, Severity | str], rules: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules that run in the gate: those of severity error."""
    return tuple(rule for rule in effective_rules(severities, rules) if rule.severity is Severity.ERROR)
