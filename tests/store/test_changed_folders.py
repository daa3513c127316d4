"""What each commit changed, remembered."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.blaming import blame
from rolethread_vcs.ops.lives import life
from rolethread_vcs.store.ancestry import Ancestry
from rolethread_vcs.store.changed_folders import ChangedFolders
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent


def said(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A dataset of 250 entries in three folders, and fifty edits all over them."""
    dataset = Dataset.init(tmp_path / "d")
    ids = dataset.add([said(f"entry {number}") for number in range(250)], Intent("add", "add")).ids
    for number in range(50):
        with dataset.edit() as change:
            change.put(ids[number * 5], said(f"edit {number}"))
            if number % 7 == 0:
                change.put(ids[-number - 1], said(f"edit {number} too"))
    dataset.remove([ids[30]], Intent("remove", "remove"))
    with dataset.edit() as change:
        for entry_id in ids[31:200]:
            change.put(entry_id, said("all the same"))
    return dataset


def cache(dataset: Dataset) -> Path:
    return dataset.folder / ".git/rolethread/cache/changed-folders.json"


def lives(dataset: Dataset, ids: list[str]) -> list[list[object]]:
    repository = Repository.open(dataset.folder)
    return [list(life(repository, entry_id)) for entry_id in ids]


def test_a_life_is_the_same_with_and_without_what_is_remembered(dataset: Dataset) -> None:
    ids = [*dataset.snapshot().ids(limit=250)[::9], dataset.snapshot("@~3").ids()[30]]
    fresh = []
    for entry_id in ids:
        cache(dataset).unlink(missing_ok=True)
        fresh += lives(dataset, [entry_id])

    assert cache(dataset).exists()
    assert lives(dataset, ids) == fresh


def test_only_commits_that_changed_the_folder_are_read(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    last = dataset.snapshot().ids()[-1]
    list(life(dataset.repository, last))
    repository = Repository.open(dataset.folder)
    read: list[str] = []
    plain = repository.objects.commit_bytes
    monkeypatch.setattr(repository.objects, "commit_bytes", lambda oid: read.append(oid) or plain(oid))

    steps = list(life(repository, last))

    assert len(steps) == 2
    assert len(read) < 30


def test_blame_is_the_same_with_and_without_what_is_remembered(dataset: Dataset) -> None:
    ids = dataset.snapshot().ids()[::17]
    fresh = []
    for entry_id in ids:
        cache(dataset).unlink(missing_ok=True)
        fresh.append(blame(Repository.open(dataset.folder), entry_id))

    assert [blame(Repository.open(dataset.folder), entry_id) for entry_id in ids] == fresh


@pytest.mark.parametrize(
    "text", ["", "{ torn", "[]", '{"version": 99, "commits": {}}', '{"version": 1, "commits": []}']
)
def test_a_cache_that_does_not_read_is_made_anew(dataset: Dataset, text: str) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    expected = lives(dataset, [entry_id])
    cache(dataset).write_text(text)

    assert lives(dataset, [entry_id]) == expected
    assert len(json.loads(cache(dataset).read_text())["commits"]) > 50


def test_a_commit_that_was_lost_since_ends_history_where_it_is(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    list(life(dataset.repository, entry_id))
    subprocess.run(
        ["git", "clone", "-q", "--depth", "4", f"file://{dataset.folder}", str(tmp_path / "shallow")], check=True
    )
    there = tmp_path / "shallow/.git/rolethread/cache/changed-folders.json"
    there.parent.mkdir(parents=True)
    there.write_bytes(cache(dataset).read_bytes())
    repository = Repository.open(tmp_path / "shallow")

    steps = life(repository, entry_id)

    assert [step.commit.id for step in steps] == [repository.resolve("@~3")]
    assert steps.ends == (repository.resolve("@~3"),)


def test_a_move_in_the_order_is_never_passed_over(dataset: Dataset) -> None:
    ids = dataset.snapshot().ids()
    order = dataset.snapshot().order.move_after(ids[0], ids[-1], next_id=None).encode()
    assert order is not None
    (dataset.folder / "order.json").write_bytes(order)
    for words in (["add", "-A"], ["commit", "-qm", "move"]):
        subprocess.run(["git", *words], cwd=dataset.folder, check=True)
    repository = Repository.open(dataset.folder)
    list(life(repository, ids[-1]))

    ancestry = Ancestry(repository.objects)
    newest = ancestry.link(repository.resolve("@"))

    assert ChangedFolders(repository).pass_over(ancestry, newest, ids[-1]) == newest
    assert next(life(repository, ids[0])).is_moved


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_stop(dataset: Dataset) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    folder = dataset.folder / ".git/rolethread/cache"
    folder.parent.mkdir(exist_ok=True)
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    folder.write_text("in the way")

    assert len(list(life(dataset.repository, entry_id))) == 2
