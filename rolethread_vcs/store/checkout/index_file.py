"""Writes git's index as a whole, for many files at once.

libgit2 reads and hashes every file that it adds, which takes longer than writing the file; whoever has just written
it knows what is in it. The layout is that of gitformat-index, version 2. libgit2 makes a few changes among many.

An entry tells git that a file is unchanged while its status is as recorded. So a status is taken before a file is
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
from rolethread_vcs.store.libgit2 import GitLockedError
from rolethread_vcs.store.objects.trees import FILE, LINK, PROGRAM, Blob

Recorded: TypeAlias = tuple[Blob, os.stat_result | None]
"""What lies at a path, and the status of its file (None: unknown, git will compare)."""

_HEAD = struct.Struct(">4sII")
_ENTRY = struct.Struct(">10I20sH")
_LONGEST = 0x0FFF
"""The largest length of a name that the flags can tell; it stands for every longer one, too."""
_WORD = 0xFFFFFFFF
_MODES = {FILE: 0o100644, PROGRAM: 0o100755, LINK: 0o120000, b"160000": 0o160000}
"""As git has them in an index; every other mode of an old tree is that of a plain file."""


def write(path: Path, entries: Mapping[str, Recorded]) -> None:
    """Put an index of these entries in the place of the one that is there.

    Raises:
        GitLockedError: another git program is writing the index. SystemRefusedError: a write failed.
    """
    ordered = sorted((name.encode("utf-8", "surrogateescape"), recorded) for name, recorded in entries.items())
    body = b"".join([_HEAD.pack(b"DIRC", 2, len(ordered)), *(_entry(name, *recorded) for name, recorded in ordered)])
    lock = path.with_name(path.name + ".lock")
    with disk.system_errors("updating the checked-out folder"):
        disk.reach("create", lock)
        try:
            fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
        except FileExistsError as error:
            raise GitLockedError(
                f"another git program is at work in the checked-out folder, or was killed ({lock})",
                hint="try again in a moment; if no other program is running: rtv doctor --unlock",
            ) from error
        try:
            try:
                disk.write_all(fd, body + hashlib.sha1(body, usedforsecurity=False).digest(), lock)
            finally:
                os.close(fd)
            disk.rename(lock, path)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise


def is_plain(path: Path) -> bool:
    """Return whether an index has nothing that the entries of `write` cannot say; so it is where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(8) == b"DIRC\0\0\0\2"
    except FileNotFoundError:
        return True


def _entry(path: bytes, blob: Blob, status: os.stat_result | None) -> bytes:
    mode = _MODES.get(blob.mode, 0o100644)
    flags = min(len(path), _LONGEST)
    if status is None:
        raw = _ENTRY.pack(0, 0, 0, 0, 0, 0, mode, 0, 0, 0, blob.oid, flags)
    else:
        changed, modified = divmod(status.st_ctime_ns, 10**9), divmod(status.st_mtime_ns, 10**9)
        times = changed[0] & _WORD, changed[1], modified[0] & _WORD, modified[1]
        device, inode = status.st_dev & _WORD, status.st_ino & _WORD
        owner = mode, status.st_uid & _WORD, status.st_gid & _WORD
        raw = _ENTRY.pack(*times, device, inode, *owner, status.st_size & _WORD, blob.oid, flags)
    # at least one zero after the path, then up to a multiple of eight
    return raw + path + bytes(8 - (_ENTRY.size + len(path)) % 8)
