"""Objects that exist in memory alone, over those of a repository: what a merge makes on its way and nobody keeps."""

from __future__ import annotations

from rolethread_vcs.store.objects.packs import object_id
from rolethread_vcs.store.objects.trees import Item, Readable, parse


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
        """Return the raw bytes of a tree."""
        known = self._objects.get(oid)
        return self._below.tree(oid) if known is None else known

    def items(self, oid: bytes) -> dict[bytes, Item]:
        """Return the items of a tree by name."""
        return {item.name: item for item in parse(self.tree(oid))} if oid in self._objects else self._below.items(oid)

    def blob(self, oid: bytes) -> bytes:
        """Return the bytes of a blob."""
        known = self._objects.get(oid)
        return self._below.blob(oid) if known is None else known
