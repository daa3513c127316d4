"""Writes a file copy: beside it, then renamed over it, and only if it is still the file that was read."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.ops.workcopy.lines import LINE_FEED
from rolethread_vcs.ops.workcopy.links import FileStamp
from rolethread_vcs.store import disk


@dataclass(frozen=True, slots=True)
class FreshCopy:
    """Lines that are written beside the file whose place they are to take; `stamp` is theirs, there too."""

    path: Path
    temporary: Path
    stamp: FileStamp

    def put(self, over: FileStamp | None) -> None:
        """Take the place of the file that has this stamp; None where there is no file.

        Raises:
            ChangedSourceError: another file stands there; it stays as it is.
        """
        if FileStamp.of(self.path) != over:
            what = "has appeared meanwhile" if over is None else "changed since it was read"
            raise ChangedSourceError(
                f"{self.path.name} {what}; it was left as it is", hint="try again when nothing writes to it"
            )
        with disk.system_errors(f"writing {self.path}"):
            disk.rename(self.temporary, self.path)
            disk.sync_folder(self.path.parent)


@contextlib.contextmanager
def written_beside(path: Path, lines: Iterable[bytes]) -> Iterator[FreshCopy]:
    """Write the lines of a file to one beside it, which goes at the end unless it was put into its place.

    Raises:
        SystemRefusedError: it cannot be written.
    """
    with disk.system_errors(f"writing {path}"):
        fd, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with disk.system_errors(f"writing {path}"):
            with os.fdopen(fd, "wb") as stream:
                for line in lines:
                    stream.write(line + LINE_FEED)
                stream.flush()
                disk.sync_file(stream.fileno(), temporary)
            temporary.chmod(disk.plain_mode(path))
        stamp = FileStamp.of(temporary)
        assert stamp is not None
        yield FreshCopy(path, temporary, stamp)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def set_aside(path: Path) -> Path:
    """Keep what a file holds beside it, under a name that is free, before another takes its place; return that name."""
    with disk.system_errors(f"setting {path} aside"):
        for number in itertools.count(1):
            target = path.with_name(f"{path.name}.discarded-{number}")
            with contextlib.suppress(FileExistsError):
                _keep(path, target)
                break
    return target


def _keep(path: Path, target: Path) -> None:
    disk.reach("link", target)
    try:
        target.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError:  # this disk knows no second names
        with path.open("rb") as old, target.open("xb") as new:
            try:
                shutil.copyfileobj(old, new)
            except BaseException:  # half of a file looks like all that it held
                target.unlink()
                raise
