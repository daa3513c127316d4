"""Deciding about chosen and rejected keeps two answers, and each on the side where somebody put it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choice, Conflict, Value
from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry

DRY, MACHINE, EDITED = (
    "Dry enough for those who pay.",
    "As an assistant I have no cellar.",
    "Dry enough for all who pay.",
)


def pair(chosen: str | None, rejected: str | None) -> Entry:
    sides = {"chosen": chosen, "rejected": rejected}
    fields: dict[str, Any] = {
        key: [{"role": "assistant", "content": text}] for key, text in sides.items() if text is not None
    }
    return Entry.of({"messages": [{"role": "user", "content": "Is the cellar dry?"}], **fields})


BASE, SWAPPED = pair(DRY, MACHINE), pair(MACHINE, DRY)


@pytest.mark.parametrize("edited", [pair(EDITED, MACHINE), pair(DRY, EDITED)])
def test_a_swapped_pair_is_taken_whole(edited: Entry) -> None:
    for choice, expected in {"ours": SWAPPED, "theirs": edited, "base": BASE}.items():
        assert merge_entries(BASE, SWAPPED, edited, lambda _, choice=choice: choice).value == expected


def test_both_of_a_swapped_pair_cannot_be_kept() -> None:
    with refusal(UsageError, "unusable_choice", match="chosen cannot be kept"):
        merge_entries(BASE, SWAPPED, pair(EDITED, MACHINE), lambda _: "both")


def test_a_pair_that_both_swapped_takes_the_edits_of_both() -> None:
    merged = merge_entries(BASE, SWAPPED, pair(MACHINE, EDITED))

    assert merged.conflicts == ()
    assert merged.value == pair(MACHINE, EDITED)


def test_a_pair_that_would_be_equal_is_taken_from_one_side() -> None:
    ours, theirs = pair("Come and see.", MACHINE), pair(DRY, "Come and see.")

    assert merge_entries(BASE, ours, theirs, lambda _: "ours").value == ours
    assert merge_entries(BASE, ours, theirs, lambda _: "theirs").value == theirs


def test_a_value_for_one_side_leaves_the_other_as_ours_has_it() -> None:
    value = pair("Come.", None).fields["chosen"]

    assert merge_entries(BASE, SWAPPED, pair(EDITED, MACHINE), lambda _: Value(value)).value == pair("Come.", DRY)


ANSWERS = st.sampled_from([None, *"abcde"])
PAIRS = st.tuples(ANSWERS, ANSWERS).filter(lambda each: each[0] is None or each[0] != each[1])


@settings(max_examples=500)
@given(PAIRS, PAIRS, PAIRS, st.lists(st.sampled_from(["ours", "theirs", "base"]), min_size=4, max_size=4))
def test_deciding_neither_makes_the_answers_equal_nor_loses_one(
    base: Any, ours: Any, theirs: Any, choices: list[Choice]
) -> None:
    made: dict[tuple[str, str], Choice] = {}

    def choose(conflict: Conflict) -> Choice:
        return made.setdefault((conflict.field, conflict.reason), choices[len(made) % len(choices)])

    merged = merge_entries(pair(*base), pair(*ours), pair(*theirs), choose)

    assert merged.conflicts == ()
    assert merged.value is not None
    chosen, rejected = merged.value.fields.get("chosen"), merged.value.fields.get("rejected")
    assert chosen is None or chosen != rejected
    if set(made.values()) == {"ours"} and len(made) == 2:
        assert merged.value == pair(*ours)
    everywhere = {*base} & {*ours} & {*theirs} - {None}
    present = {each[0]["content"] for each in (chosen, rejected) if each is not None}
    assert everywhere <= present
