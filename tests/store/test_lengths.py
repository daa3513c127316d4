"""How many entries a tree holds, remembered: always what a count would say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store import lengths
from rolethread_vcs.transaction import Intent


def conversation(text):
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "yes"}]}


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setattr(lengths, "_WORTH_IT", 1)
    dataset = Dataset.init(tmp_path / "tavern")
    dataset.add([conversation(f"row {number}") for number in range(7)], Intent("add", "add"))
    return dataset


def counted(dataset):
    return lengths.count_entries(dataset.repository, dataset.snapshot())


def cache_of(dataset):
    return dataset.repository.private_folder / "cache" / "lengths.json"


def test_the_count_is_that_of_the_snapshot_before_and_after_every_change(dataset):
    first = counted(dataset)
    dataset.remove(dataset.snapshot().ids()[:2], Intent("remove", "remove"))
    second = counted(dataset)
    dataset.add([conversation("new")], Intent("add", "add"))

    assert (first, second, counted(dataset), counted(dataset)) == (7, 5, 6, 6)
    assert len(dataset.snapshot()) == 6


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1}', '{"version": 2, "lengths": {}}', '{"version": 1, "lengths": {"zz": 3}}']
)
def test_a_broken_cache_changes_no_answer(dataset, text):
    counted(dataset)
    cache_of(dataset).write_text(text)

    assert counted(dataset) == 7


def test_a_tree_that_is_gone_is_passed_over(dataset):
    counted(dataset)
    cache_of(dataset).write_text('{"version": 1, "lengths": {"%s": 3}}' % ("ab" * 20))

    assert counted(dataset) == 7


def test_only_the_last_few_are_kept(dataset, monkeypatch):
    monkeypatch.setattr(lengths, "_KEPT", 3)
    for number in range(5):
        dataset.add([conversation(f"more {number}")], Intent("add", "add"))
        counted(dataset)

    assert cache_of(dataset).read_text().count(":") == 2 + 3
    assert counted(dataset) == 12
