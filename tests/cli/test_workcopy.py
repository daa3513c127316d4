"""`rtv workcopy`: a file is written, edited, looked at and committed; what it says and its exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reading_steps import Rtv

from rolethread_vcs import Dataset


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(path: Path, values: list[Any]) -> None:
    path.write_text("".join(json.dumps(value, separators=(",", ":")) + "\n" for value in values), "utf-8")


def test_a_day_with_a_file_copy(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    ids = dataset.snapshot().ids()
    rtv("branch", "warmer")

    added = rtv("workcopy", "add", str(path), "--branch", "warmer", "--format", "sharegpt", "--clean")
    values = rows(path)
    values[0]["conversations"][1]["value"] = "Dry enough, love."
    values[1], values[2] = values[2], values[1]
    values.append({"conversations": [{"from": "human", "value": "Who rings?"}, {"from": "gpt", "value": "Nobody."}]})
    write(path, values)
    status = rtv("workcopy", "status")
    done = rtv("workcopy", "commit", "-m", "warmer")
    after = rtv("workcopy", "status")

    assert added.out.startswith("wrote 3 entries of warmer @ ")
    assert status.out.splitlines()[1] == "1 new, 1 edited, 1 moved"
    assert f"line 1: ~ {ids[0]}  [1] edited" in status.out
    assert "line 4: + new  Who rings?" in status.out
    assert done.out.splitlines()[0].startswith("added 1 entry, changed 1 on warmer @ ")
    assert after.out.splitlines()[1] == "nothing was edited"
    assert dataset.snapshot("warmer").ids()[:3] == [ids[0], ids[2], ids[1]]
    assert dataset.snapshot("main").ids() == ids


def test_a_dry_run_shows_the_change_and_makes_none(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rtv("workcopy", "add", str(path))
    before = dataset.snapshot().id
    write(path, rows(path)[:2])

    done = rtv("workcopy", "commit", str(path), "--dry-run")

    assert done.status == 0
    assert "would remove 1 entry" in done.out
    assert dataset.snapshot().id == before
    assert rtv("workcopy", "status").out.splitlines()[1] == "1 dropped"


def test_the_answer_of_status_is_a_file_of_decisions(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    path, decisions = tmp_path / "train.jsonl", tmp_path / "decisions.json"
    rtv("workcopy", "add", str(path), "--clean")
    values = rows(path)
    copy = json.loads(json.dumps(values[0]))
    values[0]["messages"][1]["content"] = "Dry enough, so far."
    copy["messages"][1]["content"] = "Dry enough, for now."
    write(path, [values[0], copy, *values[1:]])

    stopped = rtv("workcopy", "commit")
    answer = rtv("--json", "workcopy", "status")
    value = json.loads(answer.out)
    lines = value["rolethread.workcopy/v1"]["lines"]
    lines[0]["id"], lines[1]["id"] = "new", lines[1]["candidates"][0]["id"]
    decisions.write_text(json.dumps(value))
    done = rtv("workcopy", "commit", "--decisions", str(decisions))

    assert stopped.status == 50
    assert [line["change"] for line in lines] == ["ambiguous", "ambiguous"]
    assert done.status == 0
    after = dict(dataset.snapshot())
    assert after[lines[1]["id"]].messages[1]["content"] == "Dry enough, for now."
    assert len(after) == 4


def test_copies_are_listed_and_forgotten(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rtv("workcopy", "add", str(path), "--where", "tag:tavern")

    listed = rtv("workcopy", "list")
    forgotten = rtv("workcopy", "remove", str(path), "--delete")

    assert "main @ " in listed.out
    assert "1 line, messages where tag:tavern" in listed.out
    assert forgotten.out == "unlinked train.jsonl; deleted the file\n"
    assert not path.exists()
    assert rtv("workcopy", "list").out == ""


def test_a_folder_copy_is_made_looked_at_and_removed(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    folder = tmp_path / "warm-inn"
    rtv("branch", "warmer")

    added = rtv("workcopy", "add", str(folder), "--branch", "warmer")
    listed = rtv("workcopy", "list")
    status = rtv("workcopy", "status", str(folder))
    removed = rtv("workcopy", "remove", str(folder))

    assert added.out.startswith(f"checked out warmer in {folder}")
    assert str(folder) in listed.out
    assert "is on warmer: nothing unsaved" in status.out
    assert removed.status == 0
    assert not (folder / "rolethread.toml").exists()


def test_words_that_do_not_fit_are_refused(dataset: Dataset, rtv: Rtv, tmp_path: Path) -> None:
    assert rtv("workcopy", "add", str(tmp_path / "folder")).status == 2
    assert rtv("workcopy", "add", str(tmp_path / "folder"), "--branch", "main", "--clean").status == 2
    assert rtv("workcopy", "add", str(tmp_path / "a.jsonl"), "--branch", "nowhere").status == 40
    assert rtv("workcopy", "add", str(tmp_path / "a.jsonl"), "--format", "nothing").status == 2
    assert rtv("workcopy", "status").status == 40
    assert rtv("workcopy", "refresh", str(tmp_path)).status == 2


def test_status_of_a_file_that_was_cut_off_says_how_many_entries_would_go(rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rtv("workcopy", "add", str(path))
    path.write_bytes(b"")

    status = rtv("workcopy", "status")

    assert "3 of 3 entries would go: was the file cut off?" in status.out
    assert "rtv workcopy commit --removed 3" in status.err


def test_a_refresh_that_only_moves_lines_back_says_so(rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rtv("workcopy", "add", str(path), "--clean")
    before = path.read_bytes()
    write(path, rows(path)[::-1])
    rtv("workcopy", "commit")
    rtv("undo")

    refreshed = rtv("workcopy", "refresh")

    assert refreshed.out.rstrip().endswith("lines went or moved as on the branch")
    assert path.read_bytes() == before


def test_a_dry_run_of_remove_does_not_say_that_the_file_was_deleted(rtv: Rtv, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    rtv("workcopy", "add", str(path))

    answer = rtv("workcopy", "remove", str(path), "--delete", "--dry-run")

    assert answer.out == "would unlink train.jsonl; would delete the file\n"
    assert path.exists()


def test_a_clean_copy_says_that_it_does_not_tell_masked_answers(rtv: Rtv, dataset: Dataset, tmp_path: Path) -> None:
    masked = {"role": "assistant", "content": "No.", "train": False}
    dataset.add([{"messages": [{"role": "user", "content": "Really?"}, masked]}])

    said = rtv("workcopy", "add", str(tmp_path / "clean.jsonl"), "--clean")
    full = rtv("workcopy", "add", str(tmp_path / "full.jsonl"), "--json")

    assert "warning: the file does not say that 1 answer is masked" in said.err
    assert full.json("rolethread.workcopies/v1")["copies"][0]["masked"] is None
