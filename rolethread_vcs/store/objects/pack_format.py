"""Puts one object into the form in which a pack holds it: its header, its packed bytes, and what the index notes.

It needs no repository, so an import has other processes do it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

_KINDS = {"commit": (1, b"commit"), "tree": (2, b"tree"), "blob": (3, b"blob"), "tag": (4, b"tag")}


Packed: TypeAlias = tuple[bytes, bytes, int]
"""One object as it stands in a pack: its 20-byte id, its bytes there, their CRC-32."""


def object_id(kind: str, data: bytes) -> bytes:
    """Return the 20-byte id of an object (`blob`, `tree`, `commit`, `tag`)."""
    return hashlib.sha1(b"%s %d\0%s" % (_KINDS[kind][1], len(data), data), usedforsecurity=False).digest()


def pack_object(kind: str, data: bytes, oid: bytes | None = None) -> Packed:
    """Return an object as a pack holds it; `oid` is its id where it is known already."""
    # a tree is mostly ids, which do not pack, and reading one is mostly unpacking it: trees are stored as they are
    body = zlib.compress(data, 0) if kind == "tree" else _compressor()(data)
    packed = _header(_KINDS[kind][0], len(data)) + body
    return object_id(kind, data) if oid is None else oid, packed, zlib.crc32(packed)


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
