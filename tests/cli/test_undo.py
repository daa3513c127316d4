"""`rtv undo`: says what it took back, and on which branch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row

from rolethread_vcs.model.layout import entry_path


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a"), row("b")))
    made.rtv("import", "../chats.jsonl")
    return made


def test_it_says_what_was_undone_and_how_to_take_that_back(room: Room) -> None:
    room.rtv("remove", "1")

    said = room.rtv("undo")

    assert said.status == 0
    assert "remove 1" in said.out
    assert "rtv redo" in said.out
    assert room.questions() == ["a", "b"]
    assert room.git("status", "--porcelain") == ""


def test_an_operation_of_another_branch_is_named_first(room: Room) -> None:
    room.rtv("switch", "-c", "try")
    room.rtv("remove", "1")
    room.rtv("switch", "main")

    said = room.rtv("undo", "2")

    assert "was on try" in said.err
    assert room.questions("try") == ["a", "b"]


def test_hand_edits_in_the_way_stop_it(room: Room) -> None:
    room.rtv("edit", "1", "--message", "1", "--content", "Wet.")
    path = room.folder / "tavern" / entry_path(room.dataset.snapshot().ids()[0])
    path.write_bytes(path.read_bytes().replace(b"Wet.", b"By hand."))

    said = room.rtv("undo")

    assert said.status == 50
    assert "rtv commit" in said.err
    assert b"By hand." in path.read_bytes()


def test_the_envelope_lists_the_operations(room: Room) -> None:
    room.rtv("remove", "1")

    value = room.rtv("undo", "2", "--json").value("rolethread.ops/v1")

    assert [(each["number"], each["undone"]) for each in value["operations"]] == [(3, True), (2, True)]
    assert value["operation"] == 4


@pytest.mark.parametrize(("words", "status"), [(("0",), 2), (("99",), 40), (("--to", "99"), 40), (("x",), 2)])
def test_numbers_that_fit_nothing_are_told(room: Room, words: tuple[str, ...], status: int) -> None:
    before = room.dataset.snapshot().id

    assert room.rtv("undo", *words).status == status
    assert room.dataset.snapshot().id == before


def test_a_commit_by_plain_git_is_undone_as_an_operation(room: Room) -> None:
    before = room.dataset.snapshot().id
    path = room.folder / "tavern" / entry_path(room.dataset.snapshot().ids()[0])
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"By git."))
    room.git("commit", "-q", "-a", "-m", "by git")

    said = room.rtv("undo")

    assert said.status == 0
    assert "plain git moved main" in said.out
    assert room.dataset.snapshot().id == before
    assert room.git("status", "--porcelain") == ""


@pytest.mark.parametrize(("data", "why"), [(b"name = [\n", "not TOML"), (None, "there is no rolethread.toml")])
def test_settings_that_plain_git_broke_or_removed_come_back(room: Room, data: bytes | None, why: str) -> None:
    settings = room.folder / "tavern" / "rolethread.toml"
    whole = settings.read_bytes()
    settings.unlink()
    if data is not None:
        settings.write_bytes(data)
    room.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-a", "-m", "broken")
    refused = room.rtv("list")
    assert refused.status == 20
    assert why in refused.err
    assert "hint: rtv undo" in refused.err

    said = room.rtv("undo")

    assert said.status == 0
    assert settings.read_bytes() == whole
    assert room.questions() == ["a", "b"]
    assert room.git("status", "--porcelain") == ""
    assert room.rtv("redo").status == 0
    assert room.rtv("undo").status == 0
    assert settings.read_bytes() == whole


def test_who_comes_back_to_a_commit_is_told_that_it_is_no_branch(room: Room) -> None:
    git = ["git", "-C", str(room.dataset.folder)]
    subprocess.run([*git, "checkout", "--quiet", "HEAD~1"], check=True)
    room.rtv("switch", "main")

    said = room.rtv("undo")

    assert f"you are at {room.dataset.snapshot().id[:10]}, on no branch" in said.out
    assert room.dataset.current_branch() is None
