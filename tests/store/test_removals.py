"""Which entries were removed: the same when walked afresh and when only newer commits are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.derived import NAME
from rolethread_vcs.store.removals import RemovedEntry, removed_entries
from rolethread_vcs.transaction import Intent


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A dataset of fifteen entries, ten of which were removed one by one."""
    dataset = Dataset.init(tmp_path / "tavern")
    dataset.add([said(f"row {number}") for number in range(15)], intent("add"))
    for entry_id in dataset.snapshot().ids()[:10]:
        dataset.remove([entry_id], intent("remove"))
    return dataset


def said(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}]}


def intent(verb: str) -> Intent:
    return Intent(verb, verb)


def removed(dataset: Dataset) -> set[RemovedEntry]:
    repository = open_dataset(dataset.folder)
    return set(removed_entries(repository, dataset.snapshot().id))


def test_newer_removals_are_added_to_those_that_are_remembered(dataset: Dataset) -> None:
    first = removed(dataset)
    (entry_id,) = dataset.snapshot().ids(limit=1)
    dataset.remove([entry_id], intent("remove"))
    second = removed(dataset)

    (dataset.folder / ".git/rolethread/cache" / NAME).unlink()
    assert removed(dataset) == second
    assert {each.entry_id for each in second - first} == {entry_id}
    assert len(second) == 11


def test_what_a_shallow_copy_does_not_hold_is_found_once_it_was_fetched(dataset: Dataset, tmp_path: Path) -> None:
    place = str(tmp_path / "copy")
    subprocess.run(["git", "clone", "-q", "--depth", "10", f"file://{dataset.folder}", place], check=True)
    copy = Dataset.open(place)
    assert len(removed(copy)) == 9

    subprocess.run(["git", "-C", place, "fetch", "-q", "--unshallow"], check=True)

    assert removed(copy) == removed(dataset)


def test_what_is_remembered_of_a_commit_that_was_undone_is_not_used(dataset: Dataset) -> None:
    before = removed(dataset)
    for entry_id in dataset.snapshot().ids(limit=1):
        dataset.remove([entry_id], intent("remove"))
    removed(dataset)
    dataset.undo()

    assert removed(dataset) == before


def test_an_entry_that_came_back_and_was_removed_again_is_described_as_it_was_last(dataset: Dataset) -> None:
    known = next(iter(removed(dataset)))
    dataset.restore([known.entry_id], dataset.snapshot("@~10"), intent("restore"))
    with dataset.edit() as change:
        change.put(known.entry_id, said("other"))
    dataset.remove([known.entry_id], intent("remove"))

    (again,) = (each for each in removed(dataset) if each.entry_id == known.entry_id)
    assert again.digests != known.digests
