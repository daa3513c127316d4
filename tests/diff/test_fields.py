"""Changes inside free-form JSON: applied they are right."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.fields import KeyOrder, ValueChange, apply_changes, changes
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.model.entry import is_same

SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, 2, -0.0, 0.0, "", "a", "text"])
KEYS = st.sampled_from(["", "a", "b", "lore", "é", "0"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=14
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"rating": 4}, {"rating": 5}, [(("rating",), 4, 5)]),
        ({"rating": 1}, {"rating": True}, [(("rating",), 1, True)]),
        ({"rating": 1}, {"rating": 1.0}, [(("rating",), 1, 1.0)]),
        ({}, {"rating": None}, [(("rating",), ABSENT, None)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, [(("a", "c"), 2, ABSENT)]),
        ({"a": [1, 2, 3]}, {"a": [1, 9, 2, 3]}, [(("a", 1), ABSENT, 9)]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [(("a", 1), 2, ABSENT)]),
        ({"a": [1, True]}, {"a": [1, 1]}, [(("a", 1), True, 1)]),
        ({"a": [{"x": 1}, 5]}, {"a": [{"x": 2}, 5]}, [(("a", 0, "x"), 1, 2)]),
        (
            {"lore": [{"n": "old"}, {"n": "inn"}]},
            {"lore": [{"n": "new"}, {"n": "old"}, {"n": "inn"}]},
            [(("lore", 0), ABSENT, {"n": "new"})],
        ),
        ({"a": [1]}, {"a": {"0": 1}}, [(("a",), [1], {"0": 1})]),
    ],
)
def test_a_change_is_told_where_it_is(before: Any, after: Any, expected: list[Any]) -> None:
    assert repr([tuple(change)[:3] for change in changes(before, after)]) == repr(expected)


def test_keys_in_another_order_are_told_as_that_beside_what_else_changed() -> None:
    call = {"name": "look", "arguments": {"where": 1, "how": 2}}
    other = {"arguments": {"how": 2, "why": 3, "where": 1}, "name": "see"}

    assert changes([call], [other]) == (
        ValueChange((0, "arguments", "why"), ABSENT, 3, place=1),
        ValueChange((0, "arguments"), KeyOrder(("where", "how")), KeyOrder(("how", "where"))),
        ValueChange((0, "name"), "look", "see"),
        ValueChange((0,), KeyOrder(("name", "arguments")), KeyOrder(("arguments", "name"))),
    )


def test_a_very_long_list_of_another_length_is_one_change() -> None:
    before, after = {"a": list(range(2_000)), "b": [1, {"x": 1}]}, {"a": list(range(2_001)), "b": [1, {"x": 2}]}

    assert changes(before, after) == (
        ValueChange(("a",), before["a"], after["a"]),
        ValueChange(("b", 1, "x"), 1, 2),
    )


@given(before=VALUES, after=VALUES)
def test_applied_to_the_one_it_gives_the_other(before: Any, after: Any) -> None:
    assert is_same(apply_changes(before, changes(before, after)), after)


@given(before=VALUES, after=VALUES)
def test_nothing_equal_is_told(before: Any, after: Any) -> None:
    assert changes(before, before) == ()
    assert all(not is_same(change.before, change.after) for change in changes(before, after))


@given(before=st.lists(VALUES, max_size=6), place=st.integers(0, 6), item=VALUES)
def test_one_item_put_into_a_list_is_one_change(before: list[Any], place: int, item: Any) -> None:
    after = [*before[:place], item, *before[place:]]

    assert [change.before for change in changes(before, after)] == [ABSENT]


def test_one_item_between_equal_ones_is_one_change() -> None:
    for before in product([False, None, 0, 1.0], repeat=4):
        for place, item in product(range(5), [None, 0]):
            after = [*before[:place], item, *before[place:]]

            assert [change.before for change in changes(list(before), after)] == [ABSENT]
            assert [change.after for change in changes(after, list(before))] == [ABSENT]


def test_a_very_long_list_is_one_change() -> None:
    before = list(range(2_000))

    assert changes({"a": before}, {"a": [*before, 1]}) == (ValueChange(("a",), before, [*before, 1]),)


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        ({"a": 1}, {"a": 2}, {"a": 3}),
        ({"a": 1}, {}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": 1}),
        ({"a": [1, 2, 3]}, {"a": [1, 2, 4]}, {"a": [1, 2]}),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, {"a": {}}),
        ({"a": [1]}, {"a": [1, 2, 3, 4]}, {}),
        ({}, {"a": 1}, {"a": 0}),
    ],
)
def test_changes_of_another_value_are_refused(before: Any, after: Any, other: Any) -> None:
    difference = changes(before, after)

    with refusal(ConflictError, "difference_does_not_fit", match="is not what this difference starts from"):
        apply_changes(other, difference)


def test_a_refusal_names_the_place() -> None:
    difference = changes({"lore": [1, {"name": "inn"}]}, {"lore": [1, {"name": "tavern"}]})

    with refusal(ConflictError, "difference_does_not_fit", match=r"lore\[1\]\.name is not"):
        apply_changes({"lore": [1, {"name": "house"}]}, difference)


def test_deepdiff_is_imported_only_for_lists_that_differ_in_their_middle() -> None:
    script = """
import sys
from itertools import product
from rolethread_vcs.diff.fields import changes
changes({"a": {"b": 1, "c": [1]}}, {"a": {"b": 2, "c": [2]}})
changes({"a": [1, 3]}, {"a": [1, 2, 3]})
first = "deepdiff" in sys.modules
changes({"a": [1, 2, 3]}, {"a": [2, 4, 1]})
print(first, "deepdiff" in sys.modules)
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert answer.stdout.split() == ["False", "True"]
