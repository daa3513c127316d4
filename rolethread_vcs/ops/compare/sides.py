"""A side of a comparison that is a tree of the store, with the hand edits of the checked-out folder laid over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.layout import ENTRIES, ORDER, id_of_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.store.checkout.worktree import blob_id
from rolethread_vcs.store.objects.reader import MissingObjectError, Objects
from rolethread_vcs.store.objects.trees import FILE, FOLDER, LINK
from rolethread_vcs.store.objects.walk import Blob, files, two_way
from rolethread_vcs.store.repository import Repository


class Content(NamedTuple):
    """What a path holds: mode and 20-byte blob id, and the bytes where they lie in the folder and not in the store."""

    mode: bytes
    oid: bytes
    data: bytes | None = None


class PathDifference(NamedTuple):
    """A path that holds different bytes on two sides; None where it is absent."""

    path: str
    before: Content | None
    after: Content | None


@dataclass(frozen=True, slots=True)
class TreeSide:
    """A tree (20-byte id, None for an empty one); `edits` are paths that hold something else, None where they went."""

    objects: Objects
    tree: bytes | None
    edits: Mapping[str, Content | None] = field(default_factory=dict)

    def content(self, path: str) -> Content | None:
        """Return what a path holds, or None."""
        if path in self.edits:
            return self.edits[path]
        folder = self.tree
        *parents, name = path.encode("utf-8", "surrogateescape").split(b"/")
        for parent in parents:
            item = None if folder is None else self.objects.items(folder).get(parent)
            folder = item.oid if item is not None and item.mode == FOLDER else None
        found = None if folder is None else self.objects.items(folder).get(name)
        return None if found is None or found.mode == FOLDER else Content(found.mode, found.oid)

    def read(self, content: Content) -> bytes:
        """Return the bytes of something that this side holds.

        Raises:
            MissingObjectError: they are missing or damaged.
        """
        return content.data if content.data is not None else self.objects.blob(content.oid)

    def file(self, path: str) -> bytes | None:
        """Return the bytes of a path, None when there is nothing or it does not read."""
        content = self.content(path)
        if content is None or content.mode == LINK:
            return None
        try:
            return self.read(content)
        except MissingObjectError:
            return None

    def order(self) -> Order:
        """Return the order of the entries.

        Raises:
            InvalidError: `order.json` does not read.
        """
        return Order.parse(self.file(ORDER))

    def entries(self) -> Iterator[tuple[str, Content]]:
        """Yield (id, content) of every entry, in dataset order."""
        return iter(self._in_order())

    def ids(self) -> list[str]:
        """Return the ids of all entries, in dataset order."""
        return [entry_id for entry_id, _ in self._in_order()]

    def _in_order(self) -> list[tuple[str, Content]]:
        found: dict[str, Content] = {}
        item = None if self.tree is None else self.objects.items(self.tree).get(ENTRIES.encode())
        if item is not None and item.mode == FOLDER:
            for path, blob in files(item.oid, self.objects.tree, f"{ENTRIES}/"):
                entry_id = id_of_path(path)
                if entry_id is not None:
                    found[entry_id] = Content(blob.mode, blob.oid)
        for path, content in self.edits.items():
            entry_id = id_of_path(path)
            if entry_id is not None and content is not None:
                found[entry_id] = content
            elif entry_id is not None:
                found.pop(entry_id, None)
        try:
            key = self.order().key_of
        except InvalidError:
            return sorted(found.items())
        return sorted(found.items(), key=lambda pair: key(pair[0]))


def committed_side(repository: Repository, tree: bytes | None) -> TreeSide:
    """Return the side of a tree as the store holds it."""
    return TreeSide(repository.objects, tree)


def folder_side(repository: Repository) -> TreeSide:
    """Return the current commit with the hand edits of the checked-out folder; without any, the commit alone."""
    snapshot = repository.head_snapshot()
    edits: dict[str, Content | None] = {}
    worktree = repository.worktree
    if worktree is not None:
        for unsaved in unsaved_files(repository):
            try:
                data = worktree.read(unsaved.path)
            except InvalidError:
                edits[unsaved.path] = Content(LINK, b"")
                continue
            edits[unsaved.path] = None if data is None else Content(FILE, blob_id(data), data)
    return TreeSide(repository.objects, snapshot.tree, edits)


def differences(before: TreeSide, after: TreeSide) -> Iterator[PathDifference]:
    """Yield the paths that hold different bytes, in path order; equal folders are skipped."""
    walked = two_way(before.tree, after.tree, after.objects.tree)
    edited = before.edits.keys() | after.edits.keys()
    if not edited:
        for path, old, new in walked:
            yield PathDifference(path, _content(old), _content(new))
        return
    found = {
        path: PathDifference(path, _content(old), _content(new)) for path, old, new in walked if path not in edited
    }
    for path in edited:
        old_content, new_content = before.content(path), after.content(path)
        if (old_content and old_content[:2]) != (new_content and new_content[:2]):
            found[path] = PathDifference(path, old_content, new_content)
    yield from (found[path] for path in sorted(found))


def read_entry(side: TreeSide, content: Content) -> Entry | str:
    """Return the entry that a path holds, or in a few words why there is none."""
    if content.mode == LINK:
        return "a symbolic link"
    try:
        return decode_entry(side.read(content))
    except MissingObjectError:
        return "damaged: does not read"
    except (JsonProblemError, InvalidEntryError) as error:
        return f"does not read as an entry: {error.message}"


def _content(blob: Blob | None) -> Content | None:
    return None if blob is None else Content(blob.mode, blob.oid)
