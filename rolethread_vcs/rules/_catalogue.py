"""The catalogue of rules: found by listing the folder, looked up by code or name, weighed by the settings."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from types import ModuleType

from rolethread_vcs.discovery import load_modules
from rolethread_vcs.errors import NotFoundError, RoleThreadError, nearest
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules._contract import Rule

OFF = "off"


class BrokenRuleError(RoleThreadError):
    """A file in the folder of rules is no rule, or repeats another one's code or name."""

    code = "broken_rule"


class UnknownRuleError(NotFoundError):
    """There is no rule of that code or name."""

    code = "unknown_rule"


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
    rules: dict[str, Rule] = {}
    for module in load_modules(package):
        rule = getattr(module, "RULE", None)
        file_name = module.__name__.rpartition(".")[2]
        if not isinstance(rule, Rule):
            raise BrokenRuleError(f"{file_name}.py lies among the rules and has no RULE")
        if rule.name != file_name:
            raise BrokenRuleError(f"{file_name}.py holds the rule {rule.name}; a file is named as its rule")
        if rule.code in rules:
            raise BrokenRuleError(f"{rule.code} is both {rules[rule.code].name} and {rule.name}")
        rules[rule.code] = replace(rule, doc=module.__doc__ or "")
    return tuple(rules[code] for code in sorted(rules))


def find_rule(code_or_name: str, rules: Iterable[Rule] | None = None) -> Rule:
    """Return the rule of a code or a name; case does not matter, nor does `-` for `_`.

    Raises:
        UnknownRuleError: there is none; the hint names the nearest.
    """
    known = all_rules() if rules is None else tuple(rules)
    wanted = _plain(code_or_name)
    for rule in known:
        if wanted in (_plain(rule.code), rule.name):
            return rule
    by_word = {word: rule for rule in known for word in (_plain(rule.code), rule.name)}
    near = nearest(wanted, by_word)
    hint = f"did you mean {by_word[near].title}?" if near else "rtv rules   lists them all"
    raise UnknownRuleError(f"there is no rule {code_or_name!r}", hint=hint)


def effective_rules(settings: Settings, rules: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules with the severities and options that the settings give them, those set to `off` left out.

    What is given for the code wins over what is given for the name. What no rule can take is passed over here, so that
    a slip in the settings disarms no gate: `misfits` tells of it.
    """
    severities = {_plain(word): severity for word, severity in settings.severities.items()}
    options = {_plain(word): values for word, values in settings.options.items()}
    result = []
    for rule in all_rules() if rules is None else rules:
        code = _plain(rule.code)
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
    rules = {word: rule for rule in all_rules() for word in (_plain(rule.code), rule.name)}
    words = dict.fromkeys((*settings.severities, *settings.options))
    found = [f"there is no rule {word!r}" for word in words if _plain(word) not in rules]
    for word, values in settings.options.items():
        rule = rules.get(_plain(word))
        if rule is not None:
            found += [why for option, value in values.items() if (why := rule.why_not(option, value)) is not None]
    return tuple(found)


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_")
