"""One entry on the three sides of a merge: what each side has, and whether it reads."""

from __future__ import annotations

from dataclasses import dataclass

from rolethread_vcs.errors import DamagedError, UsageError
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.merge.decisions import digest_of_blobs
from rolethread_vcs.store.objects.overlay import Readable
from rolethread_vcs.store.objects.trees import FOLDER, LINK, Item, parse
from rolethread_vcs.store.objects.walk import Blob


@dataclass(frozen=True, slots=True)
class Sides:
    """The three inputs of a merge: 20-byte ids of trees, None for an empty one, and what people call them."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None
    label_ours: str = "ours"
    label_theirs: str = "theirs"
    label_base: str = "base"


class EntrySides:
    """An entry on its three sides; what is asked for is read, once."""

    def __init__(self, objects: Readable, entry_id: str, blobs: tuple[Blob | None, Blob | None, Blob | None]) -> None:
        self.id = entry_id
        self.blobs = blobs
        self._objects = objects
        self._known: dict[int, Entry | str | None] = {}

    @classmethod
    def at(cls, objects: Readable, sides: Sides, entry_id: str) -> EntrySides:
        """Return an entry as three trees hold it."""
        path = entry_path(entry_id)
        base, ours, theirs = (find_blob(objects, tree, path) for tree in (sides.base, sides.ours, sides.theirs))
        return cls(objects, entry_id, (base, ours, theirs))

    def _read(self, number: int) -> Entry | str | None:
        if number not in self._known:
            blob = self.blobs[number]
            self._known[number] = None if blob is None else _read(self._objects, blob)
        return self._known[number]

    def unreadable(self, *numbers: int) -> str:
        """Return why one of some sides does not read, "" when all do."""
        return next((side for side in map(self._read, numbers) if isinstance(side, str)), "")

    @property
    def readable(self) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Base, ours and theirs, None for one that does not read."""
        base, ours, theirs = (None if isinstance(side, str) else side for side in map(self._read, range(3)))
        return base, ours, theirs

    @property
    def about(self) -> str:
        """What tells a conflict of these three from another of the same entry."""
        return digest_of_blobs(*(None if blob is None else blob.oid for blob in self.blobs))

    @property
    def is_theirs_alone(self) -> bool:
        """Whether ours has the entry as base has it."""
        return _key(self.blobs[1]) == _key(self.blobs[0])

    @property
    def is_theirs(self) -> bool:
        """Whether theirs changed the entry, and not to what ours has already."""
        base, ours, theirs = map(_key, self.blobs)
        return theirs not in (base, ours)

    def side(self, number: int) -> Entry | None:
        """Return base (0), ours (1) or theirs (2).

        Raises:
            UsageError (unreadable_side): it does not read.
        """
        side = self._read(number)
        if isinstance(side, str):
            raise UsageError(
                f"entry {self.id} does not read there ({side}), so it cannot be taken; nothing was changed",
                hint="take the other side, or give it anew with --edit or --file",
                code="unreadable_side",
            )
        return side


def _read(objects: Readable, blob: Blob) -> Entry | str:
    """Return an entry, or in a few words why there is none."""
    if blob.mode == LINK:
        return "a symbolic link"
    try:
        return decode_entry(objects.blob(blob.oid))
    except DamagedError:
        return "damaged"
    except (JsonProblemError, InvalidEntryError) as error:
        return error.message


def _key(blob: Blob | None) -> tuple[bool, bytes] | None:
    """Return what an entry is compared by: that its file may be run as a program says nothing."""
    return None if blob is None else (blob.mode == LINK, blob.oid)


def find_blob(objects: Readable, tree: bytes | None, path: str) -> Blob | None:
    """Return the file at a path of a tree, or None."""
    *folders, name = path.encode().split(b"/")
    for folder in folders:
        found = None if tree is None else _item(objects, tree, folder)
        tree = found.oid if found is not None and found.mode == FOLDER else None
    found = None if tree is None else _item(objects, tree, name)
    return None if found is None or found.mode == FOLDER else Blob(found.mode, found.oid)


def _item(objects: Readable, tree: bytes, name: bytes) -> Item | None:
    return next((item for item in parse(objects.tree(tree)) if item.name == name), None)
