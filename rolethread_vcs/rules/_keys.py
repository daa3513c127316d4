"""The keys that entries share, before and after a change, and what dataset rules make of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.rules._contract import Facts, Holders, Rule
from rolethread_vcs.rules._ratchet import without_known

_NO_KEYS: frozenset[str] = frozenset()


class KeyLedger:
    """Notes, while changes stream by, which keys of each dataset rule were gained and lost by which entries.

    It holds keys and ids of changed entries, no entries. Two rules never share a key space.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.keys is not None)
        self._gained: dict[str, dict[str, list[str]]] = {rule.code: {} for rule in self.rules}
        self._lost: dict[str, dict[str, list[str]]] = {rule.code: {} for rule in self.rules}

    def record(self, entry_id: str, before: Entry | None, after: Entry | None) -> None:
        """Note what one changed entry held before and holds now."""
        for rule in self.rules:
            old, new = _keys(rule, before), _keys(rule, after)
            if old == new:
                continue
            gained = self._gained[rule.code]
            for key in new - old:
                gained.setdefault(key, []).append(entry_id)
            for key in old - new:
                self._lost[rule.code].setdefault(key, []).append(entry_id)

    def findings(self, facts: Facts | None) -> list[Finding]:
        """Return every finding among the holders of the keys gained, also those that were there before."""
        result: list[Finding] = []
        for rule in self.rules:
            base = _ask(facts, rule, self._gained[rule.code])
            result += _judge(rule, _after(self._gained[rule.code], self._lost[rule.code], base))
        return result

    def introduced(self, facts: Facts | None) -> list[Finding]:
        """Return the findings among the holders of the keys gained, less those that were there before."""
        result: list[Finding] = []
        for rule in self.rules:
            gained, lost = self._gained[rule.code], self._lost[rule.code]
            result += _introduced(rule, gained, lost, _ask(facts, rule, gained))
        return result

    def preview(self, entry_id: str, before: Entry | None, after: Entry, facts: Facts) -> list[Finding]:
        """Return the findings that one more changed entry would bring on itself; notes nothing."""
        result: list[Finding] = []
        for rule in self.rules:
            fresh = _keys(rule, after) - _keys(rule, before)
            if not fresh:
                continue
            gained = {key: [*self._gained[rule.code].get(key, ()), entry_id] for key in fresh}
            found = _introduced(rule, gained, self._lost[rule.code], _ask(facts, rule, gained))
            result += [finding for finding in found if finding.entry_id == entry_id]
        return result


def _keys(rule: Rule, entry: Entry | None) -> frozenset[str]:
    if entry is None or rule.keys is None:
        return _NO_KEYS
    keys = rule.keys(entry)
    return frozenset(keys) if keys else _NO_KEYS


def _ask(facts: Facts | None, rule: Rule, keys: Collection[str]) -> dict[str, list[str]]:
    if facts is None or not keys:
        return {}
    return {key: sorted(ids) for key, ids in facts.holders(rule, keys).items()}


def _judge(rule: Rule, holders: Holders) -> list[Finding]:
    if rule.check_dataset is None:
        return []
    return [rule.as_finding(None, found) for found in rule.check_dataset(holders)]


def _after(gained: Holders, lost: Holders, base: Holders) -> dict[str, list[str]]:
    """Return the holders after the change: those who stay, by id, then the newcomers as they came."""
    after = {}
    for key, newcomers in gained.items():
        moved = {*lost.get(key, ()), *newcomers}
        after[key] = [*(holder for holder in base.get(key, ()) if holder not in moved), *newcomers]
    return after


def _introduced(rule: Rule, gained: Holders, lost: Holders, base: Holders) -> list[Finding]:
    """Judge the holders before and after with the same rule; a key only lost can introduce nothing."""
    known = Counter(finding.identity() for finding in _judge(rule, base))
    return without_known(_judge(rule, _after(gained, lost, base)), known)
