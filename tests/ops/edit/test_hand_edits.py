"""The law of saving by hand: what was written into the folder is what the commit holds, and restore gives it up."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs import Dataset, Entry
from rolethread_vcs.model.canonical import encode_entry, encode_line
from rolethread_vcs.model.layout import ORDER, entry_path
from rolethread_vcs.ops.edit.hand_edits import save_hand_edits
from rolethread_vcs.ops.history.undo import undo
from rolethread_vcs.ops.restore.restore import bring_all_back, discard_edits
from rolethread_vcs.transaction import Intent

COUNTER = itertools.count()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map("{}.".format)
"""Any text that the gate lets through: one character of it can be seen."""
ENTRY = st.builds(
    lambda question, answer, tags: Entry.of(
        {
            "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
            "tags": tags,
        }
    ),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=2),
)
DATASETS = st.dictionaries(
    st.sampled_from([f"{number:08d}-abcdefgh" for number in (1, 2, 99, 100, 12_345)]), ENTRY, max_size=5
)
COMMIT = Intent("commit", "commit")


def write(folder: Path, entries: dict[str, Entry], layout: Any) -> None:
    """Make the files of a folder those of some entries, in canonical layout or on one line."""
    for path in folder.glob("entries/**/*.json"):
        path.unlink()
    for entry_id, entry in entries.items():
        path = folder / entry_path(entry_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_entry(entry) if layout() else encode_line(dict(entry.fields)))


@given(before=DATASETS, after=DATASETS, layout=st.data())
@settings(max_examples=25)
def test_what_was_written_by_hand_is_what_the_commit_holds(
    before: dict[str, Entry], after: dict[str, Entry], layout: st.DataObject, tmp_path: Path
) -> None:
    dataset = Dataset.init(tmp_path / str(next(COUNTER)))
    write(dataset.folder, before, lambda: True)
    first = save_hand_edits(dataset.repository, COMMIT)

    write(dataset.folder, after, lambda: layout.draw(st.booleans()))
    second = save_hand_edits(dataset.repository, COMMIT)

    snapshot = dataset.snapshot()
    assert {entry_id: snapshot.raw(entry_id) for entry_id in snapshot.ids()} == {
        entry_id: encode_entry(entry) for entry_id, entry in after.items()
    }
    assert first.added == len(before)
    assert (second.added, second.removed) == (len(after.keys() - before.keys()), len(before.keys() - after.keys()))
    assert dataset.repository.worktree is not None
    assert dataset.repository.worktree.unsaved(snapshot.tree) == []
    assert save_hand_edits(dataset.repository, COMMIT).is_empty


@given(before=DATASETS, after=DATASETS, layout=st.data())
@settings(max_examples=15)
def test_undo_brings_back_what_restore_threw_away(
    before: dict[str, Entry], after: dict[str, Entry], layout: st.DataObject, tmp_path: Path
) -> None:
    dataset = Dataset.init(tmp_path / str(next(COUNTER)))
    write(dataset.folder, before, lambda: True)
    save_hand_edits(dataset.repository, COMMIT)
    write(dataset.folder, after, lambda: layout.draw(st.booleans()))
    written = {path: path.read_bytes() for path in dataset.folder.glob("entries/**/*.json")}

    discarded = discard_edits(dataset.repository, None, Intent("restore", "restore --all"))
    restored = {path: path.read_bytes() for path in dataset.folder.glob("entries/**/*.json")}
    if discarded.files:
        undo(dataset.repository)

    assert restored == {dataset.folder / entry_path(id_): encode_entry(entry) for id_, entry in before.items()}
    assert {path: path.read_bytes() for path in dataset.folder.glob("entries/**/*.json")} == written


@given(before=DATASETS.filter(bool), after=DATASETS.filter(bool))
@settings(max_examples=15)
def test_all_entries_of_a_revision_come_back(before: dict[str, Entry], after: dict[str, Entry], tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / str(next(COUNTER)))
    write(dataset.folder, before, lambda: True)
    save_hand_edits(dataset.repository, COMMIT)
    then = dataset.snapshot()
    write(dataset.folder, after, lambda: True)
    save_hand_edits(dataset.repository, COMMIT)

    bring_all_back(dataset.repository, then, Intent("restore", "restore --all --from @~1"))

    assert dataset.snapshot().tree == then.tree


@pytest.mark.parametrize("saved", [None, b'{\n  "00000001-abcdefgh": ".1"\n}\n'])
def test_an_order_in_another_layout_alone_is_brought_into_the_usual_one(saved: bytes | None, tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "tavern")
    order = dataset.folder / ORDER
    if saved is not None:
        order.write_bytes(saved)
        save_hand_edits(dataset.repository, COMMIT)

    order.write_bytes(b"{}\n" if saved is None else saved.replace(b"\n", b""))
    result = save_hand_edits(dataset.repository, COMMIT)

    assert result.is_empty
    assert result.notes == ("order.json was brought into the usual layout; its content is the same",)
    assert (order.read_bytes() if order.exists() else None) == saved
    assert dataset.hand_edits() == []
