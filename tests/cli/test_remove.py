"""`rtv remove`: entries go, nothing is asked, and history still holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing_steps import Desk


def test_an_entry_is_removed_and_the_answer_says_that_history_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    first, second, third = desk.ids

    answer = desk.rtv("remove", "2")

    commit = desk.head()[:10]
    assert answer.status == 0
    assert answer.out == f"removed 1 entry ({second}) from main @ {commit}\nundo with: rtv undo\n"
    assert answer.err == f"history still holds its text: rtv show {second}@{commit}~1\n"
    assert desk.ids == [first, third]
    assert desk.git("status", "--short") == ""


def test_undo_brings_removed_entries_back_with_their_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    ids = desk.ids

    removed = desk.rtv("remove", "--where", "id:1..2")
    undone = desk.rtv("undo")

    assert (removed.status, undone.status) == (0, 0)
    assert desk.ids == ids


def test_a_dry_run_names_what_would_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    ids = desk.ids

    answer = desk.rtv("remove", "1", "3", "--dry-run")

    assert answer.status == 0
    assert answer.out.splitlines() == [
        "would remove 2 entries from main; nothing was changed",
        "",
        f"- {ids[0]}  3 messages #slow_burn #tavern",
        "  - [0] system",
        "  -     You are the keeper of a tavern.",
        "  - [1] scott (user)",
        "  -     Is the cellar dry?",
        "  - [2] emma (assistant)",
        '  -     *She laughs.* "Dry enough."',
        "",
        f"- {ids[2]}  2 messages",
        "  - [0] user",
        "  -     Where is the key?",
        "  - [1] assistant",
        "  -     Under it.",
        "    extra.id: draft-3",
    ]
    assert desk.ids == ids


@pytest.mark.parametrize(
    ("words", "status"),
    [(("remove",), 2), (("remove", "9"), 40), (("remove", "1", "9"), 40), (("remove", "x"), 2)],
)
def test_words_that_do_not_fit_remove_nothing(
    words: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    ids = desk.ids

    assert desk.rtv(*words).status == status
    assert desk.ids == ids


def test_an_entry_that_does_not_read_can_be_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(2).write_bytes(b"{")
    desk.git("commit", "-qam", "break it")

    assert desk.rtv("remove", "2").status == 0
    assert len(desk.dataset.snapshot()) == 2


def test_hand_edits_on_a_removed_entry_stand_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(2).write_bytes(b"typed by hand")

    assert desk.rtv("remove", "2").status == 50
    assert desk.path(2).read_bytes() == b"typed by hand"
