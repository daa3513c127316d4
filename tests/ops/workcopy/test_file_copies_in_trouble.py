"""File copies and what comes between: a full disk, a moved dataset, an editor that saves at the wrong moment."""

from __future__ import annotations

import errno
import random
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_edits import Script, make_dataset

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.ops.workcopy import file_copies
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.ops.workcopy.links import NotLinkedError
from rolethread_vcs.ops.workcopy.rewrite import set_aside
from rolethread_vcs.store import disk
from rolethread_vcs.transaction import Intent

SHAREGPT = CopyOptions(format="sharegpt", clean=True)
Bench = tuple[Dataset, Path]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A dataset of twelve entries, and a clean ShareGPT file of them."""
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    return dataset, path


def say(path: Path, row: int, text: str) -> None:
    """Edit the last answer of a row."""
    script = Script.read(path, "sharegpt")
    script.rows[row]["conversations"][-1]["value"] = text
    script.write(path)


def retag(dataset: Dataset, tag: str, branch: str) -> str:
    """Change an entry on a branch, and return the commit."""
    intent = Intent("edit", "edit", branch=branch)
    commit = dataset.edit_fields([dataset.snapshot().ids()[0]], FieldEdit(add_tags=(tag,)), intent).commit
    assert commit is not None
    return commit


def full_at(monkeypatch: pytest.MonkeyPatch, what: str, name: str) -> None:
    """Let the disk be full at a step on files whose path has a name in it."""

    def fault(step: str, path: str) -> None:
        if step == what and name in path:
            raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(disk, "fault_point", fault)


@pytest.mark.parametrize("where", ["train.jsonl", "workcopies/train-"], ids=["the file", "the binding"])
def test_a_full_disk_after_the_commit_does_not_hide_that_it_is_saved(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    dataset, path = bench
    dataset.remove([dataset.snapshot().ids()[6]], Intent("remove", "remove"))
    say(path, 2, "The file said so.")
    before = path.read_bytes()
    full_at(monkeypatch, "rename", where)

    done = dataset.copies.commit(path)
    monkeypatch.undo()

    assert done.committed.changed == 1
    assert "no space left" in done.note
    assert "what was edited before is saved" in done.note
    assert "nothing was saved" not in done.note
    assert where != "train.jsonl" or path.read_bytes() == before
    assert dataset.copies.commit(path).committed.commit is None
    assert dataset.copies.status(path).is_clean


def test_a_file_inside_the_dataset_goes_with_it(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    dataset.copies.add(tmp_path / "inn" / "train.jsonl", SHAREGPT)
    (tmp_path / "inn").rename(tmp_path / "tavern")
    path = tmp_path / "tavern" / "train.jsonl"
    moved = Dataset.open(tmp_path / "tavern")
    say(path, 2, "The file said so.")

    done = moved.copies.commit(path).committed

    assert done.changed == 1
    assert [each.path for each in moved.copies.files()] == [path.resolve()]


def test_a_file_that_was_moved_is_named_with_the_command_that_ties_it_as_it_was(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    old, path = tmp_path / "train.jsonl", tmp_path / "my files" / "train.jsonl"
    binding = dataset.copies.add(old, CopyOptions(format="sharegpt", clean=True, where="tag:tag0"))
    path.parent.mkdir()
    old.rename(path)
    dataset.add(
        [{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}], Intent("", "")
    )

    with pytest.raises(NotLinkedError, match="was one, and is gone"):
        dataset.copies.find(path, name="train.jsonl")
    with pytest.raises(NotLinkedError, match="was one, and is gone") as caught:
        dataset.copies.status(path)
    words = shlex.split((caught.value.hint or "").splitlines()[0].partition(": ")[2])
    tied = dataset.copies.add(
        Path(words[3]), CopyOptions("main", binding.commit, "sharegpt", clean=True, where="tag:tag0", bind=True)
    )

    assert words[4:] == [
        *("--branch", "main", "--format", "sharegpt", "--clean"),
        *("--where", "tag:tag0", "--from", binding.commit[:10], "--bind"),
    ]
    assert tied.ids == binding.ids
    assert dataset.copies.status(path).is_clean


def test_a_file_saved_while_it_is_looked_at_is_not_deleted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, path = bench
    look = file_copies.read_edits

    def look_and_save(*given: Any) -> Any:
        found = look(*given)
        say(path, 2, "Saved by an editor.")
        return found

    monkeypatch.setattr(file_copies, "read_edits", look_and_save)

    with pytest.raises(ChangedSourceError, match="was not deleted"):
        dataset.copies.remove(path, delete=True)

    assert "Saved by an editor." in path.read_text()
    assert len(dataset.copies.files()) == 1


def test_a_file_saved_while_it_is_discarded_stays(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, path = bench

    def save(step: str, name: str) -> None:
        if step == "link":
            path.with_name("saved").write_text("Saved by an editor.\n")
            path.with_name("saved").replace(path)

    monkeypatch.setattr(disk, "fault_point", save)

    with pytest.raises(ChangedSourceError, match="it was left as it is"):
        dataset.copies.refresh(path, discard=True)

    assert path.read_text() == "Saved by an editor.\n"
    assert not list(path.parent.glob(".train*"))


def test_a_discard_that_cannot_be_finished_leaves_one_file_of_one_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, path = bench
    say(path, 2, "The file said so.")
    before = path.read_bytes()
    full_at(monkeypatch, "rename", "train.jsonl")

    with pytest.raises(SystemRefusedError, match="no space left"):
        dataset.copies.refresh(path, discard=True)

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if "train" in each.name] == ["train.jsonl"]


def test_a_disk_that_is_full_while_a_file_is_set_aside_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("mine\n")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", full)
    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(SystemRefusedError, match="no space left"):
        set_aside(path)

    assert [each.name for each in tmp_path.iterdir() if "train" in each.name] == ["train.jsonl"]


def test_a_file_that_is_tied_by_another_name_of_a_branch_commits_to_that_branch(tmp_path: Path) -> None:
    dataset, path = make_dataset(tmp_path / "inn", random.Random(1)), tmp_path / "train.jsonl"
    subprocess.run(["git", "symbolic-ref", "refs/heads/other", "refs/heads/main"], cwd=dataset.folder, check=True)
    dataset.copies.add(path, replace(SHAREGPT, branch="other"))
    say(path, 2, "The file said so.")

    done = dataset.copies.commit(path).committed

    assert (done.branch, done.changed) == ("main", 1)
    assert dataset.snapshot("main").id == done.commit
    assert dataset.copies.status(path).is_clean


def test_what_is_set_aside_takes_no_name_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("mine\n")
    (tmp_path / "train.jsonl.discarded-1").write_text("older\n")

    first = set_aside(path)

    def no_links(*_: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    second = set_aside(path)

    assert [each.name[-1] for each in (first, second)] == ["2", "3"]
    assert [each.read_text() for each in (path, first, second)] == ["mine\n"] * 3
    assert (tmp_path / "train.jsonl.discarded-1").read_text() == "older\n"
