"""Remembers what was told of the entries of a folder, in a SQLite file that may be deleted at any time.

One row is one fact about one folder of a tree, about a hundred entries. A tree's id stands for every byte below it, so
a row holds on every branch and for ever, and one look-up serves a hundred entries. Nothing here is needed: where the
file is locked, torn, foreign or not to be written to, less is remembered, and what is asked for is read from the
entries again. Nothing is fsynced; each row carries a checksum, because a power cut may leave half of one behind.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

NAME = "facts-1.sqlite"
"""The digit is the version of what is in the file: programs of two versions do not meet in one."""

_TABLE = "CREATE TABLE IF NOT EXISTS told (fact TEXT, folder BLOB, value BLOB, PRIMARY KEY (fact, folder))"
_PATIENCE = 0.25
"""Seconds to wait for another process; reading the entries again is the other way."""
_AT_ONCE = 500
_SUM = 8
_SPARE = 1000
"""Rows of one fact that may lie beside those in use: what undo and other branches come back to."""

_ERROR, _CORRUPT, _NOT_A_DATABASE = 1, 11, 26
_UNUSABLE = frozenset({_ERROR, _CORRUPT, _NOT_A_DATABASE})
"""SQLite's codes for a file that holds something else: another table, damage, no database at all."""


class FactsCache:
    """What is remembered of the entries of one repository, shared by its worktrees and by several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, fact: str, folders: Collection[bytes]) -> dict[bytes, bytes]:
        """Return what is remembered of some folders under the name of a fact; folders not remembered are absent."""
        found: dict[bytes, bytes] = {}
        self._work("ro", lambda database: _find(database, fact, list(folders), found))
        return found

    def keep(self, fact: str, told: Mapping[bytes, bytes], in_use: Collection[bytes]) -> None:
        """Remember what was told of folders under the name of a fact, if that can be done.

        `in_use` are all folders of the snapshot at hand; when many others have gathered, those are forgotten.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        self._work("rwc", lambda database: _keep(database, fact, told, set(in_use)))

    def _work(self, mode: str, work: Callable[[Connection], None]) -> None:
        """Do something with the file as far as that goes; a file that is of no use is removed."""
        # imported here because start-up counts
        import sqlite3

        name = f"{self._path.as_uri()}?mode={mode}"
        try:
            with contextlib.closing(
                sqlite3.connect(name, uri=True, timeout=_PATIENCE, isolation_level=None)
            ) as database:
                work(database)
        except sqlite3.Error as error:
            # a cache is never a reason to fail: without it everything is read
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNUSABLE:
                self._remove()
        except UnicodeDecodeError:
            # the damage stands in SQLite's own words about it, so that Python cannot even read them
            self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()


def _find(database: Connection, fact: str, folders: list[bytes], found: dict[bytes, bytes]) -> None:
    for start in range(0, len(folders), _AT_ONCE):
        some = folders[start : start + _AT_ONCE]
        query = f"SELECT folder, value FROM told WHERE fact = ? AND folder IN ({','.join('?' * len(some))})"
        for folder, value in database.execute(query, (fact, *some)):
            # another program may have put anything there
            if type(folder) is bytes and type(value) is bytes:
                told = value[_SUM:]
                if value[:_SUM] == _sum(fact, folder, told):
                    found[folder] = told


def _keep(database: Connection, fact: str, told: Mapping[bytes, bytes], in_use: set[bytes]) -> None:
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN IMMEDIATE")
    database.execute(_TABLE)
    rows = [(fact, folder, _sum(fact, folder, value) + value) for folder, value in told.items()]
    database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", rows)
    ((count,),) = database.execute("SELECT count(*) FROM told WHERE fact = ?", (fact,))
    if count > 2 * len(in_use) + _SPARE:
        there = [folder for (folder,) in database.execute("SELECT folder FROM told WHERE fact = ?", (fact,))]
        others = [(fact, folder) for folder in there if folder not in in_use]
        database.executemany("DELETE FROM told WHERE fact = ? AND folder = ?", others)
    database.execute("COMMIT")


def _sum(fact: str, folder: bytes, told: bytes) -> bytes:
    return hashlib.blake2b(b"%s\0%s%s" % (fact.encode(), folder, told), digest_size=_SUM).digest()
