"""The ratchet: only what a change introduces counts."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.rules import all_rules, find_in_entry, introduced_between

RULES = all_rules()
ORDERED = {"RT107"}

MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant", "User", "Emma", "", None, 3]),
        "content": st.sampled_from(["Is it dry?", "Dry enough.", "", " ", None, [], ["x"]]),
        "train": st.just(False),
    },
)
ANY_MESSAGES = st.lists(MESSAGES | st.sampled_from(["text", None]), max_size=6)


def entry(messages: list[Any]) -> Entry:
    return Entry.of({"messages": messages})


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES, st.randoms(use_true_random=False))
def test_moving_messages_introduces_at_most_problems_of_order(messages: list[Any], random: Any) -> None:
    moved = random.sample(messages, len(messages))

    introduced = introduced_between(entry(messages), entry(moved), RULES)

    assert {finding.code for finding in introduced} <= ORDERED


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES)
def test_old_debt_is_never_introduced_by_work_beside_it(messages: list[Any]) -> None:
    before = entry(messages)

    assert introduced_between(before, before.with_fields(tags=["new"]), RULES) == []
    # A finding about the whole entry may be settled by new messages; none may appear.
    opening = 1 if messages and isinstance(messages[0], dict) and messages[0].get("role") == "system" else 0
    longer = [*messages[:opening], {"role": "assistant", "content": "New."}, *messages[opening:]]
    introduced = introduced_between(before, entry(longer), RULES)
    assert {finding.code for finding in introduced} <= ORDERED


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES)
def test_removing_an_entry_introduces_nothing(messages: list[Any]) -> None:
    assert introduced_between(entry(messages), None, RULES) == []


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES)
def test_a_copy_inherits_the_debt_of_its_origin(messages: list[Any]) -> None:
    original = entry(messages)

    assert introduced_between(None, original, RULES, origins=[original]) == []
    assert len(introduced_between(None, original, RULES)) == len(find_in_entry(RULES, "", original))


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES, ANY_MESSAGES)
def test_a_join_inherits_the_debt_of_both(first: list[Any], second: list[Any]) -> None:
    assume(first and second)

    introduced = introduced_between(entry(first), entry(first + second), RULES, origins=[entry(second)])

    assert {finding.code for finding in introduced} <= ORDERED


@settings(max_examples=100, deadline=None)
@given(ANY_MESSAGES, st.integers(0, 6))
def test_a_split_introduces_at_most_a_half_without_answer(messages: list[Any], at: int) -> None:
    whole = entry(messages)
    halves = [half for half in (messages[:at], messages[at:]) if half]

    codes = {
        finding.code for half in halves for finding in introduced_between(None, entry(half), RULES, origins=[whole])
    }

    assert codes <= {"RT106"}


def test_equal_findings_are_counted_not_merged() -> None:
    empty = {"role": "assistant", "content": ""}
    before = entry([{"role": "user", "content": "x"}, empty])
    after = entry([{"role": "user", "content": "x"}, empty, empty])

    introduced = introduced_between(before, after, RULES, entry_id="e")

    assert [(finding.code, finding.index) for finding in introduced] == [("RT104", 2)]


def test_rewording_a_misplaced_system_message_is_no_new_problem() -> None:
    answer = {"role": "assistant", "content": "x"}
    before = entry([answer, {"role": "system", "content": "old"}])
    after = entry([answer, {"role": "system", "content": "new"}])

    assert introduced_between(before, after, RULES) == []
