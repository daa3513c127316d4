"""Unpacks a bundle of git (gitformat-bundle, versions 2 and 3): one file with the names of refs and a pack."""

from __future__ import annotations

import hashlib
import mmap
import os
import shlex
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH, RAISED, create_git
from rolethread_vcs.store.objects import read_packed
from rolethread_vcs.store.objects.pack_index import build_index
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, TAGS
from rolethread_vcs.store.repository import Repository

_BY_PLACE, _BY_ID = 6, 7
"""Kinds of objects in a pack that are deltas: their base is named by how far before, or by its id."""
_DIGEST = 20
_PIECE = 4096


def is_bundle(path: Path) -> bool:
    with disk.system_errors(f"reading {path}"), path.open("rb") as file:
        return file.readline(80) in (b"# v2 git bundle\n", b"# v3 git bundle\n")


@contextmanager
def unpacked(path: Path, scratch: Path) -> Iterator[Repository]:
    """Give a repository with the branches and releases of a bundle; it lies in a folder of `scratch` meanwhile.

    Raises:
        InvalidError: it holds only a part. DamagedError: it is cut off.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        disk.system_errors(f"unpacking {path}"),
        path.open("rb") as file,
        TemporaryDirectory(prefix=f"{os.getpid()}-", dir=scratch) as folder,
    ):
        refs: dict[str, str] = {}
        file.readline()
        while (line := file.readline()) not in (b"", b"\n"):
            if line == b"@object-format=sha256\n":
                raise InvalidError(f"the bundle {path} has SHA-256 names; datasets use SHA-1")
            if line.startswith((b"-", b"@filter=")):
                hint = f"bring it into a copy that has the rest: git fetch {shlex.quote(str(path.resolve()))}"
                raise InvalidError(f"the bundle {path} holds only a part of a dataset", hint=hint)
            oid, _, name = line.decode("utf-8", "surrogateescape").rstrip("\n").partition(" ")
            if name.startswith((HEAD, BRANCHES, TAGS)):
                refs[name] = oid
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[file.tell() :]
        repository = Repository(create_git(Path(folder) / "dataset"), durable=False)
        try:
            _unpack(data, Path(folder), repository)
        except (*RAISED, LookupError, struct.error, zlib.error) as error:
            raise DamagedError(f"the bundle {path} is cut off or damaged", hint="make or copy it again") from error
        tip = refs.pop(HEAD, None)
        for name, oid in refs.items():
            repository.refs.create(name, oid)
        # as git does, a branch that stands where HEAD stood is taken for the current one
        branches = sorted(
            repository.refs.branches().items(), key=lambda each: (each[1] != tip, each[0] != DEFAULT_BRANCH)
        )
        if not branches:
            raise InvalidError(f"the bundle {path} holds no branch", hint="make it with: git bundle create FILE --all")
        repository.refs.set_head(SYMBOLIC + BRANCHES + branches[0][0], before=repository.refs.head())
        yield repository


def _unpack(data: memoryview, folder: Path, repository: Repository) -> None:
    """Write the objects of a pack without an index into a repository; `folder` is for what lies there meanwhile."""
    checksum = bytes(data[-_DIGEST:])
    if hashlib.sha1(data[:-_DIGEST], usedforsecurity=False).digest() != checksum:
        raise ValueError("the pack is not whole")
    # libgit2 unpacks the deltas, and finds objects by an index alone: each has a stand-in for its id there
    stand_ins = {number.to_bytes(_DIGEST): (at, 0) for number, at in enumerate(_offsets(data), 1)}
    (folder / "pack").mkdir()
    (folder / "pack" / "pack-bundle.pack").write_bytes(data)
    (folder / "pack" / "pack-bundle.idx").write_bytes(build_index(stand_ins, checksum))
    with repository.pack() as pack:
        for kind, body in read_packed(folder, stand_ins):
            pack.add(kind, body)
        pack.publish()


def _offsets(data: memoryview) -> Iterator[int]:
    """Yield where each object of a pack (gitformat-pack) begins; their ends are found by unpacking them."""
    (total,) = struct.unpack_from(">I", data, 8)
    at = 12
    for _ in range(total):
        yield at
        kind = data[at] >> 4 & 7
        for _ in range(2 if kind == _BY_PLACE else 1):  # numbers of bytes that say whether one more follows
            while data[at] & 0x80:
                at += 1
            at += 1
        at += _DIGEST if kind == _BY_ID else 0
        inflate = zlib.decompressobj()
        while not inflate.eof:
            piece = data[at : at + _PIECE]
            if not piece:
                raise ValueError("an object does not end")
            inflate.decompress(piece)
            at += len(piece)
        at -= len(inflate.unused_data)
