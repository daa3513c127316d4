"""Deciding which version of an answer is the answer loses none that nobody deleted."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.merge.conflict import Value
from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry

RIDER, NOBODY, MILLER = "A rider from the south.", "Nobody. It came alone.", "The miller lost it at dice."
OTHER = "A rider from the north."


def version(answer: str, *alternatives: str) -> Entry:
    message: dict[str, Any] = {"role": "assistant", "content": answer, "alternatives": list(alternatives)}
    if not alternatives:
        del message["alternatives"]
    return Entry.of({"messages": [{"role": "user", "content": "Who owns the horse?"}, message]})


def decided(base: Entry, ours: Entry, theirs: Entry, choice: Any) -> tuple[str, list[str]]:
    merged = merge_entries(base, ours, theirs, lambda _: choice)
    assert merged.conflicts == ()
    assert merged.value is not None
    message = merged.value.messages[1]
    return message["content"], message.get("alternatives", [])


BASE = version(RIDER, NOBODY, MILLER)
PROMOTED = version(NOBODY, RIDER, MILLER)


@pytest.mark.parametrize(
    ("theirs", "choice", "expected"),
    [
        (version(MILLER, RIDER, NOBODY), "ours", (NOBODY, [MILLER, RIDER])),
        (version(MILLER, RIDER, NOBODY), "theirs", (MILLER, [NOBODY, RIDER])),
        (version(MILLER, RIDER, NOBODY), "base", (RIDER, [NOBODY, MILLER])),
        (version(MILLER, RIDER, NOBODY), Value("It is mine."), ("It is mine.", [NOBODY, MILLER, RIDER])),
        (version(OTHER, NOBODY, MILLER), "ours", (NOBODY, [MILLER, OTHER])),
        (version(OTHER, NOBODY, MILLER), "theirs", (OTHER, [NOBODY, MILLER])),
        (version("It is mine.", RIDER, NOBODY, MILLER), "ours", (NOBODY, [MILLER, RIDER, "It is mine."])),
        (version(MILLER, NOBODY), "ours", (NOBODY, [MILLER])),
        (version(MILLER, NOBODY), "theirs", (MILLER, [NOBODY])),
    ],
)
def test_versions_that_nobody_deleted_stay(theirs: Entry, choice: Any, expected: tuple[str, list[str]]) -> None:
    content, alternatives = decided(BASE, PROMOTED, theirs, choice)

    assert (content, sorted(alternatives)) == (expected[0], sorted(expected[1]))


def test_the_words_of_another_version_are_no_edit_of_this_one() -> None:
    base = version("She nods, and waits.", "She nods twice, and waits.")
    ours = version("She nods twice, and waits.", "She nods, and waits.")
    theirs = version("She nods, and waits outside.", "She nods twice, and waits.")

    assert [each.field for each in merge_entries(base, ours, theirs).conflicts] == ["messages[1].content"]


def test_an_edit_that_was_not_taken_is_no_alternative() -> None:
    ours, theirs = version("A rider from here.", NOBODY, MILLER), version("Three riders.", NOBODY, MILLER)

    assert decided(BASE, ours, theirs, "ours") == ("A rider from here.", [NOBODY, MILLER])


def test_an_order_of_one_side_takes_in_what_the_other_added() -> None:
    ours, theirs = version(RIDER, MILLER, NOBODY), version(RIDER, NOBODY, MILLER, OTHER)

    assert decided(BASE, ours, theirs, None) == (RIDER, [MILLER, NOBODY, OTHER])
    assert decided(BASE, theirs, ours, None) == (RIDER, [MILLER, NOBODY, OTHER])


def test_two_orders_are_a_choice_and_lose_nothing() -> None:
    base, ours, theirs = (version(RIDER, *each) for each in (["a", "b", "c"], ["b", "a", "c", "x"], ["c", "b", "a"]))
    conflicts = merge_entries(base, ours, theirs).conflicts

    assert [(each.field, each.reason) for each in conflicts] == [("messages[1].alternatives", "both_moved")]
    assert decided(base, ours, theirs, "ours") == (RIDER, ["b", "a", "c", "x"])
    assert decided(base, ours, theirs, "theirs") == (RIDER, ["c", "b", "a", "x"])
    assert decided(base, ours, theirs, Value(["x"])) == (RIDER, ["x"])


def test_the_last_alternative_removed_and_one_added_are_no_conflict() -> None:
    assert decided(version(RIDER, NOBODY), version(RIDER), version(RIDER, NOBODY, OTHER), None) == (RIDER, [OTHER])


VERSIONS = st.sampled_from([*permutations("abcde", 3), *permutations("abcd", 2), ("a",), ("b",), ("e",)])


@settings(max_examples=300)
@given(VERSIONS, VERSIONS, VERSIONS, st.sampled_from(["ours", "theirs", "base"]))
def test_each_version_that_both_sides_have_is_in_the_result(base: Any, ours: Any, theirs: Any, choice: Any) -> None:
    content, alternatives = decided(version(*base), version(*ours), version(*theirs), choice)

    assert len({content, *alternatives}) == 1 + len(alternatives)
    assert {*ours} & {*theirs} <= {content, *alternatives} <= {*base, *ours, *theirs}
    if choice == "ours" and ours[0] not in (base[0], theirs[0]) and theirs[0] != base[0]:
        assert content == ours[0]


@settings(max_examples=300)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_versions_do_not_depend_on_who_merges_whom(base: Any, ours: Any, theirs: Any) -> None:
    sides = [version(*each) for each in (base, ours, theirs)]

    assert decided(*sides, "ours") == decided(sides[0], sides[2], sides[1], "theirs")
