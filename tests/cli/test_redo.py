"""`rtv redo`: brings back what the last undo took."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a"), row("b")))
    made.rtv("import", "../chats.jsonl")
    return made


def test_it_says_what_came_back(room: Room) -> None:
    after = room.dataset.snapshot().id
    room.rtv("undo")

    said = room.rtv("redo")

    assert said.status == 0
    assert said.out.startswith("did again ")
    assert "rtv undo" in said.out
    assert room.dataset.snapshot().id == after


def test_there_is_nothing_to_redo_after_something_else(room: Room) -> None:
    room.rtv("undo")
    room.rtv("add", "--user", "u", "--assistant", "a")

    said = room.rtv("redo")

    assert said.status == 40
    assert room.questions() == ["u"]


def test_a_dry_run_does_nothing(room: Room) -> None:
    room.rtv("undo")

    said = room.rtv("redo", "--dry-run")

    assert said.out.startswith("would do again ")
    assert room.questions() == []
