"""The writers' lock: an OS lock on `.git/rolethread/lock`, whose text only serves messages.

The system lets go of it when its holder dies, however it dies, so there is nothing stale to clean up. Not so the
`.lock` files that git programs put beside refs, index and configuration, and leave there when killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import BusyError
from rolethread_vcs.store import disk
from rolethread_vcs.store.disk import system_errors

_TEXT = 512


@contextlib.contextmanager
def hold(path: Path, command: str, *, patience: float) -> Iterator[None]:
    """Hold the lock file while the block runs, waiting up to `patience` seconds for it: who waits longest is next.

    Raises:
        BusyError (locked): somebody else held it all that time; the message names the holder.
        SystemRefusedError: the folder cannot be written to.
    """
    with system_errors("taking the dataset's lock"):
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | disk.UNFOLLOWED, 0o644)
    place: Path | None = None
    try:
        deadline = time.monotonic() + patience
        pause = 0.001
        while not (_is_next(path, place) and _take(fd)):
            place = place or path.with_name(f"{path.name}.{time.time_ns():020}-{os.getpid()}")
            with contextlib.suppress(OSError):  # without a place in the queue one may wait longer
                place.touch()
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"another command is writing to this dataset: {describe_holder(path)}",
                    hint="wait for it to finish, or look with: rtv doctor",
                    code="locked",
                )
            from random import uniform

            time.sleep(pause * uniform(0.5, 1.5))
            pause = min(pause * 1.5, 0.02)
        if place is not None:
            place.unlink(missing_ok=True)
            place = None
        try:
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": int(time.time())}
            text = json.dumps(holder).encode().ljust(_TEXT)  # one length: to shorten a file takes a trip to the disk
            info = os.fstat(fd)
            with contextlib.suppress(OSError):  # a full disk must not keep anybody from locking
                if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
                    raise OSError("what it says would stand in another file, too")
                os.pwrite(fd, text, 0) if hasattr(os, "pwrite") else os.write(fd, b"{}")
                if info.st_size > len(text):
                    os.ftruncate(fd, len(text))
            yield
        finally:
            _release(fd)
    finally:
        os.close(fd)
        if place is not None:
            place.unlink(missing_ok=True)


_QUEUED = 1.0
"""Seconds for which a place in the queue counts: whoever waits there touches it every few milliseconds."""


def _is_next(path: Path, place: Path | None) -> bool:
    """Return whether nobody came before us who waits for a lock; without a `place` we come just now."""
    with system_errors("looking who waits for the dataset's lock"):
        waiting = [each for each in path.parent.iterdir() if each.name.startswith(f"{path.name}.")]
    for earlier in waiting:
        if place is None or earlier.name < place.name:
            with contextlib.suppress(OSError):
                if abs(time.time() - earlier.lstat().st_mtime) < _QUEUED:
                    return False
                earlier.unlink()
    return True


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock right now.

    Raises:
        SystemRefusedError: the file is there and cannot be opened.
    """
    with system_errors("looking at the dataset's lock"):
        try:
            fd = os.open(path, os.O_RDONLY | disk.UNFOLLOWED | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return False
    try:
        if not _take(fd):
            return True
        _release(fd)
        return False
    finally:
        os.close(fd)


def describe_holder(path: Path) -> str:
    """Return who wrote the lock's text: `process 4312 on host, rtv import, since 14:02`."""
    try:
        holder = json.loads(disk.read_plain(path, _TEXT) or b"")
        since = time.strftime("%H:%M", time.localtime(holder["since"]))
        return f"process {holder['pid']} on {holder['host']}, {holder['command']}, since {since}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "holder unknown"


_ON_WINDOWS = os.name == "nt"
_BEYOND = 1 << 30
"""What is locked on Windows: a byte beyond the text, so that others can still read who holds it."""


def _take(fd: int) -> bool:
    """Take the lock if nobody has it."""
    with system_errors("taking the dataset's lock"):  # a network disk may know no locks at all
        if _ON_WINDOWS:
            import msvcrt

            os.lseek(fd, _BEYOND, os.SEEK_SET)
            with contextlib.suppress(OSError):
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
                return True
            return False
        import fcntl

        with contextlib.suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False


def _release(fd: int) -> None:
    if _ON_WINDOWS:
        import msvcrt

        os.lseek(fd, _BEYOND, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_UN)


@dataclass(frozen=True, slots=True)
class GitLock:
    """A lock file, and its age in seconds."""

    path: Path
    age: float


def git_locks(common: Path) -> list[GitLock]:
    """Return every lock file of git in a common git folder and its linked worktrees, sorted by path."""
    places = [*common.glob("*.lock"), *common.glob("worktrees/*/*.lock"), *disk.files_below(common / "refs")]
    found = []
    for path in sorted({path for path in places if path.suffix == ".lock"}):
        with contextlib.suppress(FileNotFoundError):
            found.append(GitLock(path, max(0.0, time.time() - path.lstat().st_mtime)))
    return found
