"""`rtv show`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from reading_steps import Rtv, change, edit_by_hand, said

from rolethread_vcs import Dataset
from rolethread_vcs.model.layout import rev_of
from rolethread_vcs.transaction import Intent


def test_an_entry_is_shown_for_reading(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = dataset.snapshot().ids()[0]

    answer = rtv("show", "1")

    assert answer.out.splitlines() == [
        f"{entry_id}  #tavern",
        "",
        "[0] user",
        "    Is the cellar dry?",
        "",
        "[1] assistant",
        "    Dry enough.",
    ]


def test_an_entry_is_shown_as_it_was(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the attic dry?")

    assert "attic" in rtv("show", "1").out
    assert "cellar" in rtv("show", "1@@~1").out
    assert "cellar" in rtv("show", "1@main~1").out
    assert rtv("show", "1@nowhere").status == 40


def test_the_envelope_holds_the_fields_of_the_entry(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = dataset.snapshot().ids()[0]

    value = rtv("show", "1", "--json").json("rolethread.entry/v1")

    assert value == {
        "id": entry_id,
        "rev": rev_of(dataset.snapshot().blob_id(entry_id)),
        "commit": dataset.snapshot().id,
        **dataset.snapshot()[entry_id].fields,
    }


def test_several_entries_come_in_one_envelope(rtv: Rtv, dataset: Dataset) -> None:
    value = rtv("show", "3", "1", "--json").json("rolethread.entries/v1")

    assert [entry["id"] for entry in value["entries"]] == [dataset.snapshot().ids()[2], dataset.snapshot().ids()[0]]
    assert rtv("show", "1", "main", "--json").status == 2


def test_raw_is_what_is_stored(rtv: Rtv, dataset: Dataset) -> None:
    assert rtv("show", "1", "--raw").out.encode() == dataset.snapshot().raw(dataset.snapshot().ids()[0])
    assert rtv("show", "--raw").out.startswith("tree ")
    assert rtv("show", "1", "--raw", "--json").status == 2


def test_a_commit_is_shown_with_what_it_changed(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 2, "Who mends\nthe lamp?", "the lamp it is\n\nbecause the clock is gone")
    operation = dataset.repository.operations.last()

    lines = rtv("show").out.splitlines()

    assert operation is not None
    assert lines[0] == f"commit {dataset.snapshot().id}"
    assert lines[1].startswith("by Dataset creator, ")
    assert lines[1].endswith(f"operation {operation.number} (edit)")
    assert lines[2:11] == [
        "",
        "    the lamp it is",
        "",
        "    because the clock is gone",
        "",
        "1 entry: 1 changed",
        "",
        f"~ {entry_id}  [0] edited",
        "  ~ [0] user",
    ]
    assert "lamp" in "".join(lines[11:-1])
    assert lines[-1] == "    [1] assistant  Dry enough."


def test_a_commit_in_short_is_a_line_for_each_entry(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 2, "Who mends\nthe lamp?")

    assert rtv("show", "--stat").out.splitlines()[-2:] == ["1 entry: 1 changed", f"~ {entry_id}  Who mends the lamp?"]


def test_a_commit_whose_parent_is_not_here_says_so(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    change(dataset, 2, "Who mends the lamp?")
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{dataset.folder}", str(tmp_path / "s")], check=True)

    lines = rtv("-C", str(tmp_path / "s"), "show").out.splitlines()

    assert "what was before is not here, so all it holds counts as added" in lines
    assert "3 entries: 3 added" in lines


def test_a_large_commit_shows_twenty_and_counts_the_rest(rtv: Rtv, dataset: Dataset) -> None:
    dataset.add([said(f"question {number}") for number in range(61)], Intent("add", "add"))

    lines = rtv("show").out.splitlines()

    assert "61 entries: 61 added" in lines
    assert sum(line.startswith("+ ") for line in lines) == 20
    assert lines[-1] == "… and 41 more"


def test_trailers_are_explained(rtv: Rtv, dataset: Dataset) -> None:
    status = rtv("edit", "1", "--message", "1", "--content", "", "--allow", "RT104", "--because", "a pause").status
    lines = rtv("show").out.splitlines()

    assert status == 0
    assert "    let through: 1 × RT104 empty_message" in lines
    assert "    because: a pause" in lines


def test_a_commit_of_settings_names_the_file(rtv: Rtv, dataset: Dataset) -> None:
    dataset.settings.set("name", "harbour")

    lines = rtv("show").out.splitlines()

    assert "no entry was changed" in lines
    assert "~ rolethread.toml" in lines
    assert '  + name = "harbour"' in lines


def test_a_commit_has_an_envelope_of_its_own(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 2, "Who mends the lamp?")

    value = rtv("show", "main", "--json").json("rolethread.show/v1")

    assert value["id"] == dataset.snapshot().id
    assert (value["added"], value["changed"], value["removed"]) == (0, 1, 0)
    assert value["details"] is True
    (entry,) = value["entries"]
    assert (entry["id"], entry["change"]) == (entry_id, "changed")
    assert [(each["op"], each["words"]) for each in entry["messages"]] == [
        ("edit", [["equal", "Who mends the "], ["delete", "clock"], ["insert", "lamp"], ["equal", "?"]])
    ]
    short = rtv("show", "main", "--stat", "--json").json("rolethread.show/v1")
    assert (short["details"], short["entries"]) == (False, [{"id": entry_id, "change": "changed"}])


@pytest.mark.parametrize(
    ("word", "status", "hint"),
    [
        ("9", 40, "hint: rtv list"),
        ("00000001-zzzzzzzz", 40, "did you mean 00000001-"),
        ("mian", 40, "did you mean main?"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(rtv: Rtv, word: str, status: int, hint: str) -> None:
    answer = rtv("show", word)

    assert answer.status == status
    assert hint in answer.err


def test_an_entry_that_does_not_read_is_damage(rtv: Rtv, dataset: Dataset) -> None:
    path = next((dataset.folder / "entries").rglob("00000002-*.json"))
    path.write_text("{ torn")
    subprocess.run(["git", "commit", "-qam", "by hand"], cwd=dataset.folder, check=True)

    answer = rtv("show", "2")

    assert answer.status == 70
    assert "cannot be read" in answer.err


def test_raw_reaches_a_pipe_byte_for_byte(dataset: Dataset) -> None:
    dataset.add([said("caf\u00e9 \u009b \u202e")], Intent("add", "add"))
    entry_id = dataset.snapshot().ids()[3]
    command = [sys.executable, "-m", "rolethread_vcs.cli.main", "-C", str(dataset.folder), "show", "4", "--raw"]

    out = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    assert out == dataset.snapshot().raw(entry_id)


def test_hand_edits_that_are_not_shown_are_told(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the attic dry?")
    path = edit_by_hand(dataset, 1)

    now, then, other = rtv("show", "1"), rtv("show", "1@@~1"), rtv("show", "2")
    path.unlink()
    path.symlink_to("elsewhere")
    linked = rtv("show", "1")

    assert f"this is what is saved; {path.stem} was edited by hand since: rtv diff -- {path.stem}" in now.err
    assert "attic" in now.out
    assert (then.err, other.err) == ("", "")
    assert linked.status == 0
    assert "edited by hand since" in linked.err
