"""`rtv status`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from reading_steps import Rtv, edit_by_hand, runner

from rolethread_vcs import Dataset


def test_status_says_where_one_is_and_what_was_done(rtv: Rtv, dataset: Dataset) -> None:
    lines = rtv("status").out.splitlines()

    assert lines[:3] == [f"inn: on main (strict) @ {dataset.snapshot().id[:10]}", "3 entries", "everything is saved"]
    assert lines[3].startswith("last operation: 2 add, ")
    assert lines[3].endswith("undo with: rtv undo")


def test_hand_edits_are_shown_with_what_to_do(rtv: Rtv, dataset: Dataset) -> None:
    path = edit_by_hand(dataset, 2)
    (dataset.folder / "notes.txt").write_text("mine")

    lines = rtv("status").out.splitlines()

    assert lines[2:7] == [
        "1 hand-edited file is not saved:",
        f"  ~ {path.stem}",
        "  keep them: rtv commit   throw them away: rtv restore --all",
        "1 file is no part of the dataset, and left alone:",
        "  + notes.txt",
    ]


def test_the_envelope_tells_the_same(rtv: Rtv, dataset: Dataset) -> None:
    path = edit_by_hand(dataset, 2)
    dataset.repository.drafts_folder.mkdir(parents=True, exist_ok=True)
    (dataset.repository.drafts_folder / "edit-1.txt").write_text("typed")

    value = rtv("status", "--json").json("rolethread.status/v1")

    assert (value["branch"], value["commit"], value["entries"]) == ("main", dataset.snapshot().id, 3)
    relative = path.relative_to(dataset.folder).as_posix()
    assert value["unsaved"] == [{"id": path.stem, "change": "changed", "path": relative, "problem": None}]
    assert (value["conflicts"], value["last_operation"], value["drafts"]) == ([], 2, ["edit-1.txt"])
    assert (value["strict"], value["checked_out"], value["interrupted"]) == (True, True, None)


def test_a_draft_waits_with_the_way_to_take_it_up(rtv: Rtv, dataset: Dataset) -> None:
    dataset.repository.drafts_folder.mkdir(parents=True, exist_ok=True)
    for name in ("edit-1.txt", "config-123.txt"):
        (dataset.repository.drafts_folder / name).write_text("typed")

    out = rtv("status").out

    assert "unfinished draft: edit-1.txt   go on with: rtv edit --resume" in out
    assert "unfinished draft: config-123.txt   go on with: rtv config edit --resume" in out


def test_a_bare_dataset_says_that_no_files_are_checked_out(rtv: Rtv, dataset: Dataset) -> None:
    dataset.settings.set("checkout", "never")

    lines = rtv("status").out.splitlines()

    assert lines[1] == "3 entries; no files are checked out"
    assert "everything is saved" not in lines


def test_a_lone_commit_is_no_branch(rtv: Rtv, dataset: Dataset) -> None:
    subprocess.run(["git", "checkout", "-q", "--detach"], cwd=dataset.folder, check=True)

    assert rtv("status").out.startswith("inn: at a commit, on no branch (start one here: rtv switch -c NAME)")
    assert rtv("status", "--json").json("rolethread.status/v1")["branch"] is None


def test_status_works_from_a_folder_below(rtv: Rtv, dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    below = runner(dataset.folder / "entries" / "0000", capsys)

    assert below("status").out == rtv("status").out


def test_without_a_dataset_the_way_to_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = runner(tmp_path, capsys)("status")

    assert answer.status == 40
    assert "rtv init" in answer.err


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("format = 1", "format = 2", "this dataset has format 2; this program knows 1 and leaves it alone"),
        (
            "writer_features = []",
            'writer_features = ["rays"]',
            "this dataset uses rays, which this program does not know",
        ),
        ("format = 1", "format =", "rolethread.toml, line 4, column 9: not TOML"),
    ],
)
def test_settings_that_commit_will_refuse_are_told_before(
    rtv: Rtv, dataset: Dataset, before: str, after: str, why: str
) -> None:
    path, head = dataset.folder / "rolethread.toml", dataset.snapshot().id
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")

    lines = rtv("status").out.splitlines()
    value = rtv("status", "--json").json("rolethread.status/v1")

    assert lines[3].startswith("  ~ rolethread.toml   rolethread.toml")
    assert why in lines[3]
    assert lines[4] == "  rtv commit refuses until all can be saved   throw them away: rtv restore --all"
    assert why in value["unsaved"][0]["problem"]
    assert rtv("commit").status == 20
    assert dataset.snapshot().id == head


def test_a_dataset_that_only_a_newer_program_may_change_says_so(rtv: Rtv, dataset: Dataset) -> None:
    path = dataset.folder / "rolethread.toml"
    path.write_text(path.read_text("utf-8").replace("writer_features = []", 'writer_features = ["rays"]'), "utf-8")
    subprocess.run(["git", "commit", "-qam", "from a newer program"], cwd=dataset.folder, check=True)

    answer = rtv("status")

    assert answer.status == 0
    assert answer.out.splitlines()[2] == (
        "this dataset uses rays, which this program does not know; it can be read, but not changed with this version "
        "(install a newer one)"
    )
    assert rtv("add", "--user", "a", "--assistant", "b").status == 20
