"""What one edit forces to the disk, and in which order: each flush costs a trip to it, and each has its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.import_ import ImportOptions
from rolethread_vcs.store import disk

PACK = ["objects/pack/tmp_rtv_", "objects/pack/.pack-", "objects/pack/.pack-", "objects/pack"]
"""The pack, its `.keep` with the note, its index, and the names of the three."""
BRANCH = ["refs/heads/main.lock", "refs/heads"]
LOG = ["refs/rolethread/ops.lock"]
"""Without its name: where the log falls back, the branch is there, and its move is recorded as one of plain git."""


def conversation(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said {text}."}]}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit("five") as change:
        for number in range(5):
            change.add(conversation(f"hello {number}"))
    return dataset


def edit_one(dataset: Dataset) -> None:
    with dataset.edit("one") as change:
        change.put(dataset.snapshot().ids()[0], conversation("edited"))


def flushed(dataset: Dataset, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object] | None = None) -> list[str]:
    """Change something, or edit one entry, and return what was flushed: places in `.git`."""
    steps: list[str] = []

    def note(what: str, path: str) -> None:
        if what == "fsync":
            steps.append(Path(path).relative_to(dataset.repository.common_folder).as_posix())

    monkeypatch.setattr(disk, "fault_point", note)
    (change or (lambda: edit_one(dataset)))()
    monkeypatch.setattr(disk, "fault_point", None)
    return steps


@pytest.mark.parametrize("checkout", ["always", "never"])
def test_an_edit_flushes_seven_times_with_files_and_without(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, checkout: str
) -> None:
    dataset.settings.set("checkout", checkout)

    steps = flushed(dataset, monkeypatch)

    expected = [*PACK, *BRANCH, *LOG]
    assert len(steps) == len(expected) == 7
    assert all(step.startswith(start) for step, start in zip(steps, expected, strict=True)), steps


def test_a_new_branch_is_there_with_the_folders_that_its_name_has(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = flushed(dataset, monkeypatch, lambda: dataset.branch("a/b/c"))

    assert steps[4:8] == ["refs/heads/a/b/c.lock", "refs/heads/a/b", "refs/heads/a", "refs/heads"]


def test_a_branch_that_is_deleted_is_gone_for_good(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset.branch("a/b/c")

    steps = flushed(dataset, monkeypatch, lambda: dataset.branches.delete("a/b/c"))

    assert steps[4] == "refs/heads"


def test_git_s_configuration_is_there_before_a_command_says_so(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = flushed(dataset, monkeypatch, lambda: dataset.settings.set("user.name", "Mara"))

    assert steps[-2:] == ["config.lock", "."]


def test_a_fast_dataset_flushes_nothing(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset.settings.set("durability", "fast")

    assert flushed(Dataset.open(dataset.folder), monkeypatch) == []


def test_what_only_the_log_holds_is_there_with_its_name(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    (dataset.folder / "rolethread.toml").write_bytes(b"by hand\n")
    monkeypatch.setattr(disk, "fault_point", lambda what, path: steps.append(path) if what == "fsync" else None)

    dataset.discard_edits(None)

    assert steps[-1].endswith("refs/rolethread")


def test_rejected_rows_are_there_with_the_name_of_the_log(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    rows = dataset.folder.parent / "rows.jsonl"
    rows.write_text(json.dumps(conversation("whole")) + '\n{"messages": "none"}\n')
    monkeypatch.setattr(disk, "fault_point", lambda what, path: steps.append(path) if what == "fsync" else None)

    dataset.import_files([rows], ImportOptions(skip_invalid=True))

    assert any(step.endswith("refs/rolethread") for step in steps)
