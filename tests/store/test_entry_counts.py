"""One way to count the entries in which two commits differ, whoever asks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.history.show import ShownCommit
from rolethread_vcs.ops.history.undo import count_entries
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.tree_reader import count_between
from rolethread_vcs.transaction import Counts


def git(dataset: Dataset, *words: str) -> None:
    subprocess.run(["git", *words], cwd=dataset.folder, check=True, capture_output=True)


def test_what_lies_in_a_wrong_place_is_no_entry_for_anybody(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    before = dataset.snapshot()
    data = (dataset.folder / f"entries/0000/00/{ids[0]}.json").read_bytes()
    wrong = ["entries/0001/00/00000007-abcdefgh.json", "entries/0000/00/notes.json", "entries/00000008-abcdefgh.json"]
    for name in (*wrong, f"entries/0000/00/{ids[1]}.json"):
        (dataset.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (dataset.folder / name).write_bytes(data)
    git(dataset, "add", "-A")
    git(dataset, "commit", "-qm", "by plain git")
    after = dataset.snapshot()
    moves: Moves = {"refs/heads/main": (before.id, after.id)}

    (shown,) = dataset.show("@")
    logged = next(iter(dataset.log(count=1)))

    assert count_between(dataset.repository.objects, before.tree, after.tree) == (0, 1, 0)
    assert count_entries(dataset.repository, moves) == Counts(0, 1, 0)
    assert logged.counts == (0, 1, 0)
    assert isinstance(shown, ShownCommit)
    assert shown.counts == (0, 1, 0)


def test_an_entry_that_became_a_folder_was_removed(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    before = dataset.snapshot()
    path = dataset.folder / f"entries/0000/00/{ids[0]}.json"
    path.unlink()
    path.mkdir()
    (path / "x").write_text("x")
    git(dataset, "add", "-A")
    git(dataset, "commit", "-qm", "by plain git")

    assert count_between(dataset.repository.objects, before.tree, dataset.snapshot().tree) == (0, 0, 1)


def test_nothing_differs_from_itself_and_all_differs_from_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")
    with dataset.edit() as change:
        change.add(conversation("three"))
    tree = dataset.snapshot().tree

    assert count_between(dataset.repository.objects, tree, tree) == (0, 0, 0)
    assert count_between(dataset.repository.objects, None, tree) == (3, 0, 0)
    assert count_between(dataset.repository.objects, tree, None) == (0, 0, 3)
