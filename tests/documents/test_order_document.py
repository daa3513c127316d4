"""The order of a dataset merges rank by rank."""

from __future__ import annotations

import pytest
from choices import chosen
from refusals import refusal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.documents.order import merge_orders
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Conflict, Merged, Reason, Value
from rolethread_vcs.model.order import Order

A, B, C, D = (f"0000000{number}-aaaaaaaa" for number in range(1, 5))


def test_moves_of_different_entries_both_happen() -> None:
    ours, theirs = Order({A: f"{C}.g"}), Order({B: f"{D}.g"})

    assert merge_orders(Order(), ours, theirs) == Merged(Order({A: f"{C}.g", B: f"{D}.g"}))


def test_an_entry_moved_back_home_goes_home() -> None:
    assert merge_orders(Order({A: f"{C}.g"}), Order(), Order({A: f"{C}.g", B: ".g"})) == Merged(Order({B: ".g"}))


@pytest.mark.parametrize(("base", "left", "right"), [({}, "C", "D"), ({A: ".g"}, None, "D")])
def test_one_entry_moved_to_two_places_is_the_only_clash(base, left: str | None, right: str) -> None:
    places = {"C": f"{C}.g", "D": f"{D}.g"}
    ours = Order({A: places[left]} if left else {})
    theirs = Order({A: places[right]})
    conflict = Conflict(
        f'order["{A}"]', Reason.BOTH_MOVED, base.get(A, ABSENT), ours.ranks.get(A, ABSENT), theirs.ranks[A]
    )

    assert merge_orders(Order(base), ours, theirs) == Merged(ours, (conflict,))
    assert merge_orders(Order(base), ours, theirs, chosen({conflict.field: "theirs"})) == Merged(theirs)


def test_an_entry_ranked_anew_to_make_room_was_not_moved() -> None:
    base = Order({A: f"{D}.1", B: f"{D}.2"})
    ours = Order({A: f"{D}.8", B: f"{D}.g", C: f"{D}.c"})
    theirs = Order({A: f"{D}.1", B: ".g"})

    assert merge_orders(base, ours, theirs) == Merged(Order({A: f"{D}.8", B: ".g", C: f"{D}.c"}))
    assert merge_orders(base, theirs, ours) == merge_orders(base, ours, theirs)


def test_what_both_moved_to_one_place_among_others_is_no_clash() -> None:
    ours, theirs = Order({A: f"{D}.a", B: f"{D}.m"}), Order({A: f"{D}.g", C: f"{D}.k"})
    merged = merge_orders(Order(), ours, theirs)

    assert merged == merge_orders(Order(), theirs, ours) == Merged(Order({A: f"{D}.a", B: f"{D}.m", C: f"{D}.k"}))


def test_two_entries_that_both_moved_together_keep_their_order_among_the_others() -> None:
    ours, theirs = Order({A: f"{D}.a", B: f"{D}.m"}), Order({C: f"{D}.8", A: f"{D}.g", B: f"{D}.q"})
    merged = merge_orders(Order(), ours, theirs)

    assert merged == Merged(Order({A: f"{D}.a", B: f"{D}.m", C: f"{D}.8"}))


def test_two_orders_in_one_place_are_a_clash() -> None:
    ours, theirs = Order({A: f"{D}.a", B: f"{D}.m"}), Order({A: f"{D}.q", B: f"{D}.c"})

    assert [each.field for each in merge_orders(Order(), ours, theirs).conflicts] == [f'order["{A}"]', f'order["{B}"]']


def test_a_rank_that_is_no_text_is_refused() -> None:
    with refusal(UsageError, "unusable_choice", match="a rank is text"):
        merge_orders(Order(), Order({A: f"{C}.1"}), Order({A: ".2"}), lambda _: Value(3))
