"""Writes entries as a file of rows, streaming, the same bytes for the same entries everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats._contract import CannotCarryError, CleanKeys, RowFormat
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.ids import rev_of

CONTAINERS = ("jsonl", "json")
"""One row a line, or one array with a row a line."""


def clean_keys(format: RowFormat, entries: Iterable[Entry]) -> CleanKeys:
    """Return the optional keys that a clean export of these entries needs: the first of its two passes."""
    keys = CleanKeys()
    for entry in entries:
        keys = keys.union(format.used_keys(entry))
    return keys


def export_rows(
    format: RowFormat,
    entries: Iterable[tuple[str, bytes, Entry]],
    *,
    clean: bool = False,
    keys: CleanKeys | None = None,
    container: str = "jsonl",
) -> Iterator[bytes]:
    """Return the bytes of an export, a row at a time.

    `entries` are (entry id, 20-byte blob id, entry) in dataset order. A full export carries the id
    and all that the entry holds. A clean one needs `keys`, those of `clean_keys` over the same entries.

    Raises:
        CannotCarryError: an entry holds what the format has no place for; it is named.
        UsageError: there is no such container.
    """
    if container not in CONTAINERS:
        raise UsageError(f"there is no container {container!r}", hint=f"containers are {', '.join(CONTAINERS)}")
    if clean and keys is None:
        raise ValueError("a clean export needs the keys of a first pass: clean_keys(format, entries)")
    rows = _rows(format, entries, keys if clean else None)
    return rows if container == "jsonl" else _array(rows)


def _rows(format: RowFormat, entries: Iterable[tuple[str, bytes, Entry]], keys: CleanKeys | None) -> Iterator[bytes]:
    is_clean = keys is not None
    for entry_id, blob, entry in entries:
        identity = None if is_clean else {"id": entry_id, "rev": rev_of(blob)}
        try:
            row = format.write(entry, identity=identity, clean=is_clean, keys=keys)
        except CannotCarryError as error:
            raise CannotCarryError(error.format_title, error.reason, entry_id) from error
        yield encode_line(row, is_parsed=True) + b"\n"


def _array(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Return an array with one row a line; an array of nothing is `[]`."""
    before = b"["
    for row in rows:
        yield before + b"\n" + row[:-1]
        before = b","
    yield b"[]\n" if before == b"[" else b"\n]\n"
