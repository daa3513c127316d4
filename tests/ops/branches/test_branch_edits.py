"""Branches renamed, deleted and noted: what goes with them, what stops it, and that undo brings it back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, DamagedError, UsageError
from rolethread_vcs.model.layout import SETTINGS
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.transaction import Intent, NoSuchBranchError


def git(dataset: Dataset, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=dataset.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def note_of(dataset: Dataset, name: str) -> str | None:
    return next(each.note for each in dataset.branches.list() if each.name == name)


def edit(dataset: Dataset, entry_id: str, question: str, answer: str = "Dry enough.") -> None:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question, answer))


# ---- notes, ahead and behind


def test_a_note_is_the_description_that_git_knows_and_undo_takes_it_back(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", note="warmer answers")
    key = "branch.try.description"

    first = git(dataset, "config", key)
    done = dataset.branches.note("try", "shorter greetings")
    second = note_of(dataset, "try")
    dataset.undo()
    third = note_of(dataset, "try")
    dataset.branches.note("try", "")

    assert (first, second, third) == ("warmer answers", "shorter greetings", "warmer answers")
    assert done.operation is not None
    assert note_of(dataset, "try") is None
    assert dataset.branches.note("try", " ").operation is None


def test_undoing_a_new_branch_takes_its_note_and_a_new_one_does_not_inherit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", note="warmer answers", switch=True)

    dataset.undo()
    git(dataset, "config", "branch.try.description", "left over")
    dataset.branch("try")

    assert note_of(dataset, "try") is None


def test_a_copy_of_the_dataset_has_the_notes(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("wärme/2.try", note="wärmer")

    copy = Dataset.clone(dataset.folder, tmp_path / "copy")

    assert note_of(copy, "wärme/2.try") == "wärmer"
    assert git(dataset, "config", "branch.wärme/2.try.description") == "wärmer"


def test_ahead_and_behind_count_commits_against_the_current_branch(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", note="warmer", switch=True)
    for number in range(3):
        edit(dataset, ids[0], f"try {number}")
    dataset.switch("main")
    edit(dataset, ids[0], "main")

    found = {each.name: (each.ahead, each.behind) for each in dataset.branches.list()}
    dataset.switch("try")
    where = dataset.branches.position()

    assert found == {"main": (0, 0), "try": (3, 1)}
    assert (where.branch, where.against, where.ahead, where.behind) == ("try", "main", 3, 1)
    assert (where.entries, where.note, where.commit) == (1, "warmer", dataset.snapshot().id)


# ---- renaming


def test_a_renamed_branch_keeps_its_commits_and_its_note_and_one_stays_on_it(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", note="warmer", switch=True)
    tip = dataset.snapshot().id

    dataset.branches.rename("try", "warm/again")
    after = [(each.name, each.is_current, each.note) for each in dataset.branches.list()]
    status = git(dataset, "status", "--porcelain")
    dataset.undo()

    assert after == [("main", False, None), ("warm/again", True, "warmer")]
    assert (dataset.snapshot().id, status) == (tip, "")
    assert [(each.name, each.is_current, each.note) for each in dataset.branches.list()] == [
        ("main", False, None),
        ("try", True, "warmer"),
    ]
    dataset.redo()
    assert dataset.repository.branch() == "warm/again"


def test_renaming_takes_no_name_that_is_taken_or_none(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    before = dataset.repository.refs.table()

    taken, no_name = (ConflictError, "branch_exists"), (UsageError, "branch_name")
    for new, (family, code) in (("main", taken), ("12", no_name), ("try/again", taken)):
        with refusal(family, code):
            dataset.branches.rename("try", new)
    with pytest.raises(NoSuchBranchError, match="did you mean try"):
        dataset.branches.rename("tyr", "other")

    assert dataset.repository.refs.table() == before


def test_a_renamed_branch_that_would_be_strict_is_judged(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "one", "")

    with pytest.raises(Exception, match="would be a strict branch"):
        dataset.branches.rename("try", "release/1")

    assert dataset.repository.branch() == "try"


# ---- deleting


def test_deleting_says_what_goes_out_of_sight_and_undo_brings_it_back(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", note="warmer", switch=True)
    edit(dataset, ids[0], "one, tried")
    dataset.add([conversation("three")], Intent("add", "add"))
    tip = dataset.snapshot().id
    dataset.switch("main")

    deleted = dataset.branches.delete("try")
    left = [each.name for each in dataset.branches.list()]
    git(dataset, "gc", "-q", "--prune=now")
    dataset = Dataset.open(dataset.folder)
    dataset.undo()

    (lost,) = deleted.out_of_sight
    assert (lost.branch, lost.commits, lost.counts) == ("try", 2, (1, 1, 0))
    assert (deleted.commits, left) == ({"try": tip}, ["main"])
    assert (deleted.committed.branch, deleted.committed.commit) == ("try", tip)
    assert (dataset.snapshot("try").id, note_of(dataset, "try")) == (tip, "warmer")


def test_what_another_branch_or_a_release_holds_does_not_go_out_of_sight(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "one, tried")
    dataset.releases.create("v1")
    dataset.branch("twin")
    dataset.switch("main")

    first = dataset.branches.delete("try")
    second = dataset.branches.delete("twin")
    dataset.undo(2)
    dataset.releases.delete("v1")
    third = dataset.branches.delete("try", "twin")

    assert (first.out_of_sight, second.out_of_sight) == ((), ())
    assert [(each.branch, each.commits) for each in third.out_of_sight] == [("try", 1), ("twin", 1)]
    dataset.undo()
    assert {each.name for each in dataset.branches.list()} == {"main", "try", "twin"}


def test_what_another_copy_holds_does_not_go_out_of_sight(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "one, tried")
    git(dataset, "init", "-q", "--bare", "../hub.git")
    git(dataset, "remote", "add", "origin", "../hub.git")
    git(dataset, "push", "-q", "origin", "try:release/9")
    edit(dataset, ids[0], "one, tried again")
    dataset.branch("pushed", start="@~1")
    dataset.switch("main")

    assert dataset.branches.delete("pushed").out_of_sight == ()
    assert [each.commits for each in dataset.branches.delete("try").out_of_sight] == [1]


def test_a_tag_of_plain_git_that_names_no_commit_is_in_nobodys_way(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    git(dataset, "tag", "-a", "-m", "a folder", "odd", "HEAD^{tree}")

    dataset.branches.delete("try")
    gone = dataset.releases.delete("odd")

    assert (gone.commit, [each.name for each in dataset.branches.list()]) == (None, ["main"])


def test_the_branch_that_one_is_on_stays(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")

    with refusal(ConflictError, "current_branch") as caught:
        dataset.branches.delete("main")
    git(dataset, "checkout", "-q", "--detach")
    with refusal(ConflictError, "current_branch"):
        dataset.branches.delete("main", "try")

    assert caught.value.hint == "rtv switch try   goes to another one first"
    assert {each.name for each in dataset.branches.list()} == {"main", "try"}


def test_a_branch_on_which_another_folder_stands_stays(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    git(dataset, "worktree", "add", "-q", str(tmp_path / "other"), "try")
    before = dataset.repository.refs.table()

    for act in (lambda: dataset.branches.delete("try"), lambda: dataset.branches.rename("try", "warm")):
        with pytest.raises(ConflictError, match="is checked out in"):
            act()

    assert dataset.repository.refs.table() == before


def test_a_branch_on_which_something_waits_for_decisions_stays(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "one", "Wet.")
    edit(dataset, ids[0], "one", "Soaked.")
    dataset.revert("@~1")
    dataset.switch("main")

    for act in (lambda: dataset.branches.delete("try"), lambda: dataset.branches.rename("try", "warm")):
        with refusal(ConflictError, "unfinished_on_branch"):
            act()
    dataset.merges.abort("revert")
    dataset.branches.delete("try")

    assert [each.name for each in dataset.branches.list()] == ["main"]


def test_dry_runs_change_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", note="warmer")
    before = dataset.repository.refs.table(), (dataset.folder / ".git/config").read_bytes()

    dataset.branches.rename("try", "warm", intent=Intent("branch", "x", dry_run=True))
    dataset.branches.delete("try", intent=Intent("branch", "x", dry_run=True))
    dataset.branches.note("try", "other", intent=Intent("branch", "x", dry_run=True))
    dataset.branch("new", note="other", intent=Intent("branch", "x", dry_run=True))

    assert (dataset.repository.refs.table(), (dataset.folder / ".git/config").read_bytes()) == before


def test_a_file_that_is_tied_to_a_branch_is_named_with_the_way_on(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    dataset.copies.add(tmp_path / "train.jsonl", CopyOptions(branch="try"))

    renamed = dataset.branches.rename("try", "warm")
    dataset.undo()
    deleted = dataset.branches.delete("try")

    assert len(renamed.notes) == len(deleted.committed.notes) == 1
    assert f"rtv workcopy add {tmp_path / 'train.jsonl'} --branch warm --format messages" in renamed.notes[0]
    assert "is linked to try" in deleted.committed.notes[0]


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_a_branch_that_turned_entries_into_a_link_is_neither_switched_to_nor_merged(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    blob, settings = (
        git(dataset, "rev-parse", f"HEAD:{path}") for path in (f"entries/0000/00/{ids[0]}.json", SETTINGS)
    )
    items = f"120000 blob {blob}\tentries\n100644 blob {settings}\t{SETTINGS}\n"
    tree = subprocess.run(
        ["git", "mktree"], cwd=dataset.folder, input=items, capture_output=True, check=True, text=True
    )
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    commit = git(dataset, *who, "commit-tree", tree.stdout.strip(), "-p", "HEAD", "-m", "a link")
    git(dataset, "branch", "linked", commit)

    for word in (dataset.switch, dataset.merge):
        with pytest.raises(DamagedError, match=r"entries of commit .* is a symbolic link") as caught:
            word("linked")
        assert caught.value.hint
    assert (dataset.snapshot().ids(), dataset.status().branch) == (ids, "main")
    assert dataset.status().unsaved == ()
