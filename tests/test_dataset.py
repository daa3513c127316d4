"""The door: each of its words leads to an operation."""

from __future__ import annotations

import inspect
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
