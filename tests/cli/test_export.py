"""`rtv export`: data to standard output or a file, everything else to standard error."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row

from rolethread_vcs.model.layout import entry_path


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    made = new_room(tmp_path, capsys, monkeypatch)
    made.write("chats.jsonl", lines(row("a", tags=["x"]), row("b")))
    assert made.rtv("import", "../chats.jsonl").status == 0
    return made


def test_standard_output_holds_the_rows_and_nothing_else(room: Room) -> None:
    said = room.rtv("export", "--clean")

    assert said.out == "".join(json.dumps(row(name), separators=(",", ":")) + "\n" for name in "ab")
    commit = room.dataset.snapshot().id[:10]
    assert said.err.startswith(f"exported 2 entries of main @ {commit} (sha256 ")


def test_the_name_of_the_file_chooses_between_lines_and_an_array(room: Room) -> None:
    for name in ("a.jsonl", "a.json", "a.json.gz"):
        assert room.rtv("export", "-o", f"../{name}", "--clean").status == 0

    packed = gzip.decompress((room.folder / "a.json.gz").read_bytes())
    assert (room.folder / "a.jsonl").read_bytes().count(b"\n") == 2
    assert (room.folder / "a.json").read_bytes() == packed
    assert json.loads(packed) == [row("a"), row("b")]


def test_a_file_of_somebody_else_is_not_replaced(room: Room) -> None:
    path = room.write("train.jsonl", b"precious\n")

    said = room.rtv("export", "-o", "../train.jsonl")

    assert said.status == 50
    assert "--overwrite" in said.err
    assert path.read_bytes() == b"precious\n"
    assert room.rtv("export", "-o", "../train.jsonl", "--overwrite").status == 0
    assert room.rtv("export", "-o", "../train.jsonl", "--clean").status == 0


def test_hand_edits_that_are_not_saved_are_warned_of(room: Room) -> None:
    path = room.folder / "tavern" / entry_path(room.dataset.snapshot().ids()[0])
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"By hand."))

    said = room.rtv("export", "-o", "../a.jsonl")
    refused = room.rtv("export", "-o", "../b.jsonl", "--fail-if-unsaved")

    assert said.status == 0
    assert "1 hand-edited file is not in this export" in said.err
    assert refused.status == 50
    assert not (room.folder / "b.jsonl").exists()


def test_some_entries_of_an_old_revision_in_another_format(room: Room) -> None:
    room.rtv("remove", "1")

    said = room.rtv("export", "@~1", "--format", "sharegpt", "--clean", "--where", "tag:x")

    assert [turn["value"] for turn in json.loads(said.out)["conversations"]] == ["a", "Dry enough."]


def test_the_envelope_tells_of_the_file(room: Room) -> None:
    value = room.rtv("export", "-o", "../a.jsonl", "--json").value("rolethread.export/v1")

    assert (value["entries"], value["commit"]) == (2, room.dataset.snapshot().id)
    assert value["size"] == (room.folder / "a.jsonl").stat().st_size


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nowhere",), 40),
        (("--format", "nonsense"), 2),
        (("--where", "tag:("), 2),
        (("--json",), 2),
        (("-o", "../nowhere/a.jsonl"), 40),
        (("-",), 2),
        (("-o", ".."), 20),
    ],
)
def test_what_does_not_fit_is_refused(room: Room, words: tuple[str, ...], status: int) -> None:
    said = room.rtv("export", *words)

    assert said.status == status


def test_control_characters_in_content_reach_the_file_escaped(room: Room) -> None:
    room.write("evil.jsonl", lines(row("\x1b[31mred\x9b")))
    room.rtv("import", "../evil.jsonl")

    said = room.rtv("export", "--clean")

    assert "\x1b" not in said.out


def test_a_terminal_is_not_steered_by_the_rows(room: Room) -> None:
    room.write("evil.jsonl", lines(row("\x9b31mred\u202e")))
    room.rtv("import", "../evil.jsonl")
    reader, writer = os.openpty()

    subprocess.run(
        [sys.executable, "-m", "rolethread_vcs.cli.main", "export", "--clean", "--where", "red"],
        cwd=room.folder / "tavern",
        stdout=writer,
        stderr=subprocess.DEVNULL,
        check=True,
    )

    os.close(writer)
    printed = os.read(reader, 10_000).decode("utf-8")
    os.close(reader)
    assert json.loads(printed) == row("\x9b31mred\u202e")
    assert not {"\x9b", "\u202e"} & set(printed)


def test_an_export_that_nothing_fits_is_warned_of(room: Room) -> None:
    said = room.rtv("export", "--where", "tag:nope", "-o", "../a.jsonl")

    assert said.status == 0
    assert "warning: no entry matches tag:nope; the export is empty" in said.err


def test_a_name_that_says_nothing_of_the_layout_is_remarked_on(room: Room) -> None:
    assert "the file holds JSON lines" in room.rtv("export", "-o", "../a.txt").err
    assert "the file holds JSON lines" not in room.rtv("export", "-o", "../a.jsonl.gz").err


def test_an_argument_that_looks_like_a_file_leads_to_the_option(room: Room) -> None:
    for name in ("../x.jsonl", "x.json.gz"):
        said = room.rtv("export", name, "--clean")

        assert said.status != 0
        assert f"hint: write that file with: rtv export --format messages --clean -o {name}" in said.err


def test_what_a_clean_export_does_not_carry_is_said(room: Room) -> None:
    masked = {"role": "assistant", "content": "No.", "train": False, "speaker": "mara"}
    room.write("more.jsonl", lines({"messages": [{"role": "user", "content": "c"}, masked], "tools": [{"name": "f"}]}))
    assert room.rtv("import", "../more.jsonl").status == 0

    weighted, dropped, plain = (
        room.rtv("export", "--clean", *more, "-o", f"../{name}.jsonl")
        for name, more in (("w", ()), ("d", ("--masks", "drop")), ("p", ("--format", "alpaca")))
    )

    assert "messages, clean, masks drop, exported" in room.rtv("which", "../d.jsonl").out
    assert weighted.err.splitlines()[1:] == [
        "every answer has a weight: 0 for 1 masked answer of 1 entry, else what it came with, or 1",
        "not in a clean file: speaker of 1 message, tags of 1 entry",
        "rows are uneven, which loaders that infer columns may refuse: tools in 1 of 3 rows",
    ]
    assert dropped.err.splitlines()[1:3] == [
        "left out: 1 masked answer of 1 entry, with the questions that only they answered",
        f"left out: 1 entry without another answer: {room.dataset.snapshot().ids()[2]}",
    ]
    assert plain.err.splitlines()[1:] == [
        "warning: 1 masked answer of 1 entry will be trained on: alpaca has no place for a mask",
        "hint: leave them out with: --masks drop   or write weights: --format messages",
        "not in a clean file: speaker of 1 message, tags of 1 entry, tools of 1 entry",
    ]


def test_entries_that_do_not_fit_are_counted_or_left_out(room: Room) -> None:
    room.write(
        "more.jsonl", lines(*({**row(name), "chosen": [{"role": "assistant", "content": "No."}]} for name in "cdefgh"))
    )
    assert room.rtv("import", "../more.jsonl").status == 0

    refused = room.rtv("export", "main", "--format", "alpaca", "--where", "not tag:q", "-o", "../o.jsonl")
    done = room.rtv("export", "--format", "alpaca", "--skip-unfit", "-o", "../o.jsonl", "--json")

    assert (refused.status, refused.err.splitlines()[0]) == (20, "error: 6 entries cannot be written as Alpaca")
    assert "… and 1 more" in refused.err
    assert "rtv export main --format alpaca --where 'not tag:q' --skip-unfit -o FILE" in refused.err
    unfit = json.loads(done.out)["rolethread.export/v1"]["unfit"]
    assert [each["id"] for each in unfit] == room.dataset.snapshot().ids()[2:]


def test_a_file_whose_name_is_not_utf8_is_imported_and_replaced(room: Room) -> None:
    name = os.fsdecode(b"../caf\xe9.jsonl")
    room.write("tavern/" + name, lines(row("c")))

    assert room.rtv("import", name).status == 0
    assert room.rtv("export", "-o", name, "--overwrite").status == 0
    assert room.rtv("which", name).status == 0
    assert room.rtv("export", "-o", name + "l").status == 2
    assert not (room.folder / os.fsdecode(b"caf\xe9.jsonll")).exists()
