"""The history, newest first."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.ops.history.blame import blame
from rolethread_vcs.ops.history.entry_history import entry_history
from rolethread_vcs.ops.history.log import History, LogFilter, Logged, OperationsByCommit, Run, fold, tree_before
from rolethread_vcs.ops.history.undo import redo, undo
from rolethread_vcs.store.clone import clone
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log import OPERATIONS_REF
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.tree_reader import count_between
from rolethread_vcs.transaction import Intent


def edit(dataset: Dataset, entry_id: str, question: str, message: str | None = None) -> None:
    with dataset.edit(message) as change:
        change.put(entry_id, conversation(question))


def test_the_log_is_the_history_with_counts_and_operations(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    edit(dataset, ids[0], "one, again")
    dataset.remove([ids[1]], Intent("remove", "remove 2"))

    history = list(History(dataset.repository))

    verbs = [logged.operation.verb if logged.operation else None for logged in history]
    assert verbs == ["remove", "edit", "add", None]
    assert [logged.counts for logged in history] == [(0, 0, 1), (0, 1, 0), (2, 0, 0), (0, 0, 0)]


def test_the_counts_of_the_operation_log_are_those_of_the_trees(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", *(f"entry {number}" for number in range(250)))
    edit(dataset, ids[120], "changed")
    dataset.remove(ids[90:240], Intent("remove", "remove"))
    with dataset.edit() as change:
        change.add(conversation("added"))
        change.put(ids[3], conversation("changed too"))

    history = list(History(dataset.repository))

    objects = dataset.repository.objects
    assert [logged.counts for logged in history] == [
        count_between(objects, tree_before(dataset.repository, each.commit), each.commit.tree) for each in history
    ]


def test_a_log_of_one_reads_one_commit_and_its_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    for number in range(5):
        edit(dataset, ids[0], f"version {number}")
    repository = open_dataset(tmp_path / "d")
    read: list[str] = []
    plain = repository.objects.commit
    monkeypatch.setattr(repository.objects, "commit", lambda oid: read.append(oid) or plain(oid))

    (newest,) = History(repository, count=1)

    assert newest.commit.subject == f"edit {ids[0]}"
    assert set(read) == {newest.commit.id, repository.operations.head()}


def test_the_log_can_keep_a_verb_or_what_is_large(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    edit(dataset, ids[0], "one, again")

    assert [logged.counts.added for logged in History(dataset.repository, only=LogFilter(verb="add"))] == [3]
    assert [logged.counts.added for logged in History(dataset.repository, only=LogFilter(min_changes=2))] == [3]
    assert list(History(dataset.repository, only=LogFilter(verb="import"))) == []


def test_a_range_leaves_out_what_both_have(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "on the branch", "only here")

    assert [logged.commit.subject for logged in History(dataset.repository, "main..try")] == ["only here"]
    assert list(History(dataset.repository, "try..main")) == []


def test_an_unknown_revision_is_told_at_once(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(NotFoundError):
        History(dataset.repository, "nowhere")


def test_a_commit_is_told_of_the_operation_that_made_it_and_not_of_those_that_moved_to_it(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edit(dataset, ids[0], "two")
    made_by = dataset.repository.operations.last()
    dataset.branch("other")
    undo(dataset.repository, count=2)
    redo(dataset.repository)

    found = OperationsByCommit(dataset.repository).find(dataset.snapshot().commit)

    assert made_by is not None
    assert found is not None
    assert (found.number, found.verb) == (made_by.number, "edit")


def test_a_clone_has_history_without_operations(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edit(dataset, ids[0], "two")
    copy = clone(dataset.folder, tmp_path / "copy")

    history = list(History(copy))

    assert [logged.operation for logged in history] == [None, None, None]
    assert [logged.counts for logged in history] == [(0, 1, 0), (1, 0, 0), (0, 0, 0)]


def test_a_merge_by_plain_git_is_walked_once_and_in_order(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "on try", "ours")
    dataset.switch("main")
    edit(dataset, ids[1], "on main", "theirs")
    subprocess.run(["git", "merge", "-q", "--no-edit", "try"], cwd=tmp_path / "d", check=True)

    subjects = [logged.commit.subject for logged in History(open_dataset(tmp_path / "d"))]

    assert subjects[0].startswith("Merge branch")
    assert sorted(subjects[1:3]) == ["ours", "theirs"]
    assert len(subjects) == 5


def test_single_edits_in_a_row_are_folded(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    edit(dataset, ids[0], "a")
    edit(dataset, ids[1], "b")
    edit(dataset, ids[0], "c")
    dataset.add([conversation("three")], Intent("add", "add"))
    edit(dataset, ids[0], "d")
    history = list(History(dataset.repository))

    folded = list(fold(history))

    assert [type(item) for item in folded] == [Logged, Logged, Run, Logged, Logged]
    assert folded[2] == Run(tuple(history[2:5]))


def test_edits_on_two_sides_of_a_merge_are_not_folded_into_one(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    edit(dataset, ids[0], "a")
    edit(dataset, ids[0], "b")
    dataset.switch("main")
    edit(dataset, ids[1], "c")
    edit(dataset, ids[1], "d")
    dataset.merge("try")

    runs = [item for item in fold(History(dataset.repository)) if isinstance(item, Run)]

    for run in runs:  # by the clock, the sides may lie among each other
        parents = [each.commit.parents for each in run.edits[:-1]]
        assert parents == [(each.commit.id,) for each in run.edits[1:]]


def test_folding_loses_nothing_and_keeps_the_order(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    for number in range(4):
        edit(dataset, ids[0], str(number))
    history = list(History(dataset.repository))

    flat = [each for item in fold(history) for each in (item.edits if isinstance(item, Run) else [item])]

    assert flat == history


def without_old_tree(tmp_path: Path) -> tuple[Dataset, str]:
    """Return a dataset of three edits without the tree of the first of them, and the id of that tree."""
    dataset, ids = dataset_of(tmp_path / "d", "one")
    for number in range(3):
        edit(dataset, ids[0], f"version {number}")
    tree = dataset.repository.snapshot_of(dataset.repository.resolve("@~2")).tree.hex()
    packs = dataset.folder / ".git/objects/pack"
    aside = [pack.rename(dataset.folder / pack.name) for pack in sorted(packs.glob("*.pack"))]
    for path in packs.iterdir():
        path.unlink()
    for pack in aside:
        subprocess.run(["git", "unpack-objects", "-q"], input=pack.read_bytes(), cwd=dataset.folder, check=True)
    (dataset.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    return dataset, tree


def test_a_missing_tree_does_not_stop_a_log_that_the_operation_log_tells(tmp_path: Path) -> None:
    dataset, _ = without_old_tree(tmp_path)

    history = list(History(open_dataset(dataset.folder)))

    assert [logged.counts.total for logged in history] == [1, 1, 1, 1, 0]


def test_a_missing_tree_is_named_after_what_could_be_told_before_it(tmp_path: Path) -> None:
    dataset, tree = without_old_tree(tmp_path)
    subprocess.run(["git", "update-ref", "-d", OPERATIONS_REF], cwd=dataset.folder, check=True)
    history = History(open_dataset(dataset.folder))

    newest = next(history)

    assert newest.counts.total == 1
    with pytest.raises(MissingObjectError, match=tree[:10]):
        next(history)


def test_a_missing_tree_is_named_by_the_life_and_the_blame_of_an_entry(tmp_path: Path) -> None:
    dataset, tree = without_old_tree(tmp_path)
    repository = open_dataset(dataset.folder)

    with pytest.raises(MissingObjectError, match=tree[:10]):
        list(entry_history(repository, "1"))
    with pytest.raises(MissingObjectError, match=tree[:10]):
        blame(repository, "1")


def test_a_clock_that_went_back_hides_no_commit_and_no_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    now = time.time()
    for number, moment in enumerate((now, now + 900_000, now - 900_000, now - 10, 86_400.0, now)):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        edit(dataset, ids[0], f"version {number}")

    logged = list(History(dataset.repository))

    numbers = [each.operation.number for each in logged if each.operation is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(logged) - 1  # all but the first, which no command made
    edits = list(History(dataset.repository, only=LogFilter(verb="edit")))
    assert edits == logged[:6]
    recent = list(History(dataset.repository, only=LogFilter(since=int(now - 60))))
    assert [each for each in logged if each.commit.time >= now - 60] == recent
    assert len(recent) == 6
    life = [step.commit.id for step in entry_history(dataset.repository, ids[0])]
    assert life == [each.commit.id for each in logged[:7]]


def test_commits_of_plain_git_with_wrong_clocks_hide_no_operation(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    for number, date in enumerate(("1970-01-02T00:00:00Z", "2099-01-01T00:00:00Z")):
        edit(dataset, ids[0], f"version {number}")
        (dataset.folder / "notes.txt").write_text(date)
        git = ["git", "-C", str(dataset.folder)]
        who = {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_NAME": "M", "GIT_AUTHOR_EMAIL": "m@e", "GIT_COMMITTER_NAME": "M"}
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run(
            [*git, "commit", "-qm", "git"], check=True, env=os.environ | who | {"GIT_COMMITTER_EMAIL": "m@e"}
        )
    edit(dataset, ids[0], "last")

    verbs = [None if each.operation is None else each.operation.verb for each in History(dataset.repository)]

    assert verbs == ["edit", "external", "edit", "external", "edit", "add", None]
