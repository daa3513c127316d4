"""`rtv import`: whatever the file is, a clear answer, the right status, and nothing lost."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_steps import Room, lines, new_room, row

from rolethread_vcs import Dataset


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    return new_room(tmp_path, capsys, monkeypatch)


GOOD = row("fine")
GOOD_LINE = lines(GOOD)


def in_message(content: bytes) -> bytes:
    return b'{"messages": [{"role": "user", "content": ' + content + b'}, {"role": "assistant", "content": "x"}]}\n'


# ---- rows that cannot be entries: status 30, the place, nothing saved; then --skip-invalid keeps them byte for byte

BAD_ROWS = {
    "wrong UTF-8": (in_message(b'"Gr\xfc\xdfe"'), "byte 0xfc is not UTF-8"),
    "trailing comma": (b'{"messages": [{"role": "user", "content": "a"},]}\n', "trailing comma"),
    "comma after the row": (GOOD_LINE.rstrip() + b",\n", "something follows"),
    "deep nesting": (b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", "nested deeper than 200 levels"),
    "a number beyond 64 bits": (in_message(b'"a", "n": 123456789012345678901'), "does not fit 64 bits"),
    "a number beyond floats": (in_message(b'"a", "n": 1e999'), "is too large"),
    "a lone surrogate": (in_message(b'"\\ud800"'), "lone surrogate"),
    "NaN": (in_message(b'"a", "n": NaN'), "NaN is not JSON"),
    "duplicate keys": (in_message(b'"a", "content": "b"'), 'the key "content" stands twice'),
    "text": (b'"just text"\n', "a row must be an object, this one is text"),
    "half a row": (b'{"messages": [{"role": "user"\n', "line 2"),
    "another shape": (b'{"foo": 1}\n', "it has the key foo"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_row_that_cannot_be_an_entry_is_named_with_its_line(room: Room, name: str) -> None:
    bad, reason = BAD_ROWS[name]
    room.write("chats.jsonl", GOOD_LINE + bad + lines(row("also fine")))

    said = room.rtv("import", "../chats.jsonl")

    assert said.status == 30
    assert said.err.startswith("error: 2 of 3 rows are fine, 1 is not; nothing was saved\n")
    assert "line 2" in said.err
    assert reason in said.err
    assert re.search(r"rtv import ../chats.jsonl --skip-invalid +saves 2; 1 goes to chats.rejects.jsonl\n", said.err)
    assert ("--encoding cp1252" in said.err) is (name == "wrong UTF-8")
    assert room.rtv("status", "--json").value("rolethread.status/v1")["entries"] == 0
    said = room.rtv("import", "../chats.jsonl", "--skip-invalid")
    assert said.status == 0
    assert room.questions() == ["fine", "also fine"]
    assert (room.folder / "chats.rejects.jsonl").read_bytes() == bad
    assert room.git("status", "--porcelain") == ""


# ---- files that read, with a remark

READABLE = {
    "byte order mark": (b"\xef\xbb\xbf" + GOOD_LINE, "byte order mark"),
    "Windows line ends": (GOOD_LINE.replace(b"\n", b"\r\n") * 2, "carriage return"),
    "blank lines": (b"\n \n" + GOOD_LINE + b"\n\n", ""),
    "no last line feed": (GOOD_LINE.rstrip(), ""),
    "one object over lines": (json.dumps(GOOD, indent=4).encode(), ""),
    "an array": (json.dumps([GOOD], indent=1).encode(), ""),
    "a role of another spelling": (
        lines({"messages": [{"role": "Human", "content": "fine"}, *GOOD["messages"][1:]]}),
        "is read as user (1 row)",
    ),
    "packed": (gzip.compress(GOOD_LINE), ""),
}


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_file_that_reads_is_imported_and_remarked_on(room: Room, name: str) -> None:
    data, remark = READABLE[name]
    room.write(file := "chats.jsonl.gz" if name == "packed" else "chats.jsonl", data)

    said = room.rtv("import", f"../{file}")

    assert said.status == 0
    assert set(room.questions()) == {"fine"}
    assert remark in said.err


# ---- files that are none

UNREADABLE = {
    "UTF-16": ("x.jsonl", GOOD_LINE.decode().encode("utf-16"), 20, "UTF-16"),
    "UTF-16 without a mark": ("x.jsonl", GOOD_LINE.decode().encode("utf-16-be"), 20, "UTF-16"),
    "torn": ("x.jsonl.gz", gzip.compress(GOOD_LINE * 50)[:-15], 20, "is torn"),
    "not packed": ("x.jsonl.gz", GOOD_LINE, 20, "is not compressed, though its name ends in .gz"),
    "a picture": ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(100), 20, ""),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_and_nothing_is_saved(room: Room, name: str) -> None:
    file, data, status, reason = UNREADABLE[name]
    room.write(file, data)
    before = room.dataset.snapshot().id

    said = room.rtv("import", f"../{file}", "--skip-invalid")

    assert said.status == status
    assert reason in said.err
    assert room.dataset.snapshot().id == before
    assert sorted(path.name for path in room.folder.iterdir()) == sorted([file, "tavern"])


@pytest.mark.parametrize(("file", "status"), [("..", 20), ("../nowhere.jsonl", 40), ("../x.jsonl/y.jsonl", 40)])
def test_what_is_no_file_is_told(room: Room, file: str, status: int) -> None:
    room.write("x.jsonl", GOOD_LINE)

    assert room.rtv("import", file).status == status


@pytest.mark.parametrize("data", [b"", b" \n\n", b"[]"])
def test_a_file_without_rows_says_so(room: Room, data: bytes) -> None:
    room.write("x.jsonl", data)

    said = room.rtv("import", "../x.jsonl")

    assert said.status == 0
    assert "there are no rows to import" in said.err + said.out


def test_rows_that_cannot_come_in_say_what_to_do_next(room: Room) -> None:
    room.write("x.json", b'["a", "b"]')

    said = room.rtv("import", "../x.json")

    assert said.status == 30
    assert "none of the 2 rows is fine" in said.err
    assert said.err.endswith("hint: correct the rows named above, then: rtv import ../x.json\n")


def test_an_array_with_a_trailing_comma_keeps_its_rows(room: Room) -> None:
    room.write("x.json", b"[" + GOOD_LINE.rstrip() + b",\n]")

    said = room.rtv("import", "../x.json")

    assert said.status == 0
    assert room.questions() == ["fine"]
    assert "the comma on line 1 has no row behind it" in said.err


def test_a_key_that_no_row_has_is_remarked_on(room: Room) -> None:
    room.write("x.jsonl", lines(row("a", id="1"), row("b")))

    missed = room.rtv("import", "../x.jsonl", "--key", "nokey", "--dry-run")
    met = room.rtv("import", "../x.jsonl", "--key", "id")

    assert "no row has the field nokey of --key" in missed.err
    assert "--key" not in met.err


def test_findings_on_another_branch_are_to_be_seen_there(room: Room) -> None:
    room.write("x.jsonl", lines(row("a"), row("")))

    planned = room.rtv("import", "../x.jsonl", "--to", "work/x", "--dry-run")
    said = room.rtv("import", "../x.jsonl", "--to", "work/x")

    assert "rtv check" not in planned.out
    assert "see them with: rtv check --rev work/x\n" in said.out
    assert room.rtv("check", "--rev", "work/x").status in (0, 30)


def test_the_reasons_file_holds_nothing_that_steers_a_terminal(room: Room) -> None:
    room.write("x.jsonl", lines(GOOD, {"messages": [{"role": "\x1b[31mred", "content": "Grüße"}]}))

    room.rtv("import", "../x.jsonl", "--skip-invalid")

    reasons = (room.folder / "x.rejects.txt").read_text("utf-8")
    assert "\x1b" not in reasons
    assert "\\x1b[31mred" in reasons


@pytest.mark.slow
def test_a_line_of_50_megabytes_is_imported(room: Room) -> None:
    room.write("x.jsonl", GOOD_LINE + lines(row("x" * 50_000_000)) + lines(row("last")))

    assert room.rtv("import", "../x.jsonl").status == 0
    assert len(room.dataset.snapshot()) == 3


def test_a_path_with_spaces_and_umlauts_can_be_pasted_from_the_hint(room: Room) -> None:
    room.write("ein Ordner/Grüße 'an' alle.jsonl", lines(GOOD, row("")))

    said = room.rtv("import", "../ein Ordner/Grüße 'an' alle.jsonl")

    (command, *_) = ways(said.err)
    assert shlex.split(command)[2] == "../ein Ordner/Grüße 'an' alle.jsonl"
    assert room.rtv(*shlex.split(command)[1:]).status == 0
    assert (room.folder / "ein Ordner" / "Grüße 'an' alle.rejects.jsonl").read_bytes() == lines(row(""))


def test_control_characters_never_reach_the_terminal_raw(room: Room) -> None:
    evil = "\x1b[31mred\x1b]0;title\x07\u202e\x9b31m"
    room.write(
        "x.jsonl", lines(row(evil), {"messages": [{"role": evil, "content": "a"}]}) + f'{{"{evil}'.encode() + b"\n"
    )

    refused = room.rtv("import", "../x.jsonl")
    room.rtv("import", "../x.jsonl", "--allow", "RT105", "--allow", "RT106", "--because", evil, "--skip-invalid")
    shown = [room.rtv(*words) for words in (("list",), ("show", "1"), ("log",), ("check",), ("status",))]

    printed = "".join(said.out + said.err for said in (refused, *shown))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", printed)


def test_a_folder_that_cannot_be_written_to_is_told(room: Room) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    room.write("x.jsonl", GOOD_LINE)
    pack = room.folder / "tavern" / ".git" / "objects" / "pack"
    pack.chmod(0o500)

    said = room.rtv("import", "../x.jsonl")

    pack.chmod(0o700)
    assert said.status == 74
    assert room.questions() == []


def test_rejects_whose_place_cannot_be_written_stop_the_import(room: Room) -> None:
    room.write("x.jsonl", lines(GOOD, row("")))

    said = room.rtv("import", "../x.jsonl", "--skip-invalid", "--rejects", "/proc/x.jsonl")

    assert said.status == 74
    assert "nothing was saved" in said.err
    assert "--rejects FILE" in said.err
    assert room.questions() == []


def test_it_works_without_home_and_identity(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in list(os.environ):
        if key in ("HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME") or key.startswith("GIT_"):
            monkeypatch.delenv(key)
    room.write("x.jsonl", GOOD_LINE)

    assert room.rtv("import", "../x.jsonl").status == 0
    author = room.dataset.repository.objects.commit(room.dataset.snapshot().id).author
    assert os.environ.get("USER", "root") not in f"{author}".replace("rolethread", "")


# ---- where things go


def test_rejects_lie_beside_the_source_wherever_the_command_was_run(room: Room) -> None:
    room.write("in/chats.jsonl", lines(GOOD, row("")))

    said = room.rtv("-C", "../tavern", "import", "../in/chats.jsonl", "--skip-invalid", inside="in")

    assert said.status == 0
    assert (room.folder / "in" / "chats.rejects.jsonl").read_bytes() == lines(row(""))


def test_standard_input_is_a_file_too(room: Room) -> None:
    said = room.rtv("import", "-", "--skip-invalid", typed=lines(GOOD, row("")))

    assert said.status == 0
    assert room.questions() == ["fine"]
    assert (room.folder / "tavern" / "import.rejects.jsonl").read_bytes() == lines(row(""))


def test_standard_input_can_be_read_once(room: Room) -> None:
    assert room.rtv("import", "-", "-", typed=GOOD_LINE).status == 2


def test_outside_of_a_dataset_the_hint_makes_one(room: Room) -> None:
    room.write("chats.jsonl", GOOD_LINE)

    said = room.rtv("import", "chats.jsonl", inside=".")

    assert said.status == 40
    assert "rtv init my-dataset --from chats.jsonl" in said.err


# ---- the answer


def test_the_answer_says_what_changed_and_how_to_undo_it(room: Room) -> None:
    room.write("chats.jsonl", lines(row("a"), row("b")))

    said = room.rtv("import", "../chats.jsonl")

    assert said.out == f"added 2 entries on main @ {room.dataset.snapshot().id[:10]}\nundo with: rtv undo\n"
    again = room.rtv("import", "../chats.jsonl")
    assert again.out == "nothing new: every row is here already\n"


def test_the_envelope_counts_everything(room: Room) -> None:
    room.write("chats.jsonl", lines(row("a"), b"{nope", row("b")))

    value = room.rtv("import", "../chats.jsonl", "--skip-invalid", "--json").value("rolethread.import/v1")

    assert (value["added"], value["changed"], value["unchanged"], value["rejected"]) == (2, 0, 0, 1)
    assert (value["rejects"][0]["line"], value["rejects"][0]["code"]) == (2, "not_json")
    assert (value["format"], value["source"]["rows"]) == ("messages", 3)
    assert value["commit"] == room.dataset.snapshot().id


# ---- the counts in the hint are true


def ways(text: str) -> list[str]:
    """Return the commands of a hint."""
    hint = text[text.index("hint: ") + len("hint: ") :]
    return [re.split(r" {3,}", line.strip())[0] for line in hint.strip().splitlines()]


def saved(text: str) -> list[int]:
    """Return how many rows each way of a hint says that it saves."""
    return [int(number.replace(",", "")) for number in re.findall(r" saves (?:all )?([\d,]+)", text)]


HINTED = {
    "rows that break rules": (lines(row("a"), row(""), row("b"), row("c", "")), ()),
    "rows that are no entries": (lines(row("a"), b"{nope", b"[1]", row("b")), ()),
    "both": (lines(row("a"), b"{nope", row(""), {"messages": [{"role": "user", "content": "?"}]}), ()),
    "rows that are here already": (lines(row("here"), row("a"), row(""), b"{nope"), ()),
    "nothing but bad rows": (lines(row(""), row("", "b")), ()),
    "a branch was named": (lines(row("a"), row(""), b"{nope"), ("--to", "rough")),
    "a repair was asked for": (lines(row("a"), row(""), b"{nope"), ("--fix",)),
    "some are allowed": (
        lines(row("a"), row(""), {"messages": [{"role": "user", "content": "?"}]}, b"{nope"),
        ("--allow", "RT104", "--because", "they are rough"),
    ),
    "fewer are allowed": (lines(row("a"), row(""), row("", "b")), ("--allow", "RT104=1", "--because", "x y")),
    "a key was named": (lines(row("other words", id="7"), row("a", id="8"), row("")), ("--key", "id")),
    "an array": (json.dumps([row("a"), row(""), {"foo": 1}], indent=2).encode(), ("--format", "messages")),
}


@pytest.mark.parametrize("name", HINTED)
def test_each_way_of_the_hint_saves_what_it_says(room: Room, name: str) -> None:
    data, options = HINTED[name]
    room.write("first.jsonl", lines(row("here", id="7")))
    room.rtv("import", "../first.jsonl")
    room.write("chats.jsonl", data)
    refused = room.rtv("import", "../chats.jsonl", *options)
    assert refused.status == 30
    commands, counts = ways(refused.err), saved(refused.err)
    assert len(commands) >= 1

    done = []
    for number, command in enumerate(commands):
        copy = room.folder / f"copy-{number}"
        shutil.copytree(room.folder / "tavern", copy)
        said = room.rtv(*shlex.split(command.replace('"…"', '"a test"'))[1:], "--json", inside=copy.name)
        value = said.value("rolethread.import/v1")
        done.append(value["added"] + value["changed"])
        assert Dataset.open(copy).snapshot(value["branch"]).id == value["commit"]

    assert done == counts


def test_an_undo_on_another_branch_tells_of_that_branch(room: Room) -> None:
    room.write("x.jsonl", lines(GOOD))
    room.write("y.jsonl", lines(row("more")))
    room.rtv("import", "../x.jsonl", "--to", "rough")
    room.rtv("import", "../y.jsonl", "--to", "rough")

    second = room.rtv("undo").out
    first = room.rtv("undo").out

    assert "\nrough is at " in second
    assert "with 1 entry; take this back" in second
    assert "\nthe branch rough is gone; take this back" in first


# ---- two at once


def test_an_import_and_another_process_both_come_in(room: Room, environment: dict[str, str]) -> None:
    room.write("chats.jsonl", lines(*(row(f"question {number}") for number in range(2000))))
    code = "from rolethread_vcs.cli.main import main; main()"
    words = [[sys.executable, "-c", code, "import", "../chats.jsonl"]]
    words += [[sys.executable, "-c", code, "add", "--user", f"by {n}", "--assistant", "x"] for n in range(3)]

    running = [
        subprocess.Popen(each, cwd=room.folder / "tavern", env=environment, stdout=-3, stderr=-3) for each in words
    ]

    assert [each.wait(60) for each in running] == [0, 0, 0, 0]
    assert len(room.dataset.snapshot()) == 2003
    assert room.git("status", "--porcelain") == ""
    assert room.git("fsck", "--strict") == ""


def test_a_branch_that_differs_in_case_only_is_not_made(room: Room) -> None:
    room.write("chats.jsonl", GOOD_LINE)

    said = room.rtv("import", "../chats.jsonl", "--to", "Main")

    assert said.status == 2
    assert "there is a branch main already" in said.err
    assert list(room.dataset.repository.refs.branches()) == ["main"]


def test_a_refused_source_says_which_rows_are_here_already(room: Room) -> None:
    bad = row("bad", "")
    room.write("chats.jsonl", lines(row("a"), bad, row("b")))
    room.rtv("import", "../chats.jsonl", "--skip-invalid")
    room.write("chats.rejects.jsonl", lines(row("bad")))
    room.rtv("import", "../chats.rejects.jsonl")

    again = room.rtv("import", "../chats.jsonl")

    assert again.status == 30
    assert again.err.startswith(
        "error: 2 of 3 rows are fine, 1 is not; nothing was saved\n  2 rows are here already\n  RT104"
    )


def test_rejects_go_back_to_their_places_also_when_nothing_else_was_saved(room: Room) -> None:
    room.write("good.jsonl", lines(row("a"), row("c")))
    room.write("chats.jsonl", lines(row("a"), row("b", ""), row("c")))
    room.rtv("import", "../good.jsonl")

    said = room.rtv("import", "../chats.jsonl", "--skip-invalid")
    value = room.rtv("ops", "--json").value("rolethread.ops/v1")
    room.write("chats.rejects.jsonl", lines(row("b")))
    room.rtv("import", "../chats.rejects.jsonl")

    assert said.out.startswith("nothing was saved\n2 rows are here already\n1 row went to ")
    assert "undo" not in said.out
    assert value["operations"][0]["command"] == "import chats.jsonl"
    assert room.questions() == ["a", "b", "c"]
    assert room.rtv("undo", "2").status == 0
    assert room.questions() == []


def test_a_dry_run_that_saves_nothing_remembers_no_rejects(room: Room) -> None:
    room.write("chats.jsonl", lines(row("b", "")))
    before = room.dataset.repository.operations.head()

    said = room.rtv("import", "../chats.jsonl", "--skip-invalid", "--dry-run")

    assert said.status == 0
    assert room.dataset.repository.operations.head() == before
    assert not (room.folder / "chats.rejects.jsonl").exists()


def test_a_file_that_lacks_entries_removes_none_and_names_the_way_to_mirror_it(room: Room) -> None:
    room.write("all.jsonl", lines(row("a"), row("b")))
    room.write("less.jsonl", lines(row("a")))
    room.rtv("import", "../all.jsonl")

    said = room.rtv("import", "../less.jsonl")

    assert room.questions() == ["a", "b"]
    assert "1 entry of the dataset is not in the file; an import never removes" in said.out
    assert "rtv workcopy add --bind FILE" in said.out
