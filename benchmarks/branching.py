"""Going from one branch to another in a large dataset without checked-out files: what it takes beyond start-up."""

from __future__ import annotations

from collections.abc import Iterator

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, Workspace

from rolethread_vcs.dataset import Dataset

CHANGES = 50
TARGET = 100.0
"""Milliseconds."""
TURNS = 4
"""Short runs are noisy: so many times the rounds of a long one."""


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield one way and back, between branches that differ in fifty entries."""
    folder = workspace.written(workspace.entries)
    dataset = Dataset.open(folder)
    here = dataset.repository.branch() or ""
    dataset.branch("other", switch=True)
    ids = dataset.snapshot().ids()
    with dataset.edit(f"{CHANGES} changes") as edit:
        for number in range(CHANGES):
            entry_id = ids[number * len(ids) // CHANGES]
            edit.put(entry_id, edit[entry_id].with_fields(tags=["other"]))
    turn = [here, "other"]

    def switch() -> Run:
        turn.reverse()
        return run([RTV, "-C", str(folder), "switch", turn[1]])

    def start() -> Run:
        return run([RTV, "-C", str(folder), "log", "-n", "1"])

    switches, starts = take_turns(workspace.runs * TURNS, switch, start)
    dataset.switch(here)
    whole, alone = median(switches) * 1000, median(starts) * 1000
    yield Figure(
        f"`rtv switch`, {CHANGES} entries of {workspace.entries:,} differ, bare, beyond start-up",
        f"{whole:.0f} ms",
        f"`rtv log -n 1` {alone:.0f} ms",
        round(whole - alone, 1),
        TARGET,
        "ms",
    )
