"""Tags and other lists whose order says nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.merge.sets import merge_lists_as_sets, merge_sets

TAGS = st.lists(st.sampled_from("abcdef"), unique=True)


def test_added_tags_stay_and_removed_tags_go() -> None:
    assert merge_sets(["draft", "tavern"], ["tavern", "zoo"], ["draft", "night", "tavern"]) == [
        "night",
        "tavern",
        "zoo",
    ]


@given(TAGS, TAGS, TAGS)
def test_each_tag_is_decided_by_the_side_that_changed_it(base: list[str], ours: list[str], theirs: list[str]) -> None:
    merged = merge_sets(base, ours, theirs)

    for tag in "abcdef":
        was, left, right = tag in base, tag in ours, tag in theirs
        assert (tag in merged) == (left if right == was else right)
    assert merged == sorted(merged) == merge_sets(base, theirs, ours)


@given(TAGS, TAGS, TAGS)
def test_a_list_merges_as_a_set_and_keeps_the_order_of_what_stayed(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    merged = merge_lists_as_sets(base, ours, theirs)

    assert sorted(merged) == merge_sets(base, ours, theirs)
    assert [item for item in merged if item in base] == [item for item in base if item in merged]
    assert merged == merge_lists_as_sets(base, theirs, ours)


def test_items_of_a_list_may_be_of_any_kind() -> None:
    assert merge_lists_as_sets([1], [1, {"a": 1}], [True, 1]) == [1, True, {"a": 1}]
