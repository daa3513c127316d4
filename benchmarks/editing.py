"""One-entry edits through the library, gate on and durable: bare at three sizes, and with files checked out.

Run as a program it is the process that is measured: `python editing.py ROUNDS DATASET…` edits the datasets in turns
and prints their median milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from measuring import Figure
from workspace import Workspace

from rolethread_vcs import Dataset

ROUNDS = 60
WARM_UP = 3


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the edit at a thousand entries, at a million against it, and checked out."""
    small, large, checked_out = workspace.scaled(1_000), workspace.scaled(1_000_000), workspace.scaled(20_000)
    first, second = _measure([workspace.written(small), workspace.written(large)])
    (third,) = _measure([workspace.imported(checked_out, bare=False)])
    yield Figure(f"edit one entry of {small:,}, bare", f"{first:.1f} ms", "-", round(first, 1), 6, "ms")
    yield Figure(
        f"edit one entry of {large:,}, bare",
        f"{second:.1f} ms",
        f"of {small:,}: {first:.1f} ms",
        round(second / first, 2),
        2,
        "ratio",
    )
    yield Figure(f"edit one entry of {checked_out:,}, checked out", f"{third:.1f} ms", "-", round(third, 1), 30, "ms")


def _measure(folders: Sequence[Path]) -> list[float]:
    os.sync()  # what was just made for this goes to the disk first, or the flushes of an edit would wait for it
    command = [sys.executable, __file__, str(ROUNDS), *map(str, folders)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    medians: list[float] = json.loads(done.stdout)
    return medians


def main() -> None:
    """Edit datasets in turns, another entry each round."""
    rounds, folders = int(sys.argv[1]), sys.argv[2:]
    times: list[list[float]] = [[] for _ in folders]
    ids = [Dataset.open(folder).snapshot().ids() for folder in folders]
    for number in range(rounds + WARM_UP):
        for folder, mine, known in zip(folders, times, ids, strict=True):
            entry_id = known[number * 997 % len(known)]
            fields = dict(Dataset.open(folder).snapshot()[entry_id].fields)
            messages = [dict(message) for message in fields["messages"]]
            messages[-1]["content"] += f" That was edit {number}."
            fields["messages"] = messages
            started = time.perf_counter()
            with Dataset.open(folder).edit(f"edit {number}") as change:
                change.put(entry_id, fields)
            mine.append((time.perf_counter() - started) * 1000)
    print(json.dumps([statistics.median(mine[WARM_UP:]) for mine in times]))


if __name__ == "__main__":
    main()
