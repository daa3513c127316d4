"""What lies at a path in a tree, and the entry there or why it cannot be read."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.layout import CROCKFORD, SUFFIX, entry_path, id_of_path, is_id
from rolethread_vcs.store.objects import BRING_THE_REST, LeftOutError, TooLargeError
from rolethread_vcs.store.objects.trees import (
    FOLDER,
    LINK,
    Blob,
    Item,
    Readable,
    blob_of,
    folder_of,
    object_id,
    parse,
    two_way,
)

_SUFFIX = SUFFIX.encode()
_PLAIN_LEAF = re.compile(
    rb"100[0-7]{3} ([0-9]{6})[0-9]{2}-[%s]{8}\.json\0.{20}(?:100[0-7]{3} \1[0-9]{2}-[%s]{8}\.json\0.{20})*"
    % (CROCKFORD.encode(), CROCKFORD.encode()),
    re.DOTALL,
)
_PLAIN_ITEM = struct.Struct("7x17s6x20s")
"""Mode, id, suffix and blob id of a file in a leaf that holds entries of one prefix and nothing else."""

LINKED = b""
"""Stands for the blob id of an entry in whose place plain git committed a symbolic link, or a folder."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there is no entry to read; `code` is `symbolic_link`, `damaged`, `left_out` or `invalid_entry`."""

    code: str
    reason: str

    def __str__(self) -> str:
        return f"not a valid entry: {self.reason}" if self.code == "invalid_entry" else self.reason


IS_LINK = Unreadable("symbolic_link", "a symbolic link or a folder")
IS_DAMAGED = Unreadable("damaged", "damaged: it cannot be read")
IS_LEFT_OUT = Unreadable("left_out", "not in this copy, which is a partial clone")


class UnreadableEntryError(DamagedError):
    """A file under `entries/` cannot be read as an entry."""

    code = "unreadable_entry"


def unreadable_entry(entry_id: str, why: Unreadable) -> UnreadableEntryError:
    if why == IS_LINK:
        return UnreadableEntryError(
            f"entry {entry_id} is a symbolic link or a folder, not a file; it was not followed",
            hint=f"take the entry back from an earlier commit with: rtv restore {entry_id} --from REV",
        )
    if why == IS_LEFT_OUT:
        return UnreadableEntryError(f"entry {entry_id} is {why}", hint=BRING_THE_REST)
    if why == IS_DAMAGED:
        return UnreadableEntryError(
            f"entry {entry_id} is damaged: what was saved of it is missing or cannot be read",
            hint=f"rtv restore {entry_id}   (when its checked-out file is whole)\n"
            f"rtv restore {entry_id} --from REV   (from an earlier commit)\n"
            "see all that is damaged with: rtv verify",
        )
    return UnreadableEntryError(
        f"entry {entry_id} cannot be read: {entry_path(entry_id)}: {why.reason}",
        hint=f"take it back from an earlier commit with: rtv restore {entry_id} --from REV",
    )


def find(objects: Readable, tree: bytes | None, path: str) -> Item | None:
    item = None
    for name in path.encode("utf-8", "surrogateescape").split(b"/"):
        if tree is None:
            return None
        item = objects.items(tree).get(name)
        tree = folder_of(item)
    return item


def find_blob(objects: Readable, tree: bytes | None, path: str) -> Blob | None:
    return blob_of(find(objects, tree, path))


def find_folder(objects: Readable, tree: bytes | None, path: str) -> bytes | None:
    """Return the tree id of the folder at a path of a tree, or None."""
    return folder_of(find(objects, tree, path))


def read_entry(objects: Readable, blob: Blob) -> Entry | Unreadable:
    """Return the entry that a file of a tree holds; a link is not followed."""
    return IS_LINK if blob.mode == LINK else entry_of_blob(objects, blob.oid)


def entry_of_blob(objects: Readable, oid: bytes) -> Entry | Unreadable:
    """Return the entry of a 20-byte blob id."""
    try:
        return decode_entry(objects.blob(oid))
    except LeftOutError:
        return IS_LEFT_OUT
    except DamagedError:
        return IS_DAMAGED
    except (JsonProblemError, InvalidEntryError, TooLargeError) as error:
        return Unreadable("invalid_entry", error.message)


def entries_in(leaf: bytes, prefix: bytes) -> list[tuple[str, bytes]]:
    """Return (id, 20-byte blob id, or `LINKED`) of the entries in the raw bytes of a folder, in id order.

    `prefix` are the first six digits of the ids that belong there; a file in a wrong folder is no entry (`verify` names
    it), so that what a page lists can also be asked for by its id. What stands in the place of an entry is not left
    out: that would lose it without a word, and whoever reads it is told.
    """
    plain = _PLAIN_LEAF.fullmatch(leaf)
    if plain is not None and plain[1] == prefix:
        return [(name.decode("ascii"), oid) for name, oid in _PLAIN_ITEM.iter_unpack(leaf)]
    result = []
    for mode, name, oid in parse(leaf):
        entry_id = name[: -len(_SUFFIX)].decode("ascii", "replace")
        if name.endswith(_SUFFIX) and name.startswith(prefix) and is_id(entry_id):
            result.append((entry_id, blob_or_linked(mode, oid)))
    return result


def blob_or_linked(mode: bytes, oid: bytes) -> bytes:
    return LINKED if mode in (LINK, FOLDER) else oid


def readable(found: Entry | Unreadable | None) -> Entry | None:
    return found if isinstance(found, Entry) else None


class Overlay:
    """Reads from memory first; `add` writes there."""

    def __init__(self, below: Readable) -> None:
        self._below = below
        self._objects: dict[bytes, bytes] = {}

    def add(self, kind: str, data: bytes) -> bytes:
        """Keep an object (`blob`, `tree`) and return its 20-byte id."""
        oid = object_id(kind, data)
        self._objects[oid] = data
        return oid

    def tree(self, oid: bytes) -> bytes:
        known = self._objects.get(oid)
        return self._below.tree(oid) if known is None else known

    def items(self, oid: bytes) -> dict[bytes, Item]:
        return {item.name: item for item in parse(self.tree(oid))} if oid in self._objects else self._below.items(oid)

    def blob(self, oid: bytes) -> bytes:
        known = self._objects.get(oid)
        return self._below.blob(oid) if known is None else known


class Counts(NamedTuple):
    """How many entries a change adds, changes and removes. A plain tuple: a log makes one for each commit."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        return sum(self)


def entries_between(
    objects: Readable, before: bytes | None, after: bytes | None
) -> Iterator[tuple[str, Blob | None, Blob | None]]:
    """Yield (id, blob before, blob after) of the entries that differ between two root trees (20-byte ids), by id.

    An entry is a file at the very path of its id; what lies under `entries/` elsewhere counts as none, and `verify`
    names it. None stands for an empty tree. Trees only are read, and equal folders are skipped.
    """
    for path, old, new in two_way(before, after, objects.tree):
        entry_id = id_of_path(path)
        if entry_id is not None:
            yield entry_id, old, new


def count_between(objects: Readable, before: bytes | None, after: bytes | None) -> Counts:
    """Return how many entries were added, changed and removed between two root trees; see `entries_between`."""
    added = changed = removed = 0
    for _, old, new in entries_between(objects, before, after):
        added += old is None
        removed += new is None
        changed += old is not None and new is not None
    return Counts(added, changed, removed)
