"""`rtv ops`: what was done here, newest first."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a"), row("b")))
    made.rtv("import", "../chats.jsonl")
    made.rtv("remove", "1")
    made.rtv("undo")
    return made


def test_each_operation_is_a_line(room: Room) -> None:
    said = room.rtv("ops")

    numbers = [line.split()[0] for line in said.out.splitlines()]
    assert numbers == ["4", "3", "2", "1"]
    assert said.out.splitlines()[1].endswith("(undone)")
    assert "(+2)" in said.out.splitlines()[2]


def test_the_envelope_has_the_keys_that_others_rely_on(room: Room) -> None:
    operations = room.rtv("ops", "--json", "-n", "2").value("rolethread.ops/v1")["operations"]

    assert [each["number"] for each in operations] == [4, 3]
    assert [each["undone"] for each in operations] == [False, True]
    wanted = {"number", "command", "time", "branch", "added", "changed", "removed", "undone"}
    assert all(each.keys() >= wanted for each in operations)


def test_older_ones_are_hinted_at(room: Room) -> None:
    said = room.rtv("ops", "-n", "2")

    assert len(said.out.splitlines()) == 2
    assert "rtv ops -n" in said.err


def test_moves_by_plain_git_are_taken_in(room: Room) -> None:
    room.git("branch", "by-git")

    said = room.rtv("ops")

    assert "plain git made by-git" in said.out.splitlines()[0]


def test_why_something_was_done_stands_beside_it(room: Room) -> None:
    dataset = room.dataset
    dataset.branch("try", because="a test\x1b[31m")
    dataset.remove("2", because="too short")

    said = room.rtv("ops", "-n", "2").out.splitlines()
    operations = room.rtv("ops", "--json", "-n", "2").value("rolethread.ops/v1")["operations"]

    assert said[0].endswith("  (-1)  too short")
    assert said[1].endswith("branch try on main  a test\\x1b[31m")
    assert [(each["because"], each["message"]) for each in operations] == [
        ("too short", None),
        ("a test\x1b[31m", None),
    ]
