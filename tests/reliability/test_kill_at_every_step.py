"""Promise 2: killed at any step, the branch is old or new, the store is whole, and the next command works and tells."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sweeping import KILLED, SCENARIOS, check_out, conversation, discard, edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store import disk
from rolethread_vcs.transaction import Intent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def make_template(folder: Path, scenario: str, *, bare: bool) -> None:
    """Make the dataset that every kill starts from; a branch `probe` is there for the next command."""
    dataset = Dataset.init(folder)
    dataset.branch("probe")
    with dataset.edit("five entries") as change:
        for number in range(5):
            change.add(conversation(f"hello {number}"))
    if scenario == "release":
        dataset.releases.create("v1", "@~1", intent=Intent("release", "release v1", message="first"))
    if scenario in ("rename", "delete"):
        dataset.branch("noted", note="warmer answers")
        dataset.branches.note("main", "where it all is")
    if scenario == "revert":
        edit(dataset)
        with dataset.edit("something else") as change:
            change.put(dataset.snapshot().ids()[1], conversation("edited too"))
    if scenario in ("merge", "merge_that_waits", "resolve", "finish_merge", "abort_merge"):
        make_branches(dataset)
    if scenario in ("resolve", "finish_merge", "abort_merge"):
        dataset.merge("clash")
    if scenario == "finish_merge":
        dataset.merges.resolve([dataset.snapshot().ids()[0]], "clash")
    if bare:
        repository = dataset.repository
        repository.worktree.empty(dataset.snapshot().tree)
        repository.set_bare(True)
        dataset = Dataset.open(folder)
    if scenario == "redo":
        dataset.undo()
    if scenario == "recover":
        cut_off(dataset)
    if scenario.endswith("discard"):
        (folder / "entries/0000/00" / f"{dataset.snapshot().ids()[0]}.json").write_bytes(b"a hand edit\n")
    if scenario in ("undo_discard", "redo_discard"):
        discard(dataset)
    if scenario == "redo_discard":
        dataset.undo()
    if scenario == "undo_check_out":
        check_out(dataset)


def make_branches(dataset: Dataset) -> None:
    """Make a branch that changes another entry than main, and one that changes the same words."""
    ids = dataset.snapshot().ids()
    for name, number in (("side", 1), ("clash", 0)):
        dataset.branch(name, switch=True)
        with dataset.edit(f"on {name}") as change:
            change.put(ids[number], conversation(f"edited on {name}"))
        dataset.switch("main")
    edit(dataset)


def cut_off(dataset: Dataset) -> None:
    """Let an edit die when its branch has moved and its operation is not logged yet."""

    class Killed(BaseException):
        """Nothing catches it, so nothing is tidied up."""

    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/rolethread/ops"):
            raise Killed

    disk.fault_point = fault
    try:
        with contextlib.suppress(Killed):
            edit(dataset)
    finally:
        disk.fault_point = None


def sweep(tmp_path: Path, scenario: str, *often: str, bare: bool) -> list[dict]:
    """Run the sweep in a process of its own and return its lines."""
    template, work = tmp_path / "template", tmp_path / "work"
    work.mkdir()
    make_template(template, scenario, bare=bare)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("sweeping.py")), scenario, template, work, *often],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


BARE_EVERY_TIME = ("edit", "bulk", "undo", "check_out", "merge")
"""Without files checked out there are fewer steps, and the same ones: the rest of these is for the slow set."""

CASES = [
    pytest.param(scenario, bare, marks=[pytest.mark.slow] if bare and scenario not in BARE_EVERY_TIME else [])
    for scenario in SCENARIOS
    for bare in (False, True)
    if not (bare and scenario.endswith("discard"))
]


@pytest.mark.parametrize(("scenario", "bare"), CASES)
def test_killed_at_every_step_it_is_old_or_new_and_the_next_command_works(tmp_path, scenario, bare):
    assert_old_or_new(*sweep(tmp_path, scenario, bare=bare))


@pytest.mark.slow
def test_killed_at_each_of_the_steps_of_a_bulk_import_it_is_old_or_new(tmp_path):
    whole, *kills = sweep(tmp_path, "bulk", "1000", bare=False)

    assert len(kills) == whole["total"] > 400
    assert_old_or_new(whole, *kills)


def assert_old_or_new(whole: dict, *kills: dict) -> None:
    old, new = kills[0]["refs"], whole["refs"]
    states = [state(kills[0]), state(whole)]

    assert whole["total"] >= len(kills) >= whole["shapes"] > 8
    seen = set()
    for kill in kills:
        where = f"killed at step {kill['step']}: {kill['what']}: {json.dumps(kill, indent=1)}"
        assert kill["code"] == KILLED, where
        assert kill["fsck"] == "", where
        assert "error" not in kill, where
        assert kill["problems"] == [], where
        assert kill["left"] == [], where
        assert kill["numbers"] == list(range(len(kill["numbers"]), 0, -1)), where
        assert state(kill) in states, where
        after = without_probe(kill["refs_after"])
        assert after in (without_probe(old), without_probe(new)), where
        if kill["refs"] not in (old, new):
            # several refs move one after the other; then the next command must bring the rest
            assert after == without_probe(new), where
        moved = without_probe(kill["refs"]) != without_probe(old)
        if moved and any("finished now" in note for note in kill["notes"]):
            seen.add("finished")
        elif not moved and any("before anything was saved" in note for note in kill["notes"]):
            seen.add("forgotten")
    if old != new:
        assert "finished" in seen, kills
    if states[0] != states[1]:
        assert {str(state(kill)) for kill in kills} == set(map(str, states))
    assert "forgotten" in seen, kills


def state(kill: dict) -> tuple[object, ...]:
    """Return all that must be old or new: the files, what git says of them, the mode, what an undo takes back."""
    return without_probe(kill["refs_after"]), kill["entries"], kill["status"], kill["bare"], kill["undone"]


def without_probe(refs: str) -> str:
    """Return the branches but for the one that the next command commits to."""
    return "".join(line for line in refs.splitlines(keepends=True) if not line.startswith("refs/heads/probe "))
