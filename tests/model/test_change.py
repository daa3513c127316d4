"""Change sets: the plan of one mutation."""

from __future__ import annotations

import pytest

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.transaction import ChangeSet

A, B = "00000001-k2x9m3ab", "00000002-k2x9m3ab"


def test_a_change_of_nothing_is_empty() -> None:
    assert ChangeSet(summary="nothing").is_empty


@pytest.mark.parametrize(
    "change",
    [
        ChangeSet(puts={A: Entry({})}),
        ChangeSet(removes=frozenset({A})),
        ChangeSet(files={"order.json": None}),
    ],
)
def test_a_change_of_anything_is_not_empty(change: ChangeSet) -> None:
    assert not change.is_empty


def test_a_change_touches_what_it_puts_and_removes() -> None:
    assert ChangeSet(puts={A: Entry({})}, removes=frozenset({B})).touched == {A, B}


def test_a_change_cannot_put_and_remove_the_same_entry() -> None:
    with pytest.raises(ValueError, match=A):
        ChangeSet(puts={A: Entry({})}, removes=frozenset({A}))
