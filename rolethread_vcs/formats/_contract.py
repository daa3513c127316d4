"""What a format is, and the values that travel between a file and the entries of a dataset.

A row travels like this: bytes → `Record` (or `Bad`) → `Draft` → `Entry`, and back: `Entry` → row → bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import Entry


class RowProblemError(InvalidError):
    """One row cannot be an entry; `message` is the reason in plain words."""

    code = "row"


class CannotCarryError(InvalidError):
    """An entry holds what a format has no place for; nothing is dropped in silence.

    `reason` completes "it cannot be written as FORMAT: "; the writer of a whole file adds the entry id.
    """

    code = "cannot_carry"

    def __init__(self, format_title: str, reason: str, entry_id: str | None = None) -> None:
        entry = "the entry" if entry_id is None else f"entry {entry_id}"
        super().__init__(
            f"{entry} cannot be written as {format_title}: {reason}",
            hint="the format messages carries every entry",
        )
        self.format_title = format_title
        self.reason = reason
        self.entry_id = entry_id


class Record(NamedTuple):
    """One row of a source, read and exact.

    `line` counts from 1 and is where the row starts; `number` counts rows from 1. `raw` is the row byte for byte,
    without the line feed that ends it or the comma that follows it. A plain tuple, as a draft is: both are made for
    each of 100,000 rows, and a frozen dataclass takes several times as long.
    """

    line: int
    number: int
    raw: bytes
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be an entry at all: its bytes are kept, and `reason` says why in plain words.

    `code` is one of `not_json`, `not_an_object`, `unknown_shape`, `unread_format`.
    """

    line: int
    number: int
    raw: bytes
    reason: str
    code: str


class Draft(NamedTuple):
    """A row as a format understood it: `Entry.of(draft.fields)` is the entry.

    `rolethread` is the identity that a full export of ours carried (`id`, and `rev` if it is still there), or
    None. `notes` are remarks about what was read in an unusual way, one plain sentence each, without the place.
    """

    fields: dict[str, Any]
    rolethread: Mapping[str, str] | None
    format: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanKeys:
    """The optional keys of one clean export: they stand in every row, or in none.

    `row` are keys beside the conversation (`tools`, `chosen` …), `message` keys beside role and content
    (`tool_calls` …). Loaders infer columns from the first rows, so a key that comes late breaks the file.
    """

    row: tuple[str, ...] = ()
    message: tuple[str, ...] = ()

    def union(self, other: CleanKeys) -> CleanKeys:
        """Return the keys of both, sorted."""
        if other == self or not (other.row or other.message):
            return self
        return CleanKeys(tuple(sorted({*self.row, *other.row})), tuple(sorted({*self.message, *other.message})))


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write conversations down, found by discovery as the `FORMAT` of its file.

    A format of rows fills in `recognise` and `read`, and the three writing functions if it can be written. A format
    whose whole file is one or many entries (a chat log, a card) fills in `recognise_file` and `read_file`.
    """

    name: str
    """The word after `--format`."""

    title: str
    """What messages call it: "a ShareGPT row"."""

    keys: str
    """The keys that a row must have, as a person would list them."""

    precedence: int
    """Where two formats recognise a row, the lower number reads it."""

    recognise: Callable[[dict[str, Any]], bool] | None = None
    """Return whether an object has this format's shape; looks at keys, never through the text."""

    read: Callable[[dict[str, Any]], Draft] | None = None
    """Return the draft of a recognised row, or raise `RowProblemError`."""

    write_full: Callable[[Entry, Mapping[str, str] | None], dict[str, Any]] | None = None
    """Return the row of an entry with all it holds, or raise `CannotCarryError`."""

    write_clean: Callable[[Entry, CleanKeys], dict[str, Any]] | None = None
    """Return the row of an entry with what a trainer reads, or raise `CannotCarryError`."""

    used_keys: Callable[[Entry], CleanKeys] | None = None
    """Return the optional keys that a clean row of this entry needs."""

    recognise_file: Callable[[bytes, str], bool] | None = None
    """Return whether a whole file is of this format, from its first bytes and its name."""

    read_file: Callable[[bytes], Iterator[Draft]] | None = None
    """Return the drafts of a whole file of this format."""

    aliases: tuple[str, ...] = ()
    """Other words for it after `--format`."""

    @property
    def reads(self) -> bool:
        """Whether files of this format can be imported."""
        return self.read is not None or self.read_file is not None

    @property
    def writes(self) -> bool:
        """Whether a dataset can be exported in this format."""
        return self.write_full is not None and self.write_clean is not None

    def write(
        self,
        entry: Entry,
        *,
        identity: Mapping[str, str] | None = None,
        clean: bool = False,
        keys: CleanKeys | None = None,
    ) -> dict[str, Any]:
        """Return the row of an entry.

        A full row starts with `identity` (`{"id", "rev"}`) under `rolethread`. A clean row has `keys`, those of
        the whole file (`clean_keys`); without them, those that this entry needs.

        Raises:
            CannotCarryError: the entry holds what this format has no place for.
        """
        if self.write_full is None or self.write_clean is None or self.used_keys is None:
            raise CannotCarryError(self.name, "this format can be read, not written")
        if not clean:
            return self.write_full(entry, identity)
        return self.write_clean(entry, self.used_keys(entry) if keys is None else keys)
