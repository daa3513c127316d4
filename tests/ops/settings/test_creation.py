"""Starting: a dataset made, or copied, and the first line of its operation log."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest
from refusals import refusal
from rows_of_a_file import bring, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import DamagedError, InvalidError, NotFoundError, UsageError
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


def test_what_is_no_dataset_is_told_before_the_place_of_the_copy_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "chats.tar").write_bytes(b"x")
    (tmp_path / "full" / "sub").mkdir(parents=True)

    for word in ("chats.tar", "full"):
        with pytest.raises(NotFoundError):
            Dataset.clone(word, inside=tmp_path)


def test_a_target_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_bytes(b"mine")

    with pytest.raises(InvalidError):
        Dataset.clone(origin.folder, tmp_path / "full")

    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["18:00 drafts", "a:b", "half%41#1?", "~draft~", "Grüße"])
def test_any_folder_name_is_copied_merged_and_fetched_from(tmp_path: Path, name: str) -> None:
    origin = Dataset.init(tmp_path / name / "tavern")
    bring(origin, write_rows(tmp_path / "x.jsonl", row("a")))
    copy = Dataset.clone(origin.folder, tmp_path / "copy")
    bring(origin, write_rows(tmp_path / "y.jsonl", row("b")))

    copy.merge(str(origin.folder))

    assert copy.snapshot().id == origin.snapshot().id
    subprocess.run(["git", "fetch", "-q"], cwd=copy.folder, check=True)
    assert copy.repository.resolve("origin/main") == origin.snapshot().id


@pytest.mark.parametrize("word", ["dr:afts/tavern", "./dr:afts/tavern", "{url}", "~/dr:afts/tavern"])
def test_a_copy_is_made_of_what_a_person_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    origin = Dataset.init(tmp_path / "dr:afts" / "tavern")
    monkeypatch.setenv("HOME", str(tmp_path))

    copy = Dataset.clone(word.format(url=origin.folder.as_uri()), inside=tmp_path)

    assert copy.snapshot().id == origin.snapshot().id
    assert copy.folder == tmp_path / "tavern"


@pytest.mark.parametrize("word", ["host:tavern", "ssh://host/tavern", "https://host/x", "file://host/x"])
def test_another_machine_is_told_from_a_folder(tmp_path: Path, word: str) -> None:
    with refusal(UsageError, "usage"):
        Dataset.clone(word, inside=tmp_path)

    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def bundle_of(dataset: Dataset, *words: str) -> Path:
    file = dataset.folder.parent / "tavern.bundle"
    subprocess.run(["git", "bundle", "create", "-q", str(file), *words], cwd=dataset.folder, check=True)
    return file


@pytest.mark.parametrize("deltas", [False, True])
def test_a_bundle_is_copied_whole(tmp_path: Path, deltas: bool) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    bring(origin, write_rows(tmp_path / "x.jsonl", *(row(f"{number} {'long words ' * 200}") for number in range(30))))
    origin.branch("side", switch=True)
    origin.remove([next(iter(origin.snapshot()))[0]])
    origin.releases.create("v1")
    if deltas:
        subprocess.run(["git", "repack", "-adfq"], cwd=origin.folder, check=True)

    copy = Dataset.clone(bundle_of(origin, "--all"), tmp_path / "copy")

    assert copy.repository.refs.table() == origin.repository.refs.table()
    assert list(copy.snapshot("v1")) == list(origin.snapshot("side"))
    assert copy.upkeep.verify().ok
    assert verbs(copy) == ["clone"]
    assert list(copy.repository.scratch_folder.glob("*")) == []
    assert origin.repository.operations.head() not in copy.repository.objects  # it was in the bundle


def test_a_bundle_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    bring(origin, write_rows(tmp_path / "x.jsonl", row("a")))

    for words in (["main~1..main"], ["HEAD"]):  # what came since; no branch
        with refusal(InvalidError, "invalid"):
            Dataset.clone(bundle_of(origin, *words), tmp_path / "copy")
    whole = bundle_of(origin, "--all").read_bytes()
    for torn in (whole[:20], whole[:-300], whole[:-300] + b"x" + whole[-299:]):
        (tmp_path / "torn.bundle").write_bytes(torn)
        with refusal(DamagedError, "damaged"):
            Dataset.clone(tmp_path / "torn.bundle", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_copy_follows_its_original_as_one_of_git_does(tmp_path: Path) -> None:
    origin = Dataset.init(tmp_path / "tavern")
    origin.branch("try/warm")

    copy = Dataset.clone(origin.folder, tmp_path / "copy")

    said = subprocess.run(
        ["git", "rev-parse", "--abbrev-ref", "try/warm@{upstream}"], cwd=copy.folder, capture_output=True
    )
    assert said.stdout.strip() == b"origin/try/warm"
