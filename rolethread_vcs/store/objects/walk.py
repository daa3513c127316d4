"""Walks two or three trees at once, skipping what is equal, so that a diff costs what changed and not what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rolethread_vcs.store.objects.trees import FOLDER, Item, ReadTree, differing, parse


class Blob(NamedTuple):
    """A file in a tree: mode as git writes it, 20-byte id."""

    mode: bytes
    oid: bytes


class Difference(NamedTuple):
    """A path whose file differs between two trees; None where it is absent."""

    path: str
    before: Blob | None
    after: Blob | None


class Triple(NamedTuple):
    """A path on the three sides of a merge; None where it is absent."""

    path: str
    base: Blob | None
    ours: Blob | None
    theirs: Blob | None


def two_way(before: bytes | None, after: bytes | None, read: ReadTree) -> Iterator[Difference]:
    """Yield the files that differ between two trees (20-byte ids, None for an empty one), in path order."""
    return _two_way(before, after, read, b"")


def incoming(base: bytes | None, ours: bytes | None, theirs: bytes | None, read: ReadTree) -> Iterator[Triple]:
    """Yield the files that theirs has otherwise than the base, and otherwise than ours, in path order.

    Folders in which theirs changed nothing are not looked at, however much ours changed there.
    """
    return _incoming(base, ours, theirs, read, b"")


def files(tree: bytes | None, read: ReadTree, prefix: str = "") -> Iterator[tuple[str, Blob]]:
    """Yield every file below a tree with its path, in path order."""
    return iter(()) if tree is None else _files(tree, read, prefix.encode())


def _two_way(before: bytes | None, after: bytes | None, read: ReadTree, prefix: bytes) -> Iterator[Difference]:
    """Walk two trees of which only what differs is taken apart."""
    if before == after:
        return
    old, new = differing(b"" if before is None else read(before), b"" if after is None else read(after))
    for name, one, other in _by_name(old, new):
        blob, to_blob = _blob(one), _blob(other)
        if blob != to_blob:
            yield Difference((prefix + name).decode("utf-8", "surrogateescape"), blob, to_blob)
        folder = one.oid if one is not None and one.mode == FOLDER else None
        to_folder = other.oid if other is not None and other.mode == FOLDER else None
        if folder is not None or to_folder is not None:
            yield from _two_way(folder, to_folder, read, prefix + name + b"/")


def _by_name(old: list[Item], new: list[Item]) -> Iterable[tuple[bytes, Item | None, Item | None]]:
    """Return the items of two sides by name; mostly the same names differ, in the same order."""
    names = [item.name for item in old]
    if names == [item.name for item in new] and (len(names) == 1 or names == sorted(set(names))):
        return zip(names, old, new, strict=True)
    sides = ({item.name: item for item in old}, {item.name: item for item in new})
    return [(name, sides[0].get(name), sides[1].get(name)) for name in sorted(sides[0].keys() | sides[1].keys())]


def _incoming(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, read: ReadTree, prefix: bytes
) -> Iterator[Triple]:
    if theirs in (base, ours):
        return
    was, comes = _differing(base, theirs, read)
    # what ours did not change either is as it was in the base
    before, here = _differing(base, ours, read)
    names = sorted(was.keys() | comes.keys())
    for name in names:
        mine = here.get(name) if name in before or name in here else was.get(name)
        items = (was.get(name), mine, comes.get(name))
        triple = Triple((prefix + name).decode("utf-8", "surrogateescape"), *map(_blob, items))
        if triple.theirs not in (triple.base, triple.ours):
            yield triple
        was_in, mine_in, comes_in = (item.oid if item is not None and item.mode == FOLDER else None for item in items)
        yield from _incoming(was_in, mine_in, comes_in, read, prefix + name + b"/")


def _differing(one: bytes | None, other: bytes | None, read: ReadTree) -> tuple[dict[bytes, Item], dict[bytes, Item]]:
    """Return the items that differ between two trees, by name, on each side."""
    if one == other:
        return {}, {}
    sides = differing(b"" if one is None else read(one), b"" if other is None else read(other))
    return {item.name: item for item in sides[0]}, {item.name: item for item in sides[1]}


def _files(tree: bytes, read: ReadTree, prefix: bytes) -> Iterator[tuple[str, Blob]]:
    for item in sorted(parse(read(tree)), key=lambda item: item.name):
        if item.mode == FOLDER:
            yield from _files(item.oid, read, prefix + item.name + b"/")
        else:
            yield (prefix + item.name).decode("utf-8", "surrogateescape"), Blob(item.mode, item.oid)


def _blob(item: Item | None) -> Blob | None:
    return None if item is None or item.mode == FOLDER else Blob(item.mode, item.oid)
