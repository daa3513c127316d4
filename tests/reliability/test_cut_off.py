"""Verbs that were killed: what they write is whole or not there, and the same command said again goes through."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from killing import Bench, killed_at_each_step
from sweeping import conversation

from rolethread_vcs.dataset import Dataset

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

ROWS = [json.dumps(conversation(f"hello {number}")) if number % 2 else f"junk {number}" for number in range(20)]


def make(folder: Path) -> Bench:
    source = folder / "chats.jsonl"
    source.write_text("\n".join(ROWS))
    return Dataset.init(folder / "tavern"), source


def run(bench: Bench) -> None:
    bench[0].import_file(bench[1], skip_invalid=True)


def test_killed_at_every_step_an_import_leaves_rejects_that_are_whole_or_none(tmp_path: Path) -> None:
    rejects = "".join(f"{row}\n" for row in ROWS[::2])
    seen = set()
    for bench in killed_at_each_step(tmp_path / "work", make, run, at_least=20):
        dataset, source = bench
        found = [source.with_name(name) for name in ("chats.rejects.jsonl", "chats.rejects.txt")]
        assert [path.read_text() for path in found[:1] if path.exists()] in ([], [rejects])
        assert [len(path.read_text().splitlines()) for path in found[1:] if path.exists()] in ([], [10])
        assert len(dataset.snapshot()) in (0, 10)
        assert all(path.exists() for path in found) or not len(dataset.snapshot())
        seen.add((len(dataset.snapshot()), sum(path.exists() for path in found)))

        run(bench)

        dataset = Dataset.open(dataset.folder)
        assert len(dataset.snapshot()) == 10
        assert sorted(source.parent.glob("chats.*")) == sorted([source, *found])
        assert found[0].read_text() == rejects
        assert dataset.upkeep.verify().problems == ()
    assert seen == {(0, 0), (0, 1), (0, 2), (10, 2)}


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_killed_at_every_step_hooks_are_put_in_and_taken_out_when_that_is_said_again(tmp_path: Path, verb: str) -> None:
    def make(folder: Path) -> Bench:
        dataset = Dataset.init(folder / "tavern")
        (dataset.folder / ".git/hooks/pre-commit").write_text("#!/bin/sh\n")
        if verb == "remove":
            dataset.gate.install_hooks()
        return dataset, dataset.folder

    def run(bench: Bench) -> None:
        getattr(bench[0].gate, f"{verb}_hooks")()

    def files(folder: Path) -> dict[str, bytes]:
        git = folder / ".git"
        assert not [path for path in git.rglob("*") if path.suffix in (".lock", ".tmp")]
        found = [git / "config", *git.glob("hooks/*"), *git.glob("hooks/.*"), *git.glob("info/*"), *git.glob("info/.*")]
        return {path.name: path.read_bytes() for path in found}

    left = []
    for dataset, folder in killed_at_each_step(tmp_path / "work", make, run):
        with dataset.edit("the next command") as change:
            change.add(conversation("hello"))
        dataset.undo()
        run((Dataset.open(folder), folder))
        left.append(files(folder))
    assert all(each == left[-1] for each in left)
