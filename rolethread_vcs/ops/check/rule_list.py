"""Tells of the rules: what each one is about, and how much it weighs in this dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules import Rule, all_rules, effective_rules, find_rule

OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class WeighedRule:
    """A rule with the severity that the settings give it, `off` when they turn it off."""

    rule: Rule
    severity: Severity | Literal["off"]

    @property
    def summary(self) -> str:
        """One line of what the rule is about."""
        return self.rule.doc.strip().partition("\n")[0].partition(": ")[2].rstrip(".")

    @property
    def sections(self) -> Mapping[str, str]:
        """The explanation by heading: what it does, why it matters, an example, what instead, the repair."""
        return self.rule.sections()


def weighed_rules(settings: Settings | None = None) -> tuple[WeighedRule, ...]:
    """Return all rules by code, weighed by the settings, or by default without any."""
    return tuple(_weighed(rule, settings) for rule in all_rules())


def weighed_rule(code_or_name: str, settings: Settings | None = None) -> WeighedRule:
    """Return one rule.

    Raises:
        UnknownRuleError: there is none; the hint names the nearest.
    """
    return _weighed(find_rule(code_or_name), settings)


def _weighed(rule: Rule, settings: Settings | None) -> WeighedRule:
    if settings is None:
        return WeighedRule(rule, rule.severity)
    here = effective_rules(settings, [rule])
    return WeighedRule(here[0], here[0].severity) if here else WeighedRule(rule, OFF)
