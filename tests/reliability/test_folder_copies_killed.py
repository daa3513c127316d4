"""Killed at any step that makes, moves or removes a folder copy: both folders are whole after the next command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killing import killed_at_each_step
from sweeping import conversation

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.workcopy import folder_copies
from rolethread_vcs.transaction import Intent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

WORKCOPY = Intent("workcopy", "workcopy")


def make(folder: Path) -> tuple[Dataset, Path]:
    """Return a dataset with a branch `try`, and where its folder copy is to lie."""
    dataset = Dataset.init(folder / "tavern")
    with dataset.edit("three entries") as change:
        for number in range(3):
            change.add(conversation(f"hello {number}"))
    dataset.branch("try")
    return dataset, (folder / "second").resolve()


def edit(dataset: Dataset, text: str, branch: str) -> None:
    with dataset.edit(text, branch=branch) as change:
        change.put(dataset.snapshot().ids()[0], conversation(text))


def folders_after_each_kill(
    tmp_path: Path, prepare: Callable[[Dataset, Path], None], run: Callable[[Dataset, Path], None]
) -> Iterator[tuple[Dataset, Path]]:
    """Yield the dataset, opened anew, and where its folder copy is to lie, after each kill."""

    def bench(folder: Path) -> tuple[Dataset, Path]:
        dataset, place = make(folder)
        prepare(dataset, place)
        return dataset, place

    yield from killed_at_each_step(tmp_path / "bench", bench, lambda made: run(*made))


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_whole(*folders: Path) -> None:
    for folder in folders:
        assert git(folder, "status", "--porcelain") == ""
        git(folder, "fsck", "--strict")
    assert Dataset.open(folders[0]).upkeep.verify().problems == ()


@pytest.mark.parametrize("is_pruned", [False, True], ids=["as it is", "pruned by git"])
def test_a_folder_copy_that_was_cut_off_is_finished_by_adding_it_again(tmp_path: Path, is_pruned: bool) -> None:
    def add(dataset: Dataset, place: Path) -> None:
        folder_copies.add(dataset.repository, place, "try", WORKCOPY)

    for dataset, place in folders_after_each_kill(tmp_path, lambda *_: None, add):
        if is_pruned:
            git(dataset.folder, "worktree", "prune")
        if not any(
            each.folder == place and not each.problem for each in folder_copies.folder_copies(dataset.repository)
        ):
            add(dataset, place)
        edit(dataset, "the next command", "try")

        assert_whole(dataset.folder, place)
        assert "the next command" in min((place / "entries").rglob("*.json")).read_text()


def test_a_removal_that_was_cut_off_is_finished_by_removing_it_again(tmp_path: Path) -> None:
    def add(dataset: Dataset, place: Path) -> None:
        folder_copies.add(dataset.repository, place, "try", WORKCOPY)

    def remove(dataset: Dataset, place: Path) -> None:
        folder_copies.remove(dataset.repository, place, WORKCOPY)

    for dataset, place in folders_after_each_kill(tmp_path, add, remove):
        if place in [each.folder for each in folder_copies.folder_copies(dataset.repository)]:
            remove(dataset, place)
        edit(dataset, "the next command", "try")

        assert_whole(dataset.folder)
        assert not place.exists()
        assert git(dataset.folder, "worktree", "list").count("\n") == 1


def test_a_branch_moved_from_another_folder_leaves_both_folders_whole(tmp_path: Path) -> None:
    def add(dataset: Dataset, place: Path) -> None:
        folder_copies.add(dataset.repository, place, "try", WORKCOPY)

    def move(dataset: Dataset, _place: Path) -> None:
        edit(dataset, "moved from outside", "try")

    for dataset, place in folders_after_each_kill(tmp_path, add, move):
        edit(dataset, "the next command", "main")

        assert_whole(dataset.folder, place)
        text = min((place / "entries").rglob("*.json")).read_text()
        is_moved = "moved from outside" in dataset.repository.objects.commit(dataset.repository.resolve("try")).message
        assert ("moved from outside" in text) == is_moved
