"""What both sides moved stands as each of them wants it, and what was replaced keeps its place among it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import pytest

from rolethread_vcs.merge.conflict import Merged, Reason
from rolethread_vcs.merge.lists import Lists
from rolethread_vcs.merge.messages import merge_conversation
from rolethread_vcs.merge.resolver import Resolver

EXCHANGES = [
    ("Is the cellar dry enough for guests?", "Dry for those who pay in silver."),
    ("What hides behind the old barrels?", "A door nobody opened since the flood."),
    ("Who rang the bell at midnight?", "Nobody that lives in this house."),
    ("Where did the ferryman go?", "Down the river with his dog, they say."),
    ("Why is the lamp still burning?", "Because mother forgot to trim it."),
    ("Shall we wait for the abbot?", "He never comes before dawn, my lord."),
    ("Who painted the north door red?", "The widow, before her seven sons came home."),
    ("What did the clerk of the crown want?", "A ledger that burned in the third winter."),
]
NEW, MORE = 6, 7


def conversation(row: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"role": role, "content": text}
        for number in row
        for role, text in zip(("user", "assistant"), EXCHANGES[number], strict=True)
    ]


def merge(base: Sequence[int], ours: Sequence[int], theirs: Sequence[int]) -> Merged[list[Any]]:
    resolver = Resolver()
    lists = Lists(conversation(base), conversation(ours), conversation(theirs))
    return resolver.merged(merge_conversation(lists, "messages", resolver))


def moves(size: int) -> Iterator[tuple[int, ...]]:
    """Yield what one move of one or more exchanges makes of a conversation."""
    found = set()
    for start, stop in combinations(range(size + 1), 2):
        rest = [*range(start), *range(stop, size)]
        found |= {(*rest[:to], *range(start, stop), *rest[to:]) for to in range(len(rest) + 1)}
    yield from sorted(found - {tuple(range(size))})


def is_first(one: int, other: int, sides: Sequence[Sequence[int]]) -> bool:
    """Whether of two exchanges the one comes first: as in the base, unless a side turned them around."""
    was = one < other
    return was if all((side.index(one) < side.index(other)) == was for side in sides) else not was


def test_what_both_moved_stands_as_each_wants_it_or_asks() -> None:
    asked = 0
    for ours in moves(4):
        for theirs in moves(4):
            merged = merge(range(4), ours, theirs)
            if merged.conflicts:
                assert [each.reason for each in merged.conflicts] == [Reason.BOTH_MOVED]
                asked += 1
                continue

            order = sorted(range(4), key=lambda each: sum(is_first(x, each, (ours, theirs)) for x in range(4)))
            assert merged.value == conversation(order), (ours, theirs)
            assert all(is_first(*pair, (ours, theirs)) for pair in combinations(order, 2)), (ours, theirs)
    # of 100: 18 go round in a circle, in 4 both moved the same one, differently far
    assert asked == 22


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        # moved behind it, and before it
        ([0, NEW, 2, 3, 4, 5], [0, 1, 4, 5, 2, 3], [0, NEW, 4, 5, 2, 3]),
        ([0, NEW, 2, 3, 4, 5], [0, 4, 5, 1, 2, 3], [0, 4, 5, NEW, 2, 3]),
        ([0, 1, 2, 3, NEW, 5], [0, 1, 4, 5, 2, 3], [0, 1, NEW, 5, 2, 3]),
        # what stands beside it moved away
        ([0, NEW, 2, 3, 4, 5], [1, 2, 3, 0, 4, 5], [NEW, 2, 3, 0, 4, 5]),
        ([NEW, 1, 2, 3, 4, 5], [0, 5, 1, 2, 3, 4], [NEW, 5, 1, 2, 3, 4]),
        # two for two, one for two, two for one
        ([0, NEW, MORE, 3, 4, 5], [0, 1, 5, 2, 3, 4], [0, NEW, 5, MORE, 3, 4]),
        ([0, NEW, 3, 4, 5], [0, 1, 2, 5, 3, 4], [0, NEW, 5, 3, 4]),
        ([0, NEW, MORE, 2, 3, 4, 5], [0, 1, 4, 5, 2, 3], [0, NEW, MORE, 4, 5, 2, 3]),
        # the side that replaced it moved something, too
        ([0, 5, NEW, 2, 3, 4], [0, 1, 2, 4, 3, 5], [0, 5, NEW, 2, 4, 3]),
    ],
)
def test_what_was_replaced_keeps_its_place(ours: list[int], theirs: list[int], expected: list[int]) -> None:
    assert merge(range(6), ours, theirs) == merge(range(6), theirs, ours) == Merged(conversation(expected))


@pytest.mark.parametrize("now", [[0, 2, 3, 4, 5, NEW], [0, 2, NEW, 3, 4, 5], [NEW, 0, 2, 3, 4, 5]])
def test_taking_back_a_replacement_that_moved_says_where_the_old_one_stands(now: list[int]) -> None:
    merged = merge([0, NEW, 2, 3, 4, 5], now, range(6))

    assert merged.value == conversation(range(6))
    assert [note.field for note in merged.notes] == ["messages[2]"]


def test_a_line_goes_along_with_its_exchange() -> None:
    line = {"role": "assistant", "content": "*The smith looks up.*", "speaker": "smith"}
    base = conversation(range(5))
    resolver = Resolver()

    merged = merge_conversation(
        Lists(base, [*base[:4], line, *base[4:]], conversation([0, 2, 3, 4, 1])), "messages", resolver
    )

    assert resolver.merged(merged) == Merged([*conversation([0, 2, 3, 4, 1]), line])


@pytest.mark.parametrize("deleted", [1, 2])
def test_an_exchange_of_few_words_that_went_behind_an_open_question_keeps_what_was_deleted_in_it(deleted: int) -> None:
    nods = [{"role": "assistant", "content": "*nods*", "speaker": name} for name in ("mara", "oren")]
    asks = {"role": "user", "content": "I read it twice. This is my brother's hand."}
    opened = [*conversation(range(4)), {"role": "user", "content": "Then we bail. Come."}]
    exchange = [asks, *nods]
    left = [each for place, each in enumerate(exchange) if place != deleted]
    lists = Lists([*opened[:2], *exchange, *opened[2:]], [*opened, *exchange], [*opened[:2], *left, *opened[2:]])
    resolver = Resolver()

    assert resolver.merged(merge_conversation(lists, "messages", resolver)) == Merged([*opened, *left])


def test_a_line_at_the_end_of_an_exchange_stands_before_an_exchange_that_the_other_side_added_there() -> None:
    line = {"role": "assistant", "content": "*The smith looks up.*", "speaker": "smith"}
    sides = [conversation([0, NEW, 1, 2]), [*conversation([0]), line, *conversation([2])]]

    for ours, theirs in (sides, sides[::-1]):
        resolver = Resolver()
        merged = merge_conversation(Lists(conversation(range(3)), ours, theirs), "messages", resolver)
        assert resolver.merged(merged) == Merged([*conversation([0]), line, *conversation([NEW, 2])])
