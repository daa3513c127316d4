"""Writes one ref as git does (gitrepository-layout): under its `.lock`, with a line in its reflog.

libgit2 would do the same, and flush the reflogs and their folders, too, up to four times for each ref, but not the
folders above a new one. git itself flushes no reflog: what a power cut takes of it, the operation log has.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pygit2

from rolethread_vcs.errors import BusyError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import RAISED, from_git, is_lock
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.refs import BRANCHES, HEAD, REMOTES, TAGS, moved, ref_of, shorten, value_of

_IN_WORKTREE = (HEAD, "refs/worktree/", "refs/bisect/", "refs/rewritten/")
"""Refs that each worktree has of its own."""
_LOGGED = (HEAD, BRANCHES, REMOTES, "refs/notes/")
"""Refs that get a reflog unless git's configuration says otherwise."""
_KEPT = "refs/rolethread/"
"""Refs that get one whatever it says: it finds what they led to when they are lost (`Refs.logged`)."""
_NO_LOG = {errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
"""None is kept of a ref, or a link, a pipe or whatever else stands in its place: `verify` names that."""
_NOTHING = "0" * 40
"""What a reflog says of a ref that is not there."""


@contextmanager
def _typed(name: str) -> Iterator[None]:
    """Turn failures of libgit2 or the system into `RefMovedError`, `BusyError (ref_locked)` or a system error."""
    short = shorten(name)
    try:
        yield
    except RAISED as error:
        text = str(error).lower()
        if is_lock(error):
            raise BusyError(
                f"{short} is locked by another git program ({error})",
                hint="if no other program is running: rtv doctor --unlock",
                code="ref_locked",
            ) from error
        if "does not match" in text or "not the first parent" in text or "already exists" in text:
            raise moved(name) from error
        raise from_git(f"moving {short}", error) from error


@dataclass(frozen=True, slots=True)
class RefFile:
    """A ref, or HEAD, in the file that is its own; `common` is the folder that all worktrees share.

    A value is the id of an object, or `ref: ` with the name of another ref; None for a ref that is not there.
    """

    git: pygit2.Repository
    common: Path
    name: str

    @property
    def folder(self) -> Path:
        """The folder of git that the ref lies in, as its name says."""
        return Path(self.git.path) if self.name.startswith(_IN_WORKTREE) else self.common

    @property
    def path(self) -> Path:
        return self.folder / self.name

    def write(
        self, before: str | None, after: str, line: str, who: Signature, *, durable: bool, sync_name: bool = True
    ) -> None:
        """Put a new value in the place of an old one; `line` is what the reflog says of it.

        With `durable` the value is on the disk then, and its name too unless `sync_name` is false.

        Raises:
            RefMovedError: it has another value. BusyError (ref_locked): somebody holds its lock. SystemRefusedError.
        """
        disk.reach("ref", self.name)
        with _typed(self.name):
            path = self.path
            is_new = before is None
            disk.make_folders(path.parent, durable=durable and not is_new)  # of a packed ref it may be gone
            with disk.replacing(path, durable=durable, sync_name=sync_name, mode=0o666, as_git=True) as stream:
                # nobody moves it while we hold the lock
                if value_of(self.git.references.get(sys.intern(self.name))) != before:
                    raise moved(self.name)
                stream.write(f"{after}\n".encode("utf-8", "surrogateescape"))
                _remove_empty(path)
                ids = " ".join((self._commit(before), self._commit(after)))
                self._log(f"{ids} ".encode() + who.encode() + f"\t{' '.join(line.split())}\n".encode())
            if durable and is_new:  # a command that was killed may have made some of the folders: all are flushed
                known = 2 if self.name.startswith((BRANCHES, TAGS)) else 1
                for folder in list(path.parents)[1 : self.name.count("/") + 1 - known]:
                    disk.sync_folder(folder)

    def delete(self, reference: pygit2.Reference, *, durable: bool) -> None:
        """Delete the ref, unless it is another one than the `reference` by now; with `durable` for good."""
        disk.reach("ref", self.name)
        with _typed(self.name):
            reference.delete()  # where it is packed, too, libgit2 flushes that
            if durable:
                disk.sync_folder(next(each for each in self.path.parents if each.is_dir()))

    def _commit(self, value: str | None) -> str:
        """Return the id that a value comes to, as a reflog has it."""
        name = ref_of(value)
        if name is None:
            return value or _NOTHING
        reference = self.git.references.get(sys.intern(name))
        return _NOTHING if reference is None else str(reference.resolve().target)

    def _log(self, line: bytes) -> None:
        try:  # a flag, or `always`
            wanted = str(self.git.config["core.logAllRefUpdates"]).lower()
        except KeyError:
            wanted = "false" if self.git.is_bare else "true"
        is_kept = self.name.startswith(_KEPT)
        if wanted in ("false", "no", "off", "0") and not is_kept:
            return
        make = is_kept or wanted == "always" or self.name.startswith(_LOGGED)
        _append(self.folder / "logs" / self.name, line, make=make)
        head = self.git.references.get(HEAD)
        if head is not None and str(head.target) == self.name:
            _append(Path(self.git.path) / "logs" / HEAD, line, make=True)


def _remove_empty(folder: Path) -> None:
    """Remove empty folders, as git leaves them behind, from the place of a file."""
    if folder.is_dir():
        for each, _, _ in os.walk(folder, topdown=False):
            Path(each).rmdir()


def _append(log: Path, line: bytes, *, make: bool) -> None:
    flags = os.O_WRONLY | os.O_APPEND | disk.UNFOLLOWED | disk.UNBLOCKED | (os.O_CREAT if make else 0)
    try:
        if make:
            log.parent.mkdir(parents=True, exist_ok=True)
            _remove_empty(log)
        fd = os.open(log, flags, 0o666)
    except OSError as error:
        if error.errno in _NO_LOG:
            return
        raise
    try:
        disk.write_all(fd, line, log)
    finally:
        os.close(fd)
