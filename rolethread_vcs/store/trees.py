"""Git trees as raw bytes: reading them, and building a new nested tree from an old one and a few changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

FILE = b"100644"
PROGRAM = b"100755"
FOLDER = b"40000"
LINK = b"120000"

_ITEM = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)

ReadTree = Callable[[bytes], bytes]
WriteTree = Callable[[bytes], bytes]


class Item(NamedTuple):
    """One line of a tree: mode as git writes it, name, 20-byte id."""

    mode: bytes
    name: bytes
    oid: bytes


def parse(data: bytes) -> list[Item]:
    """Return the items of a tree's raw bytes, in git's order."""
    return [Item(*match) for match in _ITEM.findall(data)]


def unparse(items: Iterable[Item]) -> bytes:
    """Return the raw bytes of a tree; items are sorted the way git sorts (a folder as if it ended in `/`)."""
    ordered = sorted(items, key=lambda item: item.name + b"/" if item.mode == FOLDER else item.name)
    return b"".join([b"%s %s\0%s" % item for item in ordered])


_Nested = dict[bytes, Any]

Change = Mapping[str, tuple[bytes, bytes] | None]
"""Paths to (mode, 20-byte id), or None to remove."""


def apply(base: bytes | None, changes: Change, read: ReadTree, write: WriteTree) -> bytes | None:
    """Return the id of `base` with changes applied, or None when nothing is left.

    Only the trees on changed paths are read and written. `read` and `write` turn a tree's 20-byte id into its raw
    bytes and back.
    """
    nested: _Nested = {}
    for path, change in changes.items():
        folder = nested
        *parents, name = path.encode("utf-8", "surrogateescape").split(b"/")
        for parent in parents:
            below = folder.setdefault(parent, {})
            if not isinstance(below, dict):
                raise TypeError(f"{path} lies below a path that is a file in the same change")
            folder = below
        folder[name] = change
    return _apply(base, nested, read, write)


def _apply(base: bytes | None, changes: _Nested, read: ReadTree, write: WriteTree) -> bytes | None:
    items = {} if base is None else {item.name: item for item in parse(read(base))}
    for name, change in changes.items():
        if isinstance(change, dict):
            old = items.get(name)
            below = _apply(old.oid if old is not None and old.mode == FOLDER else None, change, read, write)
            if below is None:
                items.pop(name, None)
            else:
                items[name] = Item(FOLDER, name, below)
        elif change is None:
            items.pop(name, None)
        else:
            items[name] = Item(change[0], name, change[1])
    if not items:
        return None
    return write(unparse(items.values()))
