"""Promise 3: what was acknowledged is in history, whoever writes beside it."""

from __future__ import annotations

import contextlib
import json
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
EDITOR = str(Path(__file__).with_name("retagging.py"))


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


def test_everybody_gets_through_an_import_beside_writers_that_never_rest(dataset, rtv, tmp_path):
    """The rows are matched with entries that others edit all the time, so that each reading alone is worthless."""
    rows = [conversation(f"row {number}") for number in range(60)]
    dataset.add(rows)
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, conversation("a new one")]))
    writers = [
        subprocess.Popen(
            [sys.executable, EDITOR, str(dataset.folder), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout.readline()
        imported = [rtv(dataset.folder, "import", str(file)) for _ in range(2)]
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGTERM)
    ends = [writer.communicate() for writer in writers]

    assert [(each.returncode, each.stderr) for each in imported if each.returncode] == []
    assert [(err, len(out.split()) > 1) for out, err in ends] == [("", True), ("", True)]
    texts = [entry.messages[0]["content"] for _, entry in Dataset.open(dataset.folder).snapshot()]
    assert texts.count("a new one") == 1
    assert len(texts) == 3 + 60 + 1
