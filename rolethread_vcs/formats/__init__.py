"""Formats: how other programs write conversations down, and how ours are written for them.

A format is one file of this folder with a module-level `FORMAT`; adding one touches nothing else. In a `RowFormat` each
row is an entry; a `FileFormat` reads whole files. Both come out as one stream of drafts, each with where it came from.
"""

from rolethread_vcs.formats._catalogue import (
    all_formats,
    detect,
    find_format,
    find_row_format,
    read_again,
    read_drafts,
    row_formats,
)
from rolethread_vcs.formats._contract import (
    STANDARD_INPUT,
    CannotCarryError,
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
from rolethread_vcs.formats._reader import ChangedSourceError, Source, find_encoding, unread_error
from rolethread_vcs.formats._rows import CONTAINERS, MARK, joined, roles_by_label, write_line

__all__ = [
    "CONTAINERS",
    "MARK",
    "STANDARD_INPUT",
    "CannotCarryError",
    "ChangedSourceError",
    "Content",
    "Draft",
    "FileFormat",
    "Format",
    "Piece",
    "Reject",
    "RowFormat",
    "RowPlace",
    "RowProblemError",
    "Source",
    "all_formats",
    "detect",
    "find_encoding",
    "find_format",
    "find_row_format",
    "joined",
    "read_again",
    "read_drafts",
    "roles_by_label",
    "row_formats",
    "unread_error",
    "write_line",
]
