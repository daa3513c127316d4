"""A dataset that a test works on through the command, and everything about it that a command could change."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.layout import entry_path

_PASSING = {"lock", "cache", "index"}
"""Names in `.git` of what a command may touch without changing anything: its lock, derived caches, git's index."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    status: int
    out: str
    err: str

    def envelope(self) -> tuple[str, dict[str, Any]]:
        """Return the name and the value of the one envelope printed."""
        ((name, value),) = json.loads(self.out).items()
        return name, value


@dataclass(frozen=True, slots=True)
class Workshop:
    """A dataset in a folder."""

    folder: Path

    def rtv(self, *words: str) -> Answer:
        """Run a command in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run(["-C", str(self.folder), *words])
            out.flush()
            err.flush()
        return Answer(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]

    def done(self, *words: str) -> Answer:
        """Run a command that must succeed."""
        answer = self.rtv(*words)
        assert answer.status == 0, f"rtv {' '.join(words)}: {answer.status}\n{answer.out}{answer.err}"
        return answer

    def git(self, *words: str) -> str:
        """Run stock git."""
        done = subprocess.run(["git", "-C", str(self.folder), *words], capture_output=True, text=True)
        assert done.returncode == 0, f"git {' '.join(words)}\n{done.stderr}"
        return done.stdout

    @property
    def dataset(self) -> Dataset:
        """The dataset, opened anew."""
        return Dataset.open(self.folder)

    @property
    def is_bare(self) -> bool:
        """Whether no files are checked out."""
        return self.dataset.repository.worktree is None

    def path(self, number: int) -> Path:
        """Return the file of an entry in the checked-out folder."""
        return self.folder / entry_path(self.dataset.snapshot().with_number(number)[0])

    def is_clean(self) -> bool:
        """Return what stock git says of the folder; a bare dataset has none."""
        return self.is_bare or not self.git("status", "--porcelain")

    def refs(self) -> dict[str, str]:
        """Return HEAD, the branches and the releases."""
        repository = self.dataset.repository
        return {"HEAD": repository.refs.head() or "", **repository.refs.table()}

    def content(self) -> dict[str, bytes]:
        """Return the files in the folder, outside of `.git`."""
        return self._files(lambda path: ".git" not in path.parts)

    def everything(self) -> dict[str, bytes]:
        """Return every file in the folder and in `.git`, but those that may change without meaning anything."""
        return self._files(lambda path: not _PASSING.intersection(path.parts))

    def _files(self, is_wanted: Any) -> dict[str, bytes]:
        found = {}
        for root, _, names in os.walk(self.folder):
            for name in names:
                path = Path(root, name).relative_to(self.folder)
                if is_wanted(path):
                    found[str(path)] = (self.folder / path).read_bytes()
        return found

    def commit_objects(self) -> set[str]:
        """Return the ids of all commits in the repository, those of the operation log too."""
        lines = self.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
        return {line.split()[0] for line in lines if line.split()[1] == "commit"}

    def operations(self) -> int:
        """Return the number of the last operation."""
        last = self.dataset.repository.operations.last()
        return 0 if last is None else last.number


def in_another_process(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-c", "from rolethread_vcs.cli.main import main; main()", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True)
