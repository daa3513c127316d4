"""`rtv clone`: a copy with its history, that starts an operation log of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row

from rolethread_vcs import Dataset


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a"), row("b")))
    made.rtv("import", "../chats.jsonl")
    made.rtv("branch", "try")
    return made


def test_a_copy_holds_all_branches_and_their_history(room: Room) -> None:
    said = room.rtv("clone", "tavern", "eine Kopie", inside=".")

    copy = Dataset.open(room.folder / "eine Kopie")
    assert said.status == 0
    assert list(copy.snapshot()) == list(room.dataset.snapshot())
    assert copy.snapshot().id == room.dataset.snapshot().id
    assert [branch.name for branch in copy.branches.list()] == ["main", "try"]
    assert [each.operation.verb for each in copy.operations.list()] == ["clone"]
    assert copy.status().unsaved == ()


def test_a_copy_is_called_like_the_original_by_default(room: Room) -> None:
    (room.folder / "elsewhere").mkdir()

    assert room.rtv("clone", "../tavern", inside="elsewhere").status == 0
    assert (room.folder / "elsewhere" / "tavern" / "rolethread.toml").is_file()


def test_the_copy_can_be_undone_in_and_the_original_does_not_notice(room: Room) -> None:
    room.rtv("clone", "tavern", "copy", inside=".")
    before = room.dataset.snapshot().id

    assert room.rtv("remove", "1", inside="copy").status == 0
    assert room.rtv("undo", inside="copy").status == 0
    assert room.rtv("undo", inside="copy").status == 40

    assert Dataset.open(room.folder / "copy").snapshot().id == before == room.dataset.snapshot().id


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nowhere", "copy"), 40),
        (("elsewhere", "copy"), 40),
        (("tavern", "full"), 20),
        (("https://example.org/x", "copy"), 2),
        (("host:path", "copy"), 2),
    ],
)
def test_what_cannot_be_copied_is_told(room: Room, words: tuple[str, ...], status: int) -> None:
    (room.folder / "elsewhere").mkdir()
    room.write("full/file.txt", b"x")

    assert room.rtv("clone", *words, inside=".").status == status
    assert not (room.folder / "copy" / ".git").exists()
    assert [path.name for path in (room.folder / "full").iterdir()] == ["file.txt"]


def test_the_envelope_counts(room: Room) -> None:
    value = room.rtv("clone", "tavern", "copy", "--json", inside=".").value("rolethread.clone/v1")

    assert (value["entries"], value["branches"], value["commit"]) == (2, 2, room.dataset.snapshot().id)
