"""What the tests with stock git begin with: entries, their files, and a reason to skip where there is no git."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset

Done = subprocess.CompletedProcess[str]
Git = Callable[..., Done]

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="stock git is not installed")


def conversation(question: str, answer: str = "Dry enough.", *more: tuple[str, str]) -> dict[str, object]:
    """Return the fields of an entry."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    messages += [{"role": role, "content": text} for role, text in more]
    return {"messages": messages}


def file_of(dataset: Dataset, number: int) -> Path:
    """Return the file of the n-th entry, from 1."""
    return min((dataset.folder / "entries").rglob(f"{number:08d}-*.json"))


def rewrite(dataset: Dataset, number: int, before: str, after: str) -> str:
    """Change words in an entry's file by hand; return its path inside the dataset."""
    path = file_of(dataset, number)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    return path.relative_to(dataset.folder).as_posix()
