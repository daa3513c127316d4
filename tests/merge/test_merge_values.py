"""JSON objects merge key by key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import (
    UNSETTLED,
    merge_maps,
    merge_sets,
    settle,
    settle_value,
)
from rolethread_vcs.model.entry import copy_value, is_equal


def test_keys_of_nested_objects_merge() -> None:
    resolver = Resolver()

    merged = merge_maps(
        {"lore": {"place": "north", "year": 9}},
        {"lore": {"place": "south", "year": 9}, "new": None},
        {"lore": {"place": "north"}},
        "extra",
        resolver,
    )

    assert merged == {"lore": {"place": "south"}, "new": None}
    assert resolver.conflicts == []


KEYS_IN_ORDER = {
    "one side orders, the other edits": ([{"a": 1, "b": 2}, 7], [{"b": 2, "a": 1}, 7], [{"a": 1, "b": 3}, 7]),
    "one side orders, the other adds an item and a key": (
        [{"a": 1, "b": 2}],
        [{"b": 2, "a": 1}],
        [{"z": 0}, {"a": 1, "c": 3, "b": 2}],
    ),
    "each side orders another object": (
        {"x": {"a": 1, "b": 2}, "y": {"c": 1, "d": 2}},
        {"x": {"b": 2, "a": 1}, "y": {"c": 1, "d": 2}},
        {"x": {"a": 1, "b": 2}, "y": {"d": 2, "c": 1}},
    ),
    "both sides made the same value in two orders": (None, {"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "one side orders, the other removes a key": ({"a": 1, "b": 2, "c": 3}, {"c": 3, "b": 2, "a": 1}, {"a": 1, "c": 3}),
    "one side orders, the other removes it": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ABSENT),
}
MERGED_IN_ORDER: dict[str, Any] = {
    "one side orders, the other edits": [{"b": 3, "a": 1}, 7],
    "one side orders, the other adds an item and a key": [{"z": 0}, {"b": 2, "a": 1, "c": 3}],
    "each side orders another object": {"x": {"b": 2, "a": 1}, "y": {"d": 2, "c": 1}},
    "both sides made the same value in two orders": {"a": 1, "b": 2},
    "one side orders, the other removes a key": {"c": 3, "a": 1},
    "one side orders, the other removes it": ABSENT,
}


@pytest.mark.parametrize("case", KEYS_IN_ORDER)
def test_an_order_of_keys_and_a_value_are_both_kept(case: str) -> None:
    base, ours, theirs = KEYS_IN_ORDER[case]

    there, back = settle_value(base, ours, theirs), settle_value(base, theirs, ours)

    assert repr(there) == repr(back) == repr(MERGED_IN_ORDER[case])


def test_objects_that_both_sides_edit_keep_the_order_that_one_of_them_gave() -> None:
    resolver = Resolver()
    base = {"lore": {"place": "north", "year": 9, "king": "Ode"}}
    ours = {"lore": {"king": "Ode", "year": 10, "place": "north"}}
    theirs = {"lore": {"place": "south", "tax": 3, "year": 9, "king": "Ode"}}

    merged = merge_maps(base, ours, theirs, "extra", resolver)

    assert repr(merged) == repr({"lore": {"king": "Ode", "year": 10, "place": "south", "tax": 3}})
    assert repr(merge_maps(base, theirs, ours, "extra", resolver)) == repr(merged)


def test_a_list_in_extra_is_one_value() -> None:
    resolver = Resolver()

    merge_maps({"stop": ["a"]}, {"stop": ["a", "b"]}, {"stop": ["a", "c"]}, "extra", resolver)

    assert [(conflict.field, conflict.reason) for conflict in resolver.conflicts] == [("extra.stop", Reason.VALUE)]


def test_keys_that_are_no_words_are_quoted_in_the_name() -> None:
    resolver = Resolver()

    merge_maps({"a.b": {"ü": 1}}, {"a.b": {"ü": 2}}, {"a.b": {"ü": 3}}, "extra", resolver)

    assert [conflict.field for conflict in resolver.conflicts] == ['extra["a.b"].ü']


# ---- tags and other lists whose order says nothing


TAGS = st.lists(st.sampled_from("abcdef"), unique=True)


def test_what_a_side_added_stays_and_what_it_removed_goes() -> None:
    assert merge_sets(["draft", "tavern"], ["tavern", "zoo"], ["draft", "night", "tavern"]) == [
        "tavern",
        "night",
        "zoo",
    ]
    assert merge_sets(ABSENT, ["tavern"], ["night"]) == ["night", "tavern"]


@given(TAGS, TAGS, TAGS)
def test_each_item_is_decided_by_the_side_that_changed_it_and_what_stayed_keeps_its_order(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    merged = merge_sets(base, ours, theirs)

    for tag in "abcdef":
        was, left, right = tag in base, tag in ours, tag in theirs
        assert (tag in merged) == (left if right == was else right)
    assert [item for item in merged if item in base] == [item for item in base if item in merged]
    assert merged == merge_sets(base, theirs, ours)


def test_items_of_a_list_may_be_of_any_kind() -> None:
    assert merge_sets([1], [1, {"a": 1}], [True, 1]) == [1, True, {"a": 1}]


# ---- who alone changed a value, wins


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        (1, 1, 1, 1),
        (1, 2, 1, 2),
        (1, 1, 2, 2),
        (1, 2, 2, 2),
        (1, 2, 3, UNSETTLED),
        (ABSENT, 2, ABSENT, 2),
        (1, ABSENT, 1, ABSENT),
        (1, ABSENT, 2, UNSETTLED),
        (None, ABSENT, None, ABSENT),
        (1, 1.0, True, UNSETTLED),
        ([1], [True], [1], [True]),
    ],
)
def test_a_value_is_settled_by_the_side_that_changed_it(base: Any, ours: Any, theirs: Any, result: Any) -> None:
    assert repr(settle(base, ours, theirs)) == repr(result)


JSON_VALUES = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)


@given(base=JSON_VALUES, other=JSON_VALUES, data=st.data())
def test_an_order_alone_never_loses_a_value_nor_conflicts(base: Any, other: Any, data: st.DataObject) -> None:
    turned = copy_value(base, lambda keys: data.draw(st.permutations(list(keys))))

    there, back = settle_value(base, turned, other), settle_value(base, other, turned)

    assert is_equal(there, other)
    assert repr(there) == repr(back)
    assert repr(settle_value(base, turned, base)) == repr(turned)
