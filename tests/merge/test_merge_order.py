"""The order of a dataset merges rank by rank."""

from __future__ import annotations

import pytest
from refusals import refusal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Conflict, Reason, Value
from rolethread_vcs.merge.order import MergedOrder, merge_order
from rolethread_vcs.model.order import Order

A, B, C, D = (f"0000000{number}-aaaaaaaa" for number in range(1, 5))


def test_moves_of_different_entries_both_happen() -> None:
    ours, theirs = Order({A: f"{C}.g"}), Order({B: f"{D}.g"})

    assert merge_order(Order(), ours, theirs) == MergedOrder(Order({A: f"{C}.g", B: f"{D}.g"}))


def test_an_entry_moved_back_home_goes_home() -> None:
    assert merge_order(Order({A: f"{C}.g"}), Order(), Order({A: f"{C}.g", B: ".g"})) == MergedOrder(Order({B: ".g"}))


@pytest.mark.parametrize(("base", "left", "right"), [({}, "C", "D"), ({A: ".g"}, None, "D")])
def test_one_entry_moved_to_two_places_is_the_only_clash(base, left: str | None, right: str) -> None:
    places = {"C": f"{C}.g", "D": f"{D}.g"}
    ours = Order({A: places[left]} if left else {})
    theirs = Order({A: places[right]})
    conflict = Conflict(
        f'order["{A}"]', Reason.BOTH_MOVED, base.get(A, ABSENT), ours.ranks.get(A, ABSENT), theirs.ranks[A]
    )

    assert merge_order(Order(base), ours, theirs) == MergedOrder(ours, (conflict,))
    assert merge_order(Order(base), ours, theirs, {conflict.field: "theirs"}) == MergedOrder(theirs)


def test_an_entry_ranked_anew_to_make_room_was_not_moved() -> None:
    base = Order({A: f"{D}.1", B: f"{D}.2"})
    ours = Order({A: f"{D}.8", B: f"{D}.g", C: f"{D}.c"})
    theirs = Order({A: f"{D}.1", B: ".g"})

    assert merge_order(base, ours, theirs) == MergedOrder(Order({A: f"{D}.8", B: ".g", C: f"{D}.c"}))
    assert merge_order(base, theirs, ours) == merge_order(base, ours, theirs)


def test_a_rank_that_is_no_text_is_refused() -> None:
    with refusal(UsageError, "unusable_choice", match="a rank is text"):
        merge_order(Order(), Order({A: ".1"}), Order({A: ".2"}), {f'order["{A}"]': Value(3)})
