"""A dataset on a desk: three short entries, the command, and an editor that does what a test tells it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from answers import check_answer

from rolethread_vcs import Dataset
from rolethread_vcs.cli.main import run
from rolethread_vcs.model.layout import entry_path

ENTRIES = [
    {
        "messages": [
            {"role": "system", "content": "You are the keeper of a tavern."},
            {"role": "user", "content": "Is the cellar dry?", "speaker": "scott"},
            {"role": "assistant", "content": '*She laughs.* "Dry enough."', "speaker": "emma"},
        ],
        "tags": ["tavern", "slow_burn"],
    },
    {"messages": [{"role": "user", "content": "Who goes there?"}, {"role": "assistant", "content": "A friend."}]},
    {
        "messages": [{"role": "user", "content": "Where is the key?"}, {"role": "assistant", "content": "Under it."}],
        "extra": {"id": "draft-3"},
    },
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command said."""

    status: int
    out: str
    err: str

    def value(self) -> dict[str, Any]:
        """Return what is inside the envelope."""
        (value,) = json.loads(self.out).values()
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True, slots=True)
class Desk:
    """A dataset with a command beside it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @classmethod
    def with_entries(cls, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
        folder = tmp_path / "tavern"
        with Dataset.init(folder).edit("three entries") as change:
            for entry in ENTRIES:
                change.add(entry)
        return cls(folder, capsys)

    def rtv(self, *words: str) -> Answer:
        self.capsys.readouterr()
        status = run(["-C", str(self.folder), *words])
        printed = self.capsys.readouterr()
        check_answer(printed.out)
        return Answer(status, printed.out, printed.err)

    @property
    def dataset(self) -> Dataset:
        return Dataset.open(self.folder)

    @property
    def ids(self) -> list[str]:
        return self.dataset.snapshot().ids()

    def fields(self, number: int) -> Any:
        snapshot = self.dataset.snapshot()
        return snapshot[snapshot.with_number(number)[0]].fields

    def path(self, number: int) -> Path:
        return self.folder / entry_path(self.dataset.snapshot().with_number(number)[0])

    def head(self) -> str:
        return self.dataset.snapshot().id

    def drafts(self) -> list[Path]:
        return sorted((self.folder / ".git" / "rolethread" / "drafts").glob("*"))

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, capture_output=True, check=True, text=True)
        return done.stdout

    def editor(self, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
        """Name an editor that runs Python with `text`, writes `text` back, and takes longer than a moment."""
        script = self.folder.parent / "editor.py"
        script.write_text(
            "import sys, pathlib, time, subprocess\n"
            "path = pathlib.Path(sys.argv[-1])\n"
            "text = before = path.read_bytes().decode('utf-8')\n"
            f"{code}\n"
            "path.write_bytes(text.encode('utf-8'))\n"
            "if text == before: time.sleep(1.1)\n",
            "utf-8",
        )
        monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
