"""Labels of speakers that a person says are roles, in every format of rows."""

from __future__ import annotations

from typing import Any

import pytest

from rolethread_vcs.formats._rows import with_roles

ROLES = {"narrator": "assistant", "old man": "user", "human": "assistant"}


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"role": "narrator", "content": "x"}, {"role": "assistant", "content": "x", "speaker": "narrator"}),
        ({"from": " Old  MAN ", "value": "x"}, {"from": "user", "value": "x", "speaker": " Old  MAN "}),
        ({"speaker": "narrator", "text": "x"}, {"speaker": "narrator", "text": "x", "role": "assistant"}),
        ({"role": "narrator", "speaker": "mara"}, {"role": "assistant", "speaker": "mara"}),
        ({"from": "human", "value": "x"}, {"from": "assistant", "value": "x"}),
        ({"role": "Emma", "content": "x"}, {"role": "Emma", "content": "x"}),
        ({"role": None, "content": "x"}, {"role": None, "content": "x"}),
        ({"role": "user", "speaker": "narrator"}, {"role": "user", "speaker": "narrator"}),
        ("narrator", "narrator"),
    ],
)
@pytest.mark.parametrize("key", ["messages", "conversations", "chosen"])
def test_a_label_is_read_as_the_role_and_a_name_stays_as_the_speaker(turn: Any, expected: Any, key: str) -> None:
    assert with_roles({key: [turn], "id": "narrator"}, ROLES)[0] == {key: [expected], "id": "narrator"}


def test_one_turn_as_a_side_is_read_too_and_each_label_is_told_once() -> None:
    turn = {"from": "narrator", "value": "x"}

    row, notes = with_roles({"conversations": [turn, turn], "chosen": turn}, ROLES)

    assert row["chosen"] == {"from": "assistant", "value": "x", "speaker": "narrator"}
    assert notes == ("role 'narrator' is read as assistant",)


def test_a_row_of_ours_is_taken_word_for_word() -> None:
    row = {"rolethread": {"id": "00000012-k2x9m3ab"}, "messages": [{"role": "narrator", "content": "x"}]}

    assert with_roles(row, ROLES) == (row, ())
