"""Writes files of the checked-out folder: beside it, then renamed into place, one by one or a new folder at once.

What is half written lies in git's folder, under a name that begins with the process id, and the next command sweeps it
away. A file gets a time two seconds back, so that it is older than the index that will record it: git looks at whole
seconds, and a status as young as the index proves nothing. It would have to read the file again, and once the index was
written anew, an edit of the same size in that very second would hide behind it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Mapping
from pathlib import Path

from rolethread_vcs.store import disk

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_OLDER = 2 * 10**9
_ELSEWHERE = {errno.EXDEV, errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}
"""Reasons for which a folder cannot be renamed to its place, and its files can: another disk, somebody was faster."""


class FileWriter:
    """Writes to places that the caller has looked at; `scratch` is where a file lies until it is whole."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._temporary = os.path.join(os.fspath(scratch), f"{os.getpid()}-{os.urandom(4).hex()}.tmp")  # noqa: PTH118

    def write(self, full: str, data: bytes, *, runs: bool) -> os.stat_result | None:
        """Write one file; return its status, None if somebody has changed it already."""
        with disk.system_errors(f"writing {full}"):
            try:
                disk.reach("create", self._temporary)
                try:
                    written = _write_new(self._temporary, data, runs=runs)
                except FileNotFoundError:
                    self._scratch.mkdir(parents=True, exist_ok=True)
                    written = _write_new(self._temporary, data, runs=runs)
                self._rename(full)
            except BaseException as error:  # also Ctrl-C: the next file is written under the same name
                with contextlib.suppress(OSError):
                    os.unlink(self._temporary)  # noqa: PTH108
                if not isinstance(error, OSError) or error.errno != errno.EXDEV:
                    raise
                # the folder may lie on another disk than `.git`
                disk.replace_file(Path(full), data, durable=False, mode=0o755 if runs else 0o644)
                return None
            status = os.lstat(full)
        one, other = ((each.st_ino, each.st_size, each.st_mtime_ns) for each in (status, written))
        return status if one == other else None

    def write_folder(self, full: str, contents: Mapping[str, tuple[bytes, bool]]) -> dict[str, os.stat_result] | None:
        """Write a folder that is not there, from names to bytes and whether they may be run.

        Return the status of each file; None, with nothing done, where it has to be done one by one.
        """
        with disk.system_errors(f"writing {full}"):
            try:
                self._scratch.mkdir(parents=True, exist_ok=True)
                disk.reach("create", self._temporary)
                os.mkdir(self._temporary)  # noqa: PTH102
                status = {
                    name: _write_new(f"{self._temporary}/{name}", data, runs=runs)
                    for name, (data, runs) in contents.items()
                }
                self._rename(full)
            except BaseException as error:
                from shutil import rmtree

                rmtree(self._temporary, ignore_errors=True)
                if isinstance(error, OSError) and error.errno in _ELSEWHERE:
                    return None
                raise
        return status

    def _rename(self, full: str) -> None:
        disk.reach("rename", full)
        try:
            os.replace(self._temporary, full)  # noqa: PTH105
        except FileNotFoundError:
            Path(full).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._temporary, full)  # noqa: PTH105


def _write_new(path: str, data: bytes, *, runs: bool) -> os.stat_result:
    fd = os.open(path, _NEW, 0o777 if runs else 0o666)
    try:
        disk.write_all(fd, data, path)
        if os.utime in os.supports_fd:
            moment = time.time_ns() - _OLDER
            os.utime(fd, ns=(moment, moment))
        return os.fstat(fd)
    finally:
        os.close(fd)
