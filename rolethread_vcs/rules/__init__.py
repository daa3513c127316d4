"""Rules: each file without a leading underscore is one problem that data can have, found on its own.

A new rule is one new file `<problem>.py` that ends in `RULE = Rule(...)`, and its
`fixtures/rules/<problem>.json`. What stands here is what the gate and the command may use: the rules, found by listing
the folder and weighed by the settings, run over one entry, many, and a change. The files behind it know only the model.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, islice
from types import ModuleType

from rolethread_vcs.discovery import load_modules, module_names
from rolethread_vcs.errors import NotFoundError, RoleThreadError, did_you_mean
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Identity, RepairSafety, Scope, Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules._contract import Facts as Facts
from rolethread_vcs.rules._contract import Found as Found
from rolethread_vcs.rules._contract import Holders as Holders
from rolethread_vcs.rules._contract import Options as Options
from rolethread_vcs.rules._contract import Outline as Outline
from rolethread_vcs.rules._contract import Parts as Parts
from rolethread_vcs.rules._contract import Repair as Repair
from rolethread_vcs.rules._contract import Rule as Rule
from rolethread_vcs.rules._contract import plain_word

OFF = "off"


class BrokenRuleError(RoleThreadError):
    """A file in the folder of rules is no rule, or repeats another one's code or name."""

    code = "broken_rule"


class UnknownRuleError(NotFoundError):
    """There is no rule of that code or name."""

    code = "unknown_rule"


@cache
def standing_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code; of those with `unless`, what the generated list says, and the rest on demand.

    A file that the list does not know is loaded, so that nothing in the folder is ever passed over.
    """
    from rolethread_vcs.rules._list import RULES

    package = importlib.import_module(__package__)
    known = {row[1]: row for row in RULES}
    names = module_names(package)
    return _by_code(_standing(*known[name]) if name in known else _loaded(name) for name in names)


def _standing(
    code: str, name: str, severity: str, reads: tuple[str, ...], version: int, unless: str, repair: str
) -> Rule:
    def check(outline: Outline) -> Iterable[Found]:
        rule = _loaded(name)
        return () if rule.check is None else rule.check(outline)

    def apply(entry: Entry) -> tuple[Entry, tuple[str, ...]] | None:
        rule = _loaded(name)
        return None if rule.repair is None else rule.repair.apply(entry)

    return Rule(
        code=code,
        name=name,
        severity=Severity(severity),
        scope=Scope.ENTRY,
        reads=frozenset(reads),
        version=version,
        unless=unless,
        check=check,
        repair=None if RepairSafety(repair) is RepairSafety.NONE else Repair(RepairSafety(repair), apply),
    )


@cache
def _loaded(name: str) -> Rule:
    return _rule_in(importlib.import_module(f"{__package__}.{name}"))


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code.

    Raises:
        BrokenRuleError: a file of the folder is no rule; whatever else a broken file raises comes through.
    """
    return rules_of(importlib.import_module(__package__))


def rules_of(package: ModuleType) -> tuple[Rule, ...]:
    """Return the rules of a folder, sorted by code.

    Raises:
        BrokenRuleError: a file has no `RULE`, is not named as its rule, or repeats a code or name.
    """
    return _by_code(map(_rule_in, load_modules(package)))


def _rule_in(module: ModuleType) -> Rule:
    rule = getattr(module, "RULE", None)
    file_name = module.__name__.rpartition(".")[2]
    if not isinstance(rule, Rule):
        raise BrokenRuleError(f"{file_name}.py lies among the rules and has no RULE")
    if rule.name != file_name:
        raise BrokenRuleError(f"{file_name}.py holds the rule {rule.name}; a file is named as its rule")
    return replace(rule, doc=module.__doc__ or "")


def _by_code(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.code in found:
            raise BrokenRuleError(f"{rule.code} is both {found[rule.code].name} and {rule.name}")
        found[rule.code] = rule
    return tuple(found[code] for code in sorted(found))


def find_rule(code_or_name: str, rules: Iterable[Rule] | None = None) -> Rule:
    """Return the rule of a code or a name; case does not matter, nor does `-` for `_`.

    Raises:
        UnknownRuleError: there is none; the hint names the nearest.
    """
    known = all_rules() if rules is None else tuple(rules)
    wanted = plain_word(code_or_name)
    for rule in known:
        if rule.is_called(wanted):
            return rule
    by_word = {word: rule for rule in known for word in (plain_word(rule.code), rule.name)}
    hint = did_you_mean(wanted, by_word, "rtv rules   lists them all", shown=lambda near: by_word[near].title)
    raise UnknownRuleError(f"there is no rule {code_or_name!r}", hint=hint)


def effective_rules(settings: Settings, rules: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules with the severities and options that the settings give them, those set to `off` left out.

    What is given for the code wins over what is given for the name. What no rule can take is passed over here, so that
    a slip in the settings disarms no gate: `misfits` tells of it.
    """
    severities = {plain_word(word): severity for word, severity in settings.severities.items()}
    options = {plain_word(word): values for word, values in settings.options.items()}
    result = []
    for rule in standing_rules() if rules is None else rules:
        code = plain_word(rule.code)
        severity = severities.get(code, severities.get(rule.name, rule.severity))
        if severity == OFF:
            continue
        chosen = {**options.get(rule.name, {}), **options.get(code, {})}
        fitting = {option: value for option, value in chosen.items() if rule.why_not(option, value) is None}
        configured = rule.configured(fitting) if fitting else rule
        result.append(configured if severity == rule.severity else replace(configured, severity=Severity(severity)))
    return tuple(result)


def misfits(settings: Settings) -> tuple[str, ...]:
    """Return, as sentences, what the settings say of rules and no rule can take: mistyped, or a newer program's."""
    rules = {word: rule for rule in all_rules() for word in (plain_word(rule.code), rule.name)}
    words = dict.fromkeys((*settings.severities, *settings.options))
    found = [f"there is no rule {word!r}" for word in words if plain_word(word) not in rules]
    for word, values in settings.options.items():
        rule = rules.get(plain_word(word))
        if rule is not None:
            found += [why for option, value in values.items() if (why := rule.why_not(option, value)) is not None]
    return tuple(found)


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


_PREVIEWED = 10
"""Other holders that a preview shows a rule: 100,000 rows with one uuid must not cost their square."""


class KeyLedger:
    """Notes, while changes stream by, which keys of each dataset rule were gained and lost by which entries.

    It holds keys and ids of changed entries, no entries. Each entry is recorded once. Two rules never share a
    key space.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rule for rule in rules if rule.keys is not None)
        self._gained: dict[str, dict[str, list[str]]] = {rule.code: {} for rule in self._rules}
        self._lost: dict[str, dict[str, set[str]]] = {rule.code: {} for rule in self._rules}

    def record(self, entry_id: str, before: Entry | None, after: Entry | None) -> None:
        """Note what one changed entry held before and holds now."""
        for rule in self._rules:
            old, new = _keys(rule, before), _keys(rule, after)
            for key in new - old:
                self._gained[rule.code].setdefault(key, []).append(entry_id)
            for key in old - new:
                self._lost[rule.code].setdefault(key, set()).add(entry_id)

    def findings(self, facts: Facts | None) -> list[Finding]:
        """Return every finding among the holders of the keys gained, also those that were there before."""
        return [
            finding
            for rule in self._rules
            for finding in _judge(rule, self._after(rule, _before(rule, self._gained[rule.code], facts)))
        ]

    def introduced(self, facts: Facts | None) -> list[Finding]:
        """Return the findings among the holders of the keys gained, less those that were there before.

        The same rule judges the holders before and after. A key that was only lost can introduce nothing.
        """
        found = []
        for rule in self._rules:
            base = _before(rule, self._gained[rule.code], facts)
            known = Counter(finding.identity() for finding in _judge(rule, base))
            found += without_known(_judge(rule, self._after(rule, base)), known)
        return found

    def preview(self, entry_id: str, before: Entry | None, after: Entry, facts: Facts) -> list[Finding]:
        """Return the findings that one more changed entry would bring on itself; notes nothing."""
        found = []
        for rule in self._rules:
            fresh = _keys(rule, after)
            if not fresh or not (fresh := fresh - _keys(rule, before)):
                continue
            base = _before(rule, fresh, facts)
            gained, lost = self._gained[rule.code], self._lost[rule.code]
            holders = {}
            for key in sorted(fresh):
                stayed = (holder for holder in base.get(key, ()) if holder not in lost.get(key, ()))
                others = (holder for holder in chain(stayed, gained.get(key, ())) if holder != entry_id)
                holders[key] = [*islice(others, _PREVIEWED), entry_id]
            found += [finding for finding in _judge(rule, holders) if finding.entry_id == entry_id]
        return found

    def _after(self, rule: Rule, base: Holders) -> dict[str, list[str]]:
        """Return the holders after the change: those who stay, by id, then the newcomers as they came."""
        after = {}
        for key, newcomers in self._gained[rule.code].items():
            moved = self._lost[rule.code].get(key, set()).union(newcomers)
            after[key] = [*(holder for holder in base.get(key, ()) if holder not in moved), *newcomers]
        return after


def _keys(rule: Rule, entry: Entry | None) -> frozenset[str]:
    return frozenset(rule.keys(entry)) if entry is not None and rule.keys is not None else frozenset()


def _before(rule: Rule, keys: Collection[str], facts: Facts | None) -> dict[str, list[str]]:
    """Return who held these keys before the change, by id."""
    if facts is None or not keys:
        return {}
    return {key: sorted(ids) for key, ids in facts.holders(rule, keys).items()}


def _judge(rule: Rule, holders: Holders) -> list[Finding]:
    if rule.check_dataset is None or not holders:
        return []
    return [rule.as_finding(None, found) for found in rule.check_dataset(holders)]


def without_known(findings: Iterable[Finding], known: Counter[Identity]) -> list[Finding]:
    """Return the findings that remain when those of the counted identities are taken away, first ones first.

    A difference of multisets: two equal findings against one known leave one. The counter is used up.
    """
    left = []
    for finding in findings:
        identity = finding.identity()
        if known[identity] > 0:
            known[identity] -= 1
        else:
            left.append(finding)
    return left
