"""Git's index read and written by ourselves, for many files at once.

libgit2 reads and hashes every file that it is told to note, which takes longer than writing the file; whoever has just
written it knows what is in it. The layout is that of gitformat-index, versions 2 and 3; an index of another kind (a
newer version, a split one, a merge's conflicts) is left to libgit2.

A few entries are changed among many without looking at the rest (`index_table`); the result is the same, to the byte.

An entry tells git that a file is unchanged while its status is as noted. So a status is taken before a file is
compared with its blob, never after: an edit in between shows.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from rolethread_vcs.store import disk
from rolethread_vcs.store.checkout.index_table import (
    ENTRY,
    EXTENDED,
    FLAGS_AT,
    HEAD,
    LENGTH,
    SIZE_AT,
    STAGE,
    IndexTable,
)
from rolethread_vcs.store.git_errors import GitLockedError
from rolethread_vcs.store.objects.trees import FILE, PROGRAM
from rolethread_vcs.store.objects.walk import Blob

PLAIN = frozenset({FILE, PROGRAM})
"""Modes of files that can be noted here."""

_MTIME_SECONDS = slice(8, 12)
_DIGEST = 20
_WORD = 0xFFFFFFFF
_TICK = 20_000_000
"""Nanoseconds within which the clock of a filesystem may show one time for two writes."""

Notes: TypeAlias = Mapping[str, tuple[Blob, os.stat_result | None] | None]
"""Paths to what lies there and the status of its file (None: unknown, git will compare); None where a file went."""


def note(path: Path, folder: str, notes: Notes, *, afresh: bool = False) -> bool:
    """Take notes into the index of a folder, all or none; with `afresh` what it held before is forgotten.

    Return False, with nothing done, when the index is of a kind that is not ours to write.

    Raises:
        GitLockedError: another git program is writing the index. SystemRefusedError: a write failed.
    """
    with disk.system_errors("updating the checked-out folder"):
        lock = path.with_name(path.name + ".lock")
        disk.reach("create", lock)
        try:
            fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
        except FileExistsError as error:
            raise GitLockedError(
                f"another git program is at work in the checked-out folder, or was killed ({lock})",
                hint="try again in a moment; if no other program is running: rtv doctor --unlock",
            ) from error
        is_done = False
        try:
            try:
                data = None if afresh else spliced(path, folder, notes) or rewritten(path, folder, notes)
                if afresh:
                    data = _joined(_changed({}, notes))
                if data is None:
                    return False
                disk.write_all(fd, data, lock)
                disk.sync_file(fd, lock)
            finally:
                os.close(fd)
            disk.rename(lock, path)
            is_done = True
        finally:
            if not is_done:
                lock.unlink(missing_ok=True)
    return True


def rewritten(path: Path, folder: str, notes: Notes) -> bytes | None:
    """Return the bytes of an index with notes taken, each entry looked at; None for a kind that is not ours."""
    entries = read(path, folder)
    return None if entries is None else _joined(_changed(entries, notes))


def spliced(path: Path, folder: str, notes: Notes) -> bytes | None:
    """Return the same bytes as `rewritten`, where that can be done without looking at each entry; else None."""
    loaded = _load(path)
    if loaded is None:
        return None
    data, written = loaded
    end = len(data) - _DIGEST
    table = IndexTable.of(data, end)
    if table is None or not _has_only_optional(data, table.end, end):
        return None
    splices: list[tuple[int, int, bytes, bytes]] = []
    noted = set()
    grown = 0
    for name, found in notes.items():
        key = name.encode("utf-8", "surrogateescape")
        start, after = table.find(key)
        noted.add(start if after > start else -1)
        if found is not None or after > start:
            splices.append((start, after, key, b"" if found is None else _entry(key, *found)))
            grown += (found is not None) - (after > start)
    for start in table.modified_since(written // 10**9 & _WORD):
        raw = data[start : start + ENTRY.size]
        if start not in noted and not _is_untouched(os.fsencode(folder) + b"/" + table.name(start), raw, written):
            splices.append((start + SIZE_AT, start + SIZE_AT + 4, b"", bytes(4)))
    count = HEAD.unpack_from(data)[2] + grown
    pieces: list[bytes | memoryview] = [HEAD.pack(b"DIRC", 2, count)]
    view, at = memoryview(data), HEAD.size
    for start, after, _, new in sorted(splices):
        pieces += view[at:start], new
        at = after
    pieces.append(view[at : table.end])
    body = b"".join(pieces)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def read(path: Path, folder: str) -> dict[bytes, bytes] | None:
    """Return the raw entries of an index by path, or None when it is of a kind that is not ours to write.

    git looks at whole seconds, and takes no status for proof that is as young as the index itself. The next index will
    be younger than an edit that was made in that second; so an entry that may hide one comes with the size 0, which
    makes git compare the content.
    """
    if not path.exists():
        return {}
    loaded = _load(path)
    if loaded is None:
        return None
    data, written = loaded
    body = memoryview(data)[:-_DIGEST]
    signature, version, count = HEAD.unpack_from(data)
    if signature != b"DIRC" or version not in (2, 3):
        return None
    entries: dict[bytes, bytes] = {}
    at = HEAD.size
    young = struct.pack(">I", written // 10**9 & _WORD)
    doubtful = []
    last = len(body) - ENTRY.size - 2
    for _ in range(count):
        if at > last:
            return None
        start = at + ENTRY.size
        flags = data[at + FLAGS_AT]
        if flags & (EXTENDED | STAGE):
            if flags & STAGE:
                return None
            start += 2
        end = data.find(b"\0", start)
        following = at + (end - at + 8 & ~7)
        raw = data[at:following]
        entries[data[start:end]] = raw
        if raw[_MTIME_SECONDS] >= young:
            doubtful.append(data[start:end])
        at = following
    for name in doubtful:
        raw = entries[name]
        if not _is_untouched(os.fsencode(folder) + b"/" + name, raw, written):
            entries[name] = raw[:SIZE_AT] + b"\0\0\0\0" + raw[SIZE_AT + 4 :]
    return entries if _has_only_optional(data, at, len(body)) else None


def _load(path: Path) -> tuple[bytes, int] | None:
    """Return the bytes of an index whose digest fits and the time of its file in nanoseconds, or None."""
    try:
        data = path.read_bytes()
        written = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    if len(data) < HEAD.size + _DIGEST:
        return None
    digest = data[-_DIGEST:]
    fits = digest == hashlib.sha1(memoryview(data)[:-_DIGEST], usedforsecurity=False).digest()
    return (data, written) if fits or not digest.strip(b"\0") else None


def _is_untouched(file: bytes, raw: bytes, written: int) -> bool:
    """Return whether a file has to the nanosecond the status that was noted, well before the index was written."""
    try:
        status = os.lstat(file)
    except OSError:
        return False
    return status.st_mtime_ns + _TICK < written and _packed_status(status) == _noted_status(raw)


def _has_only_optional(data: bytes, at: int, end: int) -> bool:
    """Return whether what follows the entries may be dropped: caches, whose names begin with a capital letter."""
    while at < end:
        if end - at < 8 or not data[at : at + 1].isupper():
            return False
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return at == end


def _changed(entries: dict[bytes, bytes], notes: Notes) -> dict[bytes, bytes]:
    for name, noted in notes.items():
        path = name.encode("utf-8", "surrogateescape")
        if noted is None:
            entries.pop(path, None)
        else:
            entries[path] = _entry(path, *noted)
    return entries


def _entry(path: bytes, blob: Blob, status: os.stat_result | None) -> bytes:
    mode = 0o100755 if blob.mode == PROGRAM else 0o100644
    flags = min(len(path), LENGTH)
    if status is None:
        raw = ENTRY.pack(0, 0, 0, 0, 0, 0, mode, 0, 0, 0, blob.oid, flags)
    else:
        device, inode = status.st_dev & _WORD, status.st_ino & _WORD
        owner = mode, status.st_uid & _WORD, status.st_gid & _WORD
        raw = ENTRY.pack(*_times(status), device, inode, *owner, status.st_size & _WORD, blob.oid, flags)
    # at least one zero after the path, then up to a multiple of eight
    return raw + path + bytes(8 - (ENTRY.size + len(path)) % 8)


def _times(status: os.stat_result) -> tuple[int, int, int, int]:
    changed, modified = divmod(status.st_ctime_ns, 10**9), divmod(status.st_mtime_ns, 10**9)
    return changed[0] & _WORD, changed[1], modified[0] & _WORD, modified[1]


def _packed_status(status: os.stat_result) -> tuple[int, ...]:
    return *_times(status), status.st_ino & _WORD, status.st_size & _WORD


def _noted_status(raw: bytes) -> tuple[int, ...]:
    fields = ENTRY.unpack_from(raw)
    return *fields[:4], fields[5], fields[9]


def _joined(entries: dict[bytes, bytes]) -> bytes:
    ordered = [entries[path] for path in sorted(entries)]
    version = 3 if any(raw[FLAGS_AT] & EXTENDED for raw in ordered) else 2
    body = b"".join([HEAD.pack(b"DIRC", version, len(ordered)), *ordered])
    return body + hashlib.sha1(body, usedforsecurity=False).digest()
