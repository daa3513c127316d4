"""`rtv demo`: a story that really happens, and ends with a dataset to go on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_steps import Room, new_room

from rolethread_vcs import Dataset


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    return new_room(tmp_path, capsys, monkeypatch)


def test_the_story_ends_with_a_dataset_and_says_where_it_is(room: Room) -> None:
    said = room.rtv("demo", "story", inside=".")

    folder = room.folder / "story" / "inn"
    assert said.status == 0
    assert str(folder) in said.out
    dataset = Dataset.open(folder)
    assert dataset.repository.branch() == "main"
    assert dataset.status().unsaved == ()
    assert len(dataset.branches.list()) == 2
    for verb in ("init", "list", "show", "switch", "edit", "remove", "undo", "export", "which"):
        assert f"$ rtv {verb}" in said.out


def test_a_second_demo_takes_another_folder(room: Room) -> None:
    assert room.rtv("demo", inside=".").status == 0
    assert room.rtv("demo", inside=".").status == 0

    assert {path.name for path in room.folder.glob("rolethread-demo*")} == {"rolethread-demo", "rolethread-demo-2"}


def test_a_folder_with_something_in_it_is_left_alone(room: Room) -> None:
    room.write("story/notes.txt", b"mine")

    assert room.rtv("demo", "story", inside=".").status == 20
    assert [path.name for path in (room.folder / "story").iterdir()] == ["notes.txt"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(room: Room) -> None:
    room.write("story", b"mine")

    said = room.rtv("demo", "story", inside=".")
    below = room.rtv("demo", "story/deeper", inside=".")

    assert (said.status, below.status) == (20, 74)
    assert "is a file; nothing was made" in said.err
    assert "not a directory" in below.err
    assert (room.folder / "story").read_bytes() == b"mine"
