"""Order: moves keep everything else in its place, and every merge of two orders is an order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import JsonProblemError
from rolethread_vcs.model.order import Order


def _id(number: int) -> str:
    return f"{number:08d}-k2x9m3ab"


IDS = [_id(number) for number in range(1, 8)]
MOVES = st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6)), max_size=25)


def _listed(order: Order, ids: Sequence[str] = IDS, after_id: str | None = None) -> list[str]:
    return [found for found, _ in order.merge_iter(((i, 0) for i in sorted(ids)), lambda i: 0, after_id=after_id)]


def _moved(order: Order, sequence: list[str], entry_id: str, anchor_id: str | None) -> tuple[Order, list[str]]:
    """Move in the order and in a plain list."""
    rest = [other for other in sequence if other != entry_id]
    place = rest.index(anchor_id) + 1 if anchor_id is not None else 0
    next_id = rest[place] if place < len(rest) else None
    return order.move_after([entry_id], anchor_id, next_id=next_id), [*rest[:place], entry_id, *rest[place:]]


def _after_moves(moves: list[tuple[int, int]], order: Order | None = None) -> tuple[Order, list[str]]:
    order = order or Order()
    sequence = _listed(order)
    for entry, anchor in moves:
        if entry != anchor:
            order, sequence = _moved(order, sequence, IDS[entry], IDS[anchor] if anchor >= 0 else None)
    return order, sequence


# ---- laws


@given(MOVES)
def test_moving_does_what_moving_in_a_list_does(moves: list[tuple[int, int]]) -> None:
    order, sequence = _after_moves(moves)

    assert _listed(order) == sequence


@given(MOVES)
def test_dataset_order_is_by_rank_and_id(moves: list[tuple[int, int]]) -> None:
    order, sequence = _after_moves(moves)

    assert sorted(IDS, key=order.key_of) == sequence


@given(MOVES)
def test_an_order_survives_its_file(moves: list[tuple[int, int]]) -> None:
    order, _ = _after_moves(moves)

    assert Order.parse(order.encode()) == order


@given(MOVES, st.integers(0, 6))
def test_a_listing_may_start_anywhere(moves: list[tuple[int, int]], start: int) -> None:
    order, sequence = _after_moves(moves)
    after_id = IDS[start]

    walk = ((i, 0) for i in IDS if i > order.seek_id(after_id))
    listed = [found for found, _ in order.merge_iter(walk, lambda i: 0, after_id=after_id)]

    assert listed == sequence[sequence.index(after_id) + 1 :]


@given(MOVES, MOVES, MOVES, MOVES)
def test_any_merge_key_by_key_is_an_order_in_which_moving_works(
    before: list[tuple[int, int]],
    ours: list[tuple[int, int]],
    theirs: list[tuple[int, int]],
    later: list[tuple[int, int]],
) -> None:
    base, _ = _after_moves(before)
    our_order, _ = _after_moves(ours, base)
    their_order, _ = _after_moves(theirs, base)
    merged = dict(our_order.ranks)
    for entry_id in IDS:
        if their_order.ranks.get(entry_id) != base.ranks.get(entry_id):
            merged.pop(entry_id, None)
            if entry_id in their_order.ranks:
                merged[entry_id] = their_order.ranks[entry_id]
    order = Order(merged)

    assert sorted(_listed(order)) == IDS
    order, sequence = _after_moves(later, order)
    assert _listed(order) == sequence


@given(
    st.dictionaries(
        st.sampled_from(IDS),
        st.sampled_from(["", IDS[2]]).flatmap(
            lambda place: st.text("01zg", min_size=1, max_size=3).map(lambda fraction: f"{place}.{fraction}")
        ),
    ),
    MOVES,
)
def test_moving_works_among_ranks_that_others_have_written(ranks: dict[str, str], moves: list[tuple[int, int]]) -> None:
    order, sequence = _after_moves(moves, Order.parse(Order(ranks).encode()))

    assert _listed(order) == sequence


@given(st.lists(st.sampled_from(IDS), unique=True, min_size=1, max_size=6), st.integers(-1, 6), MOVES)
def test_many_entries_move_together_in_the_sequence_given(
    entry_ids: list[str], anchor: int, moves: list[tuple[int, int]]
) -> None:
    order, sequence = _after_moves(moves)
    rest = [entry_id for entry_id in sequence if entry_id not in entry_ids]
    anchor_id = IDS[anchor] if anchor >= 0 and IDS[anchor] in rest else None
    place = rest.index(anchor_id) + 1 if anchor_id is not None else 0
    next_id = rest[place] if place < len(rest) else None

    order = order.move_after(entry_ids, anchor_id, next_id=next_id)

    assert _listed(order) == [*rest[:place], *entry_ids, *rest[place:]]


# ---- moves


def test_an_entry_moved_behind_an_unmoved_one_is_ranked_behind_its_id() -> None:
    order = Order().move_after([IDS[4]], IDS[0], next_id=IDS[1])

    assert order.ranks == {IDS[4]: f"{IDS[0]}.g"}


def test_an_entry_moved_to_the_front_is_ranked_before_every_id() -> None:
    order = Order().move_after([IDS[4]], None, next_id=IDS[0])

    assert order.ranks == {IDS[4]: ".g"}


def test_an_entry_moved_back_to_where_its_id_puts_it_is_unmoved_again() -> None:
    order = Order().move_after([IDS[4]], None, next_id=IDS[0])

    assert order.move_after([IDS[4]], IDS[3], next_id=IDS[5]) == Order()


def test_a_move_changes_the_rank_of_no_other_entry() -> None:
    order = Order().move_after([IDS[4]], IDS[0], next_id=IDS[1])

    order = order.move_after([IDS[5]], IDS[0], next_id=IDS[4])

    assert order.ranks == {IDS[4]: f"{IDS[0]}.g", IDS[5]: f"{IDS[0]}.8"}


def test_a_thousand_insertions_between_the_same_two_keep_ranks_short() -> None:
    order, sequence = Order(), [_id(1), _id(2)]
    for number in range(3, 1003):
        order, sequence = _moved(order, sequence, _id(number), _id(1))

    assert _listed(order, sequence) == sequence
    assert max(len(rank) for rank in order.ranks.values()) < 17 + 1 + 205


def test_a_hundred_thousand_entries_sorted_at_once_have_ranks_of_four_digits() -> None:
    ids = [_id(number) for number in range(100_000)]

    order = Order().move_after(ids[::-1], None, next_id=None)

    assert max(len(rank) for rank in order.ranks.values()) == 1 + 4
    assert _listed(order, ids) == ids[::-1]


def test_equal_ranks_stand_in_the_order_of_their_ids() -> None:
    order = Order({IDS[6]: f"{IDS[0]}.g", IDS[3]: f"{IDS[0]}.g"})

    assert _listed(order) == [IDS[0], IDS[3], IDS[6], IDS[1], IDS[2], IDS[4], IDS[5]]


def test_a_move_between_equal_ranks_ranks_their_place_anew() -> None:
    order = Order({IDS[6]: f"{IDS[0]}.g", IDS[3]: f"{IDS[0]}.g"})

    order = order.move_after([IDS[5]], IDS[3], next_id=IDS[6])

    assert _listed(order) == [IDS[0], IDS[3], IDS[5], IDS[6], IDS[1], IDS[2], IDS[4]]
    assert order.ranks == {IDS[3]: f"{IDS[0]}.8", IDS[5]: f"{IDS[0]}.g", IDS[6]: f"{IDS[0]}.r"}


def test_a_moved_entry_that_does_not_exist_is_passed_over() -> None:
    order = Order({IDS[6]: ".g"})

    listed = list(order.merge_iter(((i, i) for i in IDS[:6]), lambda i: None))

    assert [found for found, _ in listed] == IDS[:6]


def test_a_moved_entry_is_looked_up_only_when_its_turn_comes() -> None:
    looked_up: list[str] = []
    order = Order({IDS[0]: f"{IDS[4]}.g"})

    def look_up(entry_id: str) -> int:
        looked_up.append(entry_id)
        return 0

    listing = order.merge_iter(((i, 0) for i in IDS), look_up)
    page = [next(listing)[0] for _ in range(3)]

    assert (page, looked_up) == (IDS[1:4], [])


def test_without_forgets_ranks() -> None:
    assert Order({IDS[0]: ".g", IDS[1]: ".h"}).without([IDS[0], IDS[5]]) == Order({IDS[1]: ".h"})


def test_an_order_without_moves_has_no_file() -> None:
    assert Order().encode() is None
    assert Order.parse(None) == Order()


def test_the_file_is_sorted_by_id() -> None:
    data = Order({IDS[1]: ".g", IDS[0]: f"{IDS[3]}.8"}).encode()

    assert data == b'{\n  "%b": "%b.8",\n  "%b": ".g"\n}\n' % (
        IDS[0].encode(),
        IDS[3].encode(),
        IDS[1].encode(),
    )


@pytest.mark.parametrize(
    ("anchor_id", "next_id"), [(IDS[0], IDS[1]), (IDS[1], IDS[0]), (IDS[2], IDS[1]), (IDS[2], IDS[2])]
)
def test_neighbours_that_cannot_be_are_refused(anchor_id: str, next_id: str) -> None:
    with pytest.raises(ValueError, match=r"neighbour|follow"):
        Order().move_after([IDS[0]], anchor_id, next_id=next_id)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"x": ".g"}',
        b'{"00000001-k2x9m3ab": 1}',
        b'{"00000001-k2x9m3ab": ""}',
        b'{"00000001-k2x9m3ab": "."}',
        b'{"00000001-k2x9m3ab": ".G"}',
        b'{"00000001-k2x9m3ab": "00000002-k2x9m3ab"}',
        b'{"00000001-k2x9m3ab": ".g\\n"}',
        b'{"../../x": ".g"}',
    ],
)
def test_a_file_that_is_no_order_is_refused(data: bytes) -> None:
    with refusal(InvalidError, "invalid_order"):
        Order.parse(data)


def test_a_file_that_is_not_json_is_refused_with_its_place() -> None:
    with pytest.raises(JsonProblemError, match="line 1, column 1"):
        Order.parse(b"nothing")


def test_the_document_shows_the_file_of_two_moves() -> None:
    page = (Path(__file__).parents[2] / "docs/on-disk-format.md").read_text(encoding="utf-8")

    order = Order().move_after([IDS[4]], IDS[0], next_id=IDS[1]).move_after([IDS[6]], None, next_id=IDS[0])

    assert f"```json\n{(order.encode() or b'').decode()}```" in page
