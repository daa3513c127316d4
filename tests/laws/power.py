"""Watches a folder while a program changes it, and makes what a disk holds of it when the power goes.

The watcher sees through the names: a file or a folder is one by its inode, and has what it holds now and what of it
was flushed. Before each step on the disk (`disk.fault_point`) it looks at everything, so it also sees what libgit2 did
since the last one; what we did not flush counts as lost. Two disks are made of each moment:

- `Loss.DATA`: each name is as it is now, and each file holds what was flushed of it, nothing if nothing was;
- `Loss.NAMES`: each folder has the names that were flushed, and each file holds what it holds now.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from rolethread_vcs.store import disk

Content: TypeAlias = tuple[os.stat_result, bytes | str | None]
Image: TypeAlias = dict[str, Content]
"""What a disk holds: the status of each path, and the bytes of a file, where a link leads to, None for a folder."""


FLUSHED_BY_LIBGIT2 = "packed-refs"
"""What libgit2 flushes itself, with its name, out of our sight."""


class Loss(Enum):
    """What a power cut takes of what was not flushed."""

    DATA = "data"
    NAMES = "names"


@dataclass
class _Node:
    status: os.stat_result
    now: bytes | str | dict[str, int]
    flushed: bytes | str | dict[str, int]
    read_at: int = 0

    def is_as_it_was_read(self, status: os.stat_result) -> bool:
        """Return whether a file has not changed since; not known where it was young then: disks have slow clocks."""
        was = self.status
        return (
            was is not None
            and (was.st_size, was.st_mtime_ns, was.st_ctime_ns)
            == (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            and self.read_at > status.st_ctime_ns + 10**8
        )


@dataclass(frozen=True)
class Moment:
    """The two disks at one moment, what comes next there, and whether that is a flush, or the end."""

    step: str
    is_boundary: bool
    disks: dict[Loss, Image]


@dataclass
class Watcher:
    """Watches one folder from now on; what lies there is on the disk."""

    folder: Path
    moments: list[Moment] = field(default_factory=list)
    flushes: list[str] = field(default_factory=list)
    _nodes: dict[int, _Node] = field(default_factory=dict)
    _held: list[int] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs; the last moment is when it has ended."""
        root = self._look(str(self.folder))
        for node in self._nodes.values():
            node.flushed = node.now

        def before(what: str, path: str) -> None:
            self._look(str(self.folder))
            self._note(f"{what} {path}", root, is_boundary=what == "fsync")
            if what == "fsync":
                self._flush(Path(path))

        disk.fault_point = before
        try:
            yield
        finally:
            disk.fault_point = None
        self._look(str(self.folder))
        self._note("the end", root, is_boundary=True)
        for fd in self._held:
            os.close(fd)

    def _flush(self, path: Path) -> None:
        path = Path(os.path.abspath(path))  # noqa: PTH100  links stay
        if not path.is_relative_to(self.folder):
            return
        name = path.relative_to(self.folder).as_posix()
        self.flushes.append(name)
        node = self._nodes[path.lstat().st_ino]
        node.flushed = node.now

    def _look(self, path: str) -> int:
        """Take in what lies at a path and below; return its inode, which is held open so that it is not used again."""
        status = os.lstat(path)
        node = self._nodes.get(status.st_ino)
        if node is None:
            node = self._nodes[status.st_ino] = _Node(status, b"", b"")
            if stat.S_ISDIR(status.st_mode):
                node.now, node.flushed = {}, {}
            elif stat.S_ISLNK(status.st_mode):
                node.now = node.flushed = os.readlink(path)  # noqa: PTH115
            if not stat.S_ISLNK(status.st_mode):
                self._held.append(os.open(path, os.O_RDONLY))
        if stat.S_ISDIR(status.st_mode):
            node.now = {name: self._look(f"{path}/{name}") for name in sorted(os.listdir(path))}  # noqa: PTH208
            packed = node.now.get(FLUSHED_BY_LIBGIT2)
            if packed is not None:
                self._nodes[packed].flushed = self._nodes[packed].now
                node.flushed = {**node.flushed, FLUSHED_BY_LIBGIT2: packed}
        elif stat.S_ISREG(status.st_mode) and not node.is_as_it_was_read(status):
            node.now, node.read_at = Path(path).read_bytes(), time.time_ns()
        node.status = status
        return status.st_ino

    def _note(self, step: str, root: int, *, is_boundary: bool) -> None:
        disks = {loss: dict(self._image(root, loss)) for loss in Loss}
        self.moments.append(Moment(step.replace(str(self.folder), ""), is_boundary, disks))

    def _image(self, inode: int, loss: Loss, path: str = "") -> Iterator[tuple[str, Content]]:
        node = self._nodes[inode]
        if isinstance(node.now, dict):
            names = node.now if loss is Loss.DATA else node.flushed
            assert isinstance(names, dict)
            yield path, (node.status, None)
            for name, each in names.items():
                yield from self._image(each, loss, f"{path}/{name}")
        else:
            assert not isinstance(node.flushed, dict)
            yield path, (node.status, node.flushed if loss is Loss.DATA else node.now)


def put_back(folder: Path, image: Image) -> None:
    """Make a folder hold what a disk does, and nothing else."""
    shutil.rmtree(folder)
    for name, (status, data) in image.items():
        path = folder / name.removeprefix("/")
        if data is None:
            path.mkdir()
        elif isinstance(data, str):
            path.symlink_to(data)
        else:
            path.write_bytes(data)
            path.chmod(stat.S_IMODE(status.st_mode))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
