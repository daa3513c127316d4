"""Entries that are gone: which, when and by what they went, and how they come back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.model.layout import ORDER
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.edit.hand_edits import save_hand_edits
from rolethread_vcs.transaction import Intent

RESTORE = Intent("restore", "restore --removed")


def remove(dataset: Dataset, *ids: str, message: str | None = None) -> str:
    done = dataset.remove(ids, Intent("remove", "remove", message=message))
    assert done.commit is not None
    return done.commit


def test_removed_entries_are_told_newest_first_with_the_commit_and_the_operation(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three", "four")
    first = remove(dataset, ids[1], message="too short")
    second = remove(dataset, ids[3], ids[0])

    found = list(dataset.history.removed())

    assert [(each.id, each.commit.id) for each in found] == [(ids[0], second), (ids[3], second), (ids[1], first)]
    assert [each.commit.subject for each in found][2] == "too short"
    assert [each.operation.verb for each in found if each.operation is not None] == ["remove"] * 3
    assert [each.entry.messages[0]["content"] for each in found if each.entry is not None] == ["one", "four", "two"]


def test_what_came_back_is_not_told_and_what_went_again_is_told_once(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    remove(dataset, *ids)
    dataset.restore_removed([ids[0]], RESTORE)
    with dataset.edit() as change:
        change.put(ids[0], conversation("one, edited"))
    again = remove(dataset, ids[0])
    dataset.restore_removed([ids[1]], RESTORE)

    found = list(dataset.history.removed())

    assert [(each.id, each.commit.id) for each in found] == [(ids[0], again)]
    assert found[0].entry is not None
    assert found[0].entry.messages[0]["content"] == "one, edited"


def test_a_query_and_a_revision_choose(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "the cellar", "the attic", "the cellar again")
    remove(dataset, ids[0])
    since = dataset.snapshot().id
    remove(dataset, ids[1], ids[2])

    assert [each.id for each in dataset.history.removed(where="cellar")] == [ids[2], ids[0]]
    assert [each.id for each in dataset.history.removed(since=since)] == [ids[1], ids[2]]
    assert [each.id for each in dataset.history.removed(where="cellar", since=since)] == [ids[2]]


def test_an_entry_that_went_on_a_merged_branch_is_told_with_the_commit_that_removed_it(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    dataset.branch("try", switch=True)
    gone = remove(dataset, ids[0])
    dataset.switch("main")
    with dataset.edit() as change:
        change.put(ids[2], conversation("three, edited"))
    git = ["git", "-C", str(dataset.folder)]
    subprocess.run([*git, "merge", "-q", "--no-edit", "try"], check=True, capture_output=True)

    found = list(dataset.history.removed())

    assert [(each.id, each.commit.id) for each in found] == [(ids[0], gone)]


def test_an_entry_that_only_the_merge_commit_lost_is_told_with_that(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    dataset.add([conversation("three")], Intent("add", "add"))
    dataset.switch("main")
    git = ["git", "-C", str(dataset.folder)]
    subprocess.run([*git, "merge", "-q", "--no-ff", "--no-commit", "try"], check=True, capture_output=True)
    late = dataset.snapshot("try").ids()[2]
    subprocess.run([*git, "rm", "-qf", f"entries/0000/00/{late}.json"], check=True, capture_output=True)
    subprocess.run([*git, "commit", "-qm", "merge, and drop"], check=True, capture_output=True)

    found = list(dataset.history.removed())

    assert [(each.id, each.commit.subject) for each in found] == [(late, "merge, and drop")]


def test_removed_entries_come_back_with_their_ids_bytes_and_places(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    order = Order().move_after([ids[2]], None, next_id=ids[0]).encode()
    assert order is not None
    (dataset.folder / ORDER).write_bytes(order)
    save_hand_edits(dataset.repository, Intent("commit", "commit"))
    before = dataset.snapshot()
    remove(dataset, ids[2], ids[0])

    done = dataset.restore_removed([], RESTORE)

    assert (done.added, done.changed, done.removed) == (2, 0, 0)
    assert dataset.snapshot().ids() == before.ids() == [ids[2], ids[0], ids[1]]
    assert dataset.snapshot().tree == before.tree
    assert done.message == "restore 2 entries that had been removed\n"


def test_a_number_that_two_removed_entries_carry_is_answered_with_both(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    ids = []
    for question in ("two", "zwei"):
        ids += dataset.add([conversation(question)], Intent("add", "add")).ids
        remove(dataset, ids[-1])

    with pytest.raises(UsageError) as caught:
        dataset.restore_removed(["2"], RESTORE)

    assert all(each in caught.value.message for each in ids)
    assert dataset.restore_removed([ids[0]], RESTORE).added == 1


def test_an_entry_that_is_there_or_never_was_is_refused_with_a_way_on(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    remove(dataset, ids[1])
    head = dataset.snapshot().id

    hints = []
    for word in ("1", ids[0], "99"):
        with refusal(NotFoundError, "not_removed") as caught:
            dataset.restore_removed([word], RESTORE)
        hints.append(caught.value.hint or "")

    assert "--from REV" in hints[0]
    assert "--from REV" in hints[1]
    assert hints[2] == "see them with: rtv restore --removed"
    assert dataset.snapshot().id == head


def test_nothing_removed_is_told_as_such(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    assert list(dataset.history.removed()) == []
    with refusal(NotFoundError, "not_removed"):
        dataset.restore_removed([], RESTORE)


def test_in_a_shallow_copy_the_end_of_history_is_told(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    remove(dataset, ids[0])
    remove(dataset, ids[1])
    subprocess.run(
        ["git", "clone", "-q", "--depth", "2", f"file://{dataset.folder}", str(tmp_path / "copy")],
        check=True,
        capture_output=True,
    )
    copy = Dataset.open(tmp_path / "copy")

    found = copy.history.removed()

    assert [each.id for each in found] == [ids[1]]
    assert found.ends == (copy.snapshot("@~1").id,)
