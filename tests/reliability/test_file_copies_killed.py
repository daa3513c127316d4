"""Killed at any step that ties, commits, refreshes or forgets a file copy: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killing import killed_at_each_step

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.transaction import Intent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

WORDS = ("harbour", "lantern", "orchard", "thunder")
Bench = tuple[Dataset, Path]


def conversation(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{text}?"}, {"role": "assistant", "content": answer(text)}]}


def answer(text: str) -> str:
    """Return words that no other answer has."""
    return " ".join([text] * 12)


def make(folder: Path, *, clean: bool) -> Bench:
    """Return a dataset of four entries and a file copy of it."""
    dataset = Dataset.init(folder / "tavern")
    dataset.add([conversation(word) for word in WORDS], Intent("add", "add"))
    path = folder / "train.jsonl"
    dataset.copies.add(path, CopyOptions(clean=clean))
    return dataset, path


def change(path: Path, edit: Callable[[list[Any]], object]) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    edit(rows)
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))


def say(row: int, text: str) -> Callable[[list[Any]], object]:
    return lambda rows: rows[row]["messages"][-1].update(content=text)


def answers(dataset: Dataset) -> list[str]:
    return [entry.messages[-1]["content"] for _, _, entry in dataset.snapshot().entries()]


def said(path: Path) -> list[str]:
    return [json.loads(line)["messages"][-1]["content"] for line in path.read_text().splitlines()]


def commit(bench: Bench) -> None:
    bench[0].copies.commit(bench[1])


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "full"])
def test_a_commit_that_was_cut_off_makes_no_second_entry_of_a_line_that_is_edited_again(
    tmp_path: Path, clean: bool
) -> None:
    def edited(step: int) -> Bench:
        dataset, path = make(tmp_path / f"kill-{step}", clean=clean)

        def edit(rows: list[Any]) -> None:
            say(1, answer("lantern") + " Once.")(rows)
            rows.pop(2)
            rows.append(conversation("a new line"))

        change(path, edit)
        return dataset, path

    for killed, path in killed_at_each_step(edited, commit):
        change(path, say(1, answer("lantern") + " Twice."))
        change(path, say(3, answer("a new line") + " And more."))
        dataset = Dataset.open(killed.folder)
        dataset.copies.commit(path)

        edited = [answer("lantern") + " Twice.", answer("thunder"), answer("a new line") + " And more."]
        wanted = [answer("harbour"), *edited]
        assert answers(dataset) == wanted
        assert said(path) == wanted
        assert dataset.copies.status(path).is_clean


@pytest.mark.parametrize("discard", [False, True])
def test_a_refresh_that_was_cut_off_is_finished_by_the_next_one(tmp_path: Path, discard: bool) -> None:
    def behind(step: int) -> Bench:
        dataset, path = make(tmp_path / f"kill-{step}", clean=True)
        new = conversation("late") | {"extra": {"source": "harbour"}}
        dataset.add([new | {"rejected": [{"role": "assistant", "content": "No."}]}], Intent("add", "add"))
        dataset.remove([dataset.snapshot().ids()[2]], Intent("remove", "remove"))
        change(path, say(1, answer("lantern") + " In the file."))
        return dataset, path

    def refresh(bench: Bench) -> None:
        bench[0].copies.refresh(bench[1], discard=discard)

    for killed, path in killed_at_each_step(behind, refresh, at_least=5):
        dataset = Dataset.open(killed.folder)
        before = dataset.snapshot().id
        kept = [each.read_text() for each in path.parent.glob("train.jsonl*")]
        found = dataset.copies.status(path)
        dataset.copies.refresh(path)

        assert any("In the file." in text for text in kept)
        assert found.counts["edited"] <= 1
        assert found.counts["new"] in (0, 1)
        assert dataset.copies.status(path).counts["new"] == 0
        assert dataset.copies.status(path).counts["dropped"] == 0
        assert said(path)[2:] == [answer("thunder"), answer("late")]
        assert dataset.snapshot().id == before


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "full"])
def test_a_copy_that_was_cut_off_while_it_was_made_is_written_again_or_tied(tmp_path: Path, clean: bool) -> None:
    def bare(step: int) -> Bench:
        dataset, path = make(tmp_path / f"kill-{step}", clean=clean)
        return dataset, path.with_name("other.jsonl")

    def add(bench: Bench) -> None:
        bench[0].copies.add(bench[1], CopyOptions(clean=clean))

    for killed, path in killed_at_each_step(bare, add, at_least=5):
        dataset = Dataset.open(killed.folder)
        dataset.copies.add(path, CopyOptions(clean=clean, bind=path.exists()))

        assert len(said(path)) == 4
        assert dataset.copies.status(path).is_clean


def test_a_removal_that_was_cut_off_forgets_before_it_deletes(tmp_path: Path) -> None:
    def remove(bench: Bench) -> None:
        bench[0].copies.remove(bench[1], delete=True)

    for killed, path in killed_at_each_step(lambda step: make(tmp_path / f"{step}", clean=True), remove, at_least=2):
        dataset = Dataset.open(killed.folder)
        is_tied = bool(dataset.copies.files())
        if is_tied:
            dataset.copies.remove(path, delete=True)

        assert is_tied <= (not path.exists())
        with pytest.raises(NotFoundError):
            dataset.copies.status(path)
