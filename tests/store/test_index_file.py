"""Git's index written by ourselves: stock git believes it, and no edit hides behind it."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.store.checkout import index_file
from rolethread_vcs.store.checkout.worktree import blob_id
from rolethread_vcs.store.git_errors import GitLockedError
from rolethread_vcs.store.objects.trees import FILE, PROGRAM
from rolethread_vcs.store.objects.walk import Blob
from rolethread_vcs.transaction import Intent

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


def status_of(second: int, nanoseconds: int, size: int) -> os.stat_result:
    """Return the status of a file that never was."""
    times = {"st_mtime_ns": second * 10**9 + nanoseconds, "st_ctime_ns": second * 10**9 + nanoseconds}
    return os.stat_result((0o100644, 7, 1, 1, 0, 0, size, second, second, second), times)


NAMES = st.one_of(
    st.integers(1, 60).map(lambda number: f"entries/0000/{number // 10:02}/{number:08}-abcdefgh.json"),
    st.text("ab/é", min_size=1, max_size=9).filter(lambda name: "//" not in name and name.strip("/") == name),
    st.sampled_from(["x" * 4094, "x" * 4095, "x" * 4096, "y" * 5000]),
)
SECOND = 1_700_000_000
FOUND = st.tuples(
    st.builds(Blob, st.sampled_from([FILE, PROGRAM]), st.binary(min_size=20, max_size=20)),
    st.none() | st.builds(status_of, st.integers(SECOND - 2, SECOND + 2), st.sampled_from([0, 5]), st.integers(0, 9)),
)


@settings(max_examples=100, deadline=None)
@given(
    held=st.dictionaries(NAMES, FOUND, max_size=40),
    notes=st.dictionaries(NAMES, st.none() | FOUND, max_size=8),
    flags=st.lists(st.integers(0, 39), max_size=3, unique=True),
    extension=st.sampled_from([b"", b"TREE\0\0\0\2ab", b"link\0\0\0\0"]),
)
def test_a_spliced_index_is_the_rewritten_one_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory,
    held: dict[str, tuple[Blob, os.stat_result | None]],
    notes: dict[str, tuple[Blob, os.stat_result | None] | None],
    flags: list[int],
    extension: bytes,
) -> None:
    folder = tmp_path_factory.mktemp("index")
    path = folder / "index"
    assert index_file.note(path, str(folder), held, afresh=True)
    entries = index_file.read(path, str(folder))
    assert entries is not None
    body = bytearray(path.read_bytes()[:-20])
    for number in flags:  # assume-unchanged
        if number < len(entries):
            body[body.index(sorted(entries.values())[number]) + 60] |= 0x80
    body += extension
    path.write_bytes(bytes(body) + hashlib.sha1(body).digest())
    os.utime(path, ns=(SECOND * 10**9, SECOND * 10**9 + 1))

    spliced, rewritten = (road(path, str(folder), notes) for road in (index_file.spliced, index_file.rewritten))

    assert spliced == rewritten
    assert (spliced is None) == extension.startswith(b"link")


def test_files_as_young_as_the_index_are_doubted_by_both_roads(filled: Dataset, git: Git) -> None:
    untouched, edited, noted = sorted((filled.folder / "entries").rglob("*.json"))[:3]
    stamp = (index_of(filled.folder).stat().st_mtime_ns // 10**9 - 1) * 10**9
    for path in (untouched, edited, noted):
        os.utime(path, ns=(stamp, stamp))
    names = [path.relative_to(filled.folder).as_posix() for path in (untouched, edited, noted)]
    filled.repository.worktree.refresh(names, filled.snapshot().tree)  # type: ignore[union-attr]  # it is checked out
    os.utime(index_of(filled.folder), ns=(stamp + 5 * 10**8, stamp + 5 * 10**8))
    edited.write_bytes(edited.read_bytes().replace(b"hello", b"hallo"))
    notes = {
        names[2]: (Blob(FILE, blob_id(noted.read_bytes())), noted.stat()),
        "new.json": (Blob(FILE, bytes(20)), None),
    }

    roads = (index_file.spliced, index_file.rewritten)
    spliced, rewritten = (road(index_of(filled.folder), str(filled.folder), notes) for road in roads)

    assert spliced == rewritten is not None
    index_of(filled.folder).write_bytes(spliced or b"")
    listed = git(filled.folder, "ls-files", "--debug")
    sizes = dict(zip(listed.splitlines()[::6], listed.splitlines()[5::6], strict=True))
    doubted = {path for path, line in sizes.items() if line.split()[1] == "0"}
    assert names[1] in doubted and doubted.isdisjoint((names[0], names[2]))


def test_a_skipped_file_is_kept_by_the_slow_road(filled: Dataset, git: Git) -> None:
    git(filled.folder, "update-index", "--skip-worktree", "rolethread.toml")

    assert index_file.spliced(index_of(filled.folder), str(filled.folder), {"x": None}) is None
    assert index_file.rewritten(index_of(filled.folder), str(filled.folder), {"x": None}) is not None


@pytest.mark.parametrize("kind", ["tree", "untracked cache"])
def test_git_agrees_after_edits_whatever_its_index_carries(filled: Dataset, git: Git, kind: str) -> None:
    if kind == "untracked cache":
        git(filled.folder, "update-index", "--force-untracked-cache")
    git(filled.folder, "status")
    ids = filled.snapshot().ids()

    with filled.edit("all at once") as change:
        change.add({"messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Hm."}]})
        change.put(ids[1], {"messages": [{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}]})
        change.remove(ids[2])

    assert git(filled.folder, "status", "--porcelain") == ""
    assert git(filled.folder, "diff-files", "--name-only") == ""
    tree = git(filled.folder, "write-tree").strip()
    assert tree == filled.snapshot().tree.hex()
    assert git(filled.folder, "fsck", "--strict") == ""


def test_a_split_index_is_left_alone_and_told(filled: Dataset, git: Git) -> None:
    git(filled.folder, "update-index", "--split-index")

    with pytest.raises(InvalidError) as caught, filled.edit("one more") as change:
        change.add({"messages": [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "Hm."}]})
    git(filled.folder, *(caught.value.hint or "").split()[1:])
    result = filled.add([], Intent("add", "add nothing"))

    assert caught.value.saved
    assert any("finished now" in note for note in result.notes)
    assert git(filled.folder, "status", "--porcelain") == ""
