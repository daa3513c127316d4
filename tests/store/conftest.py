"""Small real datasets, and stock git to judge them by."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.settings import new_settings_text
from rolethread_vcs.store.dataset_folder import init_dataset
from rolethread_vcs.transaction.session import finish_cut_off

Git = Callable[..., str]


def conversation(text: str) -> dict[str, object]:
    """Return the fields of a small valid entry."""
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said {text}."}]}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Return an empty dataset, checked out."""
    repository = init_dataset(tmp_path / "tavern", new_settings_text("tavern", str(uuid.UUID(int=1))))
    finish_cut_off(repository)  # the files are checked out
    return Dataset.open(repository.folder)


@pytest.fixture
def filled(dataset: Dataset) -> Dataset:
    """Return a dataset of five entries, added in one commit."""
    with dataset.edit("add five") as change:
        for number in range(5):
            change.add(conversation(f"hello {number}"))
    return dataset


@pytest.fixture
def git(environment: dict[str, str]) -> Git:
    """Return a function that runs stock git in a folder and returns what it printed; a failure fails the test."""

    def run(folder: Path, *arguments: str, data: bytes | None = None) -> str:
        done = subprocess.run(["git", "-C", str(folder), *arguments], input=data, capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run
