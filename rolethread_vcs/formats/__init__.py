"""Formats: how other programs write conversations down, and how ours are written for them.

A format is one file of this folder with a module-level `FORMAT`; adding one touches nothing else.
"""

from rolethread_vcs.formats._bytes import ChangedSourceError, TornSourceError
from rolethread_vcs.formats._catalogue import (
    UnknownFormatError,
    all_formats,
    detect,
    find_format,
    writable_formats,
)
from rolethread_vcs.formats._contract import (
    Bad,
    CannotCarryError,
    CleanKeys,
    Draft,
    Format,
    Record,
    RowProblemError,
    UnknownShapeError,
    UnreadFormatError,
)
from rolethread_vcs.formats._drafts import Recognition, expected_keys, read_drafts, read_row
from rolethread_vcs.formats._reader import NotUtf8Error, Source, open_source, read_record
from rolethread_vcs.formats._splitter import Batch, Lines, Piece, RowTooLargeError, rows_in_lines
from rolethread_vcs.formats._writer import CONTAINERS, clean_keys, export_rows

__all__ = [
    "CONTAINERS",
    "Bad",
    "Batch",
    "CannotCarryError",
    "ChangedSourceError",
    "CleanKeys",
    "Draft",
    "Format",
    "Lines",
    "NotUtf8Error",
    "Piece",
    "Recognition",
    "Record",
    "RowProblemError",
    "RowTooLargeError",
    "Source",
    "TornSourceError",
    "UnknownFormatError",
    "UnknownShapeError",
    "UnreadFormatError",
    "all_formats",
    "clean_keys",
    "detect",
    "expected_keys",
    "export_rows",
    "find_format",
    "open_source",
    "read_drafts",
    "read_record",
    "read_row",
    "rows_in_lines",
    "writable_formats",
]
