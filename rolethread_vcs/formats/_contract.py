"""What a format is, and the values that travel between a file and the entries of a dataset.

    bytes -> Piece -> Content -> Draft (or Reject) -> Entry          and back: Entry -> row -> bytes

A piece is cut out of a file, a content is what a format understood, a draft is that with where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import UnkeepableValueError
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.phrases import count, first_few

Read = TypeVar("Read")

STANDARD_INPUT = "standard input"
"""What messages call a stream that has no name."""

_NAMED = 5

Piece: TypeAlias = tuple[int, bytes, str | None]
"""A row as it was cut out of a file: the line it starts on, its bytes, and what is wrong around it, or None."""


class RowProblemError(Exception):
    """A row cannot be an entry; `message` is the reason in plain words. It becomes a `Reject` and goes no further."""

    def __init__(self, message: str, code: str = "unknown_shape") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


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

    @classmethod
    def of(cls, format_title: str, unfit: Sequence[tuple[str, str]], hint: str | None = None) -> CannotCarryError:
        """Return the error about some entries, each an id and a reason; the first few are named."""
        (entry_id, reason), *others = unfit
        error = cls(format_title, reason, entry_id)
        error.hint = hint or error.hint
        if others:
            error.message = f"{count(len(unfit), 'entry')} cannot be written as {format_title}"
            error.details = tuple(first_few([f"{id}: {why}" for id, why in unfit], _NAMED))
        return error


def too_large(line: int) -> InvalidError:
    return InvalidError(
        f"the row that starts on line {line} is larger than {limits.FILE >> 20} MB",
        hint="a quote or a bracket is probably missing there",
        code="too_large",
    )


class Content(NamedTuple):
    """What a format understood: `Entry.of(content.fields)` is the entry.

    `rolethread` is the identity that a full export of ours carried (`id`, and `rev` if it is still there), or None.
    `notes` are remarks about what was read in an unusual way, one plain sentence each, without the place.
    """

    fields: dict[str, Any]
    rolethread: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()


class RowPlace(NamedTuple):
    """Where a row lies: the name of its source, the line it starts on, and which row it is, both from 1."""

    source: str
    line: int
    row: int

    def __str__(self) -> str:
        return f"{self.source} line {self.line}, row {self.row}"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not saved: its bytes are kept, and `reason` says why in plain words.

    `code` is `not_json`, `not_an_object`, `unknown_shape` or `unread_format` where no format read it; `findings` are
    those of rules that stop it.
    """

    place: RowPlace
    raw: bytes
    reason: str
    code: str
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Draft(NamedTuple):
    """What will be an entry, as a format understood it (see `Content`), and where it came from.

    `raw` is the row byte for byte, without the line feed that ends it or the comma that follows it; of a file that is
    one entry, all its lines. A plain tuple: there is one for each of 100,000 rows.
    """

    place: RowPlace
    raw: bytes
    format: Format
    fields: dict[str, Any]
    rolethread: Mapping[str, str] | None
    notes: tuple[str, ...]

    @property
    def own_id(self) -> str | None:
        """The id of ours that it carried."""
        return None if self.rolethread is None else self.rolethread["id"]

    def make(self, read: Callable[[Entry], Read]) -> Read | Reject:
        """Return what is read from the entry that this is, or why it is none; the fields are given away.

        `read` encodes the entry, be it for a digest: only that shows whether it can be kept.
        """
        try:
            return read(Entry.of(self.fields, is_owned=True))
        except (InvalidEntryError, UnkeepableValueError) as error:
            return self.reject(error.message, error.code)

    def reject(self, reason: str, code: str, findings: tuple[Finding, ...] = ()) -> Reject:
        return Reject(self.place, self.raw, reason, code, findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnyFormat:
    """One way to write conversations down, found by discovery as the `FORMAT` of its file."""

    name: str
    """The word after `--format`."""

    title: str
    """What messages call it: "a ShareGPT row"."""

    keys: str
    """The keys that a row must have, or the first line of a file, as a person would list them."""

    precedence: int
    """Where two formats recognise a row, or a file, the lower number reads it."""

    aliases: tuple[str, ...] = ()
    """Other words for it after `--format`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat(_AnyFormat):
    """A format whose whole file is one entry, or some: a chat log, a card. It is read, and not written."""

    marks: tuple[bytes, ...]
    """What the first piece of such a file holds, one of them at least: where none is, the format is not even loaded."""

    recognise: Callable[[bytes], bool]
    """Return whether a file is of this format, from its first piece: the first line, or the whole first object."""

    read: Callable[[Iterator[Piece]], Iterator[tuple[Piece, Content | RowProblemError]]]
    """Return what the pieces of a file are: entries, each with all its bytes, and what cannot be read, as it comes."""

    moments: Callable[[Entry], tuple[str, ...]] = lambda _: ()
    """Return when each message was said, as the file has it; nothing where one does not say. An edit leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFormat(_AnyFormat):
    """A format in which each row is an entry; it is read and written."""

    recognise: Callable[[dict[str, Any]], bool]
    """Return whether an object has this format's shape; looks at keys, never through the text."""

    read: Callable[[dict[str, Any]], Content]
    """Return what a recognised row holds, or raise `RowProblemError`."""

    write_full: Callable[[Entry, Mapping[str, str]], dict[str, Any]]
    """Return the row of an entry with all it holds and our mark (`id` and `rev`), or raise `CannotCarryError`."""

    write_clean: Callable[[Entry], dict[str, Any]]
    """Return the row of an entry with what a trainer reads, a key only where it has a value, or raise as above."""

    clean_keys: frozenset[str] = frozenset()
    """What clean rows have a place for beside role and content: keys of a message, and keys of the row."""

    has_weights: bool = False
    """Whether an answer of a clean row may have a `weight`: the row has the messages of its entry, as `messages`."""


Format: TypeAlias = RowFormat | FileFormat
