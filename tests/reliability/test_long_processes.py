"""A process that goes on for long keeps its open files and its memory flat, whoever commits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")

WRITER = """
import json, os, resource, sys
from pathlib import Path
from rolethread_vcs.dataset import Dataset

folder, commits, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
dataset = Dataset.open(folder)
entry_id, seen = dataset.snapshot().ids()[0], []
for number in range(commits):
    with dataset.edit(f"edit {number}") as change:
        text = [{"role": "user", "content": f"hello {number}"}, {"role": "assistant", "content": "well"}]
        change.put(entry_id, {"messages": text})
    if number % 50 == 49:
        memory = Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]
        seen.append((len(os.listdir("/proc/self/fd")), int(memory)))
        print(json.dumps(seen[-1]), flush=True)
"""

COMMITS = [200, pytest.param(10_000, marks=pytest.mark.slow)]
MOST_FILES = 60
MOST_GROWTH = 8 << 10
"""KB that a process may grow by, once it has done the first hundred commits."""


@pytest.fixture
def fast(dataset) -> Dataset:
    """Return the dataset with nothing flushed, which is what takes the time."""
    dataset.repository.config.set("rolethread.durability", "fast")
    return Dataset.open(dataset.folder)


def writing(dataset: Dataset, commits: int, environment: dict[str, str], limit: int = 128) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(dataset.folder), str(commits), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("commits", COMMITS)
def test_a_process_that_commits_on_and_on_stays_flat(fast, environment, commits):
    out, errors = writing(fast, commits, environment).communicate()

    seen = [json.loads(line) for line in out.splitlines()]
    assert (len(seen), errors) == (commits // 50, "")
    assert max(files for files, _ in seen) < MOST_FILES
    assert seen[-1][1] - seen[1][1] < MOST_GROWTH


@pytest.mark.parametrize("commits", COMMITS)
def test_a_reader_beside_a_process_that_commits_on_and_on_stays_flat(fast, environment, commits):
    reader = Dataset.open(fast.folder)
    writer = writing(fast, commits, environment)
    seen, tips = [], set()
    while writer.poll() is None:
        snapshot = reader.snapshot()
        tips.add(snapshot.id)
        assert [entry.messages for _, entry in snapshot.items()]
        memory = Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]
        seen.append((len(list(Path("/proc/self/fd").iterdir())), int(memory)))

    assert writer.communicate()[1] == ""
    assert len(tips) > commits // 10
    assert max(files for files, _ in seen) - seen[0][0] < MOST_FILES
    assert seen[-1][1] - seen[len(seen) // 5][1] < MOST_GROWTH
