"""Git trees as raw bytes: reading them, and building a new nested tree from an old one and a few changes."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError

FILE = b"100644"
PROGRAM = b"100755"
FOLDER = b"40000"
LINK = b"120000"
SUBMODULE = b"160000"
KINDS = {FOLDER: "a folder", LINK: "a symbolic link", SUBMODULE: "another repository (a submodule of git)"}
"""What an item is by its mode; all others are files."""

_ITEM = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_WHOLE_ITEMS = re.compile(rb"(?:[0-7]+ [^\0]+\0.{20})*", re.DOTALL)
_DIGEST = 20

ReadTree = Callable[[bytes], bytes]


class Item(NamedTuple):
    """One line of a tree: mode as git writes it, name, 20-byte id."""

    mode: bytes
    name: bytes
    oid: bytes


class Readable(Protocol):
    """What reads trees and blobs by their 20-byte ids: a repository's objects, or an overlay of them."""

    def tree(self, oid: bytes) -> bytes: ...

    def items(self, oid: bytes) -> dict[bytes, Item]: ...

    def blob(self, oid: bytes) -> bytes: ...


class ObjectWriter(Protocol):
    """What takes new objects."""

    def add(self, kind: str, data: bytes) -> bytes:
        """Keep an object (`blob`, `tree`) and return its 20-byte id."""


def parse(data: bytes) -> list[Item]:
    """Return the items of a tree's raw bytes, in git's order."""
    return [Item(*match) for match in _ITEM.findall(data)]


def differing(one: bytes | None, other: bytes | None, read: ReadTree) -> tuple[dict[bytes, Item], dict[bytes, Item]]:
    """Return the items that differ between two trees (20-byte ids, None for empty ones), by name, on each side.

    Trees mostly differ in one item of a hundred, or in a few. Comparing slices costs next to nothing, so those are
    found that way, and the rest is never taken apart.
    """
    if one == other:
        return {}, {}
    old, new = (b"" if tree is None else read(tree) for tree in (one, other))
    whole = _WHOLE_ITEMS.match(old, 0, _common(old, new))
    start = 0 if whole is None else whole.end()
    end, to_end = (_end_of_item(tree, start) for tree in (old, new))
    if old[end:] != new[to_end:]:  # not in this item alone
        end, to_end = len(old), len(new)
    lines, to_lines = _ITEM.findall(old, start, end), _ITEM.findall(new, start, to_end)
    equal = set(lines).intersection(to_lines)
    return (
        {line[1]: Item(*line) for line in lines if line not in equal},
        {line[1]: Item(*line) for line in to_lines if line not in equal},
    )


def _end_of_item(tree: bytes, start: int) -> int:
    at = tree.find(b"\0", start)
    return len(tree) if at < 0 else at + 1 + _DIGEST


def _common(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def unparse(items: Iterable[Item]) -> bytes:
    """Return the raw bytes of a tree; items are sorted the way git sorts (a folder as if it ended in `/`)."""
    ordered = sorted(items, key=lambda item: item.name + b"/" if item.mode == FOLDER else item.name)
    return b"".join([b"%s %s\0%s" % item for item in ordered])


_Nested = dict[bytes, Any]

Change = Mapping[str, tuple[bytes, bytes] | None]
"""Paths to (mode, 20-byte id), or None to remove."""


def apply(base: bytes | None, changes: Change, read: Readable, write: ObjectWriter) -> bytes | None:
    """Return the id of `base` with changes applied, or None when nothing is left.

    Only the trees on changed paths are read and written.

    Raises:
        InvalidError: a file would take the place of a folder, or a folder that of a file, that the changes leave there.
    """
    nested: _Nested = {}
    folders: dict[str, _Nested | None] = {"": nested}
    gone: list[str] = []
    for path, change in changes.items():
        if change is None:
            gone.append(path)
            continue
        parents, _, name = path.rpartition("/")
        folder = folders.get(parents)  # many entries lie in one folder
        if folder is None:
            folder = folders[parents] = _folder_in(nested, parents)
            if folder is None:
                raise TypeError(f"{path} lies below a path that is a file in the same change")
        if type(folder.setdefault(key := name.encode("utf-8", "surrogateescape"), change)) is dict:
            raise TypeError(f"something lies below {path}, which is a file in the same change")
        folder[key] = change
    making_way: dict[str, None] = {}  # files where a folder comes, or in a folder where a file comes
    for path in gone:
        parents, _, name = path.rpartition("/")
        if parents not in folders:
            folders[parents] = _folder_in(nested, parents)
        folder = folders[parents]
        if folder is None or folder.setdefault(name.encode("utf-8", "surrogateescape"), None) is not None:
            making_way[path] = None
    if making_way:
        base = apply(base, making_way, read, write)
    return _apply(base, nested, read, write)


def _folder_in(nested: _Nested, parents: str) -> _Nested | None:
    """Return the changes below a folder, which are made if missing; None where a file comes to stand."""
    folder = nested
    for parent in parents.encode("utf-8", "surrogateescape").split(b"/"):
        below = folder.get(parent)
        if below is None:  # nothing yet, or a file that goes
            below = folder[parent] = {}
        if not isinstance(below, dict):
            return None
        folder = below
    return folder


def _apply(base: bytes | None, changes: _Nested, read: Readable, write: ObjectWriter) -> bytes | None:
    items = {} if base is None else {item.name: item for item in parse(read.tree(base))}
    for name, change in changes.items():
        old = items.get(name)
        is_folder = old is not None and old.mode == FOLDER
        if isinstance(change, dict):
            below = _apply(old.oid if old is not None and is_folder else None, change, read, write)
            if below is not None:
                if old is not None and not is_folder:
                    raise _taken(name, "file")
                items[name] = Item(FOLDER, name, below)
            elif is_folder:
                del items[name]
        elif change is not None:
            if is_folder:
                raise _taken(name, "folder")
            items[name] = Item(change[0], name, change[1])
        elif not is_folder:
            items.pop(name, None)
    if not items:
        return None
    return write.add("tree", unparse(items.values()))


def _taken(name: bytes, by: str) -> InvalidError:
    named = name.decode("utf-8", "backslashreplace")
    other = "folder" if by == "file" else "file"
    return InvalidError(
        f"{named} is a {by} here, and a {other} of that name would take its place",
        hint=f"give one of both another name first: git mv {shlex.quote(named)} NAME",
    )


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


def two_way(before: bytes | None, after: bytes | None, read: ReadTree, below: bytes = b"") -> Iterator[Difference]:
    """Yield the files that differ between two trees (20-byte ids, None for an empty one), in path order.

    `below` stands before each path.
    """
    _refuse_too_deep(below)
    old, new = differing(before, after, read)
    for name in sorted(old.keys() | new.keys()):
        items = (old.get(name), new.get(name))
        difference = Difference((below + name).decode("utf-8", "surrogateescape"), *map(blob_of, items))
        if difference.before != difference.after:
            yield difference
        folder, to_folder = map(folder_of, items)
        if folder is not None or to_folder is not None:
            yield from two_way(folder, to_folder, read, below + name + b"/")


def incoming(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, read: ReadTree, below: bytes = b""
) -> Iterator[Triple]:
    """Yield the files that theirs has otherwise than the base, and otherwise than ours, in path order.

    Folders in which theirs changed nothing are not looked at, however much ours changed there.
    """
    if theirs in (base, ours):
        return
    _refuse_too_deep(below)
    was, comes = differing(base, theirs, read)
    # what ours did not change either is as it was in the base
    before, now = differing(base, ours, read)
    for name in sorted(was.keys() | comes.keys()):
        mine = now.get(name) if name in before or name in now else was.get(name)
        items = (was.get(name), mine, comes.get(name))
        triple = Triple((below + name).decode("utf-8", "surrogateescape"), *map(blob_of, items))
        if triple.theirs not in (triple.base, triple.ours):
            yield triple
        was_in, mine_in, comes_in = map(folder_of, items)
        yield from incoming(was_in, mine_in, comes_in, read, below + name + b"/")


def files(tree: bytes | None, read: ReadTree, below: str = "") -> Iterator[tuple[str, Blob]]:
    """Yield every file of a tree with its path, in path order; `below` stands before each."""
    _refuse_too_deep(below.encode("utf-8", "surrogateescape"))
    for item in () if tree is None else sorted(parse(read(tree)), key=lambda item: item.name):
        path = below + item.name.decode("utf-8", "surrogateescape")
        if item.mode == FOLDER:
            yield from files(item.oid, read, f"{path}/")
        else:
            yield path, Blob(item.mode, item.oid)


def _refuse_too_deep(folder: bytes) -> None:
    if folder.count(b"/") > limits.FOLDERS:
        top = b"/".join(folder.split(b"/", 2)[:2]).decode("utf-8", "replace")
        raise InvalidError(
            f"below {top} a file lies in more than {limits.FOLDERS} folders",
            hint=f"git rm -rq --cached -- {shlex.quote(top)} && git commit -m 'remove {top}'",
            code="too_deep",
        )


def blob_of(item: Item | None) -> Blob | None:
    """Return the file that an item is, None for a folder and for nothing."""
    return None if item is None or item.mode == FOLDER else Blob(item.mode, item.oid)


def folder_of(item: Item | None) -> bytes | None:
    """Return the tree id of the folder that an item is, None for a file and for nothing."""
    return item.oid if item is not None and item.mode == FOLDER else None


def has_id(oid: str, kind: str, data: bytes) -> bool:
    """Return whether an object is what its hex id promises."""
    return object_id(kind, data).hex() == oid


def object_id(kind: str, data: bytes) -> bytes:
    """Return the 20-byte id of an object (`blob`, `tree`, `commit`, `tag`)."""
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(data), data), usedforsecurity=False).digest()
