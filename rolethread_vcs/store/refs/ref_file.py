"""Moves one ref as git does (gitrepository-layout): under its `.lock`, with a line in its reflog.

libgit2 would do the same, and flush the reflogs and their folders, too, four times for each commit. git itself flushes
no reflog: what a power cut takes of it, the operation log has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pygit2

from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.commits import Signature

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LOGGED = ("refs/heads/", "refs/remotes/", "refs/notes/")
"""Refs that get a reflog unless git's configuration says otherwise."""


class RefChangedError(Exception):
    """The ref does not have the value that it should be moved from."""


@dataclass(frozen=True, slots=True)
class RefFile:
    """A ref that leads to a commit, in the file that is its own; `common` is the folder that all worktrees share."""

    git: pygit2.Repository
    common: Path
    name: str

    def move(self, before: str, after: str, line: str, who: Signature, *, durable: bool, sync_name: bool) -> None:
        """Put a new value in the place of an old one; `line` is what the reflog says of it.

        With `durable` the value is on the disk then, and its name too unless `sync_name` is false.

        Raises:
            RefChangedError: it has another value. FileExistsError: somebody holds its lock. OSError.
        """
        path = self.common / self.name
        lock = path.with_name(path.name + ".lock")
        path.parent.mkdir(parents=True, exist_ok=True)  # of a packed ref it may be gone
        disk.reach("create", lock)
        fd = os.open(lock, _NEW, 0o666)
        try:
            try:
                now = self.git.references.get(self.name)  # nobody moves it while we hold the lock
                if now is None or str(now.target) != before:
                    raise RefChangedError(self.name)
                disk.write_all(fd, f"{after}\n".encode(), lock)
                if durable:
                    disk.sync_file(fd, lock)
            finally:
                os.close(fd)
            self._log(f"{before} {after} ".encode() + who.encode() + f"\t{' '.join(line.split())}\n".encode())
            disk.rename(lock, path)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        if durable and sync_name:
            disk.sync_folder(path.parent)

    def _log(self, line: bytes) -> None:
        try:  # a flag, or `always`
            wanted = str(self.git.config["core.logAllRefUpdates"]).lower()
        except KeyError:
            wanted = "false" if self.git.is_bare else "true"
        if wanted in ("false", "no", "off", "0"):
            return
        _append(self.common / "logs" / self.name, line, make=wanted == "always" or self.name.startswith(_LOGGED))
        head = self.git.references.get("HEAD")
        if head is not None and str(head.target) == self.name:
            _append(Path(self.git.path) / "logs" / "HEAD", line, make=True)


def _append(log: Path, line: bytes, *, make: bool) -> None:
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | (os.O_CREAT if make else 0)
    if make:
        log.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(log, flags, 0o666)
    except FileNotFoundError:
        return  # none is kept of this ref
    try:
        disk.write_all(fd, line, log)
    finally:
        os.close(fd)
