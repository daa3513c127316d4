"""Turns an entry into a line of a file copy, and a line into what it says: both for one format and one set of keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.formats import (
    CannotCarryError,
    CleanKeys,
    Reject,
    RowFormat,
    RowPlace,
    find_row_format,
    read_again,
)
from rolethread_vcs.model.canonical import UnkeepableValueError, encode_line, parse
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.ids import rev_of
from rolethread_vcs.ops.workcopy.links import Link


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says: an entry with what the line carries, and the id that a mark of ours in it names."""

    entry: Entry
    own_id: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file copy are written."""

    format: RowFormat
    clean: bool
    keys: CleanKeys

    @classmethod
    def of(cls, link: Link) -> Layout:
        return cls(find_row_format(link.format), link.clean, link.keys)

    def write(self, entry_id: str, blob: bytes, entry: Entry) -> bytes:
        """Return the line of an entry without its line feed; `blob` is the id of its blob.

        Raises:
            CannotCarryError: the entry holds what the format has no place for.
        """
        identity = None if self.clean else {"id": entry_id, "rev": rev_of(blob)}
        try:
            row = self.format.write(entry, identity=identity, clean=self.clean, keys=self.keys)
        except CannotCarryError as error:
            raise CannotCarryError(error.format_title, error.reason, entry_id) from error
        return encode_line(row, is_parsed=True)

    def read(self, raw: bytes, line: int = 1) -> Reading | Reject:
        """Return what a line says, or why it is no row of this format."""
        draft = read_again(raw, self.format, RowPlace("", line, line))
        if isinstance(draft, Reject):
            return draft
        try:
            entry = Entry.of(draft.fields)
            encode_line(entry.fields)
        except (InvalidEntryError, UnkeepableValueError) as error:
            return Reject(draft.place, raw, error.message, error.code)
        return Reading(self._without_padding(entry), (draft.rolethread or {}).get("id"))

    def marked(self, raw: bytes, entry_id: str, blob: bytes) -> bytes:
        """Return a line of a full copy with our mark of an entry in it, all else as it is."""
        value = parse(raw)
        mark = value.get("rolethread")
        fields = {"fields": mark["fields"]} if isinstance(mark, dict) and "fields" in mark else {}
        identity = {"id": entry_id, "rev": rev_of(blob), **fields}
        value.pop("rolethread", None)
        return encode_line({"rolethread": identity, **value})

    def keys_with(self, entries: list[Entry]) -> CleanKeys:
        """Return the keys that these entries need beside those of the copy; a full copy needs none."""
        keys = self.keys
        if self.clean:
            for entry in entries:
                keys = keys.union(self.format.used_keys(entry))
        return keys

    def _without_padding(self, entry: Entry) -> Entry:
        """Leave out the nulls that only fill the columns of a clean file; they say nothing about an entry."""
        if not self.clean or not (self.keys.row or self.keys.message):
            return entry
        fields: dict[str, Any] = dict(entry.fields)
        if isinstance(fields.get("extra"), Mapping):
            extra = {key: each for key, each in entry.extra.items() if each is not None or key not in self.keys.row}
            fields["extra"] = extra or None
        for side in ("messages", "chosen", "rejected"):
            if isinstance(fields.get(side), list):
                fields[side] = [self._bare(message) for message in fields[side]]
        return Entry.of({key: each for key, each in fields.items() if each is not None})

    def _bare(self, message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        return {key: each for key, each in message.items() if each is not None or key not in self.keys.message}
