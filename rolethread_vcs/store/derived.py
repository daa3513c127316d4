"""Remembers what was computed from commits and trees, in one SQLite file that may be deleted at any time.

Whoever wants something remembered declares a `Table` and calls `find` and `keep`; the file itself is known only here.
Keys and values are bytes. A key names what the value follows from, as a rule an object's id, which never changes its
meaning. Nothing here is needed: where the file is locked, torn, foreign or cannot be written, less is remembered, and
the answer is computed again. Nothing is fsynced; each row carries a checksum, because a power cut may tear one.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite3 import Connection

NAME = "derived-1.sqlite"
"""The digit is the version of the layout: programs of two versions do not meet in one file."""

_BEFORE = ("facts-1.sqlite", "removed.json", "lengths.json", "stretches.json")
"""Caches of earlier versions, which nobody reads any more."""

_LAYOUT = "CREATE TABLE IF NOT EXISTS derived (name TEXT, key BLOB, value BLOB, PRIMARY KEY (name, key))"
_PATIENCE = 0.25
"""Seconds to wait for another process; computing it again is the other way."""
_AT_ONCE = 500
_SUM = 8
_SPARE = 1000
"""Rows of one table that may lie beside those in use: what undo and other branches come back to."""

_ERROR, _CORRUPT, _NOT_A_DATABASE = 1, 11, 26
_UNUSABLE = frozenset({_ERROR, _CORRUPT, _NOT_A_DATABASE})
"""SQLite's codes for a file that holds something else: another table, damage, no database at all."""


class Table(NamedTuple):
    """Something to remember; the version goes up when the same key would give another value."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Derived:
    """What is remembered of one repository, shared by its worktrees and by several processes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def find(self, table: Table, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Return the values of some keys; what is not remembered is absent."""
        found: dict[bytes, bytes] = {}
        if not self._path.exists():  # SQLite need not be loaded
            return found
        self._work("ro", lambda database: _find(database, str(table), list(keys), found))
        return found

    def keep(self, table: Table, rows: Mapping[bytes, bytes], *, in_use: Collection[bytes] = ()) -> None:
        """Remember rows, if that can be done.

        `in_use` are other keys that are likely to be asked for again; when many more have gathered, those are dropped.
        """
        is_new = not self._path.exists()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        if is_new:
            for name in _BEFORE:
                _remove(self._path.with_name(name))
        self._work("rwc", lambda database: _keep(database, str(table), rows, {*in_use, *rows}))

    def _work(self, mode: str, work: Callable[[Connection], None]) -> None:
        """Do something with the file as far as that goes; a file that is of no use is removed."""
        import sqlite3

        name = f"{self._path.as_uri()}?mode={mode}"
        try:
            with contextlib.closing(
                sqlite3.connect(name, uri=True, timeout=_PATIENCE, isolation_level=None)
            ) as database:
                work(database)
        except sqlite3.Error as error:
            # a cache is never a reason to fail
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNUSABLE:
                _remove(self._path)
        except UnicodeDecodeError:
            # the damage stands in SQLite's own words about it, so that Python cannot even read them
            _remove(self._path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _find(database: Connection, name: str, keys: list[bytes], found: dict[bytes, bytes]) -> None:
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        query = f"SELECT key, value FROM derived WHERE name = ? AND key IN ({','.join('?' * len(some))})"
        for key, row in database.execute(query, (name, *some)):
            # another program may have put anything there
            if type(key) is bytes and type(row) is bytes and row[:_SUM] == _sum(name, key, row[_SUM:]):
                found[key] = row[_SUM:]


def _keep(database: Connection, name: str, rows: Mapping[bytes, bytes], in_use: set[bytes]) -> None:
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN IMMEDIATE")
    database.execute(_LAYOUT)
    summed = [(name, key, _sum(name, key, value) + value) for key, value in rows.items()]
    database.executemany("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", summed)
    ((count,),) = database.execute("SELECT count(*) FROM derived WHERE name = ?", (name,))
    if count > 2 * len(in_use) + _SPARE:
        there = [key for (key,) in database.execute("SELECT key FROM derived WHERE name = ?", (name,))]
        unused = [(name, key) for key in there if key not in in_use]
        database.executemany("DELETE FROM derived WHERE name = ? AND key = ?", unused)
    database.execute("COMMIT")


def _sum(name: str, key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(b"%s\0%s%s" % (name.encode(), key, value), digest_size=_SUM).digest()
