"""One pack per transaction: what git thinks of it, and what stays behind."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.pack_index import build_index, read_index
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.pack_folder import leftovers, sweep


def test_git_accepts_a_pack_and_its_index(dataset, git):
    with dataset.repository.pack() as pack:
        ids = [pack.add("blob", b"x" * size) for size in (0, 1, 15, 16, 2047, 2048, 300_000)]
        path = pack.publish()

    listed = git(dataset.folder, "verify-pack", "-v", str(path.with_suffix(".idx")))
    assert all(f"{oid.hex()} blob" in listed for oid in ids)
    assert sorted(read_index(path.with_suffix(".idx"))) == sorted(ids)


def test_the_same_object_is_written_once(dataset):
    with dataset.repository.pack() as pack:
        first, second = pack.add("blob", b"twice"), pack.add("blob", b"twice")

        assert first == second
        assert list(pack.ids()) == [first]


def test_an_id_is_the_one_git_gives(dataset, git):
    with dataset.repository.pack() as pack:
        oid = pack.add("blob", b"some words\n")

    assert oid.hex() == git(dataset.folder, "hash-object", "--stdin", data=b"some words\n").strip()


def test_leaving_the_block_without_publishing_leaves_nothing(dataset):
    before = sorted(dataset.repository.pack_folder.iterdir())

    with dataset.repository.pack() as pack:
        pack.add("blob", os.urandom(3 << 20))

    assert sorted(dataset.repository.pack_folder.iterdir()) == before


def test_offsets_beyond_two_gigabytes_go_into_the_table_of_large_offsets():
    places = {
        hashlib.sha1(bytes([number])).digest(): (offset, number)
        for number, offset in enumerate((12, (1 << 31) - 1, 1 << 31, (5 << 32) + 7))
    }

    index = build_index(places, b"\1" * 20)

    ids = sorted(places)
    at = 8 + 1024 + 20 * 4
    sums = struct.unpack_from(">4I", index, at)
    short = struct.unpack_from(">4I", index, at + 16)
    large = struct.unpack_from(">2Q", index, at + 32)
    read = [large[value & 0x7FFFFFFF] if value & 0x80000000 else value for value in short]
    assert [places[oid] for oid in ids] == list(zip(read, sums, strict=True))
    assert len(index) == 8 + 1024 + 4 * (20 + 4 + 4) + 2 * 8 + 20 + 20


def test_a_failure_after_the_pack_is_written_leaves_nothing(dataset, monkeypatch):
    before = sorted(dataset.repository.pack_folder.iterdir())

    def refuse(what: str, path: str) -> None:
        if what == "create" and path.endswith(".idx"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "fault_point", refuse)
    with dataset.repository.pack() as pack:
        pack.add("blob", b"lost")
        with pytest.raises(SystemRefusedError, match="no space left"):
            pack.publish()

    assert sorted(dataset.repository.pack_folder.iterdir()) == before


def test_a_pack_that_was_there_already_survives_a_failing_repeat(dataset, monkeypatch):
    with dataset.repository.pack() as pack:
        oid = pack.add("blob", b"kept")
        pack.publish().with_suffix(".keep").unlink()

    def refuse(what: str, path: str) -> None:
        if what == "create" and path.endswith(".idx"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "fault_point", refuse)
    with dataset.repository.pack() as pack:
        pack.add("blob", b"kept")
        with pytest.raises(SystemRefusedError):
            pack.publish()

    assert Dataset.open(dataset.folder).repository.objects.check(oid.hex()) == ("blob", b"kept")


def test_a_keep_file_protects_an_unreferenced_pack_from_a_pruning_collection(dataset, git):
    with dataset.repository.pack() as pack:
        oid = pack.add("blob", b"nobody points at me yet")
        pack.publish()

    git(dataset.folder, "gc", "--prune=now", "--quiet")

    assert git(dataset.folder, "cat-file", "-p", oid.hex()) == "nobody points at me yet"


def test_sweeping_takes_what_the_dead_left_and_leaves_the_living(dataset):
    folder: Path = dataset.repository.pack_folder
    dead, living = folder / "tmp_rtv_999999999_ab", folder / f"tmp_rtv_{os.getpid()}_cd"
    foreign = folder / "pack-0000.keep"
    ours = folder / "pack-1111.keep"
    for path, text in ((dead, b"x"), (living, b"x"), (foreign, b"backup"), (ours, b"rolethread transaction 1\n")):
        path.write_bytes(text)

    assert leftovers(dataset.repository) == [ours, dead]
    sweep(dataset.repository)
    assert not dead.exists() and not ours.exists()
    assert living.exists() and foreign.exists()


def test_a_fresh_writer_never_meets_the_leftover_of_a_dead_one(tmp_path):
    names = set()
    for _ in range(20):
        with PackWriter(tmp_path, durable=False) as pack:
            pack.add("blob", os.urandom(2 << 20))
            names.update(path.name for path in tmp_path.glob("tmp_rtv_*"))

    assert len(names) == 20
