"""Git's index written by ourselves: stock git believes it, and no edit hides behind it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store import index_file
from rolethread_vcs.store.git_errors import GitLockedError
from rolethread_vcs.store.trees import FILE
from rolethread_vcs.store.walk import Blob
from rolethread_vcs.store.worktree import blob_id

Git = Callable[..., str]


def index_of(folder: Path) -> Path:
    return folder / ".git" / "index"


def note_file(folder: Path, name: str) -> bool:
    """Note a file of a folder as it lies there."""
    path = folder / name
    status = path.stat()
    blob = Blob(FILE, blob_id(path.read_bytes()))
    return index_file.note(index_of(folder), str(folder), {name: (blob, status)})


def an_entry(folder: Path) -> Path:
    """Return the file of some entry."""
    return sorted((folder / "entries").rglob("*.json"))[1]


def age(folder: Path) -> None:
    """Make every file older than the index, as time would."""
    for path in [*(folder / "entries").rglob("*.json"), folder / "rolethread.toml", folder / ".gitattributes"]:
        os.utime(path, ns=(10**18, 10**18))


def test_git_reads_what_was_written(filled: Dataset, git: Git) -> None:
    listed = git(filled.folder, "ls-files", "--stage").splitlines()

    assert len(listed) == 7
    assert git(filled.folder, "status", "--porcelain") == ""
    assert git(filled.folder, "diff-files", "--name-only") == ""
    git(filled.folder, "fsck", "--strict")


def test_the_entries_are_byte_for_byte_those_of_git(filled: Dataset, git: Git) -> None:
    age(filled.folder)
    filled.repository.worktree.fill(filled.snapshot().tree)  # type: ignore[union-attr]  # it is checked out
    ours = index_file.read(index_of(filled.folder), str(filled.folder))
    index_of(filled.folder).unlink()

    git(filled.folder, "reset", "--quiet")

    assert index_file.read(index_of(filled.folder), str(filled.folder)) == ours


def test_noting_keeps_the_other_entries_as_they_are(filled: Dataset, git: Git) -> None:
    (filled.folder / "notes.txt").write_text("remember\n")
    age(filled.folder)
    git(filled.folder, "update-index", "--refresh")
    git(filled.folder, "update-index", "--assume-unchanged", "rolethread.toml")
    before = index_file.read(index_of(filled.folder), str(filled.folder))
    assert before is not None

    assert note_file(filled.folder, "notes.txt")

    after = index_file.read(index_of(filled.folder), str(filled.folder))
    assert after is not None
    assert {path: raw for path, raw in after.items() if path != b"notes.txt"} == before
    assert git(filled.folder, "status", "--porcelain") == "A  notes.txt\n"


def test_a_note_of_nothing_removes(filled: Dataset, git: Git) -> None:
    assert index_file.note(index_of(filled.folder), str(filled.folder), {"rolethread.toml": None, "never-there": None})

    assert "rolethread.toml" not in git(filled.folder, "ls-files").splitlines()


def test_an_extended_entry_survives(filled: Dataset, git: Git) -> None:
    (filled.folder / "notes.txt").write_text("remember\n")
    git(filled.folder, "update-index", "--skip-worktree", "rolethread.toml")

    assert note_file(filled.folder, "notes.txt")

    assert "S rolethread.toml" in git(filled.folder, "ls-files", "-t").splitlines()


def test_paths_of_every_length_and_script_are_padded_as_git_pads(filled: Dataset, git: Git) -> None:
    names = ["n" * length for length in range(1, 18)] + ["ü" * 40, "long/" + "x" * 200, "a/" * 30 + "y" * 4100]
    blob = Blob(FILE, blob_id(b""))
    notes = dict.fromkeys(names, (blob, None))

    assert index_file.note(index_of(filled.folder), str(filled.folder), notes, afresh=True)

    listed = git(filled.folder, "ls-files", "-z").split("\0")
    assert listed[:-1] == sorted(names, key=str.encode)
    assert index_file.read(index_of(filled.folder), str(filled.folder)) is not None


def test_a_hand_edit_of_the_same_size_in_the_second_of_the_index_shows(filled: Dataset, git: Git) -> None:
    path = an_entry(filled.folder)
    name = path.relative_to(filled.folder).as_posix()
    stamp = (index_of(filled.folder).stat().st_mtime_ns // 10**9 - 1) * 10**9
    os.utime(path, ns=(stamp, stamp))
    filled.repository.worktree.refresh([name], filled.snapshot().tree)  # type: ignore[union-attr]  # it is checked out
    os.utime(index_of(filled.folder), ns=(stamp + 5 * 10**8, stamp + 5 * 10**8))
    path.write_bytes(path.read_bytes().replace(b"hello", b"hallo"))
    os.utime(path, ns=(stamp + 6 * 10**8, stamp + 6 * 10**8))
    (filled.folder / "notes.txt").write_text("remember\n")

    assert note_file(filled.folder, "notes.txt")
    os.utime(index_of(filled.folder), ns=(stamp + 10**10, stamp + 10**10))

    assert git(filled.folder, "status", "--porcelain").splitlines() == [f" M {name}", "A  notes.txt"]


def test_a_file_untouched_in_the_second_of_the_index_stays_noted(filled: Dataset, git: Git) -> None:
    path = an_entry(filled.folder)
    name = path.relative_to(filled.folder).as_posix()
    stamp = (index_of(filled.folder).stat().st_mtime_ns // 10**9 - 1) * 10**9
    os.utime(path, ns=(stamp, stamp))
    filled.repository.worktree.refresh([name], filled.snapshot().tree)  # type: ignore[union-attr]  # it is checked out
    os.utime(index_of(filled.folder), ns=(stamp + 5 * 10**8, stamp + 5 * 10**8))
    (filled.folder / "notes.txt").write_text("remember\n")

    assert note_file(filled.folder, "notes.txt")

    raw = index_file.read(index_of(filled.folder), str(filled.folder))
    assert raw is not None
    assert struct.unpack_from(">I", raw[name.encode()], 36) == (path.stat().st_size,)


def test_hand_edits_show_after_an_edit_of_another_entry(filled: Dataset, git: Git) -> None:
    path = an_entry(filled.folder)
    path.write_bytes(path.read_bytes().replace(b"hello", b"hallo"))

    with filled.edit("another one") as change:
        change.add({"messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Hm."}]})

    name = path.relative_to(filled.folder).as_posix()
    assert git(filled.folder, "status", "--porcelain") == f" M {name}\n"


@pytest.mark.parametrize("damage", ["version", "cut", "digest", "required extension", "conflict"])
def test_an_index_of_another_kind_is_left_alone(filled: Dataset, git: Git, damage: str) -> None:
    path = index_of(filled.folder)
    data = path.read_bytes()
    if damage == "version":
        git(filled.folder, "update-index", "--index-version", "4")
    elif damage == "cut":
        path.write_bytes(data[:100])
    elif damage == "digest":
        path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
    elif damage == "required extension":
        path.write_bytes(data[:-20] + b"link" + bytes(4) + bytes(20))
    else:
        listed = git(filled.folder, "ls-files", "--stage", "rolethread.toml").split()
        stages = f"0 {'0' * 40}\trolethread.toml\n{listed[0]} {listed[1]} 1\trolethread.toml\n"
        git(filled.folder, "update-index", "--index-info", data=stages.encode())
    before = path.read_bytes()

    assert index_file.read(path, str(filled.folder)) is None
    assert not index_file.note(path, str(filled.folder), {"x": None})
    assert path.read_bytes() == before
    assert not path.with_name("index.lock").exists()


def test_an_edit_works_with_an_index_of_another_kind(filled: Dataset, git: Git) -> None:
    git(filled.folder, "update-index", "--index-version", "4")

    with filled.edit("one more") as change:
        change.add({"messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Hm."}]})

    assert git(filled.folder, "status", "--porcelain") == ""


def test_a_held_lock_is_busy(filled: Dataset) -> None:
    lock = index_of(filled.folder).with_name("index.lock")
    lock.touch()

    with pytest.raises(GitLockedError):
        index_file.note(index_of(filled.folder), str(filled.folder), {})

    assert lock.exists()


def test_no_index_is_an_empty_one(tmp_path: Path) -> None:
    assert index_file.read(tmp_path / "index", str(tmp_path)) == {}
