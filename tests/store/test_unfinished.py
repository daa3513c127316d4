"""What waits for decisions is a commit that reads back the same, and whose ref is part of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolethread_vcs import Dataset
from rolethread_vcs.store import refs
from rolethread_vcs.store.log import unfinished
from rolethread_vcs.store.log.unfinished import Labels, Unfinished, UnreadableUnfinishedError


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "inn")


def write(dataset: Dataset, waiting: Unfinished) -> str:
    repository = dataset.repository
    with repository.pack() as pack:
        oid = unfinished.write(waiting, pack, repository.objects, repository.signature())
        pack.publish().with_suffix(".keep").unlink()
    return oid


def test_it_reads_back_the_same(dataset: Dataset) -> None:
    tip = dataset.snapshot().id
    decided = {
        "00000001-aaaaaaaa": {"entry": {"about": "x", "take": "ours"}},
        "tags/inn.json": {"aliases": {"about": "y", "value": ["a"]}},
    }
    waiting = Unfinished(
        kind="merge",
        branch="main",
        ours=tip,
        theirs=tip,
        bases=(tip,),
        labels=Labels("main", "side", "base"),
        command="merge side",
        ids=("00000001-aaaaaaaa",),
        where="tag:inn",
        keeps_rest=True,
        message="so",
        trailers=(("Key", "value"),),
        decided=decided,
    )

    oid = write(dataset, waiting)

    read = unfinished.read(oid, dataset.repository.objects)
    assert (read.id, read.decided) == (oid, decided)
    assert read.state() == waiting.state()
    assert dataset.repository.objects.commit(oid).parents == (tip,)


def test_another_commit_is_told_and_not_taken_for_one(dataset: Dataset) -> None:
    with pytest.raises(UnreadableUnfinishedError):
        unfinished.read(dataset.snapshot().id, dataset.repository.objects)


def test_its_ref_is_recorded_by_operations_and_has_a_name_for_people(dataset: Dataset) -> None:
    repository = dataset.repository
    repository.refs.create(repository.unfinished_ref, dataset.snapshot().id)

    assert repository.unfinished_ref == refs.UNFINISHED
    assert repository.refs.table()[refs.UNFINISHED] == dataset.snapshot().id
    assert refs.shorten(refs.UNFINISHED) == "the unfinished merge"
    assert refs.is_unfinished("refs/rolethread/worktrees/desk/merge")
