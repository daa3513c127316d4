"""Folder copies: stock git agrees about them, they follow their branch, and nothing in them is ever lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.ops.workcopy import folder_copies
from rolethread_vcs.ops.workcopy.links import all_copies
from rolethread_vcs.store import linked_folders
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.transaction import Intent, NoSuchBranchError

ADD = Intent("workcopy", "workcopy add")
REMOVE = Intent("workcopy", "workcopy remove")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "tavern")
    dataset.add([conversation("Is the cellar dry?"), conversation("Who sings?")], Intent("add", "add"))
    dataset.branch("try")
    return dataset


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy_of(dataset: Dataset, branch: str = "try") -> Dataset:
    place = dataset.folder.resolve().parent / "second"
    folder_copies.add(dataset.repository, place, branch, ADD)
    return Dataset.open(place)


def edit(dataset: Dataset, text: str, branch: str | None = None) -> None:
    with dataset.edit(text, branch=branch) as change:
        change.put(dataset.snapshot().ids()[0], conversation(text))


def verbs(dataset: Dataset) -> list[str]:
    return [each.operation.command for each in dataset.operations.list()]


def is_clean(dataset: Dataset) -> bool:
    return git(dataset.folder, "status", "--porcelain") == ""


# ---- making and removing


def test_a_folder_copy_is_a_worktree_of_stock_git(dataset: Dataset) -> None:
    copy = copy_of(dataset)

    assert str(copy.folder.resolve()) in git(dataset.folder, "worktree", "list")
    assert git(copy.folder, "rev-parse", "--abbrev-ref", "HEAD") == "try\n"
    assert is_clean(copy)
    assert is_clean(dataset)
    git(dataset.folder, "worktree", "prune")
    git(copy.folder, "fsck", "--strict")
    assert copy.snapshot().ids() == dataset.snapshot().ids()


def test_a_bare_dataset_has_folder_copies_too(dataset: Dataset) -> None:
    dataset.settings.set("checkout", "never")
    dataset = Dataset.open(dataset.folder)
    copy = copy_of(dataset, "main")

    edit(dataset, "from the bare one")

    assert is_clean(copy)
    assert copy.snapshot().id == dataset.snapshot().id
    assert "from the bare one" in (copy.folder / f"entries/0000/00/{copy.snapshot().ids()[0]}.json").read_text()


def test_a_branch_is_checked_out_once_only(dataset: Dataset, tmp_path: Path) -> None:
    copy = copy_of(dataset)

    for branch, folder in (("try", "third"), ("main", "third")):
        with refusal(ConflictError, "checked_out_elsewhere", match="is worked on in one folder") as caught:
            folder_copies.add(dataset.repository, tmp_path / folder, branch, ADD)
        assert caught.value.status == 50
    assert not (tmp_path / "third").exists()
    for here, branch in ((dataset, "try"), (copy, "main")):
        with refusal(ConflictError, "checked_out_elsewhere", match=f"{branch} is checked out in"):
            here.switch(branch)
    assert dataset.repository.branch() == "main"


def test_a_folder_on_another_name_of_a_branch_is_on_that_branch(dataset: Dataset, tmp_path: Path) -> None:
    git(dataset.folder, "symbolic-ref", "refs/heads/attempt", "refs/heads/try")
    git(dataset.folder, "worktree", "add", "-q", str(tmp_path / "second"), "attempt")
    copy = Dataset.open(tmp_path / "second")

    with refusal(ConflictError, "checked_out_elsewhere", match="second"):
        dataset.switch("try")
    edit(dataset, "Is the attic dry?", branch="try")

    assert is_clean(copy)
    assert "attic" in copy.snapshot()[copy.snapshot().ids()[0]].messages[0]["content"]
    with refusal(InvalidError, "alias", match="another name for try"):
        folder_copies.add(dataset.repository, tmp_path / "third", "attempt", ADD)


def test_a_folder_with_something_in_it_or_inside_the_dataset_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "song.txt").write_text("la")

    for place in (
        tmp_path / "full",
        tmp_path / "full" / "song.txt",
        dataset.folder / "copy",
        dataset.folder / ".git/x",
    ):
        with refusal(ConflictError, "folder_taken"):
            folder_copies.add(dataset.repository, place, "try", ADD)
    with pytest.raises(NoSuchBranchError, match="there is no branch 'tyr'"):
        folder_copies.add(dataset.repository, tmp_path / "x", "tyr", ADD)
    assert git(dataset.folder, "worktree", "list").count("\n") == 1


def test_folders_of_one_name_get_names_of_their_own(dataset: Dataset, tmp_path: Path) -> None:
    dataset.branch("other")
    for branch in ("try", "other"):
        folder_copies.add(dataset.repository, tmp_path / branch / "Täverne 2", branch, ADD)

    names = [each.name for each in folder_copies.folder_copies(dataset.repository)]
    assert names == ["", "Taverne-2", "Taverne-2-2"]
    git(dataset.folder, "worktree", "prune")
    assert git(dataset.folder, "worktree", "list").count("\n") == 3


def test_removing_takes_the_folder_and_leaves_the_branch(dataset: Dataset) -> None:
    copy = copy_of(dataset)

    removed = folder_copies.remove(dataset.repository, copy.folder, REMOVE)

    assert not copy.folder.exists()
    assert removed.branch == "try"
    assert removed.left == ()
    assert git(dataset.folder, "worktree", "list").count("\n") == 1
    assert "try" in dataset.repository.refs.branches()
    assert verbs(dataset)[:2] == ["workcopy remove", "workcopy add"]
    assert copy_of(dataset).repository.branch() == "try"


def test_removing_refuses_unsaved_edits_and_keeps_files_of_other_kinds(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    path = hand_edit(copy, copy.snapshot().ids()[0])

    with refusal(ConflictError, "folder_in_use", match="1 file edited by hand and not saved"):
        folder_copies.remove(dataset.repository, copy.folder, REMOVE)
    assert path.exists()
    copy.discard_edits(None, Intent("restore", "restore --all"))
    (copy.folder / "notes.txt").write_text("mine")
    removed = folder_copies.remove(dataset.repository, copy.folder, REMOVE)

    assert removed.left == ("notes.txt",)
    assert [each.name for each in copy.folder.iterdir()] == ["notes.txt"]


def test_what_git_has_staged_alone_stays_with_its_folder(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    entry_id = copy.snapshot().ids()[0]
    path = hand_edit(copy, entry_id)
    git(copy.folder, "add", ".")
    path.write_bytes(copy.snapshot().raw(entry_id))
    staged = git(copy.folder, "diff", "--cached")

    with refusal(ConflictError, "folder_in_use"):
        folder_copies.remove(dataset.repository, copy.folder, REMOVE)

    assert git(copy.folder, "diff", "--cached") == staged != ""


def test_the_dataset_itself_and_the_folder_one_is_in_are_not_removed(dataset: Dataset, tmp_path: Path) -> None:
    copy = copy_of(dataset)

    for repository, folder in ((dataset.repository, dataset.folder), (copy.repository, dataset.folder)):
        with refusal(ConflictError, "folder_in_use", match="is the dataset itself"):
            folder_copies.remove(repository, folder, REMOVE)
    with refusal(ConflictError, "folder_in_use", match="is the folder you are in"):
        folder_copies.remove(copy.repository, copy.folder, REMOVE)
    with refusal(NotFoundError, "no_folder_copy", match="is no folder copy of this dataset"):
        folder_copies.remove(dataset.repository, tmp_path, REMOVE)
    assert is_clean(copy)


def test_a_folder_on_a_commit_of_no_branch_is_not_removed(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    git(copy.folder, "-c", "user.name=T", "-c", "user.email=t@x.org", "checkout", "-q", "--detach")
    git(copy.folder, "-c", "user.name=T", "-c", "user.email=t@x.org", "commit", "-q", "--allow-empty", "-m", "loose")

    with refusal(ConflictError, "folder_in_use", match="which is on no branch"):
        folder_copies.remove(dataset.repository, copy.folder, REMOVE)


def test_a_folder_deleted_by_hand_is_told_and_can_be_forgotten(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    shutil.rmtree(copy.folder)

    (_, gone) = folder_copies.folder_copies(dataset.repository)
    assert gone.problem is not None and gone.problem.startswith("not there: if it was deleted: rtv workcopy remove")
    with refusal(
        ConflictError, "checked_out_elsewhere", match="that folder is not there: moved, deleted, or on a disk"
    ):
        edit(dataset, "for the gone one", branch="try")
    with refusal(ConflictError, "checked_out_elsewhere", match="that folder is not there") as caught:
        dataset.switch("try")
    assert "cd " not in str(caught.value.hint)
    with refusal(NotFoundError, "no_folder_copy", match="is not there"):
        folder_copies.open_folder(dataset.repository, copy.folder)
    removed = folder_copies.remove(dataset.repository, copy.folder, REMOVE)

    assert not removed.was_there
    edit(dataset, "free again", branch="try")
    assert git(dataset.folder, "worktree", "list").count("\n") == 1


def test_what_git_prunes_is_gone_here_too(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    shutil.rmtree(copy.folder)
    git(dataset.folder, "worktree", "prune")

    assert len(folder_copies.folder_copies(dataset.repository)) == 1
    edit(dataset, "free again", branch="try")


def test_a_folder_moved_by_hand_works_again_after_gits_repair(dataset: Dataset, tmp_path: Path) -> None:
    copy = copy_of(dataset)
    copy.folder.rename(tmp_path / "moved")
    git(dataset.folder, "worktree", "repair", str(tmp_path / "moved"))

    edit(dataset, "for the moved one", branch="try")

    assert is_clean(Dataset.open(tmp_path / "moved"))
    assert folder_copies.folder_copies(dataset.repository)[1].problem is None


@pytest.mark.parametrize("below", ["", "entries"])
def test_a_folder_moved_by_hand_is_refused_until_git_knows_its_place(
    dataset: Dataset, tmp_path: Path, below: str
) -> None:
    old = copy_of(dataset).folder
    moved = tmp_path / "moved away"
    old.rename(moved)

    with pytest.raises(InvalidError, match=r"was moved by hand from .*") as caught:
        Dataset.open(moved / below)

    assert f"worktree repair '{moved}'" in (caught.value.hint or "")
    assert not old.exists()


def test_a_folder_copied_by_hand_is_refused_and_not_taken_for_the_first(dataset: Dataset, tmp_path: Path) -> None:
    copy = copy_of(dataset)
    shutil.copytree(copy.folder, tmp_path / "third")

    with pytest.raises(InvalidError, match=r"was copied by hand from .*") as caught:
        Dataset.open(tmp_path / "third")

    assert str(copy.folder).rstrip("/") in (caught.value.hint or "")
    assert Dataset.open(copy.folder).repository.branch() == "try"


def test_a_folder_copy_opens_through_a_symbolic_link(dataset: Dataset, tmp_path: Path) -> None:
    copy = copy_of(dataset)
    (tmp_path / "link").symlink_to(copy.folder)

    assert Dataset.open(tmp_path / "link").repository.branch() == "try"


def test_a_folder_locked_with_git_is_not_removed(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    git(dataset.folder, "worktree", "lock", "--reason", "on a stick", str(copy.folder))

    with refusal(ConflictError, "folder_in_use", match="is locked with git: on a stick"):
        folder_copies.remove(dataset.repository, copy.folder, REMOVE)


def test_a_folder_that_was_cut_off_while_it_was_made_is_refused_and_finished_by_the_next_add(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    private = dataset.repository.common_folder / "worktrees" / "second"
    shutil.rmtree(copy.folder / "entries")
    (private / "index").unlink()
    linked_folders.mark(private, linked_folders.MAKING)

    with pytest.raises(InvalidError, match="is being made, or that was cut off") as caught:
        Dataset.open(copy.folder)
    assert "workcopy add" in (caught.value.hint or "")
    (_, half) = folder_copies.folder_copies(dataset.repository)
    assert half.problem is not None and half.problem.startswith("cut off while it was made: rtv workcopy add")
    folder_copies.add(dataset.repository, copy.folder, "try", ADD)

    assert is_clean(Dataset.open(copy.folder))


def test_each_folder_has_file_copies_and_hand_edits_of_its_own(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    hand_edit(copy, copy.snapshot().ids()[0])

    assert [each.unsaved for each in folder_copies.folder_copies(dataset.repository)] == [0, 1]
    assert [each.is_here for each in folder_copies.folder_copies(copy.repository)] == [False, True]
    assert len(folder_copies.status(dataset.repository, copy.folder).unsaved) == 1
    assert all_copies(copy.repository) == ()


# ---- one branch, moved from another folder


def test_a_clean_folder_follows_its_branch(dataset: Dataset) -> None:
    copy = copy_of(dataset)

    edit(dataset, "from the first folder", branch="try")

    assert is_clean(copy)
    assert "from the first folder" in (copy.folder / f"entries/0000/00/{copy.snapshot().ids()[0]}.json").read_text()
    dataset.undo()
    assert is_clean(copy)
    dataset.redo()
    assert is_clean(copy)
    assert is_clean(dataset)


def test_hand_edits_in_another_folder_stop_a_move_of_its_branch(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    hand_edit(copy, copy.snapshot().ids()[0])
    before = dataset.repository.refs.table()

    with pytest.raises(UnsavedEditsError, match="1 hand-edited file there would be in the way") as caught:
        edit(dataset, "over it", branch="try")

    assert caught.value.status == 50
    assert f"rtv -C {copy.folder.resolve()} commit" in (caught.value.hint or "")
    assert dataset.repository.refs.table() == before
    with dataset.edit("another entry", branch="try") as change:
        change.put(dataset.snapshot().ids()[1], conversation("beside it"))
    assert [each.path for each in folder_copies.status(dataset.repository, copy.folder).unsaved] == [
        f"entries/0000/00/{copy.snapshot().ids()[0]}.json"
    ]


def test_a_merge_of_plain_git_in_another_folder_stops_a_move_of_its_branch(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    (copy.repository.git_folder / "MERGE_HEAD").write_text(f"{dataset.snapshot().id}\n")

    with refusal(ConflictError, "checked_out_elsewhere", match="plain git is in the middle of a merge"):
        edit(dataset, "over it", branch="try")


# ---- the operation log


def test_commands_in_two_folders_are_never_taken_for_moves_by_plain_git(dataset: Dataset) -> None:
    copy = copy_of(dataset)

    edit(copy, "there")
    edit(dataset, "here")
    copy.branch("third", switch=True)
    edit(dataset, "here again")

    assert verbs(dataset)[:4] == ["edit", "switch -c third", "edit", "edit"]
    assert not any("plain git" in command for command in verbs(dataset))
    assert not any("plain git" in command for command in verbs(copy))


def test_a_switch_by_plain_git_is_recorded_in_its_own_folder_only(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    git(copy.folder, "switch", "-qc", "by-git")

    edit(dataset, "here")
    edit(copy, "there")

    assert verbs(dataset)[:4] == ["edit", "plain git switched to by-git", "edit", "plain git made by-git"]


def test_an_operation_of_another_folder_is_undone_and_named(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    edit(copy, "there")
    before = copy.repository.resolve("try~1")

    done = dataset.undo()

    assert dataset.repository.refs.read("refs/heads/try") == before
    assert is_clean(copy)
    assert any(f"was done in {copy.folder.resolve()}" in note for note in done.committed.notes)


def test_what_is_another_folders_own_affair_is_left_to_it(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    edit(dataset, "here")
    copy.branch("third", switch=True)

    done = dataset.undo()

    assert [each.command for each in done.operations] == ["edit"]
    assert any("is left alone: it was done in" in note and "rtv -C" in note for note in done.committed.notes)
    assert copy.repository.branch() == "third"
    copy.undo()
    assert copy.repository.branch() == "try"
    assert is_clean(copy)


def test_hand_edits_thrown_away_in_another_folder_come_back_only_there(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    path = hand_edit(copy, copy.snapshot().ids()[0])
    edited = path.read_bytes()
    edit(dataset, "here")
    copy.discard_edits(None, Intent("restore", "restore --all"))

    done = dataset.undo()

    assert [each.command for each in done.operations] == ["edit"]
    assert path.read_bytes() != edited
    copy.undo()
    assert path.read_bytes() == edited


def test_a_branch_that_a_folder_stands_on_is_not_undone_away(dataset: Dataset) -> None:
    copy_of(dataset)

    with refusal(ConflictError, "checked_out_elsewhere", match="so it cannot go") as caught:
        dataset.undo()
    assert "rtv workcopy remove" in (caught.value.hint or "")


def test_a_folder_is_not_taken_back_to_a_branch_that_another_deleted(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    copy.branch("third", switch=True)
    dataset.undo()  # what made the branch

    with pytest.raises(ConflictError, match="go back to the branch try, which is not there any more"):
        copy.undo()

    assert copy.repository.branch() == "third"


def test_with_nothing_of_its_own_left_undo_says_what_belongs_to_another_folder(dataset: Dataset) -> None:
    copy = copy_of(dataset)
    copy.branch("third", switch=True)

    with refusal(NotFoundError, "nothing_to_undo", match=r"only 2 operations .*; operation 5 .* is left alone"):
        dataset.undo(3)


def test_whether_files_are_checked_out_is_the_main_folders_affair(dataset: Dataset) -> None:
    copy = copy_of(dataset)

    with pytest.raises(UsageError, match="this is a folder copy, which always has its files"):
        copy.settings.set("checkout", "never")
    assert is_clean(copy)
    dataset.settings.set("checkout", "never")
    with refusal(NotFoundError, "nothing_to_undo", match="only 2 operations can be undone"):
        copy.undo(9)
    assert is_clean(copy)
