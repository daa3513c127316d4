"""What an older build left behind opens and works: a dataset, an unfinished merge, the link of a file copy, old caches.

`fixtures/format-1/dataset-of-november.tar.gz` was made by the build of 22 November 2026: `tavern/`, eight entries on
`main` and a branch `warmer` whose merge has one conflict, and `lines.jsonl`, a file copy of seven entries in which one
answer was edited.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from rolethread_vcs import Dataset
from rolethread_vcs.ops.workcopy.links import ANNOUNCED, store_path

FIXTURE = Path(__file__).parents[2] / "fixtures" / "format-1" / "dataset-of-november.tar.gz"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    with tarfile.open(FIXTURE) as packed:
        packed.extractall(tmp_path, filter="data")
    dataset = Dataset.open(tmp_path / "tavern")
    # the link is called by the place of its file, and names it
    copy = tmp_path / "lines.jsonl"
    (link,) = (tmp_path / "tavern" / ".git" / "rolethread" / "workcopies").glob("*.json")
    fields = json.loads(link.read_bytes()) | {"path": str(copy)}
    link.unlink()
    store_path(dataset.repository, copy).write_text(json.dumps(fields, separators=(",", ":")), encoding="utf-8")
    return dataset


def test_its_entries_are_read_and_its_last_command_is_undone(dataset: Dataset) -> None:
    assert [int(entry_id[:8]) for entry_id, _ in dataset.snapshot()] == list(range(1, 9))
    assert dataset.upkeep.verify().ok

    dataset.undo()
    dataset.redo()

    assert dataset.status().unsaved == ()


def test_its_unfinished_merge_is_decided_and_finished(dataset: Dataset) -> None:
    (conflict,) = dataset.merges.conflicts().conflicts
    assert (conflict.field, conflict.reason) == ("messages[1].content", "both_edited")

    dataset.merges.resolve(["2"], "warmer")
    outcome = dataset.merges.finish()

    assert outcome.committed.commit is not None
    answer = dataset.snapshot()[conflict.id].turns[1]["content"]
    assert answer == "Answer 2: it burns with whale oil, warmly."


def test_its_file_copy_is_known_and_the_edit_in_it_is_committed(dataset: Dataset, tmp_path: Path) -> None:
    dataset.copies.commit(tmp_path / "lines.jsonl")

    (fifth,) = (entry for entry_id, entry in dataset.snapshot() if entry_id.startswith("00000005"))
    assert fifth.turns[1]["content"] == "Answer 5: it burns with tallow."


def test_what_it_announced_of_a_commit_that_was_cut_off_counts_and_goes(dataset: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "lines.jsonl"
    store = store_path(dataset.repository, copy)
    dataset.copies.refresh(copy)  # it was announced only where the branch was at the commit of the link
    before, lines = store.read_bytes(), copy.read_text()
    fresh = {"messages": [{"role": "user", "content": "New?"}, {"role": "assistant", "content": "Words " * 12}]}
    copy.write_text(lines + json.dumps(fresh) + "\n")
    dataset.copies.commit(copy)
    # as it was left by a build that was killed between its commit and the link
    announced = store.with_suffix(ANNOUNCED)
    announced.write_bytes(store.read_bytes())
    store.write_bytes(before)
    fresh["messages"][1]["content"] += "and more"
    copy.write_text(lines + json.dumps(fresh) + "\n")

    done = dataset.copies.commit(copy).committed

    assert (done.added, done.changed) == (0, 1)
    assert not announced.exists()
    assert dataset.copies.status(copy).is_clean


@pytest.mark.parametrize("torn", [True, False])
def test_what_it_announced_of_a_commit_that_was_never_made_is_dropped(dataset: Dataset, torn: bool) -> None:
    copy = dataset.folder.parent / "lines.jsonl"
    store = store_path(dataset.repository, copy)
    link = store.read_bytes()
    fields = json.loads(link) | {"commit": "0" * 40}
    store.with_suffix(ANNOUNCED).write_bytes(link[:50] if torn else json.dumps(fields).encode())

    assert dataset.copies.commit(copy).committed.changed == 1
    assert [path.suffix for path in store.parent.iterdir()] == [".json"]


def test_its_caches_go_without_a_word_and_what_they_knew_is_found_again(dataset: Dataset, tmp_path: Path) -> None:
    cache = tmp_path / "tavern" / ".git" / "rolethread" / "cache"
    old = {"facts-1.sqlite", "lengths.json", "removed.json", "stretches.json"}
    assert {path.name for path in cache.iterdir()} == old
    rows = tmp_path / "rows.jsonl"
    # the eighth entry was removed, and its row does not bring it back
    messages = [("user", "Question 8 about the lantern?"), ("assistant", "Answer 8: it burns with oil.")]
    rows.write_text(json.dumps({"messages": [{"role": role, "content": text} for role, text in messages]}) + "\n")

    imported = dataset.import_file(rows)

    assert (imported.committed.commit, imported.removed_before) == (None, 1)
    assert old.isdisjoint(path.name for path in cache.iterdir())
