"""The history of an entry over many commits: the same whether it is remembered or not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.history.entry_history import Step, entry_history
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.derived import NAME

WATCHED, OTHER = "00000001-00000000", "00000002-00000000"


def commit(mark: int, parents: list[int | str], text: str, entry_id: str = OTHER) -> bytes:
    """Return one commit of a stream for `git fast-import`."""
    names = [f":{each}" if isinstance(each, int) else each for each in parents]
    lines = [f"commit refs/heads/main\nmark :{mark}\ncommitter Ann <a@example.org> {1_700_000_000 + mark} +0000"]
    lines += ["data 4\nedit", *(f"{'merge' if number else 'from'} {name}" for number, name in enumerate(names))]
    data = encode_entry(Entry.of({"messages": [{"role": "user", "content": text}]}))
    lines += [f"M 100644 inline {entry_path(entry_id)}\ndata {len(data)}", ""]
    return "\n".join(lines).encode() + data + b"\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Two lines of 400 commits that meet in a merge, and some more; in both somebody edited the watched entry."""
    dataset = Dataset.init(tmp_path / "tavern")
    root = dataset.snapshot().id
    stream = [commit(1, [root], "first", WATCHED)]
    for number in range(2, 800, 2):
        for side, mark in (("ours", number), ("theirs", number + 1)):
            is_edit = number % 100 == (0 if side == "ours" else 50)
            stream.append(commit(mark, [max(1, mark - 2)], f"{side} {mark}", WATCHED if is_edit else OTHER))
    stream += [commit(900, [798, 799], "merged", WATCHED), commit(901, [900], "after", WATCHED)]
    bring(dataset, stream)
    return dataset


def bring(dataset: Dataset, stream: list[bytes]) -> None:
    subprocess.run(["git", "fast-import", "--quiet"], cwd=dataset.folder, input=b"".join(stream), check=True)


def steps(dataset: Dataset, revision: str = "main") -> list[Step]:
    return list(entry_history(open_dataset(dataset.folder), WATCHED, revision))


def forget(dataset: Dataset) -> None:
    (dataset.folder / ".git/rolethread/cache" / NAME).unlink()


def test_the_steps_are_the_same_when_they_are_remembered(dataset: Dataset) -> None:
    fresh = steps(dataset)

    assert len(fresh) == 18
    assert steps(dataset) == fresh


def test_newer_commits_are_walked_up_to_what_is_remembered(dataset: Dataset) -> None:
    known = steps(dataset)
    tip = dataset.snapshot("main").id
    bring(dataset, [commit(1000, [tip], "newer", WATCHED), commit(1001, [1000], "not this one")])

    newer = steps(dataset)
    forget(dataset)
    assert newer == steps(dataset)
    assert newer[1:] == known


@pytest.mark.parametrize("revision", ["main~1", "main~300"])
def test_what_is_remembered_of_a_later_commit_is_not_used(dataset: Dataset, revision: str) -> None:
    steps(dataset)
    remembered = steps(dataset, revision)

    forget(dataset)
    assert remembered == steps(dataset, revision)


def test_a_line_that_leaves_behind_the_remembered_tip_is_walked(dataset: Dataset) -> None:
    steps(dataset)
    tip, side = dataset.snapshot("main").id, dataset.snapshot("main~300").id
    bring(dataset, [commit(1100, [side], "aside", WATCHED), commit(1101, [tip, 1100], "both", WATCHED)])

    merged = steps(dataset)
    forget(dataset)
    assert merged == steps(dataset)
