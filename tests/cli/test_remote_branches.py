"""What `branch`, `switch`, `status` and `undo` say of the branches of another copy."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    """Return a room in which `tavern` is the copy that git made of a dataset with a branch `feature`."""
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a"), row("b")))
    made.rtv("import", "../chats.jsonl")
    made.rtv("branch", "feature")
    (made.folder / "tavern").rename(made.folder / "hub")
    made.rtv("config", "set", "checkout", "never", inside="hub")
    made.monkeypatch.chdir(made.folder)
    os.system("git clone -q hub tavern")
    return made


def test_a_branch_of_another_copy_is_listed_and_gone_to(room: Room) -> None:
    listed = room.rtv("branch").out.splitlines()
    slip = room.rtv("switch", "featur")
    gone_to = room.rtv("switch", "feature")

    assert [line.split()[:2] for line in listed[::3]] == [["*", "main"], ["origin/feature", listed[0].split()[2]]]
    assert listed[1:3] == [
        "",
        "in other copies, as fetched last (rtv switch NAME makes a branch here that follows one):",
    ]
    assert slip.err.splitlines()[1] == "hint: rtv switch feature"
    assert gone_to.err.splitlines()[0] == "feature starts at origin/feature and follows it"
    assert gone_to.out.splitlines()[0].startswith("you are on the branch feature now @ ")
    assert len(room.rtv("branch").out.splitlines()) == 2


def test_status_says_how_the_branch_stands_and_when_that_was_known(room: Room) -> None:
    at_first = room.rtv("status").out.splitlines()[2]
    room.rtv("remove", "1", inside="hub")
    room.rtv("remove", "2")
    room.git("fetch", "-q")
    os.utime(room.folder / "tavern/.git/FETCH_HEAD", (time.time() - 7200,) * 2)
    for name in ("refs", "logs/refs"):
        os.utime(room.folder / f"tavern/.git/{name}/remotes/origin/main", (time.time() - 9000,) * 2)

    fetched = room.rtv("status").out.splitlines()

    assert at_first == "level with origin/main, as fetched last"
    assert fetched[2:4] == [
        "1 commit ahead of origin/main and 1 behind, as fetched last (2 hours ago)",
        "  take in what is new there: rtv merge origin/main",
    ]
    assert room.rtv("status", "--json").value("rolethread.status/v1")["upstream"]["behind"] == 1


def test_undo_says_what_to_do_when_it_goes_behind_what_was_pushed(room: Room) -> None:
    room.rtv("remove", "1")
    commit = room.dataset.snapshot().id[:10]
    room.git("push", "-q")

    said = room.rtv("undo")

    assert said.status == 0
    assert said.err.splitlines()[0] == (
        "main goes 1 commit behind origin/main, which others may have, so git push will be refused; "
        f"to take it back for them, too: rtv redo, then rtv revert {commit}"
    )
