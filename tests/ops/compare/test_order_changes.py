"""Which entries moved between two orders: the fewest that explain it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.ops.compare.comparison import moved

ITEMS = st.lists(st.sampled_from("abcdefghij"), unique=True)


def test_one_item_that_went_to_the_end_is_the_only_one() -> None:
    assert moved("abcd", "bcda") == {"a"}


def test_what_came_and_went_does_not_count() -> None:
    assert moved("abcd", "xbdy") == frozenset()


def test_of_two_that_changed_places_it_is_the_one_that_is_not_fixed() -> None:
    assert moved("abcd", "acbd", fixed="acd") == {"b"}
    assert moved("abcd", "acbd", fixed="abd") == {"c"}


@given(ITEMS, ITEMS)
def test_without_the_moved_ones_both_orders_are_equal(before: list[str], after: list[str]) -> None:
    left = moved(before, after)
    kept = (set(before) & set(after)) - left

    assert [item for item in before if item in kept] == [item for item in after if item in kept]


@given(ITEMS)
def test_in_the_same_order_nothing_moved(items: list[str]) -> None:
    assert moved(items, items) == frozenset()


@given(st.permutations("abcdefgh"), st.sampled_from("abcdefgh"))
def test_one_move_is_told_as_one(items: list[str], item: str) -> None:
    after = [each for each in items if each != item]
    after.insert(len(items) // 2, item)

    assert len(moved(items, after)) <= 1
    assert moved(items, after, fixed=set(items) - {item}) <= {item}
