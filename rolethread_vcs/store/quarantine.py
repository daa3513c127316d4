"""The folder that a repair moves files into: what it takes out of the way is kept, never deleted."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from rolethread_vcs.errors import BusyError
from rolethread_vcs.store import disk

_MARK = b"held by rtv verify --repair\n"
"""What a lock file of a repair says. Another repair that meets one knows that its writer died: it has our own lock."""
_PATIENCE = 10.0  # seconds


def content(path: Path) -> bytes | None:
    """Return the bytes of a plain file, None where there is none."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _take_lock(path: Path, scratch: Path) -> Path:
    """Take git's lock of a file; after a power cut, too, it says whose it was."""
    lock, deadline = path.with_name(f"{path.name}.lock"), time.monotonic() + _PATIENCE
    with disk.beside(path, durable=True, mode=0o666, scratch=scratch) as (stream, marked):
        stream.write(_MARK)
    try:
        while True:
            try:
                disk.add_name(marked, lock)
            except FileExistsError as error:
                if content(lock) == _MARK:
                    disk.remove(lock)
                elif time.monotonic() > deadline:
                    raise BusyError(
                        f"{path.name} is locked by another git program",
                        hint="if no other program is running: rtv doctor --unlock",
                        code="ref_locked",
                    ) from error
                time.sleep(0.05)
            else:
                disk.reach("locked", path)
                return lock
    finally:
        disk.remove(marked)


def forget_own_locks(common: Path) -> None:
    """Remove the lock files of git that a repair left which was killed; call under the lock."""
    places = ("*.lock", "refs/**/*.lock", "worktrees/*/*.lock")
    for lock in [lock for place in places for lock in common.glob(place)]:
        if content(lock) == _MARK:
            disk.remove(lock)


class Quarantine:
    """Keeps files of a git folder under the paths that they had in it; made with the first of them."""

    def __init__(self, common: Path) -> None:
        self._common = common
        self._scratch = common / "rolethread" / "tmp"  # half of a ref beside it would be a ref, too
        self._folder: Path | None = None

    @property
    def folder(self) -> Path | None:
        """The folder in which something is kept, None where nothing is."""
        return self._folder

    def keep(self, path: Path, *, move: bool = False) -> None:
        """Keep what lies at a path, if anything does: a copy of a file; what is no file, or is to `move`, is moved.

        Raises:
            SystemRefusedError.
        """
        with disk.system_errors(f"keeping {path} aside"):
            if not os.path.lexists(path):
                return
            aside = self._place(path)
            disk.reach("keep", path)
            if move or path.is_symlink() or not path.is_file():
                path.rename(aside)
            else:
                shutil.copy2(path, aside)
                with aside.open("rb") as stream:
                    disk.sync_file(stream.fileno(), aside)
            disk.sync_folder(aside.parent)

    def replace(self, path: Path, data: bytes | None = None) -> None:
        """Keep what lies at a path, if anything does, and put a file there; without `data` nothing takes its place.

        Killed between any two steps, the old file or the new one stands there; what is no file may be gone.

        Raises:
            SystemRefusedError.
        """
        self.keep(path)
        with disk.system_errors(f"keeping {path} aside"):
            if data is None:
                disk.remove(path)
            else:
                for folder in (path.parent, self._scratch):
                    disk.make_folders(folder, durable=True)
                disk.replace_file(path, data, durable=True, scratch=self._scratch)
                return
            with suppress(FileNotFoundError):
                disk.sync_folder(path.parent)

    def swap(self, path: Path, before: bytes | None, data: bytes | None = None) -> bool:
        """Do as `replace` with a file of git's, unless it has other bytes than `before` by now; return whether it did.

        git's own lock is held meanwhile, so nobody else writes it: `before` is what was judged, as `content` gives it.

        Raises:
            BusyError (ref_locked): another git program holds that lock. SystemRefusedError.
        """
        with disk.system_errors(f"keeping {path} aside"):
            for folder in (path.parent, self._scratch):
                disk.make_folders(folder, durable=True)
            lock = _take_lock(path, self._scratch)
        try:
            if content(path) != before:
                return False
            self.replace(path, data)
            return True
        finally:
            disk.remove(lock)

    def _place(self, path: Path) -> Path:
        if self._folder is None:
            parent = self._common / "rolethread" / "quarantine"
            name, number = time.strftime("%Y%m%d-%H%M%S"), 1
            while (parent / name).exists():
                number += 1
                name = f"{name.partition('.')[0]}.{number}"
            self._folder = parent / name
        inside = path.relative_to(self._common) if path.is_relative_to(self._common) else Path(path.name)
        place = self._folder / inside
        disk.make_folders(place.parent, durable=True)
        number = 1
        while os.path.lexists(place):
            number += 1
            place = self._folder / f"{inside}.{number}"
        return place
