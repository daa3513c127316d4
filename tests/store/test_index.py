"""Git's index, written as a whole by ourselves or changed by libgit2: stock git believes it, and no edit hides."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError
from rolethread_vcs.store.checkout import Worktree, index
from rolethread_vcs.store.libgit2 import GitLockedError
from rolethread_vcs.store.objects.trees import FILE, Blob, object_id
from rolethread_vcs.transaction import Intent

Git = Callable[..., str]
ANSWER = {"messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Hm."}]}


def index_of(folder: Path) -> Path:
    return folder / ".git" / "index"


def an_entry(folder: Path) -> Path:
    """Return the file of some entry."""
    return sorted((folder / "entries").rglob("*.json"))[1]


def worktree_of(dataset: Dataset) -> Worktree:
    worktree = dataset.repository.worktree
    assert worktree is not None
    return worktree


@pytest.fixture(params=["as a whole", "by libgit2"])
def road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send every change of an index one of the two roads."""
    limits = (0, 10**6) if request.param == "as a whole" else (10**6, 0)
    for name, limit in zip(("INDEX_AS_A_WHOLE", "OLD_PER_NEW"), limits, strict=True):
        monkeypatch.setattr(index, name, limit)
    return str(request.param)


def add_one(dataset: Dataset) -> None:
    with dataset.edit("one more") as change:
        change.add(ANSWER)


def test_git_reads_what_was_written(filled: Dataset, git: Git, road: str) -> None:
    add_one(filled)

    listed = git(filled.folder, "ls-files", "--stage").splitlines()
    assert len(listed) == 8
    assert git(filled.folder, "status", "--porcelain") == ""
    assert git(filled.folder, "diff-files", "--name-only") == ""
    git(filled.folder, "fsck", "--strict")


def test_an_index_written_as_a_whole_is_that_of_git(filled: Dataset, git: Git) -> None:
    for path in [*(filled.folder / "entries").rglob("*.json"), *filled.folder.glob("*.toml")]:
        os.utime(path, ns=(10**18, 10**18))
    worktree_of(filled).fill(filled.snapshot().tree)
    ours = git(filled.folder, "ls-files", "--debug")
    index_of(filled.folder).unlink()

    git(filled.folder, "reset", "--quiet")

    assert git(filled.folder, "ls-files", "--debug") == ours


def test_what_else_is_staged_stays_staged(filled: Dataset, git: Git, road: str) -> None:
    (filled.folder / "notes.txt").write_text("remember\n")
    git(filled.folder, "add", "notes.txt")
    (filled.folder / "notes.txt").write_text("remember more\n")

    add_one(filled)

    assert git(filled.folder, "status", "--porcelain") == "AM notes.txt\n"


def test_what_goes_leaves_the_index(filled: Dataset, git: Git, road: str) -> None:
    filled.remove([filled.snapshot().ids()[0]], Intent("remove", "remove"))

    assert len(git(filled.folder, "ls-files").splitlines()) == 6
    assert git(filled.folder, "status", "--porcelain") == ""


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_a_flag_of_git_survives_an_edit(filled: Dataset, git: Git, flag: str) -> None:
    git(filled.folder, "update-index", f"--{flag}", "rolethread.toml")

    add_one(filled)

    listed = git(filled.folder, "ls-files", "-v").splitlines()
    assert {"S rolethread.toml", "h rolethread.toml"} & set(listed)


def test_paths_of_every_length_and_script_are_padded_as_git_pads(filled: Dataset, git: Git) -> None:
    names = ["n" * length for length in range(1, 18)] + ["ü" * 40, "long/" + "x" * 200, "a/" * 30 + "y" * 4100]

    index.write(index_of(filled.folder), dict.fromkeys(names, (Blob(FILE, object_id("blob", b"")), None)))

    listed = git(filled.folder, "ls-files", "-z").split("\0")
    assert listed[:-1] == sorted(names, key=str.encode)


def test_a_hand_edit_of_the_same_size_in_the_second_of_the_index_shows(filled: Dataset, git: Git, road: str) -> None:
    path = an_entry(filled.folder)
    path.write_bytes(path.read_bytes().replace(b"hello", b"hallo"))

    add_one(filled)
    later = index_of(filled.folder).stat().st_mtime_ns + 10**10
    os.utime(index_of(filled.folder), ns=(later, later))

    name = path.relative_to(filled.folder).as_posix()
    assert git(filled.folder, "status", "--porcelain").splitlines() == [f" M {name}"]


@pytest.mark.parametrize("kind", ["version 4", "tree", "untracked cache", "none"])
def test_git_agrees_after_edits_whatever_its_index_carries(filled: Dataset, git: Git, kind: str, road: str) -> None:
    if kind == "version 4":
        git(filled.folder, "update-index", "--index-version", "4")
    if kind == "untracked cache":
        git(filled.folder, "update-index", "--force-untracked-cache")
    git(filled.folder, "status")
    if kind == "none":
        index_of(filled.folder).unlink()
        git(filled.folder, "reset", "--quiet")
    ids = filled.snapshot().ids()

    with filled.edit("all at once") as change:
        change.add(ANSWER)
        change.put(ids[1], {"messages": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}]})
        change.remove(ids[2])

    assert git(filled.folder, "status", "--porcelain") == ""
    assert git(filled.folder, "diff-files", "--name-only") == ""
    assert git(filled.folder, "write-tree").strip() == filled.snapshot().tree.hex()
    assert git(filled.folder, "fsck", "--strict") == ""


def test_a_conflict_of_git_is_not_written_over(filled: Dataset, git: Git, road: str) -> None:
    listed = git(filled.folder, "ls-files", "--stage", "rolethread.toml").split()
    stages = f"0 {'0' * 40}\trolethread.toml\n{listed[0]} {listed[1]} 1\trolethread.toml\n"
    git(filled.folder, "update-index", "--index-info", data=stages.encode())

    with pytest.raises(ConflictError, match="in conflict"):
        add_one(filled)

    assert f"{listed[0]} {listed[1]} 1\trolethread.toml" in git(filled.folder, "ls-files", "--stage").splitlines()


def test_a_held_lock_is_busy_and_stays(filled: Dataset) -> None:
    lock = index_of(filled.folder).with_name("index.lock")
    lock.touch()

    with pytest.raises(GitLockedError):
        index.write(index_of(filled.folder), {})

    assert lock.exists()


def test_a_split_index_is_left_alone_and_told(filled: Dataset, git: Git) -> None:
    git(filled.folder, "update-index", "--split-index")

    with pytest.raises(InvalidError) as caught:
        add_one(filled)
    git(filled.folder, *(caught.value.hint or "").split()[1:])
    add_one(filled)

    assert not caught.value.saved
    assert git(filled.folder, "status", "--porcelain") == ""


@pytest.mark.parametrize("length", [0, 8, 100, -1])
def test_an_index_that_a_power_cut_tore_is_written_again(filled: Dataset, git: Git, length: int) -> None:
    edited = an_entry(filled.folder)
    edited.write_bytes(b"by hand\n")
    index_of(filled.folder).write_bytes(index_of(filled.folder).read_bytes()[:length])

    add_one(Dataset.open(filled.folder))

    name = edited.relative_to(filled.folder).as_posix()
    assert git(filled.folder, "status", "--porcelain") == f" M {name}\n"
