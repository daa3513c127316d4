"""Datasets to be hard on, and the command as a real process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sweeping import conversation

from rolethread_vcs.dataset import Dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Return a dataset of three entries, checked out."""
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit("add three") as change:
        for number in range(3):
            change.add(conversation(f"hello {number}"))
    return dataset


@pytest.fixture
def fsck(environment: dict[str, str]) -> Callable[[Path], str]:
    """Return a function that gives what `git fsck --strict` complains about."""

    def run(folder: Path) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), "fsck", "--strict", "--no-dangling"],
            capture_output=True,
            text=True,
            env=environment,
        )
        return done.stderr if done.returncode else ""

    return run


@pytest.fixture
def rtv(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command in a folder, as a real process."""

    def run(folder: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = [*PROGRAM, "-C", str(folder), *words]
        return subprocess.run(
            command, **{"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "env": environment, **more}
        )  # type: ignore[call-overload]

    return run


PROGRAM = (sys.executable, "-m", "rolethread_vcs.cli.main")
