"""Reads a bundle of git (gitformat-bundle, versions 2 and 3): one file with the names of refs and a pack."""

from __future__ import annotations

import hashlib
import mmap
import os
import shlex
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH, RAISED, ForeignRepositoryError, NoDatasetError
from rolethread_vcs.store.objects import read_packed
from rolethread_vcs.store.objects.packs import KEEP, build_index
from rolethread_vcs.store.refs import BRANCHES, HEAD

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

_STARTS = (b"# v2 git bundle", b"# v3 git bundle")
_BY_PLACE, _BY_ID = 6, 7
"""Kinds of objects in a pack that are deltas: their base is named by how far before, or by its id."""
_DIGEST = 20
_PIECE = 4096


class Bundle:
    """A bundle that can be copied whole; `refs` are hex ids by full names, `head` is the branch to stand on.

    Raises:
        NoDatasetError: the file is no bundle. InvalidError: it holds only a part. DamagedError: it is cut off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with disk.system_errors(f"reading {path}"), path.open("rb") as file:
            first = file.readline(80)
            if first.rstrip() not in _STARTS:
                raise NoDatasetError(
                    f"{path} is a file, and neither a dataset nor a bundle of git",
                    hint=f"to start a dataset with its rows: rtv init my-dataset --from {shlex.quote(str(path))}",
                )
            self.refs: dict[str, str] = {}
            for line in iter(file.readline, b""):
                if line == b"\n":
                    break
                self._read_line(line.decode("utf-8", "surrogateescape").rstrip("\n"))
            start = file.tell()
            file.seek(0, 2)
            if file.tell() - start < 12 + _DIGEST:
                raise self._damaged()
            self._data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[start:]
        branches = [name for name in self.refs if name.startswith(BRANCHES)]
        if not branches:
            raise InvalidError(f"the bundle {path} holds no branch", hint="make it with: git bundle create FILE --all")
        main, tip = BRANCHES + DEFAULT_BRANCH, self.refs.get(HEAD)
        # HEAD is there as a commit; as git does, a branch that stands at it is taken for the current one
        self.head = max(branches, key=lambda name: (tip is not None and self.refs[name] == tip, name == main))

    def _read_line(self, line: str) -> None:
        if line.startswith("@object-format=") and not line.endswith("=sha1"):
            raise ForeignRepositoryError(f"{self._path} is a bundle with SHA-256 names; datasets use SHA-1")
        if line.startswith(("-", "@filter=")):
            raise InvalidError(
                f"the bundle {self._path} holds only a part of a dataset",
                hint=f"bring it into a copy that has the rest: git fetch {shlex.quote(str(self._path.resolve()))}",
            )
        if not line.startswith("@"):
            oid, _, name = line.partition(" ")
            self.refs[name] = oid

    def copy_to(self, repository: Repository, names: Mapping[str, str]) -> None:
        """Write all objects of the bundle, and its refs below some folders of refs, each under another folder.

        Raises:
            DamagedError: bytes of the bundle are not what they should be. SystemRefusedError.
        """
        checksum = bytes(self._data[-_DIGEST:])
        if hashlib.sha1(self._data[:-_DIGEST], usedforsecurity=False).digest() != checksum:
            raise self._damaged()
        # libgit2 unpacks the deltas, and finds objects by an index alone: each has a stand-in for its id there
        folder = repository.scratch_folder / f"{os.getpid()}-bundle"
        try:
            stand_ins = {number.to_bytes(_DIGEST): (at, 0) for number, at in enumerate(_offsets(self._data), 1)}
            with disk.system_errors(f"unpacking {self._path}"), repository.pack() as pack:
                (folder / "pack").mkdir(parents=True)
                (folder / "pack" / "pack-bundle.pack").write_bytes(self._data)
                (folder / "pack" / "pack-bundle.idx").write_bytes(build_index(stand_ins, checksum))
                for kind, data in read_packed(folder, stand_ins):
                    pack.add(kind, data)
                published = pack.publish()
        except (*RAISED, LookupError, struct.error, zlib.error) as error:
            raise self._damaged() from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for start, new in names.items():
            for name, oid in self.refs.items():
                if name.startswith(start):
                    repository.refs.create(new + name.removeprefix(start), oid)
        disk.remove(published.with_suffix(KEEP))

    def _damaged(self) -> DamagedError:
        return DamagedError(f"the bundle {self._path} is cut off or damaged", hint="make or copy it again")


def _offsets(data: memoryview) -> Iterator[int]:
    """Yield where each object of a pack (gitformat-pack) begins; their ends are found by unpacking them.

    Raises:
        ValueError, IndexError, struct.error, zlib.error: something is not as the format says.
    """
    magic, version, total = struct.unpack_from(">4sII", data)
    if magic != b"PACK" or version not in (2, 3):
        raise ValueError("this is no pack")
    at = 12
    for _ in range(total):
        yield at
        kind = data[at] >> 4 & 7
        while data[at] & 0x80:  # the size
            at += 1
        at += 1
        if kind == _BY_ID:
            at += _DIGEST
        elif kind == _BY_PLACE:
            while data[at] & 0x80:
                at += 1
            at += 1
        inflate = zlib.decompressobj()
        while not inflate.eof:
            piece = data[at : at + _PIECE]
            if not piece:
                raise ValueError("an object does not end")
            inflate.decompress(piece)
            at += len(piece)
        at -= len(inflate.unused_data)
