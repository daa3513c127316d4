"""Copies of datasets: whole, of one moment, and never over somebody else's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.store.clone import clone


def test_a_clone_has_every_branch_release_and_entry(filled, git, tmp_path):
    git(filled.folder, "branch", "side/one")
    git(filled.folder, "tag", "-a", "v1", "-m", "first")

    copy = clone(filled.folder, tmp_path / "copy")

    original = filled.repository.refs.table()
    assert copy.refs.table() == original
    assert copy.operations.head() is None
    git(tmp_path / "copy", "fsck", "--strict")


def test_a_clone_into_a_full_folder_is_refused(filled, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()

    with pytest.raises(InvalidError, match="not empty"):
        clone(filled.folder, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["x"]


def test_a_clone_is_whole_while_the_original_goes_on(filled, tmp_path):
    is_enough = threading.Event()

    def write() -> int:
        writer = Dataset.open(filled.folder)
        count = 0
        while not is_enough.is_set():
            writer.branch(f"branch-{count}")
            with writer.edit() as change:
                change.add(
                    {"messages": [{"role": "user", "content": str(count)}, {"role": "assistant", "content": "x"}]}
                )
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            copies = [clone(filled.folder, tmp_path / f"copy-{number}") for number in range(6)]
        finally:
            is_enough.set()
        assert writing.result() > 0

    for copy in copies:
        assert all(commit in copy.objects for commit in copy.refs.branches().values())
        assert copy.refs.head_commit() == copy.refs.read("refs/remotes/origin/main")


def test_of_two_clones_into_one_folder_one_is_made_and_stays_whole(filled, tmp_path):
    (tmp_path / "copy").mkdir()
    start = threading.Barrier(2)

    def copy() -> bool:
        start.wait()
        try:
            clone(filled.folder, tmp_path / "copy")
        except InvalidError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = [each.result() for each in [pool.submit(copy), pool.submit(copy)]]

    assert sorted(done) == [False, True]
    assert dict(Dataset.open(tmp_path / "copy").snapshot()) == dict(filled.snapshot())
