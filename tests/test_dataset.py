"""The door: each of its words leads to an operation."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import rolethread_vcs
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.door import Function, Group, Method
from rolethread_vcs.errors import NotFoundError, UsageError

GROUPS = {name: group for name, group in vars(Dataset).items() if isinstance(group, Group)}
WORDS = [
    (group, word)
    for group, owner in (("", Dataset), *((name, type(group)) for name, group in GROUPS.items()))
    for word, found in vars(owner).items()
    if isinstance(found, (Method, Function))
]


@pytest.mark.parametrize(("group", "word"), WORDS)
def test_a_word_is_an_operation_that_says_what_it_does(group: str, word: str, tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")

    operation = getattr(getattr(dataset, group) if group else dataset, word)

    assert callable(operation)
    assert operation.__doc__
    assert "repository" not in inspect.signature(operation).parameters


@pytest.mark.parametrize("name", rolethread_vcs.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(rolethread_vcs, name).__name__ == name


def test_the_package_says_what_it_has_and_runs_as_a_module() -> None:
    said = subprocess.run([sys.executable, "-m", "rolethread_vcs", "--version"], capture_output=True, text=True)

    assert set(rolethread_vcs.__all__) | {"__version__"} <= set(dir(rolethread_vcs))
    assert said.stdout == f"rtv {rolethread_vcs.__version__}\n"
    assert rolethread_vcs.__version__ == version("rolethread-vcs")


def test_a_dataset_that_went_bare_is_opened_anew(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")

    dataset.settings.set("checkout", "never")

    assert dataset.repository.is_bare
    assert dataset.status().is_checked_out is False


def test_an_error_of_a_change_says_what_became_of_it(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")

    with pytest.raises(NotFoundError) as saving:
        dataset.remove(["00000012-k2x9m3ab"])
    with pytest.raises(NotFoundError) as moving:
        dataset.switch("nowhere")
    with pytest.raises(NotFoundError) as reading:
        dataset.snapshot("nowhere")

    assert str(saving.value) == f"{saving.value.message}; nothing was saved"
    assert str(moving.value) == f"{moving.value.message}; nothing was changed"
    assert str(reading.value) == reading.value.message


def test_words_that_do_not_fit_together_could_change_nothing(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")

    with pytest.raises(UsageError) as caught:
        dataset.branches.rename("main", "bad..name")

    assert str(caught.value) == caught.value.message


def test_an_error_after_the_point_of_no_return_says_that_the_change_was_saved() -> None:
    assert str(NotFoundError("the index is gone", saved=True)) == "the index is gone; the change was saved"


# ---- in a notebook, in a pool of processes


@pytest.fixture
def inn(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "inn")
    messages = [{"role": "user", "content": "Is there a bed left?"}, {"role": "assistant", "content": "One."}]
    dataset.add({"messages": messages, "tags": ["arrival"]}, message="one scene")
    return dataset


def test_everything_says_what_it_is(inn: Dataset) -> None:
    snapshot, commit = inn.snapshot(), inn.snapshot().id[:10]

    assert repr(inn) == f"<Dataset {str(inn.folder)!r}>"
    assert repr(snapshot) == f"<Snapshot {commit} 'one scene'>"
    assert repr(snapshot.commit) == f"<Commit {commit} 'one scene'>"
    assert repr(snapshot[1]) == "<Entry: 2 messages, #arrival, 'Is there a bed left?'>"
    assert repr(inn.diff("@~1", "@")) == "<Comparison main~1 → main: 1 added>"
    assert repr(inn.diff("@", "@")) == "<Comparison main → main: no entry differs>"
    assert repr(inn.remove("1", dry_run=True)) == "<Committed main, 1 removed (only tried)>"
    done = inn.add([], message="x")
    assert repr(done) == "<Committed main, no entry changed>"
    done = inn.remove("1")
    assert repr(done) == f"<Committed main @ {inn.snapshot().id[:10]}, operation 3, 1 removed>"
    assert repr(inn.log()) == "<History, newest first, to be iterated>"
    assert repr(next(inn.operations.list()).operation) == "<Operation 3 'remove 1'>"
    assert "puts" not in repr(inn.merge("main"))
    assert repr(inn.branches).startswith("<Branches: list, ")
    with inn.edit("x") as change:
        change.add({"messages": []})
        assert repr(change) == "<Change: 1 added, 0 changed, 0 removed>"
        change.remove(1)


def test_a_dataset_closes_behind_a_block_and_opens_again(inn: Dataset) -> None:
    with Dataset.open(inn.folder) as dataset:
        assert len(dataset.snapshot()) == 1

    assert dataset.remove("1").removed == 1


def test_what_is_pickled_is_found_again(inn: Dataset) -> None:
    for each in (inn, inn.snapshot(), inn.to_dicts, inn.branches, inn.history.bisect.status):
        again = pickle.loads(pickle.dumps(each))
        assert type(again) is type(each)
    assert list(pickle.loads(pickle.dumps(inn.to_dicts))(clean=True)) == list(inn.to_dicts(clean=True))
    assert pickle.loads(pickle.dumps(inn.snapshot()))[1] == inn.snapshot()[1]


def test_a_pickle_is_another_one_when_the_dataset_changed(inn: Dataset) -> None:
    before, snapshot = pickle.dumps(inn.to_dicts), inn.snapshot()
    frozen = pickle.dumps(snapshot)
    assert pickle.dumps(Dataset.open(inn.folder).to_dicts) == before

    inn.add({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})

    assert pickle.dumps(inn.to_dicts) != before
    assert snapshot[1] and pickle.dumps(snapshot) == frozen


def test_a_comparison_shows_itself(inn: Dataset) -> None:
    comparison = inn.diff("@~1", "@")

    assert "+ [0] user\n+     Is there a bed left?" in comparison.to_markdown()
    assert comparison.to_html().startswith("<!doctype html>")
    (row,) = comparison.to_dicts()
    assert (row["id"], row["change"]) == (inn.snapshot().ids()[0], "added")
