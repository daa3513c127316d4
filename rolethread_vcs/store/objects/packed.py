"""Reads whole objects straight from the large packs, for the verbs that read everything.

libgit2 takes three times as long to find an object in a pack and unpack it. What is not plain here (a delta, a small
or odd pack, a byte that does not fit) is left to libgit2, which also says what is damaged. The files are as
gitformat-pack describes them, the index in version 2.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

SMALLEST = 256 << 10
"""Bytes of the smallest pack that is looked into: a small one would be one more place to look, and saves little."""

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_INDEX_START = b"\xfftOc\x00\x00\x00\x02"
_NAMES_AT = 8 + 1024
_NAME = 20
_NEARBY = 32
_LARGE_OFFSET = 1 << 31
_SHARE = 4
"""An index is read as a whole when a quarter as many places were asked for as it has: from then on that is cheaper."""
_LONGEST_TABLE = 1_000_000
"""Names in the longest index that is read as a whole; about 150 MB."""
_LONGEST_HEADER = 10
_DENSEST = 1032
"""Bytes that one packed byte can stand for at most; a damaged header may ask for more memory than there is."""


class Unpacker(NamedTuple):
    """Unpacks one object of a known size; `error` is what it raises at bytes that do not unpack."""

    unpack: Callable[..., bytes]
    error: type[Exception]


@cache
def _unpacker() -> Unpacker | None:
    """Return isal's, or None where isal is not installed: with zlib nothing would be gained on libgit2."""
    # imported here because start-up counts
    try:
        from isal import isal_zlib
        from isal.igzip_lib import IsalError
    except ImportError:
        return None
    return Unpacker(isal_zlib.decompress, IsalError)  # type: ignore[arg-type]  # its stub takes the class for a value


class PackedObjects:
    """The whole objects in the large packs of an `objects` folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "pack"
        self._listed_at = -1
        self._seen: set[str] = set()
        self._packs: list[_Pack] = []

    def read(self, oid: bytes, kind: str) -> bytes | None:
        """Return the bytes of an object of a 20-byte id and a kind, or None when libgit2 has to be asked."""
        for pack in self._packs:
            offset = pack.offset(oid)
            if offset is not None:
                if pack is not self._packs[0]:  # neighbours mostly lie in one pack
                    self._packs.remove(pack)
                    self._packs.insert(0, pack)
                return pack.read(offset, _KINDS[kind])
        return self.read(oid, kind) if self._has_found_more() else None

    def _has_found_more(self) -> bool:
        """Look for packs when the folder has changed since the last look."""
        try:
            changed = os.stat(self._folder).st_mtime_ns  # noqa: PTH116  once for each object that is in no large pack
            if changed == self._listed_at:
                return False
            self._listed_at = changed
            names = set(os.listdir(self._folder))  # noqa: PTH208  after every edit: names cost less than paths
        except OSError:
            return False
        new = [name for name in names - self._seen if name.endswith(".pack") and name[:-5] + ".idx" in names]
        self._seen.update(new)
        # a pack that went stays open: its objects are what they were
        found = [pack for pack in (_Pack.open(f"{self._folder}/{name}") for name in new) if pack is not None]
        self._packs += found
        return bool(found)


class _Pack:
    """One pack and its index, mapped into memory."""

    def __init__(self, index: mmap.mmap, pack: mmap.mmap, unpacker: Unpacker) -> None:
        self._index = index
        self._pack = pack
        self._bytes = memoryview(pack)
        self._unpack, self._error = unpacker
        self._ends = (*struct.unpack_from(">256I", index, len(_INDEX_START)), 0)  # the last is that before byte 0
        self._count = self._ends[255]
        self._offsets_at = _NAMES_AT + self._count * (_NAME + 4)
        self._large_at = self._offsets_at + self._count * 4
        self._asked = 0
        self._table: dict[bytes, int] | None = None

    @classmethod
    def open(cls, path: str) -> _Pack | None:
        """Return a pack, or None when it is small, went meanwhile, or has an index that is torn or not of version 2."""
        try:
            # a path object takes longer to make than the system to answer, and most packs are small
            unpacker = _unpacker() if os.stat(path).st_size >= SMALLEST else None  # noqa: PTH116
            if unpacker is None:
                return None
            pack = Path(path)
            index, data = _mapped(pack.with_suffix(".idx")), _mapped(pack)
        except (OSError, ValueError):  # an empty file has nothing to map
            return None
        if len(index) < _NAMES_AT or index[: len(_INDEX_START)] != _INDEX_START:
            return None
        count = struct.unpack_from(">I", index, _NAMES_AT - 4)[0]
        if len(index) < _NAMES_AT + count * (_NAME + 8) + 2 * _NAME:
            return None
        return cls(index, data, unpacker)

    def offset(self, oid: bytes) -> int | None:
        """Return where an object starts, or None when the index does not name it."""
        if self._table is not None:
            offset = self._table.get(oid)
        else:
            self._asked += 1
            if self._asked * _SHARE > self._count and self._count <= _LONGEST_TABLE:
                self._table = self._whole_index()
            offset = self._found_in_index(oid)
        if offset is not None and offset >= _LARGE_OFFSET:
            at = self._large_at + (offset - _LARGE_OFFSET) * 8
            return int.from_bytes(self._index[at : at + 8])
        return offset

    def _found_in_index(self, oid: bytes) -> int | None:
        first = oid[0]
        start, end = self._ends[first - 1], self._ends[first]
        # ids are evenly spread, so the place of one can be told from its digits, nearly
        guess = start + ((end - start) * (oid[1] << 8 | oid[2]) >> 16)
        low = guess - _NEARBY if guess - _NEARBY > start else start
        high = guess + _NEARBY if guess + _NEARBY < end else end
        names = self._index[_NAMES_AT + low * _NAME : _NAMES_AT + high * _NAME]
        found = names.find(oid)
        if found < 0 and (low > start or high < end):
            low = start
            names = self._index[_NAMES_AT + start * _NAME : _NAMES_AT + end * _NAME]
            found = names.find(oid)
        if found < 0 or found % _NAME:
            return None
        at = self._offsets_at + (low + found // _NAME) * 4
        return int.from_bytes(self._index[at : at + 4])

    def _whole_index(self) -> dict[bytes, int]:
        names = self._index[_NAMES_AT : _NAMES_AT + self._count * _NAME]
        offsets = struct.unpack_from(f">{self._count}I", self._index, self._offsets_at)
        return dict(zip((names[at : at + _NAME] for at in range(0, len(names), _NAME)), offsets, strict=True))

    def read(self, offset: int, kind: int) -> bytes | None:
        """Return the bytes of the object at an offset, or None when it is a delta, of another kind or damaged."""
        data = self._bytes
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
        if size > _DENSEST * (len(data) - offset):
            return None
        try:
            unpacked = self._unpack(data[start:], bufsize=size or 1)  # it stops where the object does
        except self._error:
            return None
        return unpacked if len(unpacked) == size else None


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
