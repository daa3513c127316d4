"""Every rule against its fixtures, its own documentation, and whatever JSON can hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import RepairSafety, Scope, Severity
from rolethread_vcs.rules import Rule, all_rules, check_entries, find_rule, safe_repair

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
ENTRY_RULES = [rule for rule in all_rules() if rule.scope is Scope.ENTRY]
DATASET_RULES = [rule for rule in all_rules() if rule.scope is Scope.DATASET]


def name_of(rule: Rule) -> str:
    return rule.name


def examples(rule: Rule, kind: str) -> list[Any]:
    """Fails when a rule has no fixtures, or none of a kind."""
    found = json.loads((FIXTURES / f"{rule.name}.json").read_text(encoding="utf-8"))[kind]
    assert found, f"{rule.name}.json needs {kind} examples"
    return found


def places(rule: Rule, fields: dict[str, Any]) -> list[dict[str, Any]]:
    findings = check_entries([rule], [("e", Entry.of(fields))])
    return [{"index": finding.index, "text": finding.text} for finding in findings]


def test_fixtures_belong_to_a_rule() -> None:
    names = {path.stem for path in FIXTURES.glob("*.json")}

    assert names == {rule.name for rule in all_rules()}


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_rule_is_silent_on_good_entries(rule: Rule) -> None:
    found = {json.dumps(fields): places(rule, fields) for fields in examples(rule, "good")}

    assert {entry: what for entry, what in found.items() if what} == {}


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_rule_finds_what_is_bad_and_where(rule: Rule) -> None:
    for example in examples(rule, "bad"):
        assert places(rule, example["entry"]) == example["found"], example["entry"]


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_findings_name_the_message_in_plain_words(rule: Rule) -> None:
    for example in examples(rule, "bad"):
        for finding in check_entries([rule], [("e", Entry.of(example["entry"]))]):
            assert not finding.message.endswith(".")
            assert finding.index is None or finding.message.startswith(f"[{finding.index}] ")


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_a_safe_repair_leaves_what_the_fixture_says(rule: Rule) -> None:
    for example in examples(rule, "bad"):
        entry = Entry.of(example["entry"])

        repaired, done = safe_repair(entry, [rule])

        assert repaired == Entry.of(example.get("repaired", example["entry"]))
        assert bool(done) == ("repaired" in example)
        left = [f for f in check_entries([rule], [("e", repaired)]) if f.repair is RepairSafety.SAFE]
        assert left == []


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_a_suggested_repair_does_what_the_fixture_says(rule: Rule) -> None:
    if rule.repair is None or rule.repair.safety is not RepairSafety.SUGGESTED:
        return
    for example in examples(rule, "bad"):
        repaired = rule.repair.apply(Entry.of(example["entry"]))

        assert (repaired[0] if repaired else None) == (
            Entry.of(example["suggested"]) if "suggested" in example else None
        )


@pytest.mark.parametrize("rule", DATASET_RULES, ids=name_of)
def test_dataset_rule_is_silent_on_good_datasets(rule: Rule) -> None:
    for entries in examples(rule, "good"):
        pairs = [(str(number), Entry.of(fields)) for number, fields in enumerate(entries)]

        assert list(check_entries([rule], pairs)) == []


@pytest.mark.parametrize("rule", DATASET_RULES, ids=name_of)
def test_dataset_rule_finds_what_is_bad_and_whose(rule: Rule) -> None:
    for example in examples(rule, "bad"):
        pairs = [(str(number), Entry.of(fields)) for number, fields in enumerate(example["entries"])]

        found = [{"entry": int(f.entry_id or -1), "text": f.text} for f in check_entries([rule], pairs)]

        assert found == example["found"]


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=name_of)
def test_the_documented_example_breaks_the_rule_and_its_cure_breaks_none(rule: Rule) -> None:
    sections = rule.sections()

    assert places(rule, json.loads(sections["Example"])) != []
    assert list(check_entries(all_rules(), [("e", Entry.of(json.loads(sections["Instead"])))])) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", " ", "  ", "x", "user", "assistant", "system"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "tool_calls", "type", "text", "other"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(messages=st.lists(VALUES, max_size=5) | VALUES)
def test_no_rule_and_no_repair_stumbles_over_any_messages(messages: Any) -> None:
    entry = Entry.of({"messages": messages})

    findings = list(check_entries(all_rules(), [("e", entry)]))
    repaired, done = safe_repair(entry, all_rules())
    for rule in ENTRY_RULES:
        if rule.repair is not None:
            rule.repair.apply(entry)

    assert bool(done) == any(finding.repair is RepairSafety.SAFE for finding in findings)
    assert safe_repair(repaired, all_rules()) == (repaired, ())


@settings(max_examples=100, deadline=None)
@given(messages=st.lists(VALUES, max_size=5) | VALUES)
def test_suspects_never_hides_what_check_would_find(messages: Any) -> None:
    from rolethread_vcs.rules import Outline

    outline = Outline(Entry.of({"messages": messages}))

    for rule in ENTRY_RULES:
        assert rule.check is not None
        assert rule.suspects(outline) or list(rule.check(outline)) == []


SIDE = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(VALUES, max_size=3) | VALUES,
        "chosen": st.lists(VALUES, max_size=2) | VALUES,
        "rejected": st.lists(VALUES, max_size=2) | VALUES,
    },
)


@settings(max_examples=300, deadline=None)
@given(fields=SIDE)
def test_what_no_rule_finds_fault_with_can_be_exported(fields: dict[str, Any]) -> None:
    from rolethread_vcs.formats import find_row_format

    entry = Entry.of(fields)
    if any(finding.severity is Severity.ERROR for finding in check_entries(all_rules(), [("e", entry)])):
        return
    messages = find_row_format("messages")

    messages.write_full(entry, {"id": "00000001-abcdefgh"})
    messages.write_clean(entry, messages.used_keys(entry))


def test_every_white_space_of_unicode_is_blank() -> None:
    spaces = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()]
    rule = find_rule("empty_message")

    missed = [space for space in spaces if not places(rule, {"messages": [{"role": "user", "content": space}]})]

    assert missed == []
