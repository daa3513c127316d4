"""An index of packs is looked at before libgit2 reads through it, forged ones too."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.store.objects.pack_index import (
    DamagedIndexError,
    build_index,
    damaged_indexes,
    read_index,
    refuse_damaged,
)

READ = "import sys; from rolethread_vcs import Dataset; print(len(dict(Dataset.open(sys.argv[1]).snapshot())))"


@pytest.fixture
def packed(filled, git):
    """Return the `objects` folder of a dataset with one pack of git's, and its index."""
    git(filled.folder, "repack", "-adq")
    objects = filled.repository.common_folder / "objects"
    (index,) = objects.glob("pack/*.idx")
    index.chmod(0o644)
    return objects, index


def summed(data: bytes) -> bytes:
    return data[:-20] + hashlib.sha1(data[:-20]).digest()


def total_of(data: bytes) -> int:
    return int.from_bytes(data[1028:1032], "big")


def with_offset(data: bytes, offset: int) -> bytes:
    at = 1032 + 24 * total_of(data)
    return data[:at] + offset.to_bytes(4, "big") + data[at + 4 :]


FORGED = {
    "beyond the pack": lambda data: with_offset(data, 0x7FFFFF00),
    "in a table that is not there": lambda data: with_offset(data, 0x80000000),
    "an object too many": lambda data: data[:1028] + (total_of(data) + 1).to_bytes(4, "big") + data[1032:],
    "an object too few": lambda data: data[:1028] + (total_of(data) - 1).to_bytes(4, "big") + data[1032:],
    "names out of order": lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:],
    "cut off": lambda data: data[: len(data) // 2],
    "nothing": lambda data: b"",
    "of another kind": lambda data: b"\0" * 2000,
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_index_is_refused_by_name_and_ends_no_process(packed, filled, environment, how):
    objects, index = packed
    index.write_bytes(summed(FORGED[how](index.read_bytes())))

    with pytest.raises(DamagedIndexError, match=index.name):
        refuse_damaged(objects)
    done = subprocess.run([sys.executable, "-c", READ, str(filled.folder)], capture_output=True, env=environment)
    assert done.returncode == 1 and b"DamagedIndexError" in done.stderr
    assert [path for path, _ in damaged_indexes(objects / "pack", whole=True)] == [index]


def test_a_checksum_that_does_not_fit_is_enough(packed):
    objects, index = packed
    data = bytearray(index.read_bytes())
    data[1032 + 20 * total_of(data)] ^= 1  # a CRC, that nobody reads
    index.write_bytes(data)

    with pytest.raises(DamagedIndexError):
        refuse_damaged(objects)
    with pytest.raises(ValueError, match="damaged"):
        read_index(index)


def test_an_index_of_the_first_version_is_read(packed, filled, git):
    _, index = packed
    before = dict(filled.snapshot())
    index.unlink()
    git(filled.folder, "index-pack", "--index-version=1", str(index.with_suffix(".pack")))

    assert dict(Dataset.open(filled.folder).snapshot()) == before


def test_an_index_of_many_packs_is_looked_at_too(packed, filled, git):
    objects, _ = packed
    git(filled.folder, "multi-pack-index", "write")
    many = objects / "pack" / "multi-pack-index"
    many.chmod(0o644)
    data = many.read_bytes()
    refuse_damaged(objects)
    place = data.index(b"OOFF")
    at = int.from_bytes(data[place + 4 : place + 12], "big") + 4
    many.write_bytes(summed(data[:at] + b"\x7f" + data[at + 1 :]))

    with pytest.raises(DamagedIndexError, match="multi-pack-index"):
        refuse_damaged(objects)


def test_the_packs_of_an_alternate_are_looked_at_too(packed, tmp_path):
    objects, index = packed
    other = Dataset.init(tmp_path / "other")
    info = other.repository.common_folder / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"# others\n{os.path.relpath(objects, info.parent)}\n")
    index.write_bytes(summed(with_offset(index.read_bytes(), 0x7FFFFF00)))

    with pytest.raises(DamagedIndexError, match=index.name):
        Dataset.open(other.folder)


def test_an_index_that_is_no_file_is_damaged_and_ends(packed):
    objects, index = packed
    index.unlink()
    os.mkfifo(index)

    with pytest.raises(DamagedIndexError):
        refuse_damaged(objects)


def test_an_index_without_its_pack_is_nobodys(packed):
    objects, index = packed
    index.with_name("pack-gone.idx").write_bytes(b"")

    refuse_damaged(objects)


def test_an_index_that_is_folded_away_while_it_is_looked_at_is_no_damage(packed, monkeypatch):
    objects, index = packed
    scandir = os.scandir

    def gone_after(folder):
        found = list(scandir(folder))
        index.unlink()
        return nullcontext(found)

    monkeypatch.setattr(os, "scandir", gone_after)
    refuse_damaged(objects)


def test_what_a_process_has_looked_at_is_not_read_again(packed, monkeypatch):
    objects, index = packed
    refuse_damaged(objects)
    status = index.stat()
    index.write_bytes(index.read_bytes()[:-1] + b"\0")
    os.utime(index, ns=(status.st_atime_ns, status.st_mtime_ns))

    refuse_damaged(objects)
    assert list(damaged_indexes(objects / "pack", whole=True)) != []


def test_an_object_that_says_it_is_larger_than_memory_is_damaged_and_no_want_of_memory(packed, filled):
    _, index = packed
    snapshot = filled.snapshot()
    blob = snapshot.blob_id(snapshot.ids()[0])
    at = read_index(index)[blob]
    pack = index.with_suffix(".pack")
    pack.chmod(0o644)
    data = pack.read_bytes()
    pack.write_bytes(data[:at] + b"\xbf" + b"\xff" * 6 + b"\x7f" + data[at + 8 :])

    with pytest.raises(RoleThreadError, match="larger"):
        Dataset.open(filled.folder).repository.objects.blob(blob)


def test_the_commit_graph_of_git_is_not_believed(filled, git):
    filled.branch("try")
    git(filled.folder, "commit-graph", "write", "--reachable")
    graph = filled.repository.common_folder / "objects" / "info" / "commit-graph"
    graph.chmod(0o644)
    data = graph.read_bytes()
    place = int.from_bytes(data[data.index(b"CDAT") + 4 : data.index(b"CDAT") + 12], "big")
    graph.write_bytes(summed(data[: place + 20] + b"\x70\0\0\0" * 2 + data[place + 28 :]))
    opened = Dataset.open(filled.folder).repository
    tip = opened.refs.head_commit()

    assert opened.graph.is_ancestor(opened.objects.commit(tip).parents[0], tip)


def test_a_built_index_is_read(tmp_path):
    places = {bytes([number]) * 20: (12 + number, number) for number in range(200)}
    path = tmp_path / "pack-1.idx"
    path.write_bytes(build_index(places, b"\1" * 20))

    assert read_index(path) == {oid: offset for oid, (offset, _) in places.items()}
