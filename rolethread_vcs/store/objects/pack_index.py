"""The index of a pack (`.idx`, gitformat-pack): built, read, and looked at before libgit2 reads through it.

libgit2 takes offsets as they stand and does not look at checksums: with one that lies beyond the pack it reads memory
that is not there, and the process is gone; with a wrong one inside it gives another object's bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import stat
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store import disk

MULTI = "multi-pack-index"
_DEEPEST = 5
"""Alternates of alternates that are followed, as libgit2 does."""
_SUMMED = 4 << 20
"""Bytes of the largest index whose checksum each process looks at (2 ms, 140,000 objects); `verify` looks at all."""
_LARGE_OFFSET = 1 << 31
_PIECE = 1 << 20
_START = b"\xfftOc\x00\x00\x00\x02"
_DIGEST = 20
_NAMES_AT = len(_START) + 256 * 4

_whole: dict[str, frozenset[tuple[str, int, int]]] = {}
"""Indexes that this process has looked at, by folder: name, size and time."""


class DamagedIndexError(DamagedError):
    """An index of packs is damaged, and nothing can be read through it without harm."""

    code = "damaged_pack_index"


def build_index(places: dict[bytes, tuple[int, int]], pack_checksum: bytes) -> bytes:
    """Return the `.idx` (version 2) of a pack, from object id to (offset, crc32)."""
    ordered = sorted(places)
    total = len(ordered)
    fanout = [bisect_left(ordered, bytes((first,))) for first in range(1, 256)]
    spots = [places[oid] for oid in ordered]
    offsets = [offset for offset, _ in spots]
    large = [offset for offset in offsets if offset >= _LARGE_OFFSET]
    if large:
        number = count()
        offsets = [_LARGE_OFFSET | next(number) if offset >= _LARGE_OFFSET else offset for offset in offsets]
    body = b"".join(
        (
            _START,
            struct.pack(">256I", *fanout, total),
            b"".join(ordered),
            struct.pack(f">{total}I", *[crc for _, crc in spots]),
            struct.pack(f">{total}I", *offsets),
            struct.pack(f">{len(large)}Q", *large),
            pack_checksum,
        )
    )
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def read_index(path: Path) -> dict[bytes, int]:
    """Return the objects of an `.idx` (version 2): 20-byte ids, and where in the pack each starts.

    Raises:
        ValueError: the index is of another version or damaged. OSError.
    """
    data = path.read_bytes()
    if data[: len(_START)] != _START or not is_summed(data):
        raise ValueError(f"{path.name} is damaged, or of another version")
    offsets = _offsets(data)
    names = (data[at : at + _DIGEST] for at in range(_NAMES_AT, _NAMES_AT + len(offsets) * _DIGEST, _DIGEST))
    return dict(zip(names, offsets, strict=True))


def refuse_damaged(objects: Path, *, depth: int = _DEEPEST) -> None:
    """Refuse an `objects` folder that libgit2 cannot read without harm; each index is looked at once in a process.

    Raises:
        DamagedIndexError. SystemRefusedError: one cannot be read now.
    """
    with disk.system_errors("looking at the indexes of the packs"):
        for path, fault in damaged_indexes(objects / "pack"):
            place = objects.parent.parent if objects.parent.name == ".git" else objects.parent
            way_out = f"rtv -C {shlex.quote(str(place))} verify --repair"
            raise DamagedIndexError(f"the pack index {path} is damaged: {fault}", hint=way_out)
        for each in alternates(objects) if depth else ():
            refuse_damaged(each, depth=depth - 1)


def alternates(objects: Path) -> list[Path]:
    """Return the `objects` folders of others that git reads here, too."""
    lines = (disk.read_file(objects / "info" / "alternates") or "").splitlines()
    return [objects / line for line in lines if line and not line.startswith("#")]


def is_damaged_graph(objects: Path) -> bool:
    """Return whether git's commit graph in an `objects` folder, if there is one, is damaged."""
    try:
        return not is_summed(_readable(objects / "info" / "commit-graph"))
    except FileNotFoundError:
        return False


def damaged_indexes(folder: Path, *, whole: bool = False) -> Iterator[tuple[Path, str]]:
    """Yield the damaged indexes in a folder of packs (`.idx`, `multi-pack-index`), and what is wrong with each.

    With `whole` every checksum is looked at, also of what this process has looked at before. An index whose pack is
    gone is nobody's, and none of them.

    Raises:
        OSError.
    """
    known = frozenset() if whole else _whole.get(str(folder), frozenset())
    good, unknown = set(), []
    packs: dict[str, os.DirEntry[str]] = {}
    try:
        with os.scandir(folder) as files:
            for file in files:
                name = file.name
                if name.endswith(".pack"):
                    packs[name[:-5]] = file
                elif name.endswith(".idx") or name == MULTI:
                    try:
                        info = file.stat()
                    except FileNotFoundError:  # another command folded it away
                        continue
                    stamp = (name, info.st_size, info.st_mtime_ns)
                    if stamp in known:
                        good.add(stamp)
                    else:
                        unknown.append(stamp)
    except (FileNotFoundError, NotADirectoryError):
        return
    sizes = _sizes(packs) if unknown else {}
    for stamp in unknown:
        name = stamp[0]
        if name == MULTI or name[:-4] in sizes:
            path = folder / name
            try:
                data = _readable(path)
                fault = _fault_of_many(data, sizes) if name == MULTI else _fault(data, sizes[name[:-4]], whole=whole)
            except FileNotFoundError:
                continue
            if fault:
                yield path, fault
            else:
                good.add(stamp)
    _whole[str(folder)] = frozenset(good)


def _sizes(packs: dict[str, os.DirEntry[str]]) -> dict[str, int]:
    sizes = {}
    for name, file in packs.items():
        with suppress(FileNotFoundError):  # another command folded it away
            sizes[name] = file.stat().st_size
            if not os.access(file.path, os.R_OK) and os.path.exists(file.path):  # noqa: PTH110  libgit2 would see none of it
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), file.path)
    return sizes


def _readable(path: Path) -> bytes:
    is_file = stat.S_ISREG(path.stat().st_mode)  # one that went meanwhile raises here
    return path.read_bytes() if is_file else b""  # anything else may never end


def _fault(data: bytes, pack_size: int, *, whole: bool) -> str | None:
    try:
        _offsets(data, pack_size - _DIGEST)
    except ValueError as error:
        return str(error)
    if (whole or len(data) <= _SUMMED) and not is_summed(data):
        return "its bytes do not fit its checksum"
    return None


def _fault_of_many(data: bytes, sizes: dict[str, int]) -> str | None:
    if not is_summed(data):
        return "its bytes do not fit its checksum"
    if data[:6] != b"MIDX\1\1":
        return None  # of another version: libgit2 leaves it alone
    try:
        table = [struct.unpack_from(">4sQ", data, 12 + 12 * number) for number in range(data[6] + 1)]
        chunks = {name: data[at:end] for (name, at), (_, end) in pairwise(table)}
        limits = [sizes.get(name[:-4].decode()) for name in chunks[b"PNAM"].split(b"\0") if name]
        large = [each for (each,) in struct.iter_unpack(">Q", chunks.get(b"LOFF", b""))]
        for pack, offset in struct.iter_unpack(">2I", chunks[b"OOFF"]):
            place = large[offset ^ _LARGE_OFFSET] if large and offset >= _LARGE_OFFSET else offset
            limit = limits[pack]
            if limit is not None and place >= limit - _DIGEST:  # libgit2 reads none of it where a pack is gone
                return "an object would lie outside of its pack"
    except (LookupError, ValueError, struct.error):
        return "it does not read"
    return None


def _offsets(data: bytes, end: int = 1 << 64) -> Sequence[int]:
    """Return where each object of an `.idx` starts, in the order of the ids, if all do so before the `end`.

    Raises:
        ValueError: its tables do not fit each other, its size, or the end.
    """
    is_second = data[: len(_START)] == _START
    fanout_at = len(_START) if is_second else 0
    fanout = _numbers(data[fanout_at : fanout_at + 1024])
    if len(fanout) != 256 or list(fanout) != sorted(fanout):
        raise ValueError("its tables do not fit each other")
    total = fanout[-1]
    if not is_second:  # of version 1: offset and id side by side
        if len(data) != 1024 + total * (4 + _DIGEST) + 2 * _DIGEST:
            raise ValueError("its size is wrong")
        return _before(end, [at for (at,) in struct.iter_unpack(f">I{_DIGEST}x", data[1024 : -2 * _DIGEST])])
    offsets_at = _NAMES_AT + total * (_DIGEST + 4)
    large_at = offsets_at + 4 * total
    offsets = _numbers(data[offsets_at:large_at])
    large = _numbers(data[large_at : -2 * _DIGEST], 8)
    if len(offsets) != total or len(data) != large_at + 8 * len(large) + 2 * _DIGEST:
        raise ValueError("its size is wrong")
    if not large:
        return _before(min(end, _LARGE_OFFSET), offsets)
    try:
        return _before(end, [each if each < _LARGE_OFFSET else large[each ^ _LARGE_OFFSET] for each in offsets])
    except IndexError:
        raise ValueError("its tables do not fit each other") from None


def _before(end: int, offsets: Sequence[int]) -> Sequence[int]:
    if offsets and max(offsets) >= end:
        raise ValueError("an object would lie outside of its pack")
    return offsets


def _numbers(data: bytes, size: int = 4) -> array[int]:
    numbers = array("I" if size == 4 else "Q")
    numbers.frombytes(data[: len(data) // size * size])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def is_summed(data: bytes | memoryview) -> bool:
    """Return whether data ends with the SHA-1 of everything before."""
    body = memoryview(data)[:-_DIGEST]
    return len(data) > _DIGEST and hashlib.sha1(body, usedforsecurity=False).digest() == data[-_DIGEST:]


def fits_checksum(path: Path) -> bool:
    """Return whether a file ends with the SHA-1 of everything before."""
    left = path.stat().st_size - _DIGEST
    if left < 0:
        return False
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as stream:
        while left > 0:
            chunk = stream.read(min(_PIECE, left))
            if not chunk:
                return False
            digest.update(chunk)
            left -= len(chunk)
        return stream.read() == digest.digest()
