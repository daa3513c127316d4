"""The door: each of its words leads to an operation."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import rolethread_vcs
from rolethread_vcs.dataset import Dataset, Function, Group, Method

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


def test_a_dataset_that_went_bare_is_opened_anew(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")

    dataset.settings.set("checkout", "never")

    assert dataset.repository.is_bare
    assert dataset.status().is_checked_out is False
