"""Formats: how other programs write conversations down, and how ours are written for them.

A format is one file of this folder with a module-level `FORMAT`; adding one touches nothing else. In a `RowFormat` each
row is an entry; a `FileFormat` reads whole files. Both come out as one stream of drafts, each with where it came from.

Said here: which formats there are, and which of them reads a source, or each row of it. What is asked before a format
is loaded stands in `_list.py`, which docs/generate_lists.py writes. A file that the list does not know is loaded, so
that nothing in the folder is ever passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain, islice
from typing import Any, NamedTuple

from rolethread_vcs import discovery
from rolethread_vcs.errors import InvalidError, UsageError, did_you_mean
from rolethread_vcs.formats._contract import STANDARD_INPUT as STANDARD_INPUT
from rolethread_vcs.formats._contract import CannotCarryError as CannotCarryError
from rolethread_vcs.formats._contract import Content as Content
from rolethread_vcs.formats._contract import Draft as Draft
from rolethread_vcs.formats._contract import FileFormat as FileFormat
from rolethread_vcs.formats._contract import Format as Format
from rolethread_vcs.formats._contract import Piece as Piece
from rolethread_vcs.formats._contract import Reject as Reject
from rolethread_vcs.formats._contract import RowFormat as RowFormat
from rolethread_vcs.formats._contract import RowPlace as RowPlace
from rolethread_vcs.formats._contract import RowProblemError as RowProblemError
from rolethread_vcs.formats._reader import ChangedSourceError as ChangedSourceError
from rolethread_vcs.formats._reader import Source as Source
from rolethread_vcs.formats._reader import find_encoding as find_encoding
from rolethread_vcs.formats._reader import read_object, split_lines
from rolethread_vcs.formats._reader import unread_error as unread_error
from rolethread_vcs.formats._rows import CONTAINERS as CONTAINERS
from rolethread_vcs.formats._rows import MARK as MARK
from rolethread_vcs.formats._rows import joined as joined
from rolethread_vcs.formats._rows import roles_by_label as roles_by_label
from rolethread_vcs.formats._rows import with_roles
from rolethread_vcs.formats._rows import write_line as write_line
from rolethread_vcs.model.canonical import parse

_KEYS_SHOWN = 12


class ListedFormat(NamedTuple):
    """What is asked of a format before it is loaded; `marks` is None for a format of rows (see `FileFormat.marks`)."""

    name: str
    precedence: int
    aliases: tuple[str, ...]
    marks: tuple[bytes, ...] | None

    @classmethod
    def of(cls, format: Format) -> ListedFormat:
        marks = format.marks if isinstance(format, FileFormat) else None
        return cls(format.name, format.precedence, format.aliases, marks)


@cache
def _listed() -> tuple[ListedFormat, ...]:
    """Return what is known of every format, the one that is asked first first."""
    from rolethread_vcs.formats._list import FORMATS

    known = {row[0]: row for row in FORMATS}
    names = discovery.module_names(import_module(__name__))
    listed = [ListedFormat(*known[name]) if name in known else ListedFormat.of(_load(name)) for name in names]
    return tuple(sorted(listed, key=lambda each: (each.precedence, each.name)))


@cache
def _load(name: str) -> Format:
    found: Format = import_module(f"{__name__}.{name}").FORMAT
    return found


def all_formats() -> tuple[Format, ...]:
    """Return every format, the one that is asked first first."""
    return tuple(_load(each.name) for each in _listed())


@cache
def row_formats() -> tuple[RowFormat, ...]:
    """Return the formats of rows: those that a dataset can be exported in."""
    return tuple(each for each in all_formats() if isinstance(each, RowFormat))


def find_format(name: str) -> Format:
    """Return the format of a name or one of its other names; case does not count.

    Raises:
        UsageError (unknown_format): with the name that was probably meant.
    """
    names = {word: each.name for each in _listed() for word in (each.name, *each.aliases)}
    if name.lower() in names:
        return _load(names[name.lower()])
    hint = did_you_mean(name.lower(), names, f"formats are {', '.join(each.name for each in _listed())}")
    raise UsageError(f"there is no format called {name!r}", hint=hint, code="unknown_format")


def find_row_format(name: str) -> RowFormat:
    """Return the format to write rows in.

    Raises:
        UsageError (unknown_format): there is none of that name, or it is read and not written.
    """
    found = find_format(name)
    if isinstance(found, RowFormat):
        return found
    written = ", ".join(each.name for each in row_formats())
    raise UsageError(
        f"{found.title} can be read, not written", hint=f"formats to write are {written}", code="unknown_format"
    )


def detect(row: dict[str, Any]) -> RowFormat | None:
    """Return the format that reads this row, or None; every row of a file is asked by itself."""
    for each in _listed():
        if each.marks is None:
            format = _load(each.name)
            if isinstance(format, RowFormat) and format.recognise(row):
                return format
    return None


def _file_format(piece: bytes) -> FileFormat | None:
    """Return the format that reads the file of this first piece as a whole, or None."""
    for each in _listed():
        if each.marks is not None and any(mark in piece for mark in each.marks):
            format = _load(each.name)
            if isinstance(format, FileFormat) and format.recognise(piece):
                return format
    return None


# ---- drafts


def read_drafts(
    source: Source, format: Format | None = None, roles: Mapping[str, str] | None = None
) -> Iterator[Draft | Reject]:
    """Return every row of a source as a draft, or why there is none, in order.

    With a format, only rows of this format are read; `roles` are read in labels as `with_roles` says. A source of
    which no row is recognised is refused as a whole, after its last row; one that turns out to be of a kind known by
    name and not read, at its first.

    Raises:
        InvalidError (unread_format): the source is a chat log, a card … that this version does not read.
        InvalidError (unknown_shape): no row has the keys of a known format.
        InvalidError, SystemRefusedError: see `Source.pieces`.
    """
    pieces = source.pieces()
    first = next(pieces, None)
    if first is None:
        return
    chosen = _file_format(first[1]) if format is None else format
    pieces = chain((first,), pieces)
    if isinstance(chosen, FileFormat):
        for number, (piece, content) in enumerate(chosen.read(pieces), 1):
            yield _placed(piece, RowPlace(source.name, piece[0], number), chosen, content)
        return
    drafts = (
        _read_row(piece, RowPlace(source.name, piece[0], row), chosen, roles) for row, piece in enumerate(pieces, 1)
    )
    unknown: Reject | None = None
    for draft in drafts:
        if isinstance(draft, Draft):
            yield draft
            yield from drafts
            return
        if draft.code == "unread_format":
            raise InvalidError(f"{source.name}: {draft.reason}", code="unread_format")
        yield draft
        if draft.code == "unknown_shape":
            unknown = unknown or draft
    if unknown is not None:
        kind = "a known format" if chosen is None else chosen.title
        raise InvalidError(
            f"{source.name}: no row has the keys of {kind}; the first has {_name_keys(parse(unknown.raw))}",
            hint=f"a row needs {_expected_keys(chosen)}",
            code="unknown_shape",
        )


def read_again(raw: bytes, format: Format, line: int = 1, roles: Mapping[str, str] | None = None) -> Draft | Reject:
    """Return the draft of bytes that were one (`Draft.raw`), or of a line that should be one."""
    piece, place = (line, raw, None), RowPlace("", line, line)
    if isinstance(format, FileFormat):
        contents = (content for _, content in format.read(split_lines([raw])) if isinstance(content, Content))
        return _placed(piece, place, format, next(contents))
    return _read_row(piece, place, format, roles)


def _placed(piece: Piece, place: RowPlace, format: Format, content: Content | RowProblemError) -> Draft | Reject:
    if isinstance(content, RowProblemError):
        return Reject(place, piece[1], content.message, content.code)
    return Draft(place, piece[1], format, *content)


def _read_row(
    piece: Piece, place: RowPlace, format: RowFormat | None, roles: Mapping[str, str] | None = None
) -> Draft | Reject:
    try:
        row = read_object(piece)
        chosen = detect(row) if format is None else format if format.recognise(row) else None
        if chosen is None:
            raise _unrecognised(row, format)
        row, notes = with_roles(row, roles) if roles else (row, ())
        fields, identity, more = chosen.read(row)
        return Draft(place, piece[1], chosen, fields, identity, notes + more)
    except RowProblemError as error:
        return Reject(place, piece[1], error.message, error.code)


def _unrecognised(row: dict[str, Any], format: RowFormat | None) -> RowProblemError:
    from rolethread_vcs.formats._unread import name_unread_row, unread_sentence

    kind = name_unread_row(row)
    if kind is not None:
        return RowProblemError(unread_sentence(kind), "unread_format")
    return RowProblemError(f"it has {_name_keys(row)}; a row needs {_expected_keys(format)}")


def _expected_keys(format: RowFormat | None) -> str:
    return ", or ".join(each.keys for each in (row_formats() if format is None else (format,)))


def _name_keys(row: dict[str, Any]) -> str:
    """Return the keys of a row as words of a sentence, the first dozen of them."""
    if not row:
        return "no keys"
    shown = [key if len(key) <= 40 else f"{key[:40]}…" for key in islice(row, _KEYS_SHOWN)]
    more = len(row) - len(shown)
    word = "the key" if len(row) == 1 else "the keys"
    return f"{word} {', '.join(shown)}" + (f" and {more} more" if more else "")
