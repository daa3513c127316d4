"""Formats: how other programs write conversations down, and how ours are written for them.

A format is one file of this folder with a module-level `FORMAT`; adding one touches nothing else.
"""

from rolethread_vcs.formats._bytes import ChangedSourceError
from rolethread_vcs.formats._catalogue import all_formats, detect, find_format, writable_formats
from rolethread_vcs.formats._contract import Bad, CannotCarryError, CleanKeys, Draft, Format, Record, RowProblemError
from rolethread_vcs.formats._drafts import Recognition, expected_keys, read_drafts, read_row
from rolethread_vcs.formats._reader import Source, open_source, read_record
from rolethread_vcs.formats._splitter import Batch, Lines, Piece, rows_in_lines
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
    "InvalidError (not_utf8)",
    "InvalidError (too_large)",
    "InvalidError (torn)",
    "InvalidError (unknown_shape)",
    "InvalidError (unread_format)",
    "Lines",
    "Piece",
    "Recognition",
    "Record",
    "RowProblemError",
    "Source",
    "UsageError (unknown_format)",
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
