"""What a comparison costs: one change and fifty in a large dataset, in the library.

First down to the words of each changed message; then only which entries differ, which is what `git diff-tree -r` tells,
against that as a process. Every run opens the dataset afresh, so that nothing is remembered from the run before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from measuring import Figure, Run, median, run, take_turns
from workspace import Workspace

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.entry import Entry

TURNS = 5
"""Short runs are noisy: so many times the rounds of a long one."""
TARGETS = {1: 3.0, 50: 20.0}
"""Milliseconds, by the number of changes."""


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield one change, then fifty, spread over the whole dataset."""
    folder = workspace.written(workspace.entries)
    warm_up(folder)
    for changes, target in TARGETS.items():
        change(folder, changes)

        def words(expected: int = changes) -> Run:
            dataset = Dataset.open(folder)
            started = time.perf_counter()
            found = [compared.diff for compared in dataset.diff("@~1", "@").entries()]
            seconds = time.perf_counter() - started
            if len(found) != expected:
                raise RuntimeError(f"{len(found)} entries differ, {expected} were changed")
            return Run(seconds, 0.0)

        def names() -> Run:
            dataset = Dataset.open(folder)
            started = time.perf_counter()
            dataset.diff("@~1", "@").summary()
            return Run(time.perf_counter() - started, 0.0)

        def git() -> Run:
            return run(["git", "-C", str(folder), "diff-tree", "-r", "HEAD~1", "HEAD"])

        told, listed, peers = take_turns(workspace.runs * TURNS, words, names, git)
        what = "1 change" if changes == 1 else f"{changes} changes"
        whole, own, other = (median(runs) * 1000 for runs in (told, listed, peers))
        peer = f"`git diff-tree -r` {other:.1f} ms"
        name = f"diff of {what} in {workspace.entries:,}"
        yield Figure(f"{name}, in the library", f"{whole:.1f} ms", peer, round(whole, 1), target, "ms")
        yield Figure(f"{name}: which entries", f"{own:.1f} ms", peer, round(own / other, 2), 1.0, "×")


def warm_up(folder: Path) -> None:
    """Import what a comparison needs: a program that compares has paid for that once."""
    list(Dataset.open(folder).diff("@", "@").entries())


def change(folder: Path, count: int) -> None:
    """Change a word and add a sentence in so many entries, in one commit."""
    dataset = Dataset.open(folder)
    ids = dataset.snapshot().ids()
    with dataset.edit(f"{count} changes") as edit:
        for number in range(count):
            entry_id = ids[number * len(ids) // count]
            edit.put(entry_id, _edited(edit[entry_id]))


def _edited(entry: Entry) -> Entry:
    messages = [dict(message) for message in entry.messages]
    messages[-1]["content"] = messages[-1]["content"].replace(" the ", " every ", 1) + " So it was."
    return entry.with_fields(messages=messages)
