"""Starting: a dataset made, or copied, and the first line of its operation log."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest
from refusals import refusal
from rows_of_a_file import bring, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.ops.settings.creation import clone, init


def verbs(dataset: Dataset) -> list[str]:
    return [each.operation.verb for each in dataset.operations.list()]


def test_a_new_dataset_is_a_repository_with_one_commit(tmp_path: Path) -> None:
    started = init(tmp_path / "new" / "tavern")

    dataset = Dataset(started.repository)
    assert (started.entries, started.branches, verbs(dataset)) == (0, 1, ["init"])
    assert len(list(dataset.log())) == 1
    assert sorted(path.name for path in dataset.folder.iterdir()) == [".git", ".gitattributes", "rolethread.toml"]
    attributes = (dataset.folder / ".gitattributes").read_text("utf-8")
    assert "*.json -text -merge" in attributes
    assert "*.toml -text" in attributes


def test_making_a_dataset_cannot_be_undone(tmp_path: Path) -> None:
    with refusal(NotFoundError, "nothing_to_undo"):
        Dataset.init(tmp_path / "tavern").undo()


def test_name_and_identity_are_kept(tmp_path: Path) -> None:
    identity = str(uuid.uuid4())

    settings = Dataset.init(tmp_path / "x", name="Grüße", id=identity).snapshot().settings

    assert (settings.name, settings.id, settings.format) == ("Grüße", identity, 1)


def test_two_new_datasets_have_different_identities(tmp_path: Path) -> None:
    ids = {Dataset.init(tmp_path / name).snapshot().settings.id for name in "ab"}

    assert len(ids) == 2


def test_a_folder_with_files_becomes_a_dataset_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "chats.jsonl").write_bytes(b"mine")

    Dataset.init(tmp_path)

    assert (tmp_path / "chats.jsonl").read_bytes() == b"mine"


def test_a_repository_is_not_made_twice(tmp_path: Path) -> None:
    Dataset.init(tmp_path / "tavern")

    with pytest.raises(InvalidError):
        Dataset.init(tmp_path / "tavern")


def test_a_foreign_repository_is_left_alone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "foreign")], check=True)

    with pytest.raises(InvalidError):
        Dataset.init(tmp_path / "foreign")

    assert [path.name for path in (tmp_path / "foreign").iterdir()] == [".git"]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "tavern").write_bytes(b"mine")

    with pytest.raises(Exception, match="tavern") as caught:
        Dataset.init(tmp_path / "tavern")

    assert getattr(caught.value, "status", None) in (20, 74)
    assert (tmp_path / "tavern").read_bytes() == b"mine"


def test_a_cloud_folder_is_warned_of(tmp_path: Path) -> None:
    started = init(tmp_path / "Dropbox" / "tavern")

    assert "Dropbox" in started.warnings[0]


def test_a_copy_is_equal_and_starts_its_own_log(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    bring(origin, write_rows(tmp_path / "x.jsonl", row("a"), row("b")))
    origin.branch("try")

    started = clone(origin.folder, tmp_path / "copy")

    copy = Dataset(started.repository)
    assert (started.entries, started.branches, verbs(copy)) == (2, 2, ["clone"])
    assert copy.repository.refs.table() == origin.repository.refs.table()
    assert list(copy.snapshot()) == list(origin.snapshot())
    assert copy.snapshot().settings.id == origin.snapshot().settings.id


def test_a_copy_of_a_bare_dataset_works(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    bring(origin, write_rows(tmp_path / "x.jsonl", row("a")))
    origin.settings.set("checkout", "never")

    copy = Dataset.clone(origin.folder, tmp_path / "copy")

    assert list(copy.snapshot()) == list(origin.snapshot())


def test_what_is_no_dataset_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(NotFoundError):
        Dataset.clone(tmp_path / "folder", tmp_path / "copy")
    with pytest.raises(NotFoundError):
        Dataset.clone(tmp_path / "nowhere", tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


def test_a_target_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_bytes(b"mine")

    with pytest.raises(InvalidError):
        Dataset.clone(origin.folder, tmp_path / "full")

    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
