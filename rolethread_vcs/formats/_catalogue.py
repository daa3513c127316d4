"""The formats there are: found by listing this folder, in the order in which they are asked about a row or a file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from rolethread_vcs import discovery
from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats._contract import FileFormat, Format, RowFormat


@cache
def all_formats() -> tuple[Format, ...]:
    """Return every format, the one that is asked first first."""
    package = import_module(__name__.rpartition(".")[0])
    found = [module.FORMAT for module in discovery.load_modules(package)]
    return tuple(sorted(found, key=lambda each: (each.precedence, each.name)))


@cache
def row_formats() -> tuple[RowFormat, ...]:
    """Return the formats of rows: those that a dataset can be exported in."""
    return tuple(each for each in all_formats() if isinstance(each, RowFormat))


@cache
def _by_name() -> dict[str, Format]:
    return {word: each for each in all_formats() for word in (each.name, *each.aliases)}


def find_format(name: str) -> Format:
    """Return the format of a name or one of its other names; case does not count.

    Raises:
        UsageError (unknown_format): with the name that was probably meant.
    """
    names = _by_name()
    found = names.get(name.lower())
    if found is not None:
        return found
    import difflib

    close = difflib.get_close_matches(name.lower(), names, n=1)
    known = ", ".join(each.name for each in all_formats())
    hint = f"did you mean {close[0]}?" if close else f"formats are {known}"
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
    for each in row_formats():
        if each.recognise(row):
            return each
    return None


def detect_file(first: bytes) -> FileFormat | None:
    """Return the format that reads a whole file, from its first piece, or None for a file of rows."""
    return next((each for each in all_formats() if isinstance(each, FileFormat) and each.recognise(first)), None)


def expected_keys(format: Format | None = None) -> str:
    """Return the keys that a row must have, of one format or of any."""
    return ", or ".join(each.keys for each in (row_formats() if format is None else (format,)))
