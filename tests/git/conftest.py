"""A dataset with the hooks in place, stock git as a process, and `rtv` on the PATH for git to call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from git_desk import Done, Git, conversation

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.git_support import hooks as hooking
from rolethread_vcs.transaction import Intent


@pytest.fixture
def program(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put `rtv` on the PATH of this test and its processes; return the folder that it lies in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "rtv"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rolethread_vcs.cli.main "$@"\n')
    script.chmod(0o755)
    environment["PATH"] = f"{folder}:{environment['PATH']}"
    monkeypatch.setenv("PATH", environment["PATH"])
    return folder


@pytest.fixture
def bare_of_hooks(tmp_path: Path, program: Path) -> Dataset:
    """Return a dataset of three entries that never had hooks."""
    dataset = Dataset.init(tmp_path / "tavern")
    long = conversation(
        "Is the cellar dry?", "She laughs. Dry enough.", ("user", "And the attic?"), ("assistant", "Dusty.")
    )
    dataset.add([long, conversation("Who sings?"), conversation("Who pays?")], Intent("add", "add"))
    return dataset


@pytest.fixture
def dataset(bare_of_hooks: Dataset) -> Dataset:
    """Return the dataset with the hooks in place."""
    hooking.install(bare_of_hooks.repository)
    return bare_of_hooks


@pytest.fixture
def git(bare_of_hooks: Dataset, environment: dict[str, str]) -> Git:
    """Return a function that runs stock git in the dataset; with `ok=False` it may fail."""

    def run(*words: str, ok: bool = True, folder: Path | None = None) -> Done:
        done = subprocess.run(
            ["git", *words], cwd=folder or bare_of_hooks.folder, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0 or not ok, done.stdout + done.stderr
        return done

    return run
