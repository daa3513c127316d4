"""Says what a commit holds of one entry, without reading what the commit before it had in the same state."""

from __future__ import annotations

import re
from typing import NamedTuple

from rolethread_vcs.model.layout import ENTRIES, ORDER, SUFFIX, entry_folder
from rolethread_vcs.store.objects.reader import Objects
from rolethread_vcs.store.objects.trees import FILE

_FOLDER = b"40000 %s\0"
ENTRIES_ITEM = _FOLDER % ENTRIES.encode()
ORDER_ITEM = b" %s\0" % ORDER.encode()
_SPACE = ord(" ")
_MODE = len(FILE)
_REMEMBERED = 200_000
"""Trees whose answer is remembered; about thirty megabytes."""


class State(NamedTuple):
    """An entry in one commit: the 20-byte id of its blob, None where it is absent; its rank, None when not moved."""

    blob: bytes | None
    rank: str | None = None


ABSENT = State(None)


class EntryTrace:
    """One entry through many commits.

    Every folder on the way to it is remembered by its id: neighbours in history mostly differ elsewhere, so that two
    small trees are read for a commit, and no more.
    """

    def __init__(self, objects: Objects, entry_id: str) -> None:
        self.entry_id = entry_id
        self._objects = objects
        one, two = entry_folder(entry_id)
        self._steps = (_FOLDER % one.encode(), _FOLDER % two.encode())
        self._file = b" %s%s\0" % (entry_id.encode(), SUFFIX.encode())
        self._rank = re.compile(rb'"%s"\s*:\s*"([^"\\]*)"' % entry_id.encode())
        self._known: dict[bytes, bytes | None] = {}
        self._ranks: dict[bytes, str | None] = {}

    def state(self, tree: bytes) -> State:
        """Return what a commit's tree (20 bytes) holds of the entry.

        Raises:
            MissingObjectError: a folder on the way is not here.
        """
        data = self._objects.tree(tree)
        entries = child(data, ENTRIES_ITEM)
        blob = None if entries is None else self._blob(entries)
        if blob is None:
            return ABSENT
        order = child(data, ORDER_ITEM)
        return State(blob, None if order is None else self._rank_in(order))

    def _blob(self, entries: bytes) -> bytes | None:
        known = self._known
        if entries in known:
            return known[entries]
        if len(known) > _REMEMBERED:
            known.clear()
        below = child(self._objects.tree(entries), self._steps[0])
        known[entries] = found = None if below is None else self._blob_below(below)
        return found

    def _blob_below(self, folder: bytes) -> bytes | None:
        known = self._known
        if folder not in known:
            leaf = child(self._objects.tree(folder), self._steps[1])
            known[folder] = None if leaf is None else self._blob_in_leaf(leaf)
        return known[folder]

    def _blob_in_leaf(self, leaf: bytes) -> bytes | None:
        if leaf not in self._known:
            self._known[leaf] = child(self._objects.tree(leaf), self._file)
        return self._known[leaf]

    def _rank_in(self, order: bytes) -> str | None:
        if order not in self._ranks:
            found = self._rank.search(self._objects.blob(order))
            self._ranks[order] = None if found is None else found[1].decode("ascii", "replace")
        return self._ranks[order]


def child(tree: bytes, name: bytes) -> bytes | None:
    """Return the id behind a name in a tree's raw bytes; the name comes with what stands around it there.

    That begins with the mode of a folder, or with the space behind that of a file, which may be one of several.
    """
    at = tree.find(name)
    while at > 0 and name[0] == _SPACE and not tree[at - _MODE : at].isdigit():  # `Copy of 00000012-….json`
        at = tree.find(name, at + 1)
    return None if at < 0 else tree[at + len(name) : at + len(name) + 20]
