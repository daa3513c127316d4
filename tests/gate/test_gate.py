"""The gate: strict and report-only branches, the ratchet, allowances, and the words of a refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from rolethread_vcs.errors import RefusedError, UsageError
from rolethread_vcs.formats import Reject, RowPlace
from rolethread_vcs.gate import (
    Allowance,
    EntryChange,
    Gate,
    Verdict,
    mass_codes,
    parse_allowance,
)
from rolethread_vcs.gate.refusal import refusal_of_edit, refusal_of_import
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules import Rule, all_rules, check_entries

SETTINGS = Settings(name="tavern", id="27f9be4a-ebca-43e9-a02b-3a912a4c5213")
UUID = "06bd130c-a90c-433f-873e-1f2c4dd002b7"
OTHER_UUID = "b1c0a3de-0000-4000-8000-3a912a4c5213"
USER = {"role": "user", "content": "Is the cellar dry?"}
ANSWER = {"role": "assistant", "content": "Dry enough."}
EMPTY = {"role": "assistant", "content": ""}


class Holders:
    """Facts about a dataset that lies in memory."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries

    def holders(self, rule: Rule, keys: Collection[str]) -> dict[str, list[str]]:
        assert rule.keys is not None
        held: dict[str, list[str]] = {}
        for entry_id, entry in self.entries.items():
            for key in set(rule.keys(entry)) & set(keys):
                held.setdefault(key, []).append(entry_id)
        return held


def entry(*messages: Any, **fields: Any) -> Entry:
    return Entry.of({"messages": list(messages), **fields})


def added(entry_id: str, value: Entry, *origin: str) -> EntryChange:
    return EntryChange(entry_id, None, value, origin)


def judged(changes: Sequence[EntryChange], branch: str = "main", **options: Any) -> Verdict:
    gate = Gate(options.pop("settings", SETTINGS), branch, **options)
    for change in changes:
        gate.feed(change)
    return gate.finish()


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


SOUND = entry(USER, ANSWER)
BAD = entry(USER, EMPTY)


# ---- strict, report-only, severities


def test_a_sound_change_passes() -> None:
    verdict = judged([added("a", SOUND)])

    assert verdict == Verdict()
    assert verdict.passes


def test_a_strict_branch_refuses_an_error() -> None:
    verdict = judged([added("a", BAD)])

    assert codes(verdict.blocking) == ["RT104"]
    assert not verdict.passes


@pytest.mark.parametrize(("branch", "passes"), [("main", False), ("release/1", False), ("work", True)])
def test_a_report_only_branch_tells_and_lets_pass(branch: str, passes: bool) -> None:
    verdict = judged([added("a", BAD)], branch)

    assert codes(verdict.introduced) == ["RT104"]
    assert verdict.passes is passes


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFO, "off"])
def test_a_rule_that_is_no_error_by_the_settings_does_not_run(severity: Any) -> None:
    lenient = Settings(name="t", id=SETTINGS.id, severities={"empty_message": severity})

    assert judged([added("a", BAD)], settings=lenient) == Verdict()


def test_feed_returns_what_one_entry_introduces() -> None:
    gate = Gate(SETTINGS, "main")

    assert gate.feed(added("a", SOUND)) == ()
    assert [(f.code, f.entry_id, f.index) for f in gate.feed(added("b", BAD))] == [("RT104", "b", 1)]


def test_a_row_that_was_judged_and_not_recorded_is_not_in_the_verdict() -> None:
    gate = Gate(SETTINGS, "main")

    found = gate.judge(added("a", BAD))

    assert all(gate.blocks(finding) for finding in found)
    assert gate.finish() == Verdict()


# ---- the ratchet


def test_old_debt_does_not_block() -> None:
    retagged = BAD.with_fields(tags=["new"])

    assert judged([EntryChange("a", BAD, retagged)]) == Verdict()


def test_removing_an_entry_does_not_block() -> None:
    assert judged([EntryChange("a", BAD, None)]) == Verdict()


def test_a_copy_of_an_entry_with_debt_passes_when_its_origin_is_told() -> None:
    before = {"a": BAD}

    assert judged([added("b", BAD, "a")], entry_before=before.get) == Verdict()
    assert codes(judged([added("b", BAD)], entry_before=before.get).blocking) == ["RT104"]
    assert codes(judged([added("b", BAD, "gone")], entry_before=before.get).blocking) == ["RT104"]


def test_origins_are_looked_up_only_for_entries_with_findings() -> None:
    asked: list[str] = []

    judged([added("b", SOUND, "a")], entry_before=lambda entry_id: asked.append(entry_id))

    assert asked == []


@quick(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.sampled_from([USER, ANSWER, EMPTY, {"role": "Emma"}]), max_size=4)),
        max_size=5,
    )
)
def test_a_change_that_touches_no_message_never_blocks(rows: list[tuple[bool, list[Any]]]) -> None:
    changes = [
        EntryChange(str(number), entry(*messages), None if gone else entry(*messages, tags=["t"]))
        for number, (gone, messages) in enumerate(rows)
    ]

    assert judged(changes) == Verdict()


# ---- dataset rules


def test_a_uuid_that_another_entry_has_already_blocks_the_newcomer() -> None:
    facts = Holders({"a": SOUND.with_fields(uuid=UUID)})

    verdict = judged([added("b", SOUND.with_fields(uuid=UUID.upper()))], facts=facts)

    assert [(f.code, f.entry_id, f.text) for f in verdict.blocking] == [("RT108", "b", UUID)]


def test_two_rows_of_one_change_with_one_uuid_block_the_second() -> None:
    twice = [added("a", SOUND.with_fields(uuid=UUID)), added("b", SOUND.with_fields(uuid=UUID))]

    assert [f.entry_id for f in judged(twice).blocking] == ["b"]


def test_judge_sees_the_second_row_when_facts_are_there_and_finish_says_it_once() -> None:
    gate = Gate(SETTINGS, "main", facts=Holders({}))

    first = gate.feed(added("a", SOUND.with_fields(uuid=UUID)))
    second = gate.feed(added("b", SOUND.with_fields(uuid=UUID)))

    assert (first, codes(second)) == ((), ["RT108"])
    assert [f.entry_id for f in gate.finish().introduced] == ["b"]


def test_an_old_pair_of_equal_uuids_does_not_block() -> None:
    held = SOUND.with_fields(uuid=UUID)
    facts = Holders({"a": held, "b": held})

    assert judged([EntryChange("b", held, held.with_fields(tags=["t"]))], facts=facts) == Verdict()
    assert judged([EntryChange("a", held, None)], facts=facts) == Verdict()
    third = judged([added("c", held)], facts=facts)
    assert [f.entry_id for f in third.introduced] == ["c"]


def test_a_uuid_may_move_from_one_entry_to_another() -> None:
    held = SOUND.with_fields(uuid=UUID)
    facts = Holders({"a": held})
    changes = [EntryChange("a", held, held.with_fields(uuid=OTHER_UUID)), added("b", held)]

    assert judged(changes, facts=facts) == Verdict()
    assert judged([EntryChange("a", held, None), added("b", held)], facts=facts) == Verdict()


def test_many_rows_with_one_uuid_are_judged_one_by_one_in_linear_time() -> None:
    class Counting(Holders):
        shown = 0

    facts = Counting({})
    duplicate = next(rule for rule in all_rules() if rule.code == "RT108")

    def check(holders: Mapping[str, Sequence[str]]) -> Any:
        Counting.shown += sum(map(len, holders.values()))
        assert duplicate.check_dataset is not None
        return duplicate.check_dataset(holders)

    gate = Gate(SETTINGS, "work", facts=facts, rules=[replace(duplicate, check_dataset=check)])
    found = [gate.feed(added(f"{n:04}", SOUND.with_fields(uuid=UUID))) for n in range(1000)]

    assert sum(map(len, found)) == 999
    assert Counting.shown < 20_000


# ---- check


def test_check_is_absolute_and_of_all_severities() -> None:
    twin = SOUND.with_fields(uuid=UUID)

    found = check_entries(all_rules(), [("a", twin), ("b", BAD), ("c", twin)])

    assert [(f.code, f.entry_id) for f in found] == [("RT104", "b"), ("RT108", "c")]


def test_check_of_some_entries_asks_the_facts_for_the_others() -> None:
    twin = SOUND.with_fields(uuid=UUID)
    facts = Holders({"a": twin, "b": twin})

    found = list(check_entries(all_rules(), [("b", twin)], facts))

    assert [(f.code, f.entry_id) for f in found] == [("RT108", "b")]


# ---- allowances


def test_allowed_findings_pass_and_leave_trailers() -> None:
    verdict = judged(
        [added("a", entry(USER, EMPTY, EMPTY)), added("b", BAD)],
        allowances=[Allowance("empty_message")],
        because="silence is\nmeant",
    )

    assert verdict.passes
    assert codes(verdict.allowed) == ["RT104"] * 3
    assert verdict.trailers() == (("Allowed", "RT104=3"), ("Because", "silence is meant"))


def test_nothing_allowed_leaves_no_trailers() -> None:
    assert judged([added("a", SOUND)], allowances=[Allowance("RT104")], because="x").trailers() == (("Because", "x"),)


def test_an_allowance_is_for_its_rule_only() -> None:
    verdict = judged([added("a", entry(USER, EMPTY, {"role": "Emma", "content": "x"}))],
                     allowances=[Allowance("RT104")], because="x")  # fmt: skip

    assert (codes(verdict.allowed), codes(verdict.blocking)) == (["RT104"], ["RT105"])


def test_more_findings_than_the_count_all_block_and_say_so() -> None:
    changes = [added(str(number), BAD) for number in range(3)]

    enough = judged(changes, allowances=[Allowance("RT104", 3)], because="x")
    verdict = judged(changes, allowances=[Allowance("RT104", 2)], because="x")

    assert enough.passes
    assert (len(verdict.blocking), verdict.allowed) == (3, ())
    assert [str(overrun) for overrun in verdict.overruns] == [
        "RT104 empty_message: 3 found, --allow RT104=2 lets 2 through"
    ]


@pytest.mark.parametrize(
    ("text", "allowance"),
    [
        ("RT104", Allowance("RT104")),
        ("empty_message", Allowance("RT104")),
        ("rt104=3", Allowance("RT104", 3)),
        ("empty-message=12", Allowance("RT104", 12)),
    ],
)
def test_allowances_are_read_by_code_or_name(text: str, allowance: Allowance) -> None:
    assert parse_allowance(text) == allowance


@pytest.mark.parametrize("text", ["RT104=", "RT104=0", "RT104=-1", "RT104=many", "RT104=²", "RT104=1=2"])
def test_a_count_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="whole number from 1"):
        parse_allowance(text)


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as parsed:
        parse_allowance("emty_message=2")
    with pytest.raises(UsageError) as given_directly:
        Gate(SETTINGS, "main", [Allowance("emty_message")], "x")

    assert parsed.value.hint == given_directly.value.hint == "did you mean RT104 empty_message?"


@pytest.mark.parametrize("because", [None, "", "  \n"])
def test_an_allowance_needs_a_reason(because: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        Gate(SETTINGS, "main", [Allowance("RT104", 2)], because)

    assert caught.value.hint == '--allow RT104=2 --because "why this may stay"'


def test_a_rule_is_allowed_once() -> None:
    with pytest.raises(UsageError, match="RT104 empty_message twice"):
        Gate(SETTINGS, "main", [Allowance("RT104"), Allowance("empty_message", 2)], "x")


# ---- many at once


def test_twenty_findings_of_one_code_are_said_first() -> None:
    verdict = judged([added(str(number), BAD) for number in range(20)], "work")

    assert mass_codes(verdict.introduced) == (("RT104", 20),)
    assert mass_codes(verdict.introduced[:19]) == ()


# ---- the words of a refusal


def test_a_refused_edit_names_entry_rule_place_and_the_way_on() -> None:
    error = refusal_of_edit(judged([added("00000012-k2x9m3ab", entry(USER, ANSWER, USER, EMPTY))]))

    assert isinstance(error, RefusedError)
    assert (error.status, error.saved) == (30, False)
    assert error.message == ("entry 00000012-k2x9m3ab breaks RT104 empty_message at [3]")
    assert error.details == ("[3] is empty: the assistant says nothing",)
    assert error.hint == '--allow RT104 --because "…"   saves it all the same'
    assert codes(error.findings) == ["RT104"]


def test_a_refused_new_entry_is_not_called_by_an_id_that_it_never_gets() -> None:
    error = refusal_of_edit(judged([added("00000012-k2x9m3ab", BAD)]), ["00000012-k2x9m3ab"])

    assert error.message == "the new entry breaks RT104 empty_message at [1]"
    assert [finding.entry_id for finding in error.findings] == [None]


def test_several_refused_new_entries_are_counted_from_one_and_old_ones_keep_their_ids() -> None:
    twin = entry(USER, ANSWER, uuid=UUID)
    new = [f"0000001{number}-k2x9m3ab" for number in range(3)]
    changes = [added(new[0], twin), added(new[1], BAD), added(new[2], twin), added("00000002-k2x9m3ab", BAD)]

    error = refusal_of_edit(judged(changes), new)

    assert error.message == "3 entries break 2 rules"
    assert error.details == (
        "RT104 empty_message   2 entries (new entry 2, 00000002-k2x9m3ab)",
        f"RT108 duplicate_uuid  1 entry   (the uuid {UUID} is that of new entry 1 already)",
    )
    assert [finding.entry_id for finding in error.findings] == [None, "00000002-k2x9m3ab", None]


def test_a_refused_edit_of_many_entries_is_a_table_by_rule() -> None:
    changes = [added(f"e{number}", BAD) for number in range(1200)]
    changes.append(added("f", entry({"role": "human", "content": "x"}, ANSWER)))

    error = refusal_of_edit(judged(changes))

    assert error.message == "1,201 entries break 2 rules"
    assert error.details == (
        "RT104 empty_message comes 1,200 times: likely one cause",
        "RT104 empty_message  1,200 entries (e0, e1, e2 …)",
        'RT105 unknown_role       1 entry   ([0] has the role "human"; trainers know it as "user")   safe repair',
    )
    assert error.hint == '--allow RT104 --allow RT105 --because "…"   saves it all the same'


def test_a_refused_edit_with_too_small_a_count_names_the_count_it_takes() -> None:
    error = refusal_of_edit(judged([added("a", BAD), added("b", BAD)], allowances=[Allowance("RT104", 1)], because="x"))

    assert error.details[0] == "RT104 empty_message: 2 found, --allow RT104=1 lets 1 through"
    assert error.hint == '--allow RT104=2 --because "…"   saves it all the same'


def test_a_refused_import_counts_rows_by_problem() -> None:
    gate = Gate(SETTINGS, "main")
    human = entry({"role": "human", "content": "x"}, ANSWER)

    def rejected(number: int, code: str, reason: str, findings: tuple[Finding, ...] = ()) -> Reject:
        return Reject(RowPlace("chats.json", number, number), b"", reason, code, findings)

    rows = [rejected(number, "RT104", "", gate.judge(added("", BAD))) for number in (12, 31, 40, 41)]
    rows.append(rejected(50, "RT105", "", gate.judge(added("", human))))
    rows += [rejected(number, "not_json", "trailing comma") for number in (77, 78)]

    error = refusal_of_import(1200, rows, hint="rtv import chats.json --fix --skip-invalid")

    assert error.message == "1,193 of 1,200 rows are fine, 7 are not"
    assert error.details == (
        "RT104 empty_message  4 rows (12, 31, 40 …)",
        "RT105 unknown_role   1 row  (50)   safe repair",
        "not JSON             2 rows (line 77: trailing comma …)",
    )
    assert error.hint == "rtv import chats.json --fix --skip-invalid"


def test_the_identity_of_a_finding_leaves_the_message_number_out() -> None:
    def finding(index: int, text: str) -> Finding:
        return Finding("RT105", "unknown_role", Severity.ERROR, "a", index, f"[{index}] …", text)

    assert finding(1, "Emma").identity() == finding(3, "Emma").identity()
    assert finding(1, "Emma").identity() != finding(1, "Anna").identity()
    assert finding(1, "Emma").identity("b") == ("RT105", "b", finding(1, "Emma").identity()[2])
