"""Branches and releases whose refs are torn or lead nowhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rolethread_vcs import Dataset
from rolethread_vcs.store.damaged_refs import damaged_refs


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "tavern")
    dataset.branch("tries/one")
    return dataset


def ref_file(dataset: Dataset) -> Path:
    return dataset.repository.common_folder / "refs/heads/tries/one"


def test_a_sound_dataset_has_none(dataset: Dataset) -> None:
    assert damaged_refs(dataset.repository) == ()


@pytest.mark.parametrize("text", ["", "nonsense\n", "1" * 39, "f" * 40 + "\n"])
def test_a_torn_branch_is_named_with_where_it_was_and_repaired(dataset: Dataset, text: str) -> None:
    commit = dataset.snapshot().id
    ref_file(dataset).write_text(text)

    (found,) = damaged_refs(dataset.repository)

    assert (found.name, found.known) == ("refs/heads/tries/one", commit)
    assert str(found).startswith("the branch tries/one ")
    assert str(found).endswith(f"; the operation log has it at {commit[:10]}")
    assert Dataset.upkeep.repair(dataset.folder).repaired == (f"branch tries/one is at {commit[:10]} again",)
    assert damaged_refs(Dataset.open(dataset.folder).repository) == ()
    assert Dataset.open(dataset.folder).snapshot("tries/one").id == commit


@pytest.mark.parametrize("is_packed", [False, True], ids=["loose", "packed too"])
def test_a_torn_branch_is_not_taken_for_moved_and_stays_known(dataset: Dataset, is_packed: bool) -> None:
    commit = dataset.snapshot().id
    if is_packed:
        subprocess.run(["git", "pack-refs", "--all"], cwd=dataset.folder, check=True)
        ref_file(dataset).parent.mkdir()
    ref_file(dataset).write_text("")
    made = [dataset.branch(name) for name in ("other", "third")]

    (found,) = damaged_refs(dataset.repository)

    assert found.known == commit
    assert [each.notes for each in made] == [(), ()]
    assert [operation.verb for operation in dataset.repository.operations] == ["branch", "branch", "branch", "init"]
    assert next(iter(dataset.repository.operations)).refs[found.name] == commit


def test_a_branch_that_points_at_nothing_never_gets_into_the_operation_log(dataset: Dataset) -> None:
    commit = dataset.snapshot().id
    ref_file(dataset).write_text("f" * 40 + "\n")
    ref_file(dataset).with_name("two").write_text("e" * 40 + "\n")

    made = dataset.branch("other")

    (last, *_) = dataset.repository.operations
    assert (made.notes, last.verb, last.refs["refs/heads/tries/one"]) == ((), "branch", commit)
    assert "refs/heads/tries/two" not in last.refs


def test_a_packed_branch_that_points_at_nothing_is_named(dataset: Dataset) -> None:
    git = dataset.repository.common_folder
    subprocess.run(["git", "pack-refs", "--all"], cwd=dataset.folder, check=True)
    text = (git / "packed-refs").read_text()
    commit = dataset.snapshot().id
    (git / "packed-refs").write_text(text.replace(f"{commit} refs/heads/tries", f"{'f' * 40} refs/heads/tries"))
    dataset = Dataset.open(dataset.folder)

    (found,) = damaged_refs(dataset.repository)

    assert found.reason == "points at ffffffffff, which is missing or damaged"
    Dataset.upkeep.repair(dataset.folder)
    assert damaged_refs(Dataset.open(dataset.folder).repository) == ()


def test_a_ref_that_git_is_writing_is_none(dataset: Dataset) -> None:
    ref_file(dataset).with_name("one.lock").write_text("")

    assert damaged_refs(dataset.repository) == ()


@pytest.mark.parametrize("is_logged", [True, False])
def test_a_torn_branch_does_not_go_back_to_the_older_value_that_is_packed(dataset: Dataset, is_logged: bool) -> None:
    entry = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    subprocess.run(["git", "-C", str(dataset.folder), "pack-refs", "--all"], check=True)
    with dataset.edit("saved", branch="tries/one") as change:
        change.add(entry)
    saved = dataset.snapshot("tries/one").id
    ref_file(dataset).write_text("")
    again = Dataset.open(dataset.folder)
    if is_logged:
        with again.edit("on another branch") as change:
            change.add(entry)
    else:
        (dataset.repository.common_folder / "refs/rolethread/ops").write_text("")
    Dataset.upkeep.repair(dataset.folder)

    assert "external" not in [operation.verb for operation in again.repository.operations]
    assert Dataset.open(dataset.folder).snapshot("tries/one").id == saved


def test_a_torn_operation_log_keeps_nobody_from_saving(dataset: Dataset) -> None:
    (dataset.repository.common_folder / "refs/rolethread/ops").write_text("")

    with Dataset.open(dataset.folder).edit("saved") as change:
        change.add({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})

    assert len(Dataset.open(dataset.folder).snapshot()) == 1
    assert "branch" in [operation.verb for operation in dataset.repository.operations]
