"""`rtv init`: a dataset in a folder, empty or with the rows of files."""

from __future__ import annotations

import gzip
import uuid
from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row

from rolethread_vcs import Dataset


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    return new_room(tmp_path, capsys, monkeypatch)


def test_a_new_dataset_has_a_first_commit_and_a_clean_folder(room: Room) -> None:
    said = room.rtv("init", "../inn")

    assert said.status == 0
    dataset = Dataset.open(room.folder / "inn")
    assert (len(dataset.snapshot()), dataset.snapshot().settings.name) == (0, "inn")
    assert [each.operation.verb for each in dataset.operations.list()] == ["init"]


def test_the_hint_can_be_pasted(room: Room) -> None:
    said = room.rtv("init", "my inn", inside=".")

    assert "rtv -C 'my inn' import FILE" in said.err


def test_rows_come_in_at_once(room: Room) -> None:
    room.write("chats.jsonl", lines(row("a"), row("b")))

    said = room.rtv("init", "inn", "--from", "chats.jsonl", inside=".")

    assert said.status == 0
    assert len(Dataset.open(room.folder / "inn").snapshot()) == 2


def test_several_files_stand_behind_from(room: Room) -> None:
    for name in "abc":
        room.write(f"{name}.jsonl", lines(row(name)))

    assert room.rtv("init", "inn", "--from", "a.jsonl", "b.jsonl", "c.jsonl", inside=".").status == 0
    assert len(Dataset.open(room.folder / "inn").snapshot()) == 3


def test_rows_that_are_refused_leave_an_empty_dataset_and_a_hint_that_works_there(room: Room) -> None:
    room.write("chats.jsonl", lines(row("a"), row("")))

    said = room.rtv("init", "inn", "--from", "chats.jsonl", inside=".")

    assert said.status == 30
    assert len(Dataset.open(room.folder / "inn").snapshot()) == 0
    assert "rtv -C inn import" in said.err


def test_a_missing_file_makes_nothing(room: Room) -> None:
    said = room.rtv("init", "inn", "--from", "nowhere.jsonl", inside=".")

    assert said.status == 40
    assert not (room.folder / "inn").exists()


def test_a_folder_that_is_a_dataset_is_left_alone(room: Room) -> None:
    before = room.dataset.snapshot().id

    assert room.rtv("init", ".").status == 20
    assert room.dataset.snapshot().id == before


def test_name_and_identity_can_be_given(room: Room) -> None:
    identity = str(uuid.UUID(int=7, version=4))

    value = room.rtv("init", "inn", "--name", "Grüße", "--id", identity, "--json", inside=".").value(
        "rolethread.init/v1"
    )

    assert (value["name"], value["id"]) == ("Grüße", identity)
    assert room.rtv("init", "inn2", "--id", "7", inside=".").status in (2, 20)


def test_the_folder_of_a_new_dataset_is_clean_to_stock_git(room: Room) -> None:
    assert room.git("status", "--porcelain") == ""
    assert room.git("fsck", "--strict") == ""


UNREADABLE = {
    "a picture": ("card.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "ChatML": ("chatml.txt", b"<|im_start|>user\nhello<|im_end|>\n"),
    "a RisuAI chat": ("risu.json", lines({"type": "risuChat", "data": {}})),
    "UTF-16": ("x.jsonl", lines(row("a")).decode().encode("utf-16")),
    "another shape": ("x.jsonl", lines({"foo": 1}, {"foo": 2})),
    "no JSON at all": ("x.jsonl", b"hello\nworld\n"),
    "torn": ("x.jsonl.gz", gzip.compress(lines(*(row(str(number)) for number in range(50))))[:-15]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_can_never_come_in_makes_nothing(room: Room, name: str) -> None:
    file, data = UNREADABLE[name]
    room.write(file, data)

    said = room.rtv("init", "inn", "--from", file, inside=".")

    assert said.status in (20, 30)
    assert said.err.partition("\n")[0].endswith("; nothing was made")
    assert not (room.folder / "inn").exists()


def test_a_file_in_place_of_the_folder_is_told(room: Room) -> None:
    room.write("my chats.jsonl", lines(row("a")))

    said = room.rtv("init", "my chats.jsonl", inside=".")

    assert said.status == 20
    assert "hint: rtv init my-dataset --from 'my chats.jsonl'\n" in said.err


def test_the_hint_of_a_dataset_that_is_there_can_be_pasted(room: Room) -> None:
    room.rtv("init", "ümlaut ds", inside=".")

    said = room.rtv("init", "ümlaut ds", inside=".")

    assert "hint: rtv -C 'ümlaut ds' status\n" in said.err


def test_a_dataset_that_does_not_open_here_is_told_from_a_foreign_repository(room: Room) -> None:
    room.rtv("init", "inn", inside=".")
    settings = room.folder / "inn" / "rolethread.toml"
    settings.write_bytes(settings.read_bytes().replace(b"format = 1", b"format = 2"))
    room.git("-C", "../inn", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-a", "-m", "newer")

    said = room.rtv("init", "inn", inside=".")

    assert said.status == 20
    assert "inn is already a dataset, though none that opens here: this dataset has format 2" in said.err
    assert "install a newer version" in said.err
