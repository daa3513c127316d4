"""A small dataset that the tests of reading operations begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.transaction import Intent


def conversation(question: str, answer: str = "Dry enough.", **more: Any) -> dict[str, Any]:
    """Return the fields of an entry of one exchange."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, **more}


def dataset_of(folder: Path, *questions: str) -> tuple[Dataset, list[str]]:
    """Return a new dataset with one entry for each question, added in one commit, and their ids."""
    dataset = Dataset.init(folder)
    done = dataset.add([conversation(question) for question in questions], Intent("add", "add"))
    return dataset, list(done.ids)


def hand_edit(dataset: Dataset, entry_id: str) -> Path:
    """Change the file of an entry by hand and return its path."""
    path = dataset.folder / f"entries/{entry_id[:4]}/{entry_id[4:6]}/{entry_id}.json"
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"Wet, by now."))
    return path
