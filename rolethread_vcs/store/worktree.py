"""The checked-out folder: kept equal to its branch after every command, hand edits never overwritten."""

from __future__ import annotations

import hashlib
import os
import random
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2

from rolethread_vcs.errors import ConflictError, InvalidError
from rolethread_vcs.store import disk
from rolethread_vcs.store.git_errors import GitLockedError, git_errors
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.trees import FOLDER, PROGRAM, parse
from rolethread_vcs.store.walk import Blob, Difference, files, two_way

INDEX_PATIENCE = 5.0
"""Seconds to wait for another git program that holds the index."""

NEW = "new"
CHANGED = "changed"
REMOVED = "removed"


_NEVER = frozenset({"", ".git", "git~1"})
"""Parts of a path that leave the folder or reach into `.git`; dots and spaces at the end count for nothing."""

_STAGED = (
    pygit2.enums.FileStatus.INDEX_NEW
    | pygit2.enums.FileStatus.INDEX_MODIFIED
    | pygit2.enums.FileStatus.INDEX_DELETED
    | pygit2.enums.FileStatus.INDEX_TYPECHANGE
)


class UnsavedEditsError(ConflictError):
    """Files edited by hand stand in the way of a command that would change them."""

    code = "unsaved_edits"


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A file whose content on disk differs from the branch: `new`, `changed` or `removed`."""

    path: str
    change: str


class Worktree:
    """One checked-out folder of a repository."""

    def __init__(self, git: pygit2.Repository, objects: Objects, folder: Path, *, scratch: Path) -> None:
        self._git = git
        self._objects = objects
        self._scratch = scratch
        self._plain_folders: set[Path] = set()  # known within one walk; somebody may put a link there before the next
        self.folder = folder

    # ---- looking

    def unsaved(self, tree: bytes) -> list[Unsaved]:
        """Return what differs between the folder and a tree, staged or not, reading only what changed on disk."""
        self._plain_folders.clear()
        with git_errors("comparing the checked-out folder"):
            flags = self._git.status(untracked_files="all", ignored=False)
        result = []
        for path in sorted(flags):
            change = self._change(path, self._blob_at(tree, path))
            if change is not None:
                result.append(Unsaved(path, change))
        return result

    def staged(self, tree: bytes) -> list[Difference]:
        """Return what plain git has staged on top of a tree, by path."""
        index = self._git.index
        index.read(False)
        with git_errors("comparing the index"):
            flags = self._git.status(untracked_files="no", ignored=False)
        return [
            Difference(path, self._blob_at(tree, path), _staged_blob(index, path))
            for path in sorted(flags)
            if flags[path] & _STAGED
        ]

    def in_the_way(self, differences: Iterable[Difference]) -> list[Unsaved]:
        """Return the hand edits that lie on paths about to change; each file is compared with its old content."""
        self._plain_folders.clear()
        result = []
        for path, before, after in differences:
            change = self._change(path, before)
            if change is not None and self._change(path, after) is not None:
                result.append(Unsaved(path, change))
        return result

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file in the folder, or None when it is not there.

        Raises:
            InvalidError: a symbolic link or a folder stands there; links are never followed.
        """
        full = self._full(path)
        try:
            status = full.lstat()
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            raise InvalidError(f"a file stands where {path} should have its folder") from error
        if stat.S_ISLNK(status.st_mode):
            raise InvalidError(f"{path} is a symbolic link; a dataset holds plain files, and links are not followed")
        if not stat.S_ISREG(status.st_mode):
            raise InvalidError(f"{path} is not a plain file")
        with disk.system_errors(f"reading {path}"):
            return full.read_bytes()

    def _change(self, path: str, expected: Blob | None) -> str | None:
        try:
            data = self.read(path)
        except InvalidError:
            return CHANGED
        if data is None:
            return None if expected is None else REMOVED
        if expected is None:
            return NEW
        return None if blob_id(data) == expected.oid else CHANGED

    def _blob_at(self, tree: bytes, path: str) -> Blob | None:
        folder = tree
        *parents, name = path.encode("utf-8", "surrogateescape").split(b"/")
        for parent in parents:
            item = next((i for i in parse(self._objects.tree(folder)) if i.name == parent and i.mode == FOLDER), None)
            if item is None:
                return None
            folder = item.oid
        found = next((i for i in parse(self._objects.tree(folder)) if i.name == name and i.mode != FOLDER), None)
        return None if found is None else Blob(found.mode, found.oid)

    # ---- following the branch

    def follow(self, before: bytes | None, after: bytes) -> list[str]:
        """Bring the folder from one tree to another; return paths left alone because they were edited by hand.

        Only files that differ between the trees are touched. Repeatable: a file that already has its new content,
        or its old one, is fine; running it again after a crash finishes the work.
        """
        self._plain_folders.clear()
        left_alone = []
        index = self._git.index
        index.read(False)
        for path, old, new in two_way(before, after, self._objects.tree):
            if self._change(path, new) is not None:
                if self._change(path, old) is not None:
                    left_alone.append(path)
                    continue
                self._put(path, new)
            self._note(index, path, new)
        _write_index(index)
        return left_alone

    def fill(self, tree: bytes) -> None:
        """Write every file of a tree into the folder and start a fresh index; used when a dataset is checked out.

        Raises:
            UnsavedEditsError: a file with other content is in the way.
        """
        self._plain_folders.clear()
        everything = [Difference(path, None, blob) for path, blob in files(tree, self._objects.tree)]
        blocking = self.in_the_way(everything)
        if blocking:
            raise UnsavedEditsError(
                f"{len(blocking)} files in {self.folder} are in the way, {blocking[0].path} for one; nothing was done"
            )
        index = self._git.index
        index.clear()
        for path, _, blob in everything:
            if self._change(path, blob) is not None:
                self._put(path, blob)
            self._note(index, path, blob)
        _write_index(index)

    def empty(self, tree: bytes) -> None:
        """Remove the files that equal a tree, and the index; a file edited by hand stays."""
        self._plain_folders.clear()
        for path, blob in files(tree, self._objects.tree):
            if self._change(path, blob) is None:
                self._remove(path)
        index = self._git.index
        index.clear()
        _write_index(index)

    def write(self, path: str, data: bytes, *, runs: bool = False) -> None:
        """Put bytes into a file of the folder; the caller has looked at what stands there."""
        full = self._full(path)
        with disk.system_errors(f"writing {path}"):
            full.parent.mkdir(parents=True, exist_ok=True)
            self._scratch.mkdir(parents=True, exist_ok=True)
            disk.replace_file(full, data, durable=False, mode=0o755 if runs else 0o644, scratch=self._scratch)

    def remove(self, path: str) -> None:
        """Remove a file of the folder, and the folders it leaves empty; the caller has looked at what stands there."""
        self._remove(path)

    def refresh(self, paths: Iterable[str], tree: bytes) -> None:
        """Make the index agree with a tree on some paths, so that plain `git status` sees only true differences."""
        index = self._git.index
        index.read(False)
        for path in paths:
            blob = self._blob_at(tree, path)
            if blob is not None and self._change(path, blob) is None:
                self._note(index, path, blob)
            elif blob is not None:
                index.add(pygit2.IndexEntry(path, pygit2.Oid(raw=blob.oid), pygit2.enums.FileMode.BLOB))
            elif path in index:
                index.remove(path)
        _write_index(index)

    def _put(self, path: str, blob: Blob | None) -> None:
        if blob is None:
            self._remove(path)
        else:
            self.write(path, self._objects.blob(blob.oid), runs=blob.mode == PROGRAM)

    def _remove(self, path: str) -> None:
        full = self._full(path)
        with disk.system_errors(f"removing {path}"):
            disk.remove(full)
            for parent in full.parents:
                if parent == self.folder or any(self._entries(parent)):
                    break
                parent.rmdir()

    @staticmethod
    def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                yield from entries
        except (FileNotFoundError, NotADirectoryError):
            return

    def _note(self, index: pygit2.Index, path: str, blob: Blob | None) -> None:
        if blob is None:
            if path in index:
                index.remove(path)
            return
        with git_errors(f"noting {path} in the index"):
            index.add(path)

    def _full(self, path: str) -> Path:
        parts = path.split("/")
        if not path or "\\" in path or any(part.rstrip(". ").casefold() in _NEVER for part in parts):
            raise InvalidError(f"the path {path!r} would leave the dataset; it was not touched")
        full = self.folder / path
        for parent in full.parents:
            if parent == self.folder:
                break
            if parent not in self._plain_folders:
                if parent.is_symlink():
                    raise InvalidError(f"{parent} is a symbolic link; a dataset holds plain folders only")
                self._plain_folders.add(parent)
        return full


def _write_index(index: pygit2.Index) -> None:
    """Write git's index; `git status` and editors hold its lock for moments, so wait for it a little."""
    disk.reach("index")
    deadline = time.monotonic() + INDEX_PATIENCE
    while True:
        try:
            with git_errors("updating the checked-out folder"):
                index.write()
        except GitLockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.002, 0.02))
        else:
            return


def _staged_blob(index: pygit2.Index, path: str) -> Blob | None:
    if path not in index:
        return None
    entry = index[path]
    return Blob(b"%o" % int(entry.mode), entry.id.raw)


def blob_id(data: bytes) -> bytes:
    """Return the 20-byte id that git gives a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).digest()
