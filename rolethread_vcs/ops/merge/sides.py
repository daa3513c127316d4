"""What a merge is made of: three trees, and an entry or a file as each of them has it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.documents import UnreadableDocumentError, kind_of
from rolethread_vcs.errors import DamagedError, InvalidError, UsageError
from rolethread_vcs.merge.conflict import Choice, Choose, Merged, Value
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.objects import LeftOutError
from rolethread_vcs.store.objects.trees import LINK, Blob, Readable
from rolethread_vcs.store.tree_reader import IS_LEFT_OUT, Unreadable, find_blob, read_entry

BASE, OURS, THEIRS = range(3)
_NUMBERS = {"base": BASE, "ours": OURS, "theirs": THEIRS}

Blobs = tuple[Blob | None, Blob | None, Blob | None]


@dataclass(frozen=True, slots=True)
class MergeInputs:
    """Three trees (20-byte ids, None for an empty one), what reads them, and which part of theirs is wanted.

    `bases` are the commits (hex ids) for which the base stands. Wanted is what theirs did to these `ids` (and paths),
    and to entries that match the query `where` on any side; where both are None, everything. A query selects entries,
    and no other file.
    """

    objects: Readable
    base: bytes | None
    ours: bytes | None
    theirs: bytes | None
    bases: tuple[str, ...] = ()
    ids: frozenset[str] | None = None
    where: str | None = None

    def entry(self, entry_id: str) -> EntrySides:
        """Return an entry on the three sides."""
        path = entry_path(entry_id)
        base, ours, theirs = (find_blob(self.objects, tree, path) for tree in (self.base, self.ours, self.theirs))
        return EntrySides(self.objects, entry_id, (base, ours, theirs))

    def wants_file(self, path: str) -> bool:
        """Return whether all that theirs did to a file that is no entry is wanted."""
        return self.where is None if self.ids is None else path in self.ids


class _Sides:
    """One path on the three sides; `name` is an entry's id, or the path itself."""

    def __init__(self, objects: Readable, name: str, blobs: Blobs) -> None:
        self.name = name
        self.blobs = blobs
        self._objects = objects

    @property
    def about(self) -> str:
        """What tells a conflict of these three from another of the same name."""
        oids = (b"-" if blob is None else blob.oid.hex().encode() for blob in self.blobs)
        return hashlib.blake2b(b" ".join(oids), digest_size=12).hexdigest()


class EntrySides(_Sides):
    """An entry on its three sides; what is asked for is read, once."""

    def __init__(self, objects: Readable, entry_id: str, blobs: Blobs) -> None:
        super().__init__(objects, entry_id, blobs)
        self._known: dict[int, Entry | Unreadable | None] = {}
        # what an entry is compared by: that its file may be run as a program says nothing
        base, ours, theirs = (None if blob is None else (blob.mode == LINK, blob.oid) for blob in blobs)
        self.is_theirs_alone = ours == base
        self.is_changed = theirs not in (base, ours)

    def found(self, side: int) -> Entry | Unreadable | None:
        """Return what a side has."""
        if side not in self._known:
            blob = self.blobs[side]
            found = self._known[side] = None if blob is None else read_entry(self._objects, blob)
            if found == IS_LEFT_OUT:
                raise LeftOutError(f"entry {self.name}, as one side has it,")
        return self._known[side]

    @property
    def readable(self) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Base, ours and theirs, None for one that cannot be read."""
        base, ours, theirs = (None if isinstance(side, Unreadable) else side for side in map(self.found, range(3)))
        return base, ours, theirs

    def unreadable(self, *sides: int) -> str:
        """Return why one of some sides cannot be read, "" when all can."""
        return next((found.reason for found in map(self.found, sides) if isinstance(found, Unreadable)), "")

    def taken(self, choice: Choice) -> Entry | None:
        """Return what was chosen for the whole entry.

        Raises:
            UsageError (unreadable_side): it cannot be read, or is no side.
        """
        if isinstance(choice, Value):
            return None if choice.value is ABSENT else Entry.of(choice.value)
        if choice == "both":
            raise UsageError(f"both sides of {self.name} cannot be kept as one entry", code="unreadable_side")
        found = self.found(_NUMBERS[choice])
        if isinstance(found, Unreadable):
            raise UsageError(
                f"entry {self.name} cannot be read there ({found.reason}), so it cannot be taken",
                hint="take the other side, or give it anew with --edit or --file",
                code="unreadable_side",
            )
        return found


class FileSides(_Sides):
    """A file that is no entry on its three sides."""

    def read(self, side: int) -> bytes | None:
        """Return the bytes of a side.

        Raises:
            UnreadableDocumentError: it is a link, or damaged.
        """
        blob = self.blobs[side]
        if blob is None:
            return None
        if blob.mode == LINK:
            raise UnreadableDocumentError("a symbolic link")
        try:
            return self._objects.blob(blob.oid)
        except DamagedError as error:
            raise UnreadableDocumentError("damaged") from error

    def merge(self, choose: Choose | None = None) -> Merged[bytes | None]:
        """Return the merge as the kind of the file does it.

        Raises:
            UnreadableDocumentError: a side cannot be read. UsageError (unusable_choice): a choice does not fit.
        """
        base, ours, theirs = map(self.read, range(3))
        if base == ours:
            if kind_of(self.name).is_needed:
                self._check(theirs)
            return Merged(theirs)
        return kind_of(self.name).merge(base, ours, theirs, choose)

    def taken(self, choice: Choice) -> bytes | None:
        """Return the bytes that were chosen for a file that cannot be merged.

        Raises:
            UsageError (unreadable_side): they are none that the dataset could do with, or no side was chosen.
            UsageError (unusable_choice): what was given cannot be read.
        """
        kind = kind_of(self.name)
        hint = "take the other side, or mend the file on its branch first"
        if choice == "both":
            raise UsageError(f"{self.name} can only be taken from one side", hint=hint, code="unreadable_side")
        try:
            if isinstance(choice, Value):
                return kind.encode(kind.parse(str(choice.value).encode()))
            data = self.read(_NUMBERS[choice])
            if choice != "ours" and (data is not None or kind.is_needed):
                self._check(data)
        except UnreadableDocumentError as error:
            raise UsageError(
                f"{self.name} cannot be read there ({error.message}), so it cannot be taken",
                hint=hint,
                code="unreadable_side",
            ) from error
        except InvalidError as error:
            raise UsageError(f"{self.name}: {error.message}", code="unusable_choice") from error
        return data

    def _check(self, data: bytes | None) -> None:
        """Refuse to take a file as it is without which, or with which, the dataset could not be read afterwards."""
        if data is None:
            raise UnreadableDocumentError(f"a dataset cannot be without {self.name}")
        try:
            kind_of(self.name).parse(data)
        except InvalidError as error:
            raise UnreadableDocumentError(error.message) from error
