"""git's index of a checked-out folder: what it has staged, and what is brought into the folder recorded in it.

libgit2 makes a few changes among many. It reads and hashes every file that it adds, which takes longer than writing the
file; whoever has just written many knows what is in them, and `write` puts an index of them in place as a whole. The
layout is that of gitformat-index, version 2, or 3 where files are skipped.

An entry tells git that a file is unchanged while its status is as recorded. So a status is taken before a file is
compared with its blob, never after: an edit in between shows. Nobody flushes an index, git neither; one that a power
cut tore is written again.
"""

from __future__ import annotations

import hashlib
import os
import struct
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pygit2
from pygit2.ffi import C, ffi

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import GitLockedError, from_git, git_errors
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.objects.trees import FILE, LINK, PROGRAM, Blob, Difference, files
from rolethread_vcs.store.tree_reader import find_blob

INDEX_PATIENCE = 5.0
"""Seconds to wait for another git program that holds the index."""

INDEX_AS_A_WHOLE = 100
"""Changes from which on the index may be written as a whole: libgit2 takes 0.2 ms for each."""
OLD_PER_NEW = 4
"""Entries for each change up to which that is the faster way: every old file has to be compared with its blob."""

Recorded: TypeAlias = tuple[Blob, os.stat_result | None]
"""What lies at a path, and the status of its file (None: unknown, git will compare)."""

_SKIP, _ASSUME = "skip-worktree", "assume-unchanged"
_ASSUME_UNCHANGED, _EXTENDED = 0x8000, 0x4000
_SKIP_WORKTREE, _INTENT_TO_ADD = 0x4000, 0x2000
"""Among the extended flags of an entry, which follow those that have `_EXTENDED`."""

_STAGED = (
    pygit2.enums.FileStatus.INDEX_NEW
    | pygit2.enums.FileStatus.INDEX_MODIFIED
    | pygit2.enums.FileStatus.INDEX_DELETED
    | pygit2.enums.FileStatus.INDEX_TYPECHANGE
)

_HEAD = struct.Struct(">4sII")
_ENTRY = struct.Struct(">10I20sH")
_LONGEST = 0x0FFF
"""The largest length of a name that the flags can tell; it stands for every longer one, too."""
_WORD = 0xFFFFFFFF
_MODES = {FILE: 0o100644, PROGRAM: 0o100755, LINK: 0o120000, b"160000": 0o160000}
"""As git has them in an index; every other mode of an old tree is that of a plain file."""


class Index:
    """The index of one checked-out folder.

    `look` says how the file at a path differs from a blob, None where it does not, and its status.
    """

    def __init__(
        self,
        git: pygit2.Repository,
        objects: Objects,
        look: Callable[[str, Blob | None], tuple[str | None, os.stat_result | None]],
    ) -> None:
        self._git = git
        self._objects = objects
        self._look = look
        self._must_reload = False
        self.path = Path(git.path) / "index"

    def open(self) -> pygit2.Index:
        """Return libgit2's index, as it is on the disk now.

        Raises:
            InvalidError: it is of a kind that libgit2 does not read. DamagedError: it is damaged.
        """
        try:
            if not self.path.exists() or not self.path.stat().st_size:
                self._must_reload = True
                raise DamagedError("git's index of the checked-out files is empty, or gone")
            index: pygit2.Index = self._git.index
            index.read(self._must_reload)
            self._must_reload = False
            return index
        except pygit2.GitError as error:
            self._must_reload = True  # libgit2 has dropped what it knew, and would take the file for unchanged
            if "mandatory extension" in str(error):
                way_out = "sparse-checkout reapply --no-sparse-index"
                if "sdir" not in str(error):
                    way_out = "update-index --no-split-index"
                raise InvalidError(
                    f"git keeps the index of this folder in a way that only git itself reads ({error})",
                    hint=f"git {way_out}",
                ) from error
            raise from_git("reading the index", error) from error

    def conflicts(self) -> tuple[str, ...]:
        """Return the paths that are unmerged; none where the index is damaged, and will be written again."""
        try:
            found = self.open().conflicts
        except DamagedError:
            return ()
        return tuple(sorted({side.path for sides in found or () for side in sides if side is not None}))

    def holds_other(self, path: str, *blobs: Blob | None) -> bool:
        """Return whether git has staged at a path what is none of some blobs."""
        held = self.blobs()(path)
        return held is not None and held.oid not in {blob.oid for blob in blobs if blob is not None}

    def blobs(self) -> Callable[[str], Blob | None]:
        """Return what says which content git has staged at a path, by the index as it is now."""
        try:
            index = self.open()
        except DamagedError:
            return lambda _: None

        def at(path: str) -> Blob | None:
            entry = _at(index, path)
            if not entry or entry.flags_extended & _INTENT_TO_ADD:
                return None
            return Blob(b"%o" % entry.mode, ffi.buffer(ffi.addressof(entry, "id"))[:])

        return at

    def flag(self, path: str) -> str:
        """Return with which flag git was told not to look for the file at a path, or "".

        It is `skip-worktree`, as a sparse checkout sets it, or `assume-unchanged`.
        """
        try:
            return _flag(_at(self.open(), path))
        except DamagedError:
            return _SKIP if self.is_sparse() else ""

    def skipped(self) -> list[str]:
        """Return the paths that git does not look for, as a sparse checkout has it."""
        if is_plain(self.path):
            return []
        index = self.open()
        skips = (each for each in range(len(index)) if _at(index, each).flags_extended & _SKIP_WORKTREE)
        return [str(index[each].path) for each in skips]

    def is_sparse(self) -> bool:
        config = self._git.config
        return "core.sparseCheckout" in config and config.get_bool("core.sparseCheckout")

    def repair(self, tree: bytes) -> None:
        """Write an index that is damaged or lost again, so that it agrees with a tree."""
        try:
            self.open()
        except DamagedError:
            self._write_again(tree)
            self.open()

    def staged(self, tree: bytes, index_file: Path | None = None) -> list[Difference]:
        """Return what plain git has staged on top of a tree, by path; `index_file` is another index than ours."""
        if index_file is None or index_file.resolve() == self.path.resolve():
            self.repair(tree)
            index = self.open()
            self._objects.check_folders(tree)
            with git_errors("comparing the index"):
                flags = self._git.status(untracked_files="no", ignored=False)
            paths = [path for path in flags if flags[path] & _STAGED]
            before = {path: find_blob(self._objects, tree, path) for path in paths}
            after = {path: _blob_of(index[path]) for path in paths if path in index}
        else:
            with git_errors("reading the staged files"):
                after = {entry.path: _blob_of(entry) for entry in pygit2.Index(str(index_file))}
            before = dict(files(tree, self._objects.tree))
        return [
            Difference(path, before.get(path), after.get(path))
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)
        ]

    def record(self, recorded: Mapping[str, Recorded | None], tree: bytes, *, afresh: bool) -> None:
        """Take in what was brought into the folder, None where a file went; `afresh` forgets the rest.

        A damaged index is written again, so that it agrees with the tree.
        """
        new = {name: each for name, each in recorded.items() if each is not None}
        if afresh:
            self._write(new)
            return
        try:
            index = self.open()
        except DamagedError:
            self._write_again(tree)
            return
        is_mostly_new = len(recorded) >= INDEX_AS_A_WHOLE and len(index) <= OLD_PER_NEW * len(recorded)
        can_say_all = is_mostly_new and is_plain(self.path) and index.conflicts is None
        if can_say_all and not any(_flag(_at(index, place)) for place in range(len(index))):
            others = {each.path: _blob_of(each) for each in index if each.path not in recorded}
            self._write(new | self._looked_at(others))
            return
        for name, each in recorded.items():
            self._note(index, name, None if each is None else each[0])
        _save(index)

    def agree(self, paths: Iterable[str], tree: bytes) -> None:
        """Make the index agree with a tree on some paths, so that plain `git status` sees only true differences."""
        blobs = {path: find_blob(self._objects, tree, path) for path in paths}
        edited = {path for path, blob in blobs.items() if blob is not None and self._look(path, blob)[0] is not None}
        try:
            index = self.open()
        except DamagedError:
            self._write_again(tree)
            return
        for path, blob in blobs.items():
            if blob is not None and path in edited:
                if self._objects.kind(blob.oid.hex()) is None:  # damaged: the index takes only what can be read
                    continue
                index.add(pygit2.IndexEntry(path, pygit2.Oid(raw=blob.oid), pygit2.enums.FileMode.BLOB))
            else:
                self._note(index, path, blob)
        _save(index)

    def _note(self, index: pygit2.Index, path: str, blob: Blob | None) -> None:
        """Take in the file at a path, or just its blob where git does not look for the file; None forgets it."""
        with git_errors(f"noting {path} in the index"):
            old = _at(index, path)
            if blob is None:
                if path in index:
                    index.remove(path)
            elif _flag(old):
                # without a status, so that git looks at the file where there is one
                fields = {name: getattr(old, name) for name in ("mode", "flags", "flags_extended", "path")}
                new = ffi.new("git_index_entry *", fields)
                ffi.buffer(ffi.addressof(new, "id"))[:] = blob.oid
                C.git_index_add(index._index, new)
            else:
                index.add(path)

    def _write_again(self, tree: bytes) -> None:
        """Write an index that agrees with a tree: nothing is staged. What a sparse checkout left out stays so."""
        if self.path.is_dir():
            raise DamagedError(f"a folder lies in the place of git's index ({self.path})", hint="rtv verify --repair")
        entries = self._looked_at(dict(files(tree, self._objects.tree)))
        is_left_out = self.is_sparse()
        skipped = {name for name in entries if is_left_out and self._look(name, None)[0] is None}
        self._write(entries, skipped)

    def _looked_at(self, blobs: Mapping[str, Blob]) -> dict[str, Recorded]:
        looks = {name: self._look(name, blob) for name, blob in blobs.items()}
        return {name: (blobs[name], status if change is None else None) for name, (change, status) in looks.items()}

    def _write(self, entries: Mapping[str, Recorded], skipped: Collection[str] = ()) -> None:
        _patiently(lambda: write(self.path, entries, skipped))


def _at(index: pygit2.Index, place: str | int) -> Any:
    """Return the entry at a path or a place of libgit2's index, flags and all, which pygit2's own entries lack."""
    if isinstance(place, int):
        return C.git_index_get_byindex(index._index, place)
    return C.git_index_get_bypath(index._index, os.fsencode(place), 0)


def _flag(entry: Any) -> str:
    if not entry:
        return ""
    return _SKIP if entry.flags_extended & _SKIP_WORKTREE else _ASSUME if entry.flags & _ASSUME_UNCHANGED else ""


def _blob_of(entry: pygit2.IndexEntry) -> Blob:
    return Blob(b"%o" % int(entry.mode), entry.id.raw)


def _save(index: pygit2.Index) -> None:
    disk.reach("index")

    def save() -> None:
        with git_errors("updating the checked-out folder"):
            index.write()

    _patiently(save)


def _patiently(write: Callable[[], None]) -> None:
    """Write the index; `git status` and editors hold its lock for moments, so wait for it a little."""
    deadline = time.monotonic() + INDEX_PATIENCE
    while True:
        try:
            return write()
        except GitLockedError:
            if time.monotonic() > deadline:
                raise
            from random import uniform

            time.sleep(uniform(0.002, 0.02))


def write(path: Path, entries: Mapping[str, Recorded], skipped: Collection[str] = ()) -> None:
    """Put an index of these entries in the place of the one that is there; git does not look for the `skipped` files.

    Raises:
        GitLockedError: another git program is writing the index. SystemRefusedError: a write failed.
    """
    ordered = sorted((name.encode("utf-8", "surrogateescape"), recorded) for name, recorded in entries.items())
    hidden = {os.fsencode(name) for name in skipped}
    packed = (_entry(name, *recorded, skipped=name in hidden) for name, recorded in ordered)
    body = b"".join([_HEAD.pack(b"DIRC", 3 if hidden else 2, len(ordered)), *packed])
    data = body + hashlib.sha1(body, usedforsecurity=False).digest()
    with git_errors("updating the checked-out folder"):
        disk.replace_file(path, data, durable=False, as_git=True)


def is_plain(path: Path) -> bool:
    """Return whether an index has nothing that the entries of `write` cannot say; so it is where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(8) == b"DIRC\0\0\0\2"
    except FileNotFoundError:
        return True


def _entry(path: bytes, blob: Blob, status: os.stat_result | None, *, skipped: bool) -> bytes:
    mode = _MODES.get(blob.mode, 0o100644)
    flags = min(len(path), _LONGEST) | (_EXTENDED if skipped else 0)
    if status is None:
        raw = _ENTRY.pack(0, 0, 0, 0, 0, 0, mode, 0, 0, 0, blob.oid, flags)
    else:
        changed, modified = divmod(status.st_ctime_ns, 10**9), divmod(status.st_mtime_ns, 10**9)
        times = changed[0] & _WORD, changed[1], modified[0] & _WORD, modified[1]
        device, inode = status.st_dev & _WORD, status.st_ino & _WORD
        owner = mode, status.st_uid & _WORD, status.st_gid & _WORD
        raw = _ENTRY.pack(*times, device, inode, *owner, status.st_size & _WORD, blob.oid, flags)
    if skipped:
        raw += _SKIP_WORKTREE.to_bytes(2, "big")
    # at least one zero after the path, then up to a multiple of eight
    return raw + path + bytes(8 - (len(raw) + len(path)) % 8)
