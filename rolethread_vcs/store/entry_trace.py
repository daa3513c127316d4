"""Says what a commit holds of one entry, without reading what the commit before it had in the same state."""

from __future__ import annotations

import re
from typing import NamedTuple

from rolethread_vcs.model.layout import ENTRIES, ORDER, SUFFIX, entry_folder
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.objects.trees import FILE

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
        folders = (ENTRIES, *entry_folder(entry_id))
        self._steps = (*(b"40000 %s\0" % name.encode() for name in folders), f" {entry_id}{SUFFIX}\0".encode())
        self._rank = re.compile(rb'"%s"\s*:\s*"([^"\\]*)"' % entry_id.encode())
        self._known: dict[bytes, bytes | None] = {}
        self._ranks: dict[bytes, str | None] = {}

    def state(self, tree: bytes) -> State:
        """Return what a commit's tree (20 bytes) holds of the entry.

        Raises:
            MissingObjectError: a folder on the way is not here.
        """
        blob = self._blob_below(tree, 0)
        if blob is None:
            return ABSENT
        order = _child(self._objects.tree(tree), b" %s\0" % ORDER.encode())
        if order is not None and order not in self._ranks:
            found = self._rank.search(self._objects.blob(order))
            self._ranks[order] = None if found is None else found[1].decode("ascii", "replace")
        return State(blob, None if order is None else self._ranks[order])

    def _blob_below(self, tree: bytes, depth: int) -> bytes | None:
        if tree in self._known:
            return self._known[tree]
        blob = _child(self._objects.tree(tree), self._steps[depth])
        if blob is not None and depth < len(self._steps) - 1:
            blob = self._blob_below(blob, depth + 1)
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[tree] = blob
        return blob


def _child(tree: bytes, name: bytes) -> bytes | None:
    """Return the id behind a name in a tree's raw bytes; the name comes with what stands around it there.

    That begins with the mode of a folder, or with the space behind that of a file, which may be one of several.
    """
    at = tree.find(name)
    while at > 0 and name[0] == _SPACE and not tree[at - _MODE : at].isdigit():  # `Copy of 00000012-….json`
        at = tree.find(name, at + 1)
    return None if at < 0 else tree[at + len(name) : at + len(name) + 20]
