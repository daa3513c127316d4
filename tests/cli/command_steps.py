"""A folder with files and datasets in it, and the command run there as a person would."""

from __future__ import annotations

import io
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


def row(question: str, answer: str = "Dry enough.", **more: Any) -> dict[str, Any]:
    """Return a row of one exchange."""
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], **more}


def lines(*rows: Any) -> bytes:
    """Return rows as JSON lines; bytes stand for themselves."""
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in rows)


@dataclass(frozen=True, slots=True)
class Said:
    """What the command said."""

    status: int
    out: str
    err: str

    def value(self, name: str) -> dict[str, Any]:
        """Return what is inside the envelope of a name."""
        envelope = json.loads(self.out)
        assert list(envelope) == [name]
        value = envelope[name]
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True, slots=True)
class Room:
    """A folder, in which commands are run."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def rtv(self, *words: str, inside: str = "tavern", typed: bytes | None = None) -> Said:
        """Run a command in a folder of this room."""
        self.monkeypatch.chdir(self.folder / inside)
        if typed is not None:
            self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), "utf-8"))
        self.capsys.readouterr()
        status = run(list(words))
        printed = self.capsys.readouterr()
        check_answer(printed.out)
        return Said(status, printed.out, printed.err)

    def write(self, name: str, data: bytes) -> Path:
        """Write a file beside the dataset."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    @property
    def dataset(self) -> Dataset:
        """The dataset `tavern`."""
        return Dataset.open(self.folder / "tavern")

    def questions(self, rev: str = "@") -> list[Any]:
        """Return the first message of each entry."""
        return [entry.messages[0]["content"] for _, entry in self.dataset.snapshot(rev)]

    def git(self, *words: str) -> str:
        """Run stock git in the dataset."""
        done = subprocess.run(["git", *words], cwd=self.folder / "tavern", capture_output=True, check=True, text=True)
        return done.stdout


def new_room(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Room:
    """Return a room with an empty dataset `tavern`."""
    room = Room(tmp_path / "room", capsys, monkeypatch)
    room.folder.mkdir()
    Dataset.init(room.folder / "tavern")
    return room
