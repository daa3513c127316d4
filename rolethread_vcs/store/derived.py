"""Remembers what was computed from commits and trees, in one SQLite file that may be deleted at any time.

Whoever wants something remembered declares a `Table` and calls `find` and `keep`; the file itself is known only here.
Keys and values are bytes. A key names what the value follows from, as a rule an object's id, which never changes its
meaning. Nothing here is needed: where the file is locked, torn, foreign or cannot be written, less is remembered, and
the answer is computed again. Nothing is fsynced, and anybody may write to the file. So each row is sealed: by a keyed
digest of all its columns, whose key lies beside the file. A row that is torn, altered, or comes from another dataset
is as good as none. Whoever reads one still asks for its form (`parsed`), and trusts no row with what is to be saved
before the entries themselves confirm it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import parse
from rolethread_vcs.store import disk

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

NAME = "derived-2.sqlite"
"""The digit is the version of the layout: programs of two versions do not meet in one file."""

KEY_NAME = "derived.key"
"""Random bytes of this dataset alone; without them, or with others, nothing is remembered."""

_BEFORE = ("derived-1.sqlite", "facts-1.sqlite", "removed.json", "lengths.json", "stretches.json")
"""Caches of earlier versions, which nobody reads any more."""

_LAYOUT = b"CREATE TABLE derived (name TEXT, key BLOB, value BLOB, PRIMARY KEY (name, key))"
_PATIENCE = 0.25
"""Seconds to wait for another process; computing it again is the other way."""
_AT_ONCE = 500
_SEAL = 16
_KEY = 32
_LARGEST = 1 << 28
"""Bytes of a value up to which it is read at all."""
_SPARE = 1000
"""Rows of one table that may lie beside those in use: what undo and other branches come back to."""

_ERROR, _CORRUPT, _TOO_BIG, _NOT_A_DATABASE = 1, 11, 18, 26
_UNUSABLE = frozenset({_ERROR, _CORRUPT, _TOO_BIG, _NOT_A_DATABASE})
"""SQLite's codes for a file that holds something else: another table, damage, no database at all."""


class _ForeignError(Exception):
    """The database holds something else than our one table: that of another program, or of another version."""


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
        self._key_path = folder / KEY_NAME

    def find(self, table: Table, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Return the values of some keys; what is not remembered is absent."""
        found: dict[bytes, bytes] = {}
        if not _is_file(self._path) or (secret := self._secret()) is None:  # SQLite need not be loaded
            return found
        self._work("ro", lambda database: _find(database, secret, str(table), list(keys), found))
        return found

    def keep(self, table: Table, rows: Mapping[bytes, bytes], *, in_use: Collection[bytes] = ()) -> None:
        """Remember rows, if that can be done.

        `in_use` are other keys that are likely to be asked for again; when many more have gathered, those are dropped.
        """
        is_new = not _is_file(self._path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            secret = self._secret()
            if secret is None:
                secret = os.urandom(_KEY)
                disk.replace_file(self._key_path, secret, durable=False)
        except OSError:
            return
        if is_new:
            for name in _BEFORE:
                _remove(self._path.with_name(name))
        self._work("rwc", lambda database: _keep(database, secret, str(table), rows, {*in_use, *rows}))

    def forget(self) -> None:
        """Forget everything, as one who found a row to be wrong does."""
        _remove(self._path)

    def _secret(self) -> bytes | None:
        """Return the key of the seals, None where there is none that reads."""
        with contextlib.suppress(OSError):
            found = disk.read_plain(self._key_path, _KEY)
            return found if found is not None and len(found) == _KEY else None
        return None

    def _work(self, mode: str, work: Callable[[Connection], None]) -> None:
        """Do something with the file as far as that goes; a file that is of no use is removed."""
        import sqlite3

        name = f"{self._path.as_uri()}?mode={mode}"
        try:
            with contextlib.closing(
                sqlite3.connect(name, uri=True, timeout=_PATIENCE, isolation_level=None)
            ) as database:
                database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
                work(database)
        except sqlite3.Error as error:
            # a cache is never a reason to fail
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNUSABLE:
                _remove(self._path)
        except (_ForeignError, UnicodeDecodeError):
            # the damage may stand in SQLite's own words about it, so that Python cannot even read them
            _remove(self._path)


def parsed(data: bytes | None, shape: Callable[[Any], T]) -> T | None:
    """Return what `shape` makes of a remembered JSON value; None where it raises: then nothing was remembered."""
    try:
        return None if data is None else shape(parse(data))
    except (InvalidError, ValueError, TypeError, LookupError, AttributeError):
        return None


def commit_ids(value: Any) -> list[str]:
    """Return a list of commit ids as it is.

    Raises:
        ValueError, TypeError: it is something else.
    """
    if not all(map(re.compile("[0-9a-f]{40}").fullmatch, value)):
        raise ValueError("these are no commit ids")
    return list(value)


def _is_file(path: Path) -> bool:
    """Return whether a file is there; a link or a pipe in its place is removed, and neither followed nor opened."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    if not stat.S_ISREG(mode):
        _remove(path)
    return stat.S_ISREG(mode)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _has_table(database: Connection) -> bool:
    """Return whether our table is there: it alone, as no view or trigger shall run; False in an empty database."""
    database.text_factory = bytes
    found = database.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL LIMIT 2").fetchall()
    if found not in ([], [(b"table", _LAYOUT)]):
        raise _ForeignError
    return bool(found)


def _find(database: Connection, secret: bytes, name: str, keys: list[bytes], found: dict[bytes, bytes]) -> None:
    for start in range(0, len(keys), _AT_ONCE) if _has_table(database) else ():
        some = keys[start : start + _AT_ONCE]
        query = f"SELECT key, value FROM derived WHERE name = ? AND key IN ({','.join('?' * len(some))})"
        for key, row in database.execute(query, (name, *some)):
            # another program may have put anything there
            if type(key) is bytes and type(row) is bytes and row[:_SEAL] == _seal(secret, name, key, row[_SEAL:]):
                found[key] = row[_SEAL:]


def _keep(database: Connection, secret: bytes, name: str, rows: Mapping[bytes, bytes], in_use: set[bytes]) -> None:
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN IMMEDIATE")
    if not _has_table(database):
        database.execute(_LAYOUT.decode())
    sealed = [(name, key, _seal(secret, name, key, value) + value) for key, value in rows.items()]
    database.executemany("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", sealed)
    ((count,),) = database.execute("SELECT count(*) FROM derived WHERE name = ?", (name,))
    if count > 2 * len(in_use) + _SPARE:
        there = [key for (key,) in database.execute("SELECT key FROM derived WHERE name = ?", (name,))]
        unused = [(name, key) for key in there if key not in in_use]
        database.executemany("DELETE FROM derived WHERE name = ? AND key = ?", unused)
    database.execute("COMMIT")


def _seal(secret: bytes, name: str, key: bytes, value: bytes) -> bytes:
    data = b"%s\0%d\0%s%s" % (name.encode(), len(key), key, value)
    return hashlib.blake2b(data, digest_size=_SEAL, key=secret).digest()
