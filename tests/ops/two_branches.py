"""A dataset with a branch beside main, and short ways to change either."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from small_dataset import conversation

from rolethread_vcs import Dataset, Entry
from rolethread_vcs.ops.merge.completion import Outcome
from rolethread_vcs.ops.merge.merge import MergeOptions
from rolethread_vcs.transaction import Intent

QUESTIONS = ("Is the cellar dry?", "Who goes there?", "Where is the key?", "What is for supper?")


@dataclass(frozen=True, slots=True)
class Branches:
    """A dataset on main, with a branch `side` that began where main was; `ids` are the first entries."""

    dataset: Dataset
    ids: tuple[str, ...]

    @classmethod
    def in_folder(cls, folder: Path) -> Branches:
        """Make the dataset with four entries and the branch."""
        dataset = Dataset.init(folder)
        done = dataset.add([conversation(question) for question in QUESTIONS], Intent("add", "add"))
        dataset.branch("side")
        return cls(dataset, tuple(done.ids))

    def on(self, branch: str) -> Dataset:
        """Go to a branch."""
        self.dataset.switch(branch)
        return self.dataset

    def answer(self, branch: str, number: int, text: str) -> str:
        """Give another answer in an entry, on a branch; main is the current one afterwards. Return the commit."""
        return self.put(branch, number, conversation(QUESTIONS[number], text))

    def put(self, branch: str, number: int, fields: dict[str, Any]) -> str:
        """Replace an entry on a branch."""
        dataset = self.on(branch)
        with dataset.edit(f"edit {number}") as change:
            change.put(self.ids[number], fields)
        commit = dataset.snapshot().id
        self.on("main")
        return commit

    def remove(self, branch: str, number: int) -> None:
        """Remove an entry on a branch."""
        self.on(branch).remove([self.ids[number]], Intent("remove", "remove"))
        self.on("main")

    def add(self, branch: str, question: str, answer: str = "Dry enough.") -> str:
        """Add an entry on a branch and return its id."""
        done = self.on(branch).add([conversation(question, answer)], Intent("add", "add"))
        self.on("main")
        return done.ids[0]

    def merge(self, name: str = "side", **options: Any) -> Outcome:
        """Merge a branch into main."""
        return self.dataset.merge(name, options=MergeOptions(**options))

    def entry(self, number: int, rev: str = "@") -> Entry:
        """Return an entry."""
        return self.dataset.snapshot(rev)[self.ids[number]]

    def said(self, number: int, rev: str = "@") -> Any:
        """Return the answer in an entry."""
        return self.entry(number, rev).messages[-1]["content"]
