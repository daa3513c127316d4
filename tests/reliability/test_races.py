"""Promise 3: what was acknowledged is in history, whoever writes beside it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sweeping import conversation

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import MovedError
from rolethread_vcs.store import disk

WRITER = str(Path(__file__).with_name("writing.py"))


def start(dataset: Dataset, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, WRITER, str(dataset.folder), name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def race(dataset: Dataset, processes: int, edits: int, *commands: tuple[str, ...]) -> list[str]:
    """Let processes write, with git commands in a loop beside them; return the acknowledged commits."""
    over = threading.Event()

    def loop() -> None:
        while not over.is_set():
            for command in commands:
                subprocess.run(["git", "-C", str(dataset.folder), *command], capture_output=True)

    beside = threading.Thread(target=loop)
    beside.start()
    children = [start(dataset, f"writer {number}", edits) for number in range(processes)]
    try:
        acknowledged = []
        for child in children:
            out, err = child.communicate()
            assert (child.returncode, err) == (0, "")
            acknowledged += out.split()
    finally:
        over.set()
        beside.join()
    return acknowledged


@pytest.mark.parametrize(
    ("processes", "edits"), [(8, 10), pytest.param(8, 50, marks=pytest.mark.slow)], ids=["8x10", "8x50"]
)
def test_acknowledged_is_in_history_while_git_collects_garbage(dataset, fsck, processes, edits):
    before = dataset.repository.refs.head_commit()

    acknowledged = race(dataset, processes, edits, ("gc", "--quiet"), ("pack-refs", "--all"))

    again = Dataset.open(dataset.folder)
    history = [commit.id for commit in again.repository.graph.newest_first([again.snapshot().id], hide=(before,))]
    assert len(acknowledged) == processes * edits
    assert sorted(history) == sorted(acknowledged)
    texts = {entry.messages[0]["content"] for _, entry in again.snapshot()}
    assert {f"writer {a} {b}" for a in range(processes) for b in range(edits)} <= texts
    numbers = [operation.number for operation in again.repository.operations]
    assert numbers == list(range(len(numbers), 0, -1))
    assert fsck(dataset.folder) == ""
    assert again.upkeep.verify().ok


@pytest.mark.parametrize("verb", ["undo", "edit"])
def test_a_branch_that_plain_git_moves_while_a_command_writes_is_not_overwritten(dataset, fsck, verb):
    with dataset.edit("ours") as change:
        change.add(conversation("ours"))
    git = ("git", "-C", str(dataset.folder))
    made = subprocess.run([*git, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "theirs"], capture_output=True)
    theirs = made.stdout.decode().strip()

    def move_once(what: str, _path: str) -> None:
        if what == "fsync":
            disk.fault_point = None
            subprocess.run([*git, "update-ref", "refs/heads/main", theirs], check=True)

    disk.fault_point = move_once
    try:
        with contextlib.suppress(MovedError):
            if verb == "undo":
                dataset.undo()
            else:
                with dataset.edit("beside it") as change:
                    change.add(conversation("beside it"))
    finally:
        disk.fault_point = None

    again = Dataset.open(dataset.folder).repository
    assert again.graph.is_ancestor(theirs, again.head_snapshot().id)
    assert fsck(dataset.folder) == ""


def test_a_writer_that_is_killed_again_and_again_loses_nothing_it_acknowledged(dataset, fsck):
    acknowledged: list[str] = []
    for wanted in (1, 4, 2, 7, 3):
        child = start(dataset, f"mortal {wanted}", 1000)
        acknowledged += [child.stdout.readline().strip() for _ in range(wanted)]
        child.kill()
        rest, _ = child.communicate()
        acknowledged += [line for line in rest.split("\n")[:-1] if line]

    again = Dataset.open(dataset.folder)
    with again.edit("the next command") as change:
        change.remove(again.snapshot().ids()[0])
    history = {commit.id for commit in again.repository.graph.newest_first([again.snapshot().id])}
    assert set(acknowledged) <= history
    assert fsck(dataset.folder) == ""
    assert again.upkeep.verify().ok
    status = subprocess.run(["git", "-C", str(dataset.folder), "status", "--porcelain"], capture_output=True)
    assert status.stdout == b""


def test_an_interrupt_at_any_moment_ends_a_writer_and_the_next_command_works(dataset, fsck):
    acknowledged: list[str] = []
    for wanted in (1, 2, 3, 5):
        child = start(dataset, f"interrupted {wanted}", 1000)
        acknowledged += [child.stdout.readline().strip() for _ in range(wanted)]
        child.send_signal(signal.SIGINT)
        rest, err = child.communicate()
        acknowledged += [line for line in rest.split("\n")[:-1] if line]
        assert "KeyboardInterrupt" in err

    again = Dataset.open(dataset.folder)
    with again.edit("the next command") as change:
        change.remove(again.snapshot().ids()[0])
    history = {commit.id for commit in again.repository.graph.newest_first([again.snapshot().id])}
    assert set(acknowledged) <= history
    assert fsck(dataset.folder) == ""
    assert again.upkeep.verify().ok


def test_a_reader_sees_whole_commits_while_others_write(dataset):
    child = start(dataset, "writer", 60)
    lengths = []
    while child.poll() is None:
        snapshot = Dataset.open(dataset.folder).snapshot()
        lengths.append(len(snapshot))
        assert len(list(snapshot)) == len(snapshot)
    child.communicate()

    assert lengths == sorted(lengths)
    assert len(Dataset.open(dataset.folder).snapshot()) == 63
