"""Killed at any step that links, commits, refreshes or unlinks a file copy: old or new, nothing half, nothing twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killing import Bench, killed_at_each_step

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.transaction import Intent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

WORDS = ("harbour", "lantern", "orchard", "thunder")


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
    def edited(folder: Path) -> Bench:
        dataset, path = make(folder, clean=clean)

        def edit(rows: list[Any]) -> None:
            say(1, answer("lantern") + " Once.")(rows)
            rows.pop(2)
            rows.append(conversation("a new line"))

        change(path, edit)
        return dataset, path

    for dataset, path in killed_at_each_step(tmp_path / "bench", edited, commit):
        change(path, say(1, answer("lantern") + " Twice."))
        change(path, say(3, answer("a new line") + " And more."))
        dataset.copies.commit(path)

        edited = [answer("lantern") + " Twice.", answer("thunder"), answer("a new line") + " And more."]
        wanted = [answer("harbour"), *edited]
        assert answers(dataset) == wanted
        assert said(path) == wanted
        assert dataset.copies.status(path).is_clean


def state(bench: Bench) -> tuple[str, bool] | None:
    """Return what the file says and whether it is linked to the tip of its branch; None where there is neither."""
    dataset, path = bench
    links = [each.link for each in dataset.copies.files() if each.path == path and each.link is not None]
    if not links and not path.exists():
        return None
    (link,) = links
    return path.read_text(), link.commit == dataset.snapshot().id


def linked(bench: Bench) -> bool:
    return any(each.path == bench[1] for each in bench[0].copies.files())


def behind(folder: Path) -> Bench:
    """Return a file copy that was edited and whose branch brings a new column, a new line, and takes one away."""
    dataset, path = make(folder, clean=True)
    new = conversation("late") | {"extra": {"source": "harbour"}}
    dataset.add([new | {"rejected": [{"role": "assistant", "content": "No."}]}], Intent("add", "add"))
    dataset.remove([dataset.snapshot().ids()[2]], Intent("remove", "remove"))
    change(path, say(1, answer("lantern") + " In the file."))
    return dataset, path


def other(folder: Path) -> Bench:
    """Return a dataset and the place of a file copy that is to be made."""
    dataset, path = make(folder, clean=False)
    return dataset, path.with_name("other.jsonl")


@pytest.mark.parametrize(
    ("prepare", "run"),
    [
        (behind, lambda bench: bench[0].copies.refresh(bench[1])),
        (behind, lambda bench: bench[0].copies.refresh(bench[1], discard=True)),
        (other, lambda bench: bench[0].copies.add(bench[1])),
        (behind, lambda bench: bench[0].copies.remove(bench[1], delete=True, force=True)),
    ],
    ids=["refresh", "discard", "add", "delete"],
)
def test_a_file_and_its_link_change_together_and_the_next_command_of_any_kind_sees_to_it(
    tmp_path: Path, prepare: Callable[[Path], Bench], run: Callable[[Bench], object]
) -> None:
    before = state(prepare(tmp_path / "before"))
    seen = []
    for dataset, path in killed_at_each_step(tmp_path / "bench", prepare, run, at_least=8):
        dataset.branch("next")
        scratch = dataset.repository.scratch_folder
        kept = [each.read_text() for each in path.parent.glob(f"{path.name}*")]

        assert list(scratch.iterdir() if scratch.exists() else ()) == []
        assert before is None or not path.exists() or any("In the file." in text for text in kept)
        seen.append(state((dataset, path)))

    after = seen[-1]
    assert after != before
    assert [found for found in seen if found not in (before, after)] == []
    assert seen == sorted(seen, key=lambda found: found == after)
    assert seen.count(after) > 2


@pytest.mark.parametrize("is_linked", [True, False], ids=["unlink", "link"])
def test_a_link_without_its_file_is_there_or_is_not(tmp_path: Path, is_linked: bool) -> None:
    def bench(folder: Path) -> Bench:
        made = make(folder, clean=True)
        if not is_linked:
            made[0].copies.remove(made[1])
        return made

    def run(bench: Bench) -> None:
        dataset, path = bench
        if is_linked:
            dataset.copies.remove(path)
        else:
            dataset.copies.add(path, CopyOptions(clean=True, bind=True))

    seen = []
    for dataset, path in killed_at_each_step(tmp_path / "bench", bench, run, at_least=5):
        dataset.branch("next")
        seen.append(linked((dataset, path)))

        assert said(path) == [answer(word) for word in WORDS]
        assert not seen[-1] or dataset.copies.status(path).is_clean

    assert set(seen) == {True, False}
    assert seen[-1] is not is_linked


def test_a_file_edited_after_the_kill_is_never_written_over(tmp_path: Path) -> None:
    outcomes = set()
    for dataset, path in killed_at_each_step(
        tmp_path / "bench", behind, lambda bench: bench[0].copies.refresh(bench[1]), at_least=8
    ):
        change(path, say(0, answer("harbour") + " After the kill."))
        dataset.copies.commit(path)

        outcomes.add(tuple(said(path)))
        wanted = [answer("harbour") + " After the kill.", answer("lantern") + " In the file."]
        assert answers(dataset) == [*wanted, answer("thunder"), answer("late")]

    assert outcomes == {tuple(answers(dataset))}


def test_status_tells_of_a_refresh_that_was_cut_off(tmp_path: Path) -> None:
    said = set()
    for dataset, _ in killed_at_each_step(
        tmp_path / "bench", behind, lambda bench: bench[0].copies.refresh(bench[1]), at_least=8
    ):
        found = dataset.status().interrupted
        said.add(found and (found.command, found.was_saved))

    assert said == {None, *(("workcopy refresh train.jsonl", was_saved) for was_saved in (True, False))}
