"""Merges and decisions as real processes: killed from outside at any moment, and several at once."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sweeping import conversation, run_and_die

from rolethread_vcs.dataset import Dataset

ENTRIES = 12
CLASHING = 6


@pytest.fixture
def clash(tmp_path: Path) -> Dataset:
    """Return a dataset on main; on `clash` the same words of some entries were changed, on `side` another entry."""
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit("entries") as change:
        for number in range(ENTRIES):
            change.add(conversation(f"hello {number}"))
    ids = dataset.snapshot().ids()
    for name, chosen in (("clash", ids[:CLASHING]), ("side", ids[-1:])):
        dataset.branch(name, switch=True)
        put(dataset, chosen, name)
        dataset.switch("main")
    put(dataset, ids[:CLASHING], "main")
    return dataset


def put(dataset: Dataset, ids: list[str], text: str) -> None:
    with dataset.edit(f"on {text}") as change:
        for entry_id in ids:
            change.put(entry_id, conversation(f"edited on {text}"))


def start(dataset: Dataset, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rolethread_vcs.cli.main", "-C", str(dataset.folder), *words]
    return subprocess.Popen(
        command,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def at_once(dataset: Dataset, environment: dict[str, str], *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Run commands beside each other; return the status of each and all that it said."""
    children = [start(dataset, environment, *words) for words in commands]
    return [("".join(child.communicate()), child.returncode)[::-1] for child in children]


def assert_whole(dataset: Dataset, fsck: Callable[[Path], str]) -> None:
    assert fsck(dataset.folder) == ""
    assert dataset.upkeep.verify().ok
    numbers = [operation.number for operation in dataset.repository.operations]
    assert numbers == list(range(len(numbers), 0, -1))
    status = subprocess.run(["git", "-C", str(dataset.folder), "status", "--porcelain"], capture_output=True)
    assert status.stdout == b""


def texts(dataset: Dataset) -> list[str]:
    return [entry.messages[0]["content"] for _, entry in dataset.snapshot()][:CLASHING]


def test_a_merge_killed_again_and_again_gets_to_its_end(clash, environment, rtv, fsck):
    for words in (("merge", "clash"), ("resolve", "--all", "--take", "clash"), ("merge", "--continue")):
        seconds = 0.2
        while True:
            child = start(clash, environment, *words)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(seconds)
            child.kill()
            child.communicate()
            looked = rtv(clash.folder, "status")
            assert looked.returncode == 0, looked.stderr
            assert set(texts(Dataset.open(clash.folder))) in ({"edited on main"}, {"edited on clash"})
            if child.returncode >= 0:
                break
            seconds *= 1.5

    again = Dataset.open(clash.folder)
    assert texts(again) == ["edited on clash"] * CLASHING
    assert len(again.snapshot().commit.parents) == 2
    assert rtv(clash.folder, "conflicts").returncode == 40
    undone = rtv(clash.folder, "undo")
    assert (undone.returncode, "merge --continue" in undone.stdout) == (0, True)
    waiting = again.merges.conflicts()
    assert (waiting.conflicts, {name for name, _ in waiting.decided}) == ((), set(again.snapshot().ids()[:CLASHING]))
    assert_whole(Dataset.open(clash.folder), fsck)


def test_of_two_merges_of_one_branch_one_makes_the_commit(clash, environment, fsck):
    before = clash.snapshot().id

    answers = at_once(clash, environment, ("merge", "side"), ("merge", "side"))

    again = Dataset.open(clash.folder)
    assert [status for status, _ in answers] == [0, 0]
    assert sum("merged side into main" in said for _, said in answers) == 1
    assert sum("side is in main already" in said for _, said in answers) == 1
    assert again.snapshot().commit.parents[0] == before
    assert_whole(again, fsck)


def test_of_two_merges_that_wait_one_is_told_of_the_other(clash, environment, fsck):
    answers = at_once(clash, environment, ("merge", "clash"), ("merge", "clash"))

    assert [status for status, _ in answers] == [50, 50]
    assert sum("a merge is unfinished here (merge clash); nothing was changed" in said for _, said in answers) == 1
    assert len(clash.merges.conflicts().entries) == CLASHING
    assert_whole(Dataset.open(clash.folder), fsck)


def test_decisions_made_at_once_are_all_kept(clash, environment, fsck):
    clash.merge("clash")
    ids = clash.snapshot().ids()[:CLASHING]

    answers = at_once(clash, environment, *(("resolve", each, "--take", "clash") for each in ids))

    assert [status for status, _ in answers] == [0] * CLASHING, answers
    assert {name for name, _ in clash.merges.conflicts().decided} == set(ids)
    assert clash.merges.conflicts().conflicts == ()
    assert_whole(Dataset.open(clash.folder), fsck)


def test_a_merge_that_is_finished_twice_at_once_is_committed_once(clash, environment, fsck):
    clash.merge("clash")
    clash.merges.resolve(clash.snapshot().ids()[:CLASHING], "clash")

    answers = at_once(clash, environment, ("merge", "--continue"), ("merge", "--continue"))

    again = Dataset.open(clash.folder)
    assert sorted(status for status, _ in answers) == [0, 40]
    assert any("no merge is unfinished" in said for _, said in answers)
    walked = again.repository.graph.newest_first([again.snapshot().id])
    assert [len(commit.parents) for commit in walked].count(2) == 1
    assert_whole(again, fsck)


def test_a_merge_that_was_cut_off_while_it_ended_has_ended_when_it_is_said_again(clash, rtv, tmp_path):
    rtv(clash.folder, "merge", "clash")
    rtv(clash.folder, "resolve", "--all", "--take", "clash")
    said = []
    for step in range(1, 100):
        copy = tmp_path / f"copy-{step}" / "tavern"
        shutil.copytree(clash.folder, copy)
        code = run_and_die("finish_merge", copy, step)
        again = rtv(copy, "merge", "--continue")
        assert texts(Dataset.open(copy)) == ["edited on clash"] * CLASHING, (step, again.stdout, again.stderr)
        said.append((again.returncode, "finished now" in again.stdout + again.stderr))
        if code == 0:
            break

    # killed before it was saved, it is done anew; behind that it is told to have been saved, and to be finished
    assert set(said[:-1]) <= {(0, False), (0, True), (40, True), (40, False)}
    assert (40, True) in said


@pytest.mark.parametrize(("scenario", "ending"), [("finish_merge", "--continue"), ("abort_merge", "--abort")])
def test_status_says_one_true_thing_of_a_merge_that_was_cut_off_while_it_ended(clash, rtv, tmp_path, scenario, ending):
    rtv(clash.folder, "merge", "clash")
    if scenario == "finish_merge":
        rtv(clash.folder, "resolve", "--all", "--take", "clash")
    outcomes = set()
    for step in range(1, 100):
        copy = tmp_path / f"copy-{step}" / "tavern"
        shutil.copytree(clash.folder, copy)
        code = run_and_die(scenario, copy, step)
        found = Dataset.open(copy).status()
        next_one = rtv(copy, "edit", str(ENTRIES), "--tag", "+after")
        ended = not Dataset.open(copy).repository.has_unfinished_merge()

        assert found.last_operation.verb != "external" and next_one.returncode == 0, (step, next_one.stderr)
        if found.interrupted is not None:
            assert (found.interrupted.command, found.interrupted.was_saved) == (f"merge {ending}", ended), step
            assert not found.can_undo and found.has_unfinished != ended, step
        outcomes.add(found.interrupted and found.interrupted.was_saved)
        if code == 0:
            break

    assert outcomes == {None, True, False}
