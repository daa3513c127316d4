"""Undo and redo: only refs move, each from where the operation left it; nothing is lost on the way."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from rows_of_a_file import bring, edit_answer, questions, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, NotFoundError, UsageError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.transaction import Intent


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


def add(dataset: Dataset, *names: str) -> tuple[str, ...]:
    return dataset.add([row(name) for name in names], Intent("add", "add")).ids


def undone(dataset: Dataset) -> dict[int, bool]:
    return {each.operation.number: each.undone for each in dataset.operations.list()}


def git(dataset: Dataset, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=dataset.folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_undo_brings_back_the_very_commit(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    before = dataset.snapshot().id
    dataset.remove([entry_id], Intent("remove", "remove"))

    result = dataset.undo()

    assert dataset.snapshot().id == before
    assert dataset.snapshot().ids() == [entry_id]
    assert [operation.verb for operation in result.operations] == ["remove"]
    assert result.committed.added == 1
    assert git(dataset, "status", "--porcelain") == ""


def test_hand_edits_in_the_way_of_a_setting_stop_an_undo_as_a_whole(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    dataset.settings.set("checkout", "never")
    dataset.settings.set("checkout", "always")
    path = dataset.folder / entry_path(entry_id)
    path.write_bytes(path.read_bytes().replace(b"Dry", b"Wet"))
    before = undone(dataset)

    with pytest.raises(UnsavedEditsError):
        dataset.undo()

    assert undone(dataset) == before
    assert (dataset.settings.get("checkout").value, dataset.repository.is_bare) == ("always", False)
    assert b"Wet" in path.read_bytes()


def test_undo_takes_commits_and_a_checkout_back_at_once(dataset: Dataset) -> None:
    add(dataset, "a")
    dataset.settings.set("checkout", "never")
    add(dataset, "b")

    dataset.undo(2)

    assert not dataset.repository.is_bare
    assert questions(dataset) == ["a"]
    assert git(dataset, "status", "--porcelain") == ""


def test_redo_brings_the_very_commit_again(dataset: Dataset) -> None:
    add(dataset, "a")
    after = dataset.snapshot().id
    dataset.undo()

    dataset.redo()

    assert dataset.snapshot().id == after
    assert undone(dataset) == {1: False, 2: False, 3: True, 4: False}


def test_undo_takes_back_as_many_as_it_is_told(dataset: Dataset) -> None:
    for name in "abcd":
        add(dataset, name)

    result = dataset.undo(3)

    assert questions(dataset) == ["a"]
    assert [operation.number for operation in result.operations] == [5, 4, 3]


def test_undo_to_an_operation_keeps_that_one(dataset: Dataset) -> None:
    for name in "abcd":
        add(dataset, name)

    dataset.undo(to=3)

    assert questions(dataset) == ["a", "b"]


def test_one_redo_brings_what_one_undo_took(dataset: Dataset) -> None:
    for name in "abcd":
        add(dataset, name)
    dataset.undo(3)

    result = dataset.redo()

    assert questions(dataset) == ["a", "b", "c", "d"]
    assert len(result.operations) == 3


def test_undo_and_redo_walk_up_and_down(dataset: Dataset) -> None:
    for name in "abc":
        add(dataset, name)

    seen = []
    for step in ("undo", "undo", "undo", "redo", "undo", "redo", "redo", "redo"):
        getattr(dataset, step)()
        seen.append("".join(questions(dataset)))

    assert seen == ["ab", "a", "", "a", "", "a", "ab", "abc"]
    with refusal(NotFoundError, "nothing_to_undo"):
        dataset.redo()


def test_redo_is_over_when_something_else_was_done(dataset: Dataset) -> None:
    add(dataset, "a")
    dataset.undo()
    add(dataset, "b")

    with refusal(NotFoundError, "nothing_to_undo"):
        dataset.redo()

    assert questions(dataset) == ["b"]


def test_what_was_undone_is_passed_over_by_the_next_undo(dataset: Dataset) -> None:
    add(dataset, "a")
    add(dataset, "b")
    dataset.undo()
    add(dataset, "c")

    dataset.undo(2)

    assert questions(dataset) == []


def test_an_export_in_between_stands_in_nobodys_way(dataset: Dataset, tmp_path: Path) -> None:
    add(dataset, "a")
    dataset.undo()
    dataset.export(path=tmp_path / "out.jsonl")

    dataset.redo()

    assert questions(dataset) == ["a"]


def test_nothing_is_left_to_undo_in_a_fresh_dataset(dataset: Dataset) -> None:
    with refusal(NotFoundError, "nothing_to_undo"):
        dataset.undo()
    with refusal(NotFoundError, "nothing_to_undo"):
        dataset.redo()


def test_more_than_was_done_is_refused_whole(dataset: Dataset) -> None:
    add(dataset, "a")

    with refusal(NotFoundError, "nothing_to_undo", match="only 1 operation can be undone"):
        dataset.undo(2)

    assert questions(dataset) == ["a"]


def test_numbers_that_are_none_are_refused(dataset: Dataset) -> None:
    add(dataset, "a")

    with pytest.raises(UsageError):
        dataset.undo(0)
    with pytest.raises(NotFoundError):
        dataset.undo(to=99)
    with pytest.raises(NotFoundError):
        dataset.undo(to=0)


def test_a_dry_run_says_what_and_does_nothing(dataset: Dataset) -> None:
    add(dataset, "a")
    before = dataset.snapshot().id

    result = dataset.undo(dry_run=True)

    assert [operation.number for operation in result.operations] == [2]
    assert dataset.snapshot().id == before
    assert undone(dataset) == {1: False, 2: False}


def test_hand_edits_in_the_way_are_kept(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    edit_answer(dataset, entry_id, "Wet.")
    path = dataset.folder / entry_path(entry_id)
    path.write_bytes(path.read_bytes().replace(b"Wet.", b"By hand."))
    before = dataset.snapshot().id

    with pytest.raises(UnsavedEditsError):
        dataset.undo()

    assert dataset.snapshot().id == before
    assert b"By hand." in path.read_bytes()
    assert len(undone(dataset)) == 3


def test_hand_edits_elsewhere_stay(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    path = dataset.folder / entry_path(entry_id)
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"By hand."))
    add(dataset, "b")

    dataset.undo()

    assert b"By hand." in path.read_bytes()
    assert [item.path for item in dataset.status().unsaved] == [entry_path(entry_id)]


def test_a_move_by_plain_git_is_an_operation_that_undo_takes_back_first(dataset: Dataset) -> None:
    add(dataset, "a")
    add(dataset, "b")
    before = dataset.snapshot().id
    git(dataset, "reset", "--hard", "HEAD~1")

    result = dataset.undo()

    assert [operation.verb for operation in result.operations] == ["external"]
    assert dataset.snapshot().id == before
    assert git(dataset, "status", "--porcelain") == ""


def test_a_dry_run_after_a_move_by_plain_git_names_what_a_real_run_would_take(dataset: Dataset) -> None:
    add(dataset, "a")
    add(dataset, "b")
    git(dataset, "reset", "--hard", "HEAD~1")

    dry = dataset.undo(dry_run=True)

    assert [operation.verb for operation in dry.operations] == ["external"]
    assert [operation.command for operation in dry.operations] == [
        operation.command for operation in dataset.undo().operations
    ]


def test_an_operation_on_another_branch_is_undone_there(dataset: Dataset) -> None:
    add(dataset, "a")
    dataset.branch("try", switch=True)
    add(dataset, "b")
    dataset.switch("main")
    before = dataset.snapshot().id

    dataset.undo(2)

    assert dataset.repository.branch() == "try"
    assert questions(dataset, "try") == ["a"]
    assert dataset.snapshot("main").id == before


def test_a_branch_that_was_made_goes_and_comes(dataset: Dataset) -> None:
    add(dataset, "a")
    dataset.branch("try", switch=True)

    dataset.undo()

    assert [branch.name for branch in dataset.branches.list()] == ["main"]
    assert dataset.repository.branch() == "main"
    dataset.redo()
    assert dataset.repository.branch() == "try"


def test_a_ref_that_has_moved_since_is_left_alone(dataset: Dataset) -> None:
    add(dataset, "a")
    dataset.branch("try", switch=True)
    add(dataset, "b")
    tip = dataset.snapshot().id

    with refusal(NotFoundError, "nothing_to_undo"):
        dataset.undo(9)

    assert dataset.snapshot().id == tip


def test_an_import_is_undone_and_done_again_with_the_same_ids(dataset: Dataset, tmp_path: Path) -> None:
    add(dataset, "a")
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}") for number in range(200)))
    ids = bring(dataset, path).committed.ids
    tree = dataset.snapshot().tree

    undo = dataset.undo()
    assert undo.committed.removed == 200
    assert questions(dataset) == ["a"]
    assert git(dataset, "status", "--porcelain") == ""
    redo = dataset.redo()

    assert redo.committed.added == 200
    assert dataset.snapshot().tree == tree
    assert dataset.snapshot().ids()[1:] == list(ids)
    assert git(dataset, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_large_import_is_undone_and_done_again(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}", "x" * 500) for number in range(20_000)))
    bring(dataset, path)
    tree = dataset.snapshot().tree

    dataset.undo()
    assert len(dataset.snapshot()) == 0
    assert git(dataset, "status", "--porcelain") == ""
    dataset.redo()

    assert dataset.snapshot().tree == tree
    assert git(dataset, "status", "--porcelain") == ""


def test_undo_works_after_the_dataset_was_garbage_collected(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    dataset.undo()
    git(dataset, "gc", "-q", "--prune=now")

    Dataset.open(dataset.folder).redo()

    assert dataset.snapshot().ids() == [entry_id]


def test_an_operation_under_a_later_one_cannot_be_taken_out_alone(dataset: Dataset) -> None:
    add(dataset, "a")
    add(dataset, "b")
    dataset.undo(2)

    assert questions(dataset) == []
    with pytest.raises((NotFoundError, ConflictError)) as caught:
        dataset.undo()
    assert isinstance(caught.value, ConflictError) or caught.value.code == "nothing_to_undo"


def test_several_edits_of_one_file_that_were_thrown_away_come_and_go_together(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    path = dataset.folder / entry_path(entry_id)
    saved = path.read_bytes()
    for text in (b"the first\n", b"the second\n"):
        path.write_bytes(text)
        dataset.discard_edits(None, Intent("restore", "restore --all"))

    dataset.undo(2)
    given_back = path.read_bytes()
    dataset.redo()

    assert given_back == b"the first\n"
    assert path.read_bytes() == saved
    assert git(dataset, "status", "--porcelain") == ""


def test_an_edit_thrown_away_before_a_commit_of_that_file_comes_and_goes_with_it(dataset: Dataset) -> None:
    (entry_id,) = add(dataset, "a")
    path = dataset.folder / entry_path(entry_id)
    path.write_bytes(b"by hand\n")
    dataset.discard_edits(None, Intent("restore", "restore --all"))
    edit_answer(dataset, entry_id, "Committed.")
    committed = path.read_bytes()

    notes = dataset.undo(2).committed.notes
    given_back = path.read_bytes()
    dataset.redo()

    assert (given_back, notes) == (b"by hand\n", ())
    assert path.read_bytes() == committed
    assert git(dataset, "status", "--porcelain") == ""
