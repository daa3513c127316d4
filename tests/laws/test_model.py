"""A dataset does what a plain dictionary would, through any row of commands, with a list of states to go back to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from refusals import refusal

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path, make_id, number_of
from rolethread_vcs.transaction import Intent

names = st.sampled_from("abcdefg")
answers = st.sampled_from("TUVWX")
picks = st.integers(0, 10_000)


def _row(question: str, answer: str) -> dict[str, list[dict[str, str]]]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def _suffix(question: str) -> str:
    return birth_suffix(Entry.of(_row(question, "born")).messages)


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(frozen=True, slots=True)
class State:
    """What the dataset should hold: for each branch, ids and their answers; and the branch one is on."""

    branches: dict[str, dict[str, tuple[str, str]]]
    current: str

    @property
    def entries(self) -> dict[str, tuple[str, str]]:
        """Question and answer by id, on the current branch."""
        return self.branches[self.current]

    def with_entries(self, entries: dict[str, tuple[str, str]]) -> State:
        """Return the state with other entries on the current branch."""
        return replace(self, branches={**self.branches, self.current: entries})


class DatasetMachine(RuleBasedStateMachine):
    """Commands against `State`s: `past` can be undone, `future` redone."""

    is_bare = False

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.dataset = Dataset.init(self.folder / "tavern")
        if self.is_bare:
            self.dataset.settings.set("checkout", "never")
        else:
            self.dataset.repository.config.set({"rolethread.decided": "files"})
        self.state = State({"main": {}}, "main")
        self.past: list[State] = []
        self.future: list[tuple[list[State], State]] = []
        self.commits: list[tuple[str, dict[str, tuple[str, str]]]] = [(self.dataset.snapshot().id, {})]
        self.settings_changed = 1 if self.is_bare else 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def _did(self, after: State) -> None:
        self.past.append(self.state)
        self.future.clear()
        self.state = after
        self.commits.append((self.dataset.snapshot().id, after.entries))

    def _pick(self, number: int) -> str:
        ids = sorted(self.state.entries)
        return ids[number % len(ids)]

    def _new_id(self, question: str, behind: dict[str, tuple[str, str]]) -> str:
        number = max((number_of(entry_id) for entry_id in behind), default=0) + 1
        return make_id(number, _suffix(question))

    # ---- commands

    @rule(question=names)
    def add(self, question: str) -> None:
        entries = dict(self.state.entries)
        entry_id = self._new_id(question, entries)

        done = self.dataset.add([_row(question, "born")], Intent("add", "add"))

        assert done.ids == (entry_id,)
        self._did(self.state.with_entries({**entries, entry_id: (question, "born")}))

    @precondition(lambda self: self.state.entries)
    @rule(pick=picks, answer=answers)
    def edit(self, pick: int, answer: str) -> None:
        entry_id = self._pick(pick)
        question, before = self.state.entries[entry_id]
        with self.dataset.edit() as change:
            change.put(entry_id, _row(question, answer))
        if answer != before:
            self._did(self.state.with_entries({**self.state.entries, entry_id: (question, answer)}))

    @precondition(lambda self: self.state.entries)
    @rule(pick=picks)
    def remove(self, pick: int) -> None:
        entry_id = self._pick(pick)
        self.dataset.remove([entry_id], Intent("remove", "remove"))
        self._did(self.state.with_entries({k: v for k, v in self.state.entries.items() if k != entry_id}))

    @rule(questions=st.lists(names, min_size=1, max_size=4))
    def import_again(self, questions: list[str]) -> None:
        """Import every row that is here as it was born, and new ones: only the new ones come in."""
        entries = dict(self.state.entries)
        held = [question for question, _ in entries.values()]
        gone = [f"new {len(self.commits)} {number} {question}" for number, question in enumerate(questions)]
        rows = [_row(question, "born") for question in (*held, *gone)]
        path = self.folder / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

        done = self.dataset.import_files([path])

        assert (done.committed.added, done.unchanged) == (len(gone), len(held))
        for question in gone:
            entries[self._new_id(question, entries)] = (question, "born")
        self._did(self.state.with_entries(entries))

    @precondition(lambda self: self.state.entries and not self.is_bare)
    @rule(pick=picks, answer=answers)
    def throw_a_hand_edit_away(self, pick: int, answer: str) -> None:
        entry_id = self._pick(pick)
        _, before = self.state.entries[entry_id]
        path = self.dataset.folder / entry_path(entry_id)
        saved = path.read_bytes()
        by_hand = saved.replace(f'"{before}"'.encode(), f'"thrown away {answer}"'.encode())
        path.write_bytes(by_hand)

        self.dataset.discard_edits([entry_id], Intent("restore", "restore"))
        assert path.read_bytes() == saved
        self.dataset.undo()
        assert path.read_bytes() == by_hand
        path.write_bytes(saved)

        # something else is done, so that no redo throws the hand edit away again
        self.future.clear()
        self.add("a")

    @precondition(lambda self: self.state.entries and not self.is_bare)
    @rule(pick=picks, answer=answers)
    def save_a_hand_edit(self, pick: int, answer: str) -> None:
        entry_id = self._pick(pick)
        question, before = self.state.entries[entry_id]
        path = self.dataset.folder / entry_path(entry_id)
        path.write_bytes(path.read_bytes().replace(f'"{before}"'.encode(), f'"by hand {answer}"'.encode()))

        self.dataset.commit(Intent("commit", "commit"))

        after = "by hand " + answer
        if after != before:
            self._did(self.state.with_entries({**self.state.entries, entry_id: (question, after)}))

    @rule(pick=picks)
    def restore_all(self, pick: int) -> None:
        commit, entries = self.commits[pick % len(self.commits)]
        done = self.dataset.restore_all(self.dataset.snapshot(commit), Intent("restore", "restore"))
        assert done.is_empty == (entries == self.state.entries)
        if not done.is_empty:
            self._did(self.state.with_entries(dict(entries)))

    @rule(pick=picks)
    def restore_one(self, pick: int) -> None:
        commit, entries = self.commits[pick % len(self.commits)]
        if not entries:
            return
        entry_id = sorted(entries)[pick % len(entries)]
        done = self.dataset.restore([entry_id], self.dataset.snapshot(commit), Intent("restore", "restore"))
        assert done.is_empty == (self.state.entries.get(entry_id) == entries[entry_id])
        if not done.is_empty:
            self._did(self.state.with_entries({**self.state.entries, entry_id: entries[entry_id]}))

    @precondition(lambda self: len(self.state.branches) < 4)
    @rule()
    def branch(self) -> None:
        name = next(name for name in ("one", "two", "three", "four") if name not in self.state.branches)
        self.dataset.branch(name)
        self._did(replace(self.state, branches={**self.state.branches, name: self.state.entries}))

    @rule(pick=picks)
    def switch(self, pick: int) -> None:
        name = sorted(self.state.branches)[pick % len(self.state.branches)]
        done = self.dataset.switch(name)
        if name != self.state.current:
            assert done.operation is not None
            self._did(replace(self.state, current=name))

    @rule(count=st.integers(1, 3))
    def undo(self, count: int) -> None:
        if len(self.past) < count:
            with refusal(NotFoundError, "nothing_to_undo"):
                self.dataset.undo(count + self.settings_changed)
            return
        self.dataset.undo(count)
        undone = self.past[-count:]
        self.future.append((undone, self.state))
        self.past = self.past[:-count]
        self.state = undone[0]

    @rule()
    def redo(self) -> None:
        if not self.future:
            with refusal(NotFoundError, "nothing_to_undo"):
                self.dataset.redo()
            return
        self.dataset.redo()
        undone, self.state = self.future.pop()
        self.past += undone

    @rule()
    def reopen(self) -> None:
        self.dataset = Dataset.open(self.folder / "tavern")
        assert _git(self.dataset.folder, "fsck", "--strict", "--no-dangling") == ""
        assert self.is_bare or _git(self.dataset.folder, "status", "--porcelain") == ""

    # ---- what holds at any time

    @invariant()
    def the_dataset_holds_what_the_dictionary_holds(self) -> None:
        if not hasattr(self, "state"):
            return
        assert self.dataset.repository.branch() == self.state.current
        for name, entries in self.state.branches.items():
            held = {
                entry_id: (entry.messages[0]["content"], entry.messages[1]["content"])
                for entry_id, entry in self.dataset.snapshot(name)
            }
            assert held == entries
            assert list(held) == sorted(entries)
        assert {branch.name for branch in self.dataset.branches.list()} == self.state.branches.keys()

    @invariant()
    def the_folder_is_what_the_branch_holds(self) -> None:
        if not hasattr(self, "state") or self.is_bare:
            return
        assert self.dataset.status().unsaved == ()
        files = {name for _, _, found in os.walk(self.dataset.folder / "entries") for name in found}
        assert files == {f"{entry_id}.json" for entry_id in self.state.entries}


class BareDatasetMachine(DatasetMachine):
    """The same where no files are checked out."""

    is_bare = True


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking: a failure is reported at once, and hypothesis says how to see it again."""

MACHINES = pytest.mark.parametrize("machine", [DatasetMachine, BareDatasetMachine])


@MACHINES
def test_a_dataset_does_what_a_dictionary_would(machine: type[DatasetMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=25, phases=PHASES))


@pytest.mark.slow
@MACHINES
def test_a_dataset_does_what_a_dictionary_would_for_long(machine: type[DatasetMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=60, phases=PHASES))
