"""A writer for races: adds entries one by one and prints the id of each commit that was acknowledged.

Run as a program of its own: `python writing.py FOLDER NAME COUNT`.
"""

from __future__ import annotations

import sys

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import BusyError


def main(folder: str, name: str, count: int) -> None:
    """Add entries; a busy dataset is tried again, anything else ends the program."""
    for number in range(count):
        fields = {
            "messages": [
                {"role": "user", "content": f"{name} {number}"},
                {"role": "assistant", "content": "noted"},
            ]
        }
        while True:
            try:
                dataset = Dataset.open(folder)
                with dataset.edit(f"{name} {number}") as change:
                    change.add(fields)
            except BusyError:
                continue
            print(change.result.commit, flush=True)
            break


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
