"""The sides of a comparison: a tree of the store, perhaps with hand edits laid over it, or a file of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ENTRIES, ORDER, id_of_path
from rolethread_vcs.store.objects.trees import FILE, LINK, Blob, Difference, Readable, files, object_id, two_way
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Unreadable, find_blob, find_folder, read_entry

if TYPE_CHECKING:
    from rolethread_vcs.model.order import Order


@dataclass(frozen=True, slots=True)
class FileSide:
    """A file, or an open stream, with conversations in any readable format."""

    label: str
    source: Path | BinaryIO


@dataclass(frozen=True, slots=True)
class TreeSide:
    """A tree (20-byte id, None for an empty one); `edits` are paths that hold something else, None where they went.

    `snapshot` is the commit that the tree is of; None where nobody needs to know it.
    """

    label: str
    objects: Readable
    tree: bytes | None
    snapshot: Snapshot | None = None
    edits: Mapping[str, Blob | None] = field(default_factory=dict)

    @property
    def commit(self) -> str | None:
        """The commit (hex id) that this side is, None where it is none."""
        return self.snapshot.id if self.snapshot is not None and not self.edits else None

    def blob(self, path: str) -> Blob | None:
        """Return what lies at a path."""
        return self.edits[path] if path in self.edits else find_blob(self.objects, self.tree, path)

    def entry(self, blob: Blob | None) -> Entry | Unreadable | None:
        """Return the entry of something that lies here, or why there is none to read."""
        return None if blob is None else read_entry(self.objects, blob)

    def file(self, path: str) -> bytes | None:
        """Return the bytes of a path, None when there is nothing or it cannot be read."""
        blob = self.blob(path)
        if blob is None or blob.mode == LINK:
            return None
        try:
            return self.objects.blob(blob.oid)
        except DamagedError:
            return None

    def order(self) -> Order:
        """Return the order of the entries.

        Raises:
            InvalidError: `order.json` cannot be read.
        """
        from rolethread_vcs.model.order import Order

        return Order.parse(self.file(ORDER))

    def entries(self) -> dict[str, Blob]:
        """Return where each entry lies, by id, in dataset order."""
        found: dict[str, Blob] = {}
        for path, blob in files(find_folder(self.objects, self.tree, ENTRIES), self.objects.tree, f"{ENTRIES}/"):
            entry_id = id_of_path(path)
            if entry_id is not None:
                found[entry_id] = blob
        for path, edit in self.edits.items():
            entry_id = id_of_path(path)
            if entry_id is not None and edit is not None:
                found[entry_id] = edit
            elif entry_id is not None:
                found.pop(entry_id, None)
        try:
            return {entry_id: found[entry_id] for entry_id in sorted(found, key=self.order().key_of)}
        except InvalidError:
            return dict(sorted(found.items()))


Side = TreeSide | FileSide


class _WithHandEdits:
    """The objects of a repository, and the bytes of hand edits as if they were saved."""

    def __init__(self, objects: Readable, data: Mapping[bytes, bytes]) -> None:
        self._objects = objects
        self._data = data
        self.tree = objects.tree
        self.items = objects.items

    def blob(self, oid: bytes) -> bytes:
        data = self._data.get(oid)
        return self._objects.blob(oid) if data is None else data


def commit_side(repository: Repository, snapshot: Snapshot, label: str) -> TreeSide:
    """Return a commit as a side."""
    return TreeSide(label, repository.objects, snapshot.tree, snapshot)


def folder_side(repository: Repository, label: str) -> TreeSide:
    """Return the current commit with the hand edits of the checked-out folder; without any, the commit alone."""
    snapshot = repository.head_snapshot()
    edits: dict[str, Blob | None] = {}
    data: dict[bytes, bytes] = {}
    worktree = repository.worktree
    from rolethread_vcs.ops.edit.status import unsaved_files

    for unsaved in unsaved_files(repository):
        assert worktree is not None
        try:
            read = worktree.read(unsaved.path)
        except InvalidError:
            edits[unsaved.path] = Blob(LINK, b"")
            continue
        if read is None:
            edits[unsaved.path] = None
        else:
            oid = object_id("blob", read)
            edits[unsaved.path], data[oid] = Blob(FILE, oid), read
    if not edits:
        return commit_side(repository, snapshot, label)
    objects = _WithHandEdits(repository.objects, data)
    return TreeSide(f"{label} with unsaved edits", objects, snapshot.tree, snapshot, edits)


def differences(before: TreeSide, after: TreeSide) -> Iterator[Difference]:
    """Yield the paths that hold different bytes, in path order; equal folders are skipped."""
    edited = before.edits.keys() | after.edits.keys()
    walked = two_way(before.tree, after.tree, after.objects.tree)
    if not edited:
        yield from walked
        return
    found = {each.path: each for each in walked if each.path not in edited}
    for path in edited:
        old, new = before.blob(path), after.blob(path)
        if old != new:
            found[path] = Difference(path, old, new)
    yield from (found[path] for path in sorted(found))
