"""Formats: how other programs write conversations down, and how ours are written for them.

A format is one file of this folder with a module-level `FORMAT`; adding one touches nothing else.
"""

from rolethread_vcs.formats._bytes import ChangedSourceError
from rolethread_vcs.formats._catalogue import all_formats, detect, find_format, writable_formats
from rolethread_vcs.formats._contract import Bad, CannotCarryError, CleanKeys, Draft, Format, Record, RowProblemError
from rolethread_vcs.formats._drafts import Recognition, expected_keys, read_drafts, read_row
from rolethread_vcs.formats._reader import Source, open_source, read_record
from rolethread_vcs.formats._splitter import Piece
from rolethread_vcs.formats._writer import CONTAINERS, clean_keys, export_rows

__all__ = [
    "CONTAINERS",
    "Bad",
    "CannotCarryError",
    "ChangedSourceError",
    "CleanKeys",
    "Draft",
    "Format",
    "Piece",
    "Recognition",
    "Record",
    "RowProblemError",
    "Source",
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
    "writable_formats",
]
