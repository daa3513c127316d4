"""A clean merge of fifty changes a side through the library, gate on and durable, against `git merge` as a process.

Run as a program it is the process that is measured: `python merging.py ROUNDS DATASET` makes the two branches and
merges them, takes that back, and prints the median milliseconds of the merges as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import Figure
from workspace import Workspace

from rolethread_vcs import Dataset, Entry

CHANGES = 50
BOTH = 10
"""Entries that both sides change, each in another message; a side changes so many fewer of its own."""
ROUNDS = 20


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the merge of two branches with fifty changes each."""
    folder = workspace.folder / "to-merge"
    shutil.copytree(workspace.written(workspace.entries), folder)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(
        [sys.executable, __file__, str(ROUNDS), str(folder)], check=True, capture_output=True, text=True, env=environ
    )
    ours = float(json.loads(answer.stdout))
    git = _git_merge(folder)
    yield Figure(
        f"a clean merge of {CHANGES} changes a side ({BOTH} entries changed by both), {workspace.entries:,} entries",
        f"{ours:.0f} ms",
        f"`git merge-tree`, which writes no commit and does not merge those {BOTH}: {git:.0f} ms",
        round(ours, 1),
        60,
        "ms",
    )


def prepare(dataset: Dataset) -> None:
    """Make the branch `side` with fifty changes, and fifty others on the current one."""
    snapshot = dataset.snapshot()
    ids = snapshot.ids()
    step = max(2, len(ids) // (2 * CHANGES))
    both = ids[::step][:BOTH]
    mine, theirs = ids[1::step][: CHANGES - BOTH], ids[step // 2 :: step][: CHANGES - BOTH]
    dataset.branch("side")
    _edit(dataset, dict.fromkeys((*both, *mine), 0), branch=None)
    _edit(dataset, {**dict.fromkeys(both, -1), **dict.fromkeys(theirs, 0)}, branch="side")


def _edit(dataset: Dataset, places: dict[str, int], branch: str | None) -> None:
    """Put one more sentence behind a message of each entry."""
    if branch is not None:
        dataset.switch(branch)
    with dataset.edit("fifty changes") as change:
        for entry_id, place in places.items():
            entry = dataset.snapshot()[entry_id]
            messages = [dict(message) for message in entry.messages]
            messages[place]["content"] += f" And so it went on, {branch or 'here'}."
            change.put(entry_id, Entry.of({**entry.fields, "messages": messages}))
    if branch is not None:
        dataset.switch("main")


def _git_merge(folder: Path) -> float:
    """Return the milliseconds of git's own merge of the two, in memory."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        # the entries that both changed are conflicts to git, so its status is no failure
        subprocess.run(
            ["git", "-C", str(folder), "merge-tree", "--write-tree", "main", "side"], capture_output=True, check=False
        )
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main() -> None:
    """Merge, take it back, and merge again."""
    rounds, folder = int(sys.argv[1]), sys.argv[2]
    dataset = Dataset.open(folder)
    prepare(dataset)
    times = []
    for _ in range(rounds):
        dataset = Dataset.open(folder)
        dataset.snapshot()
        started = time.perf_counter()
        outcome = dataset.merge("side")
        times.append((time.perf_counter() - started) * 1000)
        if outcome.committed.commit is None or outcome.conflicts:
            raise SystemExit(f"the merge is not clean: {outcome.conflicts}")
        dataset.undo()
    print(json.dumps(statistics.median(times)))


if __name__ == "__main__":
    main()
