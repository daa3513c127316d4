"""Packs as files: one is written per transaction, objects stream to `objects/pack/tmp_rtv_*`, then `.keep` and `.idx`
join them.

Pack and index follow git's documented formats (gitformat-pack, version 2 of both). No deltas: entries are small, and
reading them fast matters more than a smaller disk. `.keep` protects the pack from `git gc --prune=now` until the
transaction has published a ref to it, and holds the note by which a crash can be finished (`store.log.journal`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path

from rolethread_vcs.store import disk
from rolethread_vcs.store.objects import commits
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.objects.pack_index import build_index
from rolethread_vcs.store.objects.trees import object_id

TEMPORARY = "tmp_rtv_"
FOLDING = "_fold"
"""How the name of a temporary pack ends that only copies what is saved."""
KEEP = ".keep"
KEEP_TEXT = b"rolethread transaction "
"""How a `.keep` of ours begins; the process id and a line end follow, then the note of the transaction, if any."""

_FLUSH_AT = 1 << 20


class PackWriter:
    """Collects objects for one transaction; nothing is visible to anybody before `publish`.

    Use as a context manager: leaving the block without `publish` removes the temporary file.
    """

    def __init__(self, folder: Path, *, durable: bool, end: str = "") -> None:
        self._folder = folder
        self._durable = durable
        self._places: dict[bytes, tuple[int, int]] = {}  # id -> (offset, crc32)
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._size = 0
        self._fd: int | None = None
        self._path = folder / f"{TEMPORARY}{os.getpid()}_{os.urandom(4).hex()}{end}"
        self.tags: dict[str, bytes] = {}  # tag objects by their hex ids; nobody else can read them yet
        self._append(b"PACK" + struct.pack(">II", 2, 0))

    def __enter__(self) -> PackWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def __contains__(self, oid: str) -> bool:
        return bytes.fromhex(oid) in self._places

    def ids(self) -> Collection[bytes]:
        """Return the 20-byte ids of the objects written so far."""
        return self._places.keys()

    def add(self, kind: str, data: bytes, oid: bytes | None = None) -> bytes:
        """Write one object (`blob`, `tree`) and return its 20-byte id, which may be known; a repeat costs nothing."""
        oid = object_id(kind, data) if oid is None else oid
        if oid not in self._places:
            # a tree is mostly ids, which do not pack, and reading one is mostly unpacking it: it is stored as it is
            body = zlib.compress(data, 0) if kind == "tree" else _compressor()(data)
            packed = _header(KIND_NUMBERS[kind], len(data)) + body
            self._places[oid] = (self._size, zlib.crc32(packed))
            self._append(packed)
        return oid

    def add_commit(self, tree: bytes, parents: Sequence[str], who: Signature, message: str) -> str:
        return self.add("commit", commits.encode(tree, parents, who, who, message)).hex()

    def add_tag(self, data: bytes) -> str:
        oid = self.add("tag", data).hex()
        self.tags[oid] = data
        return oid

    def publish(self, note: bytes = b"") -> Path:
        """Make the pack visible to git and return its path; its `.keep`, with the note, is the caller's to remove.

        When this returns and the writer is durable, pack, index, `.keep` and their names are on the disk.

        Raises:
            SystemRefusedError: a write failed; nothing was published.
        """
        durable = self._durable
        with disk.system_errors("writing the objects of this change"):
            self._flush()
            checksum = self._seal()
            index = build_index(self._places, checksum)
            # as git names them: a pack of that name that is there already holds these very bytes, as its index says
            pack = self._folder / f"pack-{checksum.hex()}.pack"
            keep, idx = pack.with_suffix(KEEP), pack.with_suffix(".idx")
            text = KEEP_TEXT + b"%d\n" % os.getpid() + note
            already_there = idx.exists()
            try:
                disk.replace_file(keep, text, durable=durable, sync_name=False)
                disk.rename(self._path, pack)
                disk.replace_file(idx, index, durable=durable, sync_name=False, mode=0o444)
                if durable:
                    disk.sync_folder(self._folder)
            except BaseException:
                # without its index nobody has seen the pack; one that was there before is somebody's
                for path in (keep,) if already_there else (idx, pack, keep):
                    with contextlib.suppress(OSError):
                        path.unlink()
                raise
        return pack

    def discard(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _append(self, data: bytes) -> None:
        self._buffer.append(data)
        self._buffered += len(data)
        self._size += len(data)
        if self._buffered >= _FLUSH_AT:
            with disk.system_errors("writing the objects of this change"):
                self._flush()

    def _flush(self) -> None:
        if self._fd is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            disk.reach("create", self._path)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o444)
        disk.write_all(self._fd, b"".join(self._buffer), self._path)
        self._buffer.clear()
        self._buffered = 0

    def _seal(self) -> bytes:
        """Write the true object count into the header and the SHA-1 of everything at the end; return it."""
        assert self._fd is not None
        os.lseek(self._fd, 0, os.SEEK_SET)
        disk.write_all(self._fd, b"PACK" + struct.pack(">II", 2, len(self._places)), self._path)
        os.lseek(self._fd, 0, os.SEEK_SET)
        digest = hashlib.sha1(usedforsecurity=False)
        while chunk := os.read(self._fd, _FLUSH_AT):
            digest.update(chunk)
        disk.write_all(self._fd, digest.digest(), self._path)
        if self._durable:
            disk.sync_file(self._fd, self._path)
        os.close(self._fd)
        self._fd = None
        return digest.digest()


KIND_NUMBERS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


@cache
def _compressor() -> Callable[[bytes], bytes]:
    """Return what packs anything but trees: isal where it is installed, else zlib.

    isal's level 0 still packs text to less than half, in a fifth of the time of zlib's level 1.
    """
    try:
        from isal import isal_zlib
    except ImportError:
        return lambda data: zlib.compress(data, 1)
    compress: Callable[[bytes, int], bytes] = isal_zlib.compress
    return lambda data: compress(data, 0)


def _header(kind: int, size: int) -> bytes:
    """Return kind and size the way a pack has them: four bits of the size, then seven a byte, lowest first."""
    byte = kind << 4 | size & 0x0F
    size >>= 4
    if not size:
        return bytes((byte,))
    if size < 0x80:
        return bytes((byte | 0x80, size))
    if size < 0x4000:  # up to 256 KB, which nearly all are
        return bytes((byte | 0x80, size & 0x7F | 0x80, size >> 7))
    parts = [byte | 0x80]
    while size >= 0x80:
        parts.append(size & 0x7F | 0x80)
        size >>= 7
    parts.append(size)
    return bytes(parts)
