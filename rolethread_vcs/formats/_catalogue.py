"""The formats there are: found by listing this folder, in the order in which they are asked about a row."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from typing import Any

from rolethread_vcs import discovery
from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats._contract import Format


@cache
def all_formats() -> tuple[Format, ...]:
    """Return every format, the one that is asked first about a row first."""
    package = import_module(__name__.rpartition(".")[0])
    found = [module.FORMAT for module in discovery.load_modules(package)]
    return tuple(sorted(found, key=lambda each: (each.precedence, each.name)))


def find_format(name: str) -> Format:
    """Return the format of a name or one of its other names; case does not count.

    Raises:
        UsageError (unknown_format): with the name that was probably meant.
    """
    names = {word: each for each in all_formats() for word in (each.name, *each.aliases)}
    found = names.get(name.lower())
    if found is not None:
        return found
    close = difflib.get_close_matches(name.lower(), names, n=1)
    known = ", ".join(each.name for each in all_formats())
    hint = f"did you mean {close[0]}?" if close else f"formats are {known}"
    raise UsageError(f"there is no format called {name!r}", hint=hint, code="unknown_format")


def writable_formats() -> tuple[Format, ...]:
    """Return the formats that a dataset can be exported in."""
    return tuple(each for each in all_formats() if each.writes)


def detect(row: dict[str, Any]) -> Format | None:
    """Return the format that reads this row, or None; every row of a file is asked by itself."""
    for each in all_formats():
        if each.recognise is not None and each.recognise(row):
            return each
    return None
