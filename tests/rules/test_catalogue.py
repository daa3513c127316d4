"""Rules are found by listing a folder; a broken file is seen, never skipped."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules import (
    BrokenRuleError,
    Found,
    Options,
    Parts,
    Rule,
    UnknownRuleError,
    all_rules,
    effective_rules,
    find_in_entry,
    find_rule,
    misfits,
    rules_of,
)

RULE = """
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules import Rule
RULE = Rule(code="{code}", name="{name}", severity=Severity.ERROR, scope=Scope.ENTRY,
            reads=frozenset({{"messages"}}), check=lambda outline: ())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `some_rules` to drop files into."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "some_rules").mkdir()
    (tmp_path / "some_rules" / "__init__.py").write_text("")
    yield tmp_path / "some_rules"
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_rules"]:
        del sys.modules[name]


def package() -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module("some_rules")


def test_a_dropped_file_is_a_rule_with_its_docstring(folder: Path) -> None:
    (folder / "bad_ending.py").write_text('"""Bad."""' + RULE.format(code="RT902", name="bad_ending"))
    (folder / "a_start.py").write_text(RULE.format(code="RT903", name="a_start"))
    (folder / "_private.py").write_text("raise RuntimeError")

    found = rules_of(package())

    assert [(rule.code, rule.doc) for rule in found] == [("RT902", "Bad."), ("RT903", "")]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"nothing": ""}, "nothing.py lies among the rules and has no RULE"),
        ({"one": RULE.format(code="RT901", name="two")}, "one.py holds the rule two"),
        (
            {"one": RULE.format(code="RT901", name="one"), "two": RULE.format(code="RT901", name="two")},
            "RT901 is both one and two",
        ),
    ],
)
def test_a_file_that_is_no_proper_rule_is_refused(folder: Path, files: dict[str, str], says: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)

    with pytest.raises(BrokenRuleError, match=says):
        rules_of(package())


def test_a_file_that_does_not_load_raises(folder: Path) -> None:
    (folder / "torn.py").write_text("1 / 0")

    with pytest.raises(ZeroDivisionError):
        rules_of(package())


def test_the_first_rules_have_their_codes() -> None:
    assert [rule.title for rule in all_rules()][:9] == [
        "RT101 missing_messages",
        "RT102 message_not_object",
        "RT103 missing_role",
        "RT104 empty_message",
        "RT105 unknown_role",
        "RT106 no_assistant",
        "RT107 system_not_first",
        "RT108 duplicate_uuid",
        "RT109 missing_content",
    ]


@pytest.mark.parametrize("word", ["RT104", "rt104", "empty_message", "Empty-Message", " RT104 "])
def test_a_rule_is_found_by_code_or_name(word: str) -> None:
    assert find_rule(word).code == "RT104"


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownRuleError) as caught:
        find_rule("empty_mesage")

    assert caught.value.hint == "did you mean RT104 empty_message?"


def settings(**fields: Any) -> Settings:
    return Settings("tavern", "27f9be4a-ebca-43e9-a02b-3a912a4c5213", **fields)


def test_settings_change_options_by_code_or_name() -> None:
    def build(options: Options) -> Parts:
        return Parts(lambda outline: [Found(None, f"at most {options['limit']}")])

    reads = frozenset({"messages"})
    rule = Rule("RT999", "long_message", Severity.INFO, Scope.ENTRY, reads, options={"limit": 3}, build=build)
    (patient,) = effective_rules(settings(options={"long-message": {"limit": 5}, "rt999": {"limit": 7}}), [rule])

    assert patient.options == {"limit": 7}
    assert [found.message for found in find_in_entry([patient], "e", Entry.of({"messages": []}))] == ["at most 7"]
    (lenient,) = effective_rules(settings(options={"RT999": {"length": 5, "limit": "many"}}), [rule])
    assert lenient.options == {"limit": 3}


def test_settings_change_severities_by_code_or_name_and_turn_rules_off() -> None:
    weighed = effective_rules(settings(severities={"rt104": "warning", "empty_message": "info", "no_assistant": "off"}))

    by_code = {rule.code: rule.severity for rule in weighed}
    assert by_code["RT104"] is Severity.WARNING
    assert "RT106" not in by_code
    assert by_code["RT105"] is Severity.ERROR


def test_what_no_rule_can_take_is_told() -> None:
    said = settings(severities={"RT104": "off", "empty_mesage": "off"}, options={"RT104": {"limit": 3}})

    assert misfits(said) == (
        "there is no rule 'empty_mesage'",
        "RT104 empty_message has no option limit; its options: none",
    )
