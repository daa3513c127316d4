"""Reading straight from large packs: the same bytes as git's, and everything odd is left to libgit2."""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.objects.pack_index import build_index
from rolethread_vcs.store.objects.pack_reader import SMALLEST, PackReader
from rolethread_vcs.store.repository import Repository

WORDS = ["lantern", "cellar", "tide", "“quoted”", "ash", "Mara", "harbour", "rain", "letter", "stone"]


def texts(count, *, seed=1):
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randrange(400))).encode() for _ in range(count)]


def publish(repository, blobs):
    """Write blobs as one pack and return their ids and its path."""
    with repository.pack() as pack:
        ids = [pack.add("blob", data) for data in blobs]
        path = pack.publish()
    path.with_suffix(".keep").unlink()
    return ids, path


def opened(folder):
    """Return a reader that was asked for so many objects that it opens packs."""
    packs = PackReader(folder)
    for _ in range(200):
        packs.read(b"\0" * 20, "blob")
    return packs


def in_pack(data):
    """Return a blob of less than 16 bytes as a pack holds it."""
    return bytes([3 << 4 | len(data)]) + zlib.compress(data)


@pytest.fixture
def repository(dataset) -> Repository:
    return dataset.repository


@pytest.fixture
def folder(repository) -> Path:
    return repository.common_folder / "objects"


def test_every_object_of_a_large_pack_is_read(repository, folder):
    blobs = [b"", b"x", *texts(900), bytes(range(256)) * 4096, random.Random(1).randbytes(70_000)]
    ids, path = publish(repository, blobs)

    packed = opened(folder)

    assert path.stat().st_size >= SMALLEST
    assert [packed.read(oid, "blob") for oid in ids] == blobs


def test_an_id_that_no_pack_holds_is_none(repository, folder):
    publish(repository, texts(900))
    packed = opened(folder)

    assert [packed.read(hashlib.sha1(b"%d" % number).digest(), "blob") for number in range(300)] == [None] * 300
    assert packed.read(b"\0" * 20, "blob") is packed.read(b"\xff" * 20, "blob") is None


def test_another_kind_than_the_one_asked_for_is_none(repository, folder):
    (oid, *_), _ = publish(repository, texts(900))

    assert opened(folder).read(oid, "tree") is None


def test_a_small_pack_is_left_to_libgit2(repository, folder):
    (oid,), _ = publish(repository, [b"small"])

    assert opened(folder).read(oid, "blob") is None
    assert repository.objects.blob(oid) == b"small"


def test_a_pack_that_comes_later_is_left_to_libgit2(repository, folder):
    first, _ = publish(repository, texts(900))
    assert [repository.objects.blob(oid) for oid in first] == texts(900)

    second, _ = publish(repository, texts(900, seed=2))

    assert [repository.objects.blob(oid) for oid in (*second, *first)] == [*texts(900, seed=2), *texts(900)]


def test_a_pack_is_opened_when_much_of_it_is_read(repository, folder):
    (oid, *_), _ = publish(repository, texts(900))
    packs = PackReader(folder)

    found = [packs.read(oid, "blob") for _ in range(100)]

    assert (found[0], found[-1]) == (None, texts(1)[0])


def test_objects_that_git_packed_as_deltas_read_the_same(repository, git):
    root = "".join(map(bytes.decode, texts(40)))
    blobs = [f"{root}{number}".encode() for number in range(60)] + texts(900)
    ids, _ = publish(repository, blobs)
    tree = "".join(f"100644 blob {oid.hex()}\t{number}\n" for number, oid in enumerate(ids)).encode()
    git(repository.folder, "tag", "keep", git(repository.folder, "mktree", data=tree).strip())
    git(repository.folder, "repack", "-adfq", "--depth=50")

    again = open_dataset(repository.folder)

    assert [again.objects.blob(oid) for oid in ids] == blobs
    (path,) = repository.pack_folder.glob("*.idx")
    assert "chain length = 1" in git(repository.folder, "verify-pack", "-v", str(path))


def test_a_pack_stays_readable_when_git_removes_it(repository, folder):
    ids, path = publish(repository, texts(900))
    packed = opened(folder)
    packed.read(ids[0], "blob")

    for suffix in (".idx", ".pack"):
        path.with_suffix(suffix).unlink()

    assert packed.read(ids[1], "blob") == texts(2)[1]


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_damaged_byte_never_gives_other_bytes(repository, at):
    blobs = texts(900)
    ids, path = publish(repository, blobs)
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0x10
    path.chmod(0o644)
    path.write_bytes(data)

    again = open_dataset(repository.folder)
    damaged = 0
    for oid, blob in zip(ids, blobs, strict=True):
        try:
            assert again.objects.blob(oid) == blob
        except MissingObjectError:
            damaged += 1

    assert damaged == 1


@pytest.mark.parametrize("cut", [0, 7, 1000, 5000])
def test_a_torn_index_is_left_alone(repository, folder, cut):
    ids, path = publish(repository, texts(900))
    index = path.with_suffix(".idx")
    index.chmod(0o644)
    index.write_bytes(index.read_bytes()[:cut])

    assert opened(folder).read(ids[0], "blob") is None


def test_a_header_that_promises_more_than_any_pack_holds_takes_no_memory(repository, folder):
    ids, path = publish(repository, texts(900))
    data = bytearray(path.read_bytes())
    data[12:22] = b"\xbf" + b"\xff" * 8 + b"\x7f"  # the first object: a blob of 2^67 bytes
    path.chmod(0o644)
    path.write_bytes(data)

    assert opened(folder).read(ids[0], "blob") is None


def test_an_object_beyond_two_gigabytes_is_found(tmp_path):
    pack_folder = tmp_path / "objects" / "pack"
    pack_folder.mkdir(parents=True)
    offset = (1 << 31) + 12
    with (pack_folder / "pack-far.pack").open("wb") as file:  # a file with a hole: it takes no room on the disk
        file.seek(offset)
        file.write(in_pack(b"far away"))
    oid = hashlib.sha1(b"far away").digest()
    (pack_folder / "pack-far.idx").write_bytes(build_index({oid: (offset, 0)}, b"\0" * 20))

    assert opened(tmp_path / "objects").read(oid, "blob") == b"far away"


def test_objects_that_are_spread_unevenly_are_found(tmp_path):
    pack_folder = tmp_path / "objects" / "pack"
    pack_folder.mkdir(parents=True)
    data, places = b"PACK" + struct.pack(">II", 2, 0), {}
    for number in range(2000):  # names that all start with the same bytes, as no digests do
        oid = b"\x07\x80\x00" + struct.pack(">I", number * number) + b"\1" * 13
        places[oid] = (len(data), 0)
        data += in_pack(b"%d" % number)
    (pack_folder / "pack-odd.pack").write_bytes(data + b"\0" * SMALLEST)
    (pack_folder / "pack-odd.idx").write_bytes(build_index(places, b"\0" * 20))
    packed = opened(tmp_path / "objects")

    assert [packed.read(oid, "blob") for oid in places] == [b"%d" % number for number in range(2000)]


def test_everything_reads_where_isal_is_not_installed(repository, environment):
    ids, _ = publish(repository, texts(900))
    code = (
        "import sys; sys.modules['isal'] = None\n"
        "from rolethread_vcs.store.dataset_folder import open_dataset; from pathlib import Path\n"
        "objects = open_dataset(Path(sys.argv[1])).objects\n"
        "found = {objects.blob(bytes.fromhex(sys.argv[2])) for _ in range(400)}\n"
        "sys.stdout.buffer.write(b''.join(found))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(repository.folder), ids[7].hex()], capture_output=True, env=environment
    )

    assert (done.stdout, done.stderr) == (texts(8)[7], b"")
