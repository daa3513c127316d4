"""Branches: listing, making, going there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, DamagedError, UsageError
from rolethread_vcs.ops.history.undo import undo
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.transaction import Intent, NoSuchBranchError


def git(dataset: Dataset, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=dataset.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def edit(dataset: Dataset, entry_id: str, question: str) -> None:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question))


def test_a_new_branch_starts_here_and_one_stays(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    done = dataset.branch("try")

    last = dataset.repository.operations.last()
    assert last is not None
    assert (done.branch, done.commit, done.operation) == ("try", dataset.snapshot().id, last.number)
    assert [(each.name, each.is_current, each.is_strict) for each in dataset.branches.list()] == [
        ("main", True, True),
        ("try", False, False),
    ]


def test_a_branch_can_start_at_an_older_commit(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edit(dataset, ids[0], "two")

    done = dataset.branch("try", start="main~1")

    assert done.commit == dataset.snapshot("main~1").id == dataset.snapshot("try").id


def test_switching_brings_the_files_along_and_leaves_a_clean_folder(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "one, tried")

    dataset.switch("main")

    path = dataset.folder / f"entries/0000/00/{ids[0]}.json"
    assert path.read_bytes() == dataset.snapshot("main").raw(ids[0])
    assert (git(dataset, "symbolic-ref", "HEAD"), git(dataset, "status", "--porcelain")) == ("refs/heads/main", "")


def test_making_and_switching_are_one_operation_and_undone_as_one(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edit(dataset, ids[0], "two")
    tip, log = dataset.snapshot().id, list(dataset.repository.operations)

    done = dataset.branch("try", start="main~1", switch=True)
    undo(dataset.repository)

    assert done.operation == len(log) + 1
    assert (dataset.repository.branch(), dataset.snapshot().id) == ("main", tip)
    assert [each.name for each in dataset.branches.list()] == ["main"]
    assert git(dataset, "status", "--porcelain") == ""


def test_switching_and_making_can_be_undone(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    dataset.switch("try")

    undo(dataset.repository)
    on = dataset.repository.branch()
    undo(dataset.repository)

    assert on == "main"
    assert [each.name for each in dataset.branches.list()] == ["main"]


def test_switching_to_where_one_is_does_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    assert dataset.switch("main").operation is None


def test_any_hand_edit_stops_a_switch(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try")
    path = hand_edit(dataset, ids[1])
    edited = path.read_bytes()

    with pytest.raises(UnsavedEditsError):
        dataset.switch("try")

    assert (dataset.repository.branch(), path.read_bytes()) == ("main", edited)


def test_a_stray_file_does_not_stop_a_switch_and_stays(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    (dataset.folder / "notes.txt").write_text("mine")

    dataset.switch("try")

    assert (dataset.folder / "notes.txt").read_text() == "mine"


def test_hand_edits_come_along_to_a_new_branch_that_starts_here(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edited = hand_edit(dataset, ids[0])
    text = edited.read_bytes()

    dataset.branch("try", switch=True)

    assert (dataset.repository.branch(), edited.read_bytes()) == ("try", text)
    with pytest.raises(UnsavedEditsError):
        dataset.branch("other", start="main~1", switch=True)


def test_a_dry_run_moves_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    before = dataset.repository.refs.table(), dataset.repository.operations.head()

    dataset.branch("other", intent=Intent("branch", "branch other", dry_run=True))
    dataset.switch("try", intent=Intent("switch", "switch try", dry_run=True))
    dataset.branch("third", intent=Intent("switch", "switch -c third", dry_run=True), switch=True)

    assert (dataset.repository.refs.table(), dataset.repository.operations.head()) == before


@pytest.mark.parametrize(
    "name", ["12", "00000012-k2x9m3ab", "", "a b", "a..b", "-x", "HEAD", "@", "x.lock", "a~1", "\x1b"]
)
def test_a_name_that_cannot_be_a_branch_is_refused(tmp_path: Path, name: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with refusal(UsageError, "branch_name"):
        dataset.branch(name)


CLASHING = [
    ("try", "try"),
    ("TRY", "try"),
    ("try/again", "try"),
    ("Try/again", "try"),
    ("group", "group/one"),
    ("GROUP/one", "group/one"),
    ("Group/two", "group/one"),
    ("w\u00e4rme", "wa\u0308rme"),
    ("W\u00c4RME/x", "wa\u0308rme"),
]


@pytest.mark.parametrize(("name", "there"), CLASHING)
def test_a_name_that_cannot_stand_beside_another_is_refused(tmp_path: Path, name: str, there: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    for known in ("other", "try", "group/one", "wa\u0308rme"):
        dataset.branch(known)

    for word in ("branch", "switch", "rename"):
        with refusal(ConflictError, "branch_exists") as caught:
            if word == "rename":
                dataset.branches.rename("other", name)
            else:
                dataset.branch(name, switch=word == "switch")
        assert f" {there} " in caught.value.message
    dataset.branch("group/two")


@pytest.mark.parametrize(("name", "there"), CLASHING)
def test_a_release_that_cannot_stand_beside_another_is_refused(tmp_path: Path, name: str, there: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    for known in ("try", "group/one", "wa\u0308rme"):
        dataset.releases.create(known)

    if name != there:
        with refusal(ConflictError, "release_exists") as caught:
            dataset.releases.create(name)
        assert f" {there} " in caught.value.message


def test_names_that_plain_git_put_side_by_side_are_told_of_when_they_are_copied(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    for words in (("branch", "Try"), ("branch", "try"), ("tag", "v1"), ("tag", "V1")):
        git(dataset, *words)

    copy = Dataset.clone(dataset.folder, tmp_path / "copy")

    told = [note for note in copy.notes if "Try" in note or "V1" in note]
    assert [("Try and try" in note, "V1 and v1" in note) for note in told] == [(True, False), (False, True)]
    assert [note in Dataset.upkeep.diagnose(dataset.folder).advice for note in told] == [True, True]


def test_a_branch_may_be_called_like_writers_call_things(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    dataset.branch("wärme/zweiter-versuch", switch=True)

    assert dataset.repository.branch() == "wärme/zweiter-versuch"


def test_a_branch_cannot_start_nowhere(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(UnknownRevisionError):
        dataset.branch("try", start="nowhere")


def test_an_unknown_branch_names_the_nearest_or_the_way(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("tavern")
    git(dataset, "tag", "v1")

    hints = {}
    for name in ("tavren", "harbour", "v1", dataset.snapshot().id[:10]):
        with pytest.raises(NoSuchBranchError) as caught:
            dataset.switch(name)
        hints[name] = caught.value.hint

    assert hints["tavren"] == "rtv switch tavern"
    assert hints["harbour"] == "make it with: rtv switch -c harbour"
    assert hints["v1"] == "start one there: rtv switch -c NEW-NAME v1"
    assert all(hint is not None for hint in hints.values())


def test_one_comes_back_to_a_branch_from_a_lone_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    git(dataset, "checkout", "-q", "--detach", "HEAD~1")

    dataset.switch("main")

    assert dataset.repository.branch() == "main"
    assert git(dataset, "status", "--porcelain") == ""


def test_where_plain_git_removed_the_current_branch_each_way_on_that_is_named_works(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "my data", "one")
    dataset.branch("try", switch=True)
    tip = dataset.snapshot().id
    git(dataset, "update-ref", "-d", "refs/heads/try")

    with pytest.raises(DamagedError) as caught:
        Dataset.open(dataset.folder)
    back, away = [line.partition("   ")[0] for line in (caught.value.hint or "").splitlines()]
    subprocess.run(back, shell=True, check=True)
    brought_back = Dataset.open(dataset.folder).snapshot().id
    git(dataset, "update-ref", "-d", "refs/heads/try")
    subprocess.run(away, shell=True, check=True)

    assert brought_back == tip
    assert Dataset.open(dataset.folder).repository.branch() == "main"


def test_a_branch_that_plain_git_removed_under_a_folder_copy_is_made_again_from_here(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("side")
    dataset.branch("other")
    dataset.copies.add_folder(tmp_path / "copy", "side", Intent("workcopy", "workcopy add"))
    git(dataset, "update-ref", "-d", "refs/heads/side")
    dataset.switch("other")

    with pytest.raises(DamagedError) as caught:
        Dataset.open(tmp_path / "copy")
    dataset.branch("side", start="main")

    # the operation log has noted by now that it went, and still knows where it was
    assert f"branch side {dataset.snapshot('main').id[:10]}   brings it back" in (caught.value.hint or "")
    assert "refs/heads/other" not in (caught.value.hint or "")
    assert Dataset.open(tmp_path / "copy").status().unsaved == ()
