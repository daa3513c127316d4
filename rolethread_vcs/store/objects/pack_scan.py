"""Reads the objects of a pack from its bytes alone, where there is no index, or none that can be trusted.

The layout is that of gitformat-pack. libgit2 has no part in it: it takes for granted that an index tells the truth.
"""

from __future__ import annotations

import mmap
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rolethread_vcs.store.objects.pack_index import build_index, fits_checksum
from rolethread_vcs.store.objects.packs import KIND_NUMBERS
from rolethread_vcs.store.objects.trees import object_id

_BY_PLACE, _BY_ID = 6, 7
"""Kinds of objects that are deltas: their base is named by how far before, or by its id."""
_START, _DIGEST = 12, 20
_BASES_REMEMBERED = 256
_PIECE = 4096
"""Bytes that are unpacked at once: what an object does not need of them is copied."""
_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}


class PackedObject(NamedTuple):
    """An object, and where its bytes lie in the pack."""

    start: int
    end: int
    oid: bytes
    kind: str
    data: bytes


class _Packed(NamedTuple):
    """What lies at a place: `base` is the place or the id of what a delta changes, None for a whole object."""

    kind: int
    base: int | bytes | None
    body: bytes
    end: int


def index_of(pack: Path) -> bytes:
    """Return the `.idx` of a whole pack, from its bytes alone.

    Raises:
        ValueError: the pack is not whole. OSError.
    """
    if not fits_checksum(pack):
        raise ValueError("its bytes do not fit its checksum")
    data = mapped(pack)
    places = {each.oid: (each.start, zlib.crc32(data[each.start : each.end])) for each in scan(data)}
    return build_index(places, bytes(data[-_DIGEST:]))


def mapped(pack: Path) -> memoryview:
    """Return the bytes of a pack, which are not read into memory.

    Raises:
        OSError.
    """
    with pack.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if pack.stat().st_size else b"")


def scan(data: memoryview, starts: Iterable[int] | None = None, *, torn: bool = False) -> Iterator[PackedObject]:
    """Yield the objects of a pack; of a `torn` one those that can be had, from `starts` on where these are known.

    Raises:
        ValueError: an object cannot be read, and the pack is not said to be torn.
    """
    places = dict(_places(data, starts, torn=torn))
    known: dict[bytes, int] = {}
    bases: OrderedDict[int, tuple[str, bytes]] = OrderedDict()

    def whole(start: int) -> tuple[str, bytes] | None:
        """Return kind and bytes of the object at a place, None where its base is not known (yet)."""
        deltas: list[bytes] = []
        at = start
        while (found := bases.get(at)) is None:
            if at not in places or len(deltas) > len(places):
                return None
            packed = _read(data, at)
            if packed.base is None:
                found = _KINDS[packed.kind], packed.body
                break
            deltas.append(packed.body)
            at = packed.base if isinstance(packed.base, int) else known.get(packed.base, -1)
        kind, body = found
        for delta in reversed(deltas):
            body = _patched(body, delta)
        bases[start] = kind, body
        if len(bases) > _BASES_REMEMBERED:
            bases.popitem(last=False)
        return kind, body

    waiting, before = list(places), -1
    while waiting and len(waiting) != before:  # the base of a delta may come behind it
        before, left = len(waiting), []
        for start in waiting:
            try:
                found = whole(start)
            except ValueError:
                if not torn:
                    raise
                continue
            if found is None:
                left.append(start)
                continue
            oid = object_id(*found)
            known[oid] = start
            yield PackedObject(start, places[start], oid, *found)
        waiting = left
    if waiting and not torn:
        raise ValueError("a delta has no base")


def _places(data: memoryview, starts: Iterable[int] | None, *, torn: bool) -> Iterator[tuple[int, int]]:
    """Yield where the objects of a pack begin and end; in a torn one, every byte may be the beginning of the next."""
    if starts is None:
        at, limit = _START, len(data) - _DIGEST
        while at < limit:
            try:
                end = _read(data, at).end
            except ValueError:
                if not torn:
                    raise
                at += 1
                continue
            yield at, end
            at = end
    else:
        for at in starts:
            try:
                yield at, _read(data, at).end
            except ValueError:
                if not torn:
                    raise


def _read(data: memoryview, start: int) -> _Packed:
    try:
        byte, at, shift = data[start], start + 1, 4
        kind, size = byte >> 4 & 7, byte & 15
        while byte & 0x80:
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
        base: int | bytes | None = None
        if kind == _BY_PLACE:
            byte, at = data[at], at + 1
            far = byte & 0x7F
            while byte & 0x80:
                byte, at = data[at], at + 1
                far = (far + 1) << 7 | byte & 0x7F
            base = start - far
        elif kind == _BY_ID:
            base, at = bytes(data[at : at + _DIGEST]), at + _DIGEST
        elif kind not in _KINDS:
            raise ValueError(f"there is no kind {kind} of objects")
        inflate, parts, left = zlib.decompressobj(), [], size
        while not inflate.eof and left >= 0 and (piece := data[at : at + _PIECE]):
            parts.append(inflate.decompress(piece))
            left -= len(parts[-1])
            at += len(piece)
    except (IndexError, zlib.error) as error:
        raise ValueError("an object cannot be unpacked") from error
    if left or not inflate.eof:
        raise ValueError("an object is not as long as it says")
    return _Packed(kind, base, b"".join(parts), at - len(inflate.unused_data))


def _patched(base: bytes, delta: bytes) -> bytes:
    """Return what a delta makes of its base."""
    parts: list[bytes] = []
    try:
        source, at = _number(delta, 0)
        target, at = _number(delta, at)
        if source != len(base):
            raise ValueError("a delta is of another base")
        while at < len(delta):
            step, at = delta[at], at + 1
            if step & 0x80:
                numbers = [0] * 7
                for place in range(7):
                    if step & 1 << place:
                        numbers[place], at = delta[at], at + 1
                offset = int.from_bytes(bytes(numbers[:4]), "little")
                length = int.from_bytes(bytes(numbers[4:]), "little")
                parts.append(base[offset : offset + (length or 0x10000)])
            else:
                parts.append(delta[at : at + step])
                at += step
    except IndexError as error:
        raise ValueError("a delta is cut off") from error
    body = b"".join(parts)
    if len(body) != target:
        raise ValueError("a delta does not come to what it says")
    return body


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte, at = data[at], at + 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at
