"""Releases: named, listed, described, moved on purpose, deleted, all undoable."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, NotFoundError, UsageError
from rolethread_vcs.transaction import Intent


def git(dataset: Dataset, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=dataset.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def said(message: str) -> Intent:
    return Intent("release", "release v1", message=message)


def edit(dataset: Dataset, entry_id: str, question: str) -> None:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question))


def test_a_release_is_an_annotated_tag_that_stock_git_reads(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")

    done = dataset.releases.create("v1", intent=said("what March was trained on"))

    commit = dataset.snapshot().id
    assert (done.commit, dataset.snapshot("v1").id, git(dataset, "rev-parse", "v1^{commit}")) == (commit,) * 3
    assert git(dataset, "cat-file", "-t", "v1") == "tag"
    assert git(dataset, "tag", "-l", "--format=%(contents:subject)", "v1") == "what March was trained on"
    assert git(dataset, "fsck", "--strict") == ""
    release = dataset.releases.get("v1")
    assert (release.entries, release.message, release.is_annotated) == (2, "what March was trained on", True)
    assert release.by == dataset.repository.signature().name


def test_releases_are_listed_with_plain_tags_of_git_among_them(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.releases.create("v1", intent=said("first"))
    edit(dataset, ids[0], "changed")
    git(dataset, "tag", "plain")

    found = {each.name: (each.subject, each.entries, each.is_annotated) for each in dataset.releases.list()}

    assert found == {"v1": ("first", 1, True), "plain": (f"edit {ids[0]}", 1, False)}


def test_a_release_moves_only_with_force_and_undo_brings_the_very_same_back(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.releases.create("v1", intent=said("first"))
    tag, old = git(dataset, "rev-parse", "v1"), dataset.snapshot().id
    edit(dataset, ids[0], "changed")

    with refusal(ConflictError, "release_exists") as caught:
        dataset.releases.create("v1", intent=said("second"))
    dataset.releases.create("v1", force=True)
    moved = dataset.releases.get("v1")
    dataset.undo()

    assert caught.value.hint is not None
    assert "rtv diff v1" in caught.value.hint
    assert (moved.commit, moved.message) == (dataset.snapshot().id, "first")
    assert (git(dataset, "rev-parse", "v1"), dataset.releases.get("v1").commit) == (tag, old)


def test_new_words_for_the_same_commit_need_force_too(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.releases.create("v1", intent=said("first"))

    assert dataset.releases.create("v1").operation is None
    with refusal(ConflictError, "release_exists"):
        dataset.releases.create("v1", intent=said("other words"))
    dataset.releases.create("v1", force=True, intent=said("other words"))

    assert dataset.releases.get("v1").message == "other words"


def test_a_deleted_release_comes_back_after_a_collection(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.releases.create("v1", intent=said("first"))
    tag = git(dataset, "rev-parse", "v1")

    dataset.releases.delete("v1")
    gone = dataset.releases.list()
    git(dataset, "reflog", "expire", "--expire=now", "--all")
    git(dataset, "gc", "-q", "--prune=now")
    dataset = Dataset.open(dataset.folder)
    dataset.undo()

    assert gone == ()
    assert git(dataset, "rev-parse", "v1") == tag
    assert dataset.releases.get("v1").message == "first"


def test_an_unknown_release_names_the_nearest(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.releases.create("march-2026")

    for act in (dataset.releases.get, dataset.releases.delete):
        with refusal(NotFoundError, "no_such_release") as caught:
            act("march-2025")
        assert "did you mean march-2026?" in caught.value.message


@pytest.mark.parametrize("name", ["12", "00000012-k2x9m3ab", "", "a b", "a..b", "-x", "HEAD", "x.lock", "\x1b"])
def test_a_name_that_cannot_be_a_release_is_refused(tmp_path: Path, name: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with refusal(UsageError, "release_name"):
        dataset.releases.create(name)


def test_one_name_means_one_thing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("try")
    dataset.releases.create("v1")

    for name in ("try", "V1", "v1/again"):
        with refusal(ConflictError, "release_exists"):
            dataset.releases.create(name)
    with refusal(ConflictError, "branch_exists"):
        dataset.branch("v1")


def test_a_dry_run_names_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    done = dataset.releases.create("v1", intent=Intent("release", "release v1", dry_run=True))

    assert (done.dry_run, done.operation, dataset.releases.list()) == (True, None, ())


def test_a_release_of_another_commit(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    edit(dataset, ids[0], "changed")

    dataset.releases.create("v0", "main~1")

    assert dataset.releases.get("v0").commit == dataset.snapshot("main~1").id


def test_releases_come_newest_first_and_of_one_second_the_highest(tmp_path: Path, environment: dict[str, str]) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    for name, moment in (("v9", 2), ("v10", 2), ("old", 1), ("draft-2", 2), ("v10.1", 2), ("new", 3)):
        at = {**environment, "GIT_COMMITTER_DATE": f"{1_700_000_000 + moment} +0000"}
        subprocess.run(["git", "tag", "-a", "-m", "x", name], cwd=dataset.folder, check=True, env=at)

    assert [each.name for each in dataset.releases.list()] == ["new", "v10.1", "v10", "v9", "draft-2", "old"]
