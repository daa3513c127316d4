"""Turns what was cut out of a source into drafts: by the format of the whole file, or each row by its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats._catalogue import (
    detect,
    detect_file,
    expected_keys,
    find_format,
    name_unread_row,
    unread_sentence,
)
from rolethread_vcs.formats._contract import (
    Content,
    Draft,
    FileFormat,
    Format,
    Piece,
    Reject,
    RowFormat,
    RowPlace,
    RowProblemError,
)
from rolethread_vcs.formats._reader import Source, read_object
from rolethread_vcs.formats._splitter import split_lines
from rolethread_vcs.model.canonical import parse

_NOWHERE = RowPlace("", 1, 1)
_KEYS_SHOWN = 12


def read_drafts(source: Source, format: Format | None = None) -> Iterator[Draft | Reject]:
    """Return every row of a source as a draft, or why there is none, in order.

    With a format, only rows of this format are read. A source of which no row is recognised is refused as a whole,
    after its last row; one that turns out to be of a kind known by name and not read, at its first.

    Raises:
        InvalidError (unread_format): the source is a chat log, a card … that this version does not read.
        InvalidError (unknown_shape): no row has the keys of a known format.
        InvalidError, SystemRefusedError: see `Source.pieces`.
    """
    pieces = source.pieces()
    first = next(pieces, None)
    if first is None:
        return
    pieces = chain((first,), pieces)
    file_format = detect_file(first[1]) if format is None else format
    if isinstance(file_format, FileFormat):
        for number, (piece, outcome) in enumerate(file_format.read(pieces), 1):
            yield _placed(RowPlace(source.name, piece[0], number), piece[1], file_format.name, outcome)
        return
    row_format = format if isinstance(format, RowFormat) else None
    drafts = (_read_row(piece, RowPlace(source.name, piece[0], row), row_format) for row, piece in enumerate(pieces, 1))
    yield from _refuse_unrecognised(drafts, source.name, row_format)


def read_again(raw: bytes, format: str | Format, place: RowPlace = _NOWHERE) -> Draft | Reject:
    """Return the draft of bytes that were one (`Draft.raw`), or of a line that should be one."""
    known = find_format(format) if isinstance(format, str) else format
    if isinstance(known, FileFormat):
        outcome = next(outcome for _, outcome in known.read(split_lines([raw])) if isinstance(outcome, Content))
        return _placed(place, raw, known.name, outcome)
    assert isinstance(known, RowFormat)
    return _read_row((place.line, raw, None), place, known)


def _refuse_unrecognised(
    drafts: Iterator[Draft | Reject], name: str, format: RowFormat | None
) -> Iterator[Draft | Reject]:
    """Pass rows on, and refuse the source of which none is recognised."""
    unknown: Reject | None = None
    for row in drafts:
        if isinstance(row, Draft):
            yield row
            yield from drafts
            return
        if row.code == "unread_format":
            raise InvalidError(f"{name}: {row.reason}", code="unread_format")
        if row.code == "unknown_shape":
            unknown = unknown or row
        yield row
    if unknown is not None:
        known = "a known format" if format is None else format.title
        raise InvalidError(
            f"{name}: no row has the keys of {known}; the first has {name_keys(parse(unknown.raw))}",
            hint=f"a row needs {expected_keys(format)}",
            code="unknown_shape",
        )


def _placed(place: RowPlace, raw: bytes, format: str, outcome: Content | RowProblemError) -> Draft | Reject:
    if isinstance(outcome, RowProblemError):
        return Reject(place, raw, outcome.message, outcome.code)
    return Draft(place, raw, format, *outcome)


def _read_row(piece: Piece, place: RowPlace, format: RowFormat | None) -> Draft | Reject:
    try:
        row = read_object(piece)
        chosen = detect(row) if format is None else format if format.recognise(row) else None
        if chosen is None:
            raise _unrecognised(row, format)
        return Draft(place, piece[1], chosen.name, *chosen.read(row))
    except RowProblemError as error:
        return Reject(place, piece[1], error.message, error.code)


def _unrecognised(row: dict[str, Any], format: RowFormat | None) -> RowProblemError:
    kind = name_unread_row(row)
    if kind is not None:
        return RowProblemError(unread_sentence(kind), "unread_format")
    return RowProblemError(f"it has {name_keys(row)}; a row needs {expected_keys(format)}")


def name_keys(row: dict[str, Any]) -> str:
    """Return the keys of a row as words of a sentence, the first dozen of them."""
    if not row:
        return "no keys"
    shown = [key if len(key) <= 40 else f"{key[:40]}…" for key in islice(row, _KEYS_SHOWN)]
    more = len(row) - len(shown)
    word = "the key" if len(row) == 1 else "the keys"
    return f"{word} {', '.join(shown)}" + (f" and {more} more" if more else "")
