"""Reads whole objects straight from large packs, for what reads nearly everything: an export, a check, a match.

libgit2 takes three times as long to find an object in a pack and unpack it. What is not plain here (a delta, a small
or odd pack, a byte that does not fit) is left to libgit2, which also says what is damaged. The files are as
gitformat-pack describes them, the index in version 2.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from pathlib import Path

from rolethread_vcs import limits
from rolethread_vcs.store.objects.pack_index import read_index
from rolethread_vcs.store.objects.packs import KIND_NUMBERS

SMALLEST = 256 << 10
"""Bytes of the smallest pack that is looked into: a small one would be one more place to look, and saves little."""

_SHARE = 16
"""A pack is opened when so many times the objects asked for are as many as the open ones hold with it: its whole index
is read then."""
_MOST_OBJECTS = 1_000_000
"""Objects in the largest pack that is opened; its index takes about 150 MB."""
_MOST_OPEN = 16
"""Packs that are held open at a time."""
_BYTES_OF_INDEX = 28
_LONGEST_HEADER = 10
_DENSEST = 1032
"""Bytes that one packed byte can stand for at most; a damaged header may ask for more memory than there is."""


class PackReader:
    """The whole objects in the large packs of an `objects` folder, as it was when this was made or refreshed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "pack"
        self._asked = 0
        self._open: list[_Pack] = []
        self.refresh()

    def refresh(self) -> None:
        """Look again which packs there are; those that are gone, or not needed of late, are let go of."""
        found = _large_packs(self._folder)
        there = {path for _, path in found}
        self._open = [pack for pack in self._open if pack.is_used and pack.path in there]
        for pack in self._open:
            pack.is_used = False
        self._asked = 0
        self._held = sum(len(pack.offsets) for pack in self._open)
        opened = {pack.path for pack in self._open}
        self._closed = sorted((each for each in found if each[1] not in opened), reverse=True)

    def read(self, oid: bytes, kind: str) -> bytes | None:
        """Return the bytes of an object of a 20-byte id and a kind, or None when libgit2 has to be asked."""
        self._asked += 1
        while self._closed and self._held + self._closed[-1][0] < self._asked * _SHARE and len(self._open) < _MOST_OPEN:
            count, path = self._closed.pop()
            pack = _Pack.open(path)
            if pack is not None:
                self._open.insert(0, pack)  # the largest first
                self._held += count
        for pack in self._open:
            offset = pack.offsets.get(oid)
            if offset is not None:
                pack.is_used = True
                return pack.read(offset, KIND_NUMBERS[kind])
        return None


def _large_packs(folder: Path) -> list[tuple[int, Path]]:
    """Return the packs worth opening, each with about the number of its objects; none where isal is not installed."""
    try:
        import isal  # noqa: F401  with zlib nothing would be gained on libgit2
    except ImportError:
        return []
    found = []
    for path in folder.glob("*.pack"):
        try:
            count = path.with_suffix(".idx").stat().st_size // _BYTES_OF_INDEX
            if path.stat().st_size >= SMALLEST and count <= _MOST_OBJECTS:
                found.append((count, path))
        except OSError:  # it went meanwhile, or is not published yet
            continue
    return found


class _Pack:
    """One pack, mapped into memory: it stays readable when git removes its file."""

    def __init__(
        self,
        path: Path,
        offsets: dict[bytes, int],
        data: mmap.mmap,
        unpack: Callable[..., bytes],
        error: type[Exception],
    ) -> None:
        self.path = path
        self.is_used = True
        self.offsets = offsets
        self._data = memoryview(data)
        self._unpack = unpack
        self._error = error

    @classmethod
    def open(cls, path: Path) -> _Pack | None:
        """Return a pack, or None when it went meanwhile or its index cannot be read."""
        from isal import isal_zlib
        from isal.igzip_lib import IsalError

        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            offsets = read_index(path.with_suffix(".idx"))
        except (OSError, ValueError):
            return None
        return cls(path, offsets, data, isal_zlib.decompress, IsalError)  # type: ignore[arg-type]  # its stub: a value

    def read(self, offset: int, kind: int) -> bytes | None:
        """Return the bytes of the object at an offset, or None when it is a delta, of another kind or damaged."""
        data = self._data
        try:
            byte = data[offset]
            if byte >> 4 & 7 != kind:
                return None
            size, shift, start = byte & 15, 4, offset + 1
            while byte & 0x80 and start < offset + _LONGEST_HEADER:
                byte = data[start]
                size |= (byte & 0x7F) << shift
                shift += 7
                start += 1
        except IndexError:  # the pack is cut off
            return None
        if size > limits.FILE or size > _DENSEST * (len(data) - offset):
            return None
        try:
            unpacked = self._unpack(data[start:], bufsize=size or 1)  # it stops where the object does
        except self._error:
            return None
        return unpacked if len(unpacked) == size else None
