"""`rtv which`: where a file came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a", tags=["x"]), row("b")))
    made.rtv("import", "../chats.jsonl")
    made.rtv("export", "-o", "../train.jsonl", "--format", "sharegpt", "--clean", "--where", "tag:x")
    return made


def test_a_file_is_known_wherever_it_went(room: Room) -> None:
    commit = room.dataset.snapshot().id[:10]
    (room.folder / "train.jsonl").rename(room.folder / "old.jsonl")

    said = room.rtv("which", "../old.jsonl")

    assert said.status == 0
    assert said.out.startswith(f"../old.jsonl: 1 entry of main @ {commit}, sharegpt, clean, where tag:x, exported ")
    assert f"rtv list --rev {commit}" in said.err
    assert room.rtv("list", "--rev", commit).status == 0


def test_the_envelope_names_commit_and_options(room: Room) -> None:
    value = room.rtv("which", "../train.jsonl", "--json").value("rolethread.which/v1")

    assert (value["commit"], value["format"], value["clean"]) == (room.dataset.snapshot().id, "sharegpt", True)
    assert value["skip_damaged"] is False


def test_a_changed_file_and_an_unknown_one_are_told_apart(room: Room) -> None:
    room.write("train.jsonl", b"changed\n")
    room.write("other.jsonl", b"other\n")

    changed, other, missing = (room.rtv("which", f"../{name}.jsonl") for name in ("train", "other", "nowhere"))

    assert (changed.status, other.status, missing.status) == (40, 40, 40)
    assert "has been changed since" in changed.err
    assert "no export of this dataset" in other.err
