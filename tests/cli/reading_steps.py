"""A small dataset with some history, and the command that is run on it in this very process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from answers import check_answer

from rolethread_vcs import Dataset
from rolethread_vcs.cli.main import run
from rolethread_vcs.transaction import Intent

Rtv = Callable[..., "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command said, and its exit status."""

    status: int
    out: str
    err: str

    def json(self, envelope: str) -> Any:
        """Return the value of the envelope, the only thing on stdout."""
        (value,) = json.loads(self.out).items()
        assert value[0] == envelope
        return value[1]


def runner(folder: Path, capsys: pytest.CaptureFixture[str]) -> Rtv:
    """Return a function that runs `rtv` on a dataset."""

    def rtv(*words: str) -> Answer:
        capsys.readouterr()
        status = run(["-C", str(folder), *words])
        said = capsys.readouterr()
        check_answer(said.out)
        return Answer(status, said.out, said.err)

    return rtv


def said(question: str, answer: str = "Dry enough.", **more: Any) -> dict[str, Any]:
    """Return the fields of an entry of one exchange."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, **more}


def make_dataset(folder: Path) -> Dataset:
    """Make a dataset of three entries, added in one commit."""
    dataset = Dataset.init(folder)
    entries = [said("Is the cellar dry?", tags=["tavern"]), said("Who mends the clock?"), said("Where is the key?")]
    dataset.add(entries, Intent("add", "add"))
    return dataset


def change(dataset: Dataset, number: int, question: str, message: str | None = None) -> str:
    """Change what is asked in an entry, as one commit; return its id."""
    (entry_id,) = dataset.snapshot().with_number(number)
    with dataset.edit(message) as edit:
        edit.put(entry_id, said(question))
    return entry_id


def edit_by_hand(dataset: Dataset, number: int) -> Path:
    """Change the file of an entry by hand and return its path."""
    (entry_id,) = dataset.snapshot().with_number(number)
    path = dataset.folder / f"entries/{entry_id[:4]}/{entry_id[4:6]}/{entry_id}.json"
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"Wet, by now."))
    return path
