"""A writer that never rests: edits its entries in turn, and prints each commit, until it is told to stop.

Run as a program of its own: `python retagging.py FOLDER NUMBER`.
"""

from __future__ import annotations

import signal
import sys
from itertools import count

from rolethread_vcs.dataset import Dataset


def main(folder: str, number: int) -> None:
    stopped: list[object] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    dataset = Dataset.open(folder)
    ids = dataset.snapshot().ids()[number::2]
    for turn in count():
        if stopped:
            return
        entry_id = ids[turn % len(ids)]
        with dataset.edit(f"turn {turn}") as change:
            change.put(entry_id, dataset.snapshot()[entry_id].with_fields(tags=[f"turn_{turn}"]))
        print(change.result.commit, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
