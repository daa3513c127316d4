"""A process that goes on for long keeps its open files and its memory flat, whoever commits."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sweeping import conversation

import rolethread_vcs.cli.errors  # noqa: F401  a fork that has no file left can still say so
from rolethread_vcs.dataset import Dataset

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")

WRITER = """
import gc, json, os, resource, sys
from pathlib import Path
from rolethread_vcs.dataset import Dataset

folder, commits, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
dataset = Dataset.open(folder)
entry_id = dataset.snapshot().ids()[0]
for number in range(commits):
    with dataset.edit(f"edit {number}") as change:
        text = [{"role": "user", "content": f"hello {number}"}, {"role": "assistant", "content": "well"}]
        change.put(entry_id, {"messages": text})
    memory = Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]
    objects = len(gc.get_objects()) if number % 100 == 99 else 0
    print(json.dumps((len(os.listdir("/proc/self/fd")), int(memory), objects)), flush=True)
"""

COMMITS = [200, pytest.param(10_000, marks=pytest.mark.slow)]
MOST_FILES = 60
MOST_OBJECTS = 500
"""Objects of Python that may be added in the second half of a process: one for each ten commits would be too many."""
MOST_GROWTH = 4 << 10
"""KB of its own memory that a process may grow by, once it has done the first hundred commits."""


@pytest.fixture
def fast(dataset) -> Dataset:
    """Return the dataset with nothing flushed, which is what takes the time."""
    dataset.repository.config.set({"rolethread.durability": "fast"})
    return Dataset.open(dataset.folder)


@pytest.mark.parametrize("commits", COMMITS)
def test_a_process_that_commits_on_and_on_stays_flat_and_so_does_one_that_reads_beside_it(fast, environment, commits):
    reader, written, read, tips = Dataset.open(fast.folder), [], [], set()
    command = [sys.executable, "-c", WRITER, str(fast.folder), str(commits), "128"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            written.append(tuple(json.loads(line)))  # a list for each commit would be what grows
            snapshot = reader.snapshot()
            tips.add(snapshot.id)
            assert len([entry.messages for _, entry in snapshot.items()]) == 3
            memory = Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]
            objects = len(gc.get_objects()) if len(written) % 100 == 0 else 0
            read.append((len(list(Path("/proc/self/fd").iterdir())), int(memory), objects))

    assert (writer.returncode, len(written)) == (0, commits)
    assert len(tips) > commits // 2
    before = read[0][0]
    assert max(files for files, *_ in written) < MOST_FILES
    assert max(files for files, *_ in read) < before + MOST_FILES
    for seen in (written, read):
        # fifty folded packs are folded in their turn after some 7,000 commits, which takes memory for a moment
        assert seen[commits * 6 // 10][1] - seen[100][1] < MOST_GROWTH
        assert seen[-1][1] - seen[100][1] < 8 * MOST_GROWTH
        assert seen[-1][2] - seen[commits // 2 - 1][2] < MOST_OBJECTS


READING = [("export", "-o", "-"), ("log",), ("branch",), ("verify",)]
WRITING = [
    ("import", "rows.jsonl"),
    ("edit", "1", "--tag", "+tavern"),
    ("merge", "try"),
    ("clone", ".", "copy"),
]


@pytest.mark.parametrize("words", READING + WRITING, ids=" ".join)
def test_too_few_open_files_are_said_so_and_are_no_damage(dataset, rtv, words):
    dataset.branch("try")
    with dataset.edit() as change:
        change.add(conversation("one more"))
    dataset.switch("try")
    with dataset.edit() as change:
        change.add(conversation("another"))
    (dataset.folder / "rows.jsonl").write_text(json.dumps(conversation("a row")))
    given = {}
    for files in (1, 2, 3, 5, 8, 16):
        copy = dataset.folder.with_name(f"with {files}")
        shutil.copytree(dataset.folder, copy)
        done = given[files] = rtv(copy, *words, files=files)

        assert done.returncode in (0, 74), f"{files}: {done}"
        assert "open files" in done.stderr or done.returncode == 0
        assert words in READING or rtv(copy, "verify").returncode == 0
    whole = rtv(dataset.folder, *words)
    assert any(done.returncode for done in given.values()) and given[16].returncode == 0
    if words in READING:
        assert {done.stdout for done in given.values() if done.returncode == 0} <= {whole.stdout}
