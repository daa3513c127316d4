"""One entry on the three sides of a merge: what each side has, and whether it reads."""

from __future__ import annotations

from dataclasses import dataclass

from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.merge.decisions import digest_of_blobs
from rolethread_vcs.store.objects.trees import LINK, Blob, Readable
from rolethread_vcs.store.tree_reader import Unreadable, find_blob, read_entry


@dataclass(frozen=True, slots=True)
class Sides:
    """The three inputs of a merge: 20-byte ids of trees, None for an empty one, and what people call them."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None


class EntrySides:
    """An entry on its three sides; what is asked for is read, once."""

    def __init__(self, objects: Readable, entry_id: str, blobs: tuple[Blob | None, Blob | None, Blob | None]) -> None:
        self.id = entry_id
        self.blobs = blobs
        self._objects = objects
        self._known: dict[int, Entry | Unreadable | None] = {}

    @classmethod
    def at(cls, objects: Readable, sides: Sides, entry_id: str) -> EntrySides:
        """Return an entry as three trees hold it."""
        path = entry_path(entry_id)
        base, ours, theirs = (find_blob(objects, tree, path) for tree in (sides.base, sides.ours, sides.theirs))
        return cls(objects, entry_id, (base, ours, theirs))

    def _read(self, number: int) -> Entry | Unreadable | None:
        if number not in self._known:
            blob = self.blobs[number]
            self._known[number] = None if blob is None else read_entry(self._objects, blob)
        return self._known[number]

    def unreadable(self, *numbers: int) -> str:
        """Return why one of some sides does not read, "" when all do."""
        return next((side.reason for side in map(self._read, numbers) if isinstance(side, Unreadable)), "")

    @property
    def readable(self) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Base, ours and theirs, None for one that does not read."""
        base, ours, theirs = (None if isinstance(side, Unreadable) else side for side in map(self._read, range(3)))
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
        if isinstance(side, Unreadable):
            raise UsageError(
                f"entry {self.id} cannot be read there ({side.reason}), so it cannot be taken; nothing was changed",
                hint="take the other side, or give it anew with --edit or --file",
                code="unreadable_side",
            )
        return side


def _key(blob: Blob | None) -> tuple[bool, bytes] | None:
    """Return what an entry is compared by: that its file may be run as a program says nothing."""
    return None if blob is None else (blob.mode == LINK, blob.oid)
