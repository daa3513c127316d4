"""The rules and how much they weigh."""

from __future__ import annotations

from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.ops.check import find_effective_rule, list_rules

HERE = Settings("d", "27f9be4a-ebca-43e9-a02b-3a912a4c5213", severities={"RT104": Severity.INFO, "no_assistant": "off"})


def test_settings_weigh_by_code_and_by_name() -> None:
    weights = {each.rule.code: each.severity for each in list_rules(HERE)}

    assert (weights["RT104"], weights["RT106"], weights["RT108"]) == ("info", "off", "error")


def test_without_a_dataset_the_defaults_hold() -> None:
    assert find_effective_rule("no_assistant").severity is Severity.ERROR


def test_every_rule_has_a_summary_and_its_sections() -> None:
    for each in list_rules():
        assert each.summary
        assert list(each.rule.sections()) == ["What it does", "Why it matters", "Example", "Instead", "Repair"]
