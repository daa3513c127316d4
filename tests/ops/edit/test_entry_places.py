"""Imported entries stand where they should."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff.chain import longest_chain
from rolethread_vcs.model.layout import make_id
from rolethread_vcs.ops.edit.change import as_listed


def _ids(numbers: list[int]) -> list[str]:
    return [make_id(number, "00000000") for number in numbers]


@given(st.lists(st.integers(1, 500), unique=True, max_size=60))
def test_entries_stand_as_listed_and_few_are_moved(numbers: list[int]) -> None:
    ids = _ids(numbers)

    order = as_listed(ids)

    assert sorted(ids, key=order.key_of) == ids
    assert len(order.ranks) == len(ids) - len(longest_chain(enumerate(numbers)))


def test_a_rising_list_needs_no_order() -> None:
    assert as_listed(_ids([1, 2, 5, 9])).ranks == {}
    assert as_listed([]).ranks == {}
