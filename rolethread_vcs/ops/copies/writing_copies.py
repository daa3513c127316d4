"""Writes a file copy: beside it, then renamed over it, and only if it is still the file that was read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.ops.copies.copy_bindings import FileStamp, digest_of
from rolethread_vcs.ops.copies.reading_copies import LINE_FEED, CopyLines, pieces_of
from rolethread_vcs.store import disk


def write_copy(path: Path, lines: Iterable[bytes], *, read: CopyLines | None = None) -> FileStamp:
    """Write the lines of a file and return its stamp; `read` is the file that it takes the place of.

    Raises:
        ChangedSourceError: the file is not the one that was read, or one has appeared; it stays as it is.
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
        _refuse_other_file(path, read)
        stamp = FileStamp.of(temporary)
        assert stamp is not None
        with disk.system_errors(f"writing {path}"):
            disk.rename(temporary, path)
            disk.sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return stamp


def _refuse_other_file(path: Path, read: CopyLines | None) -> None:
    if read is not None:
        read.refuse_if_changed()
    elif path.exists():
        raise ChangedSourceError(f"{path} has appeared meanwhile; it was left as it is")


def raw_lines(read: CopyLines) -> list[bytes]:
    """Read the lines of a file again, each on one line.

    Raises:
        ChangedSourceError: it is not the file that was read.
    """
    result = [data for _, data, _ in pieces_of(read.path)]
    read.refuse_if_changed()
    if tuple(map(digest_of, result)) != read.digests:
        raise ChangedSourceError(f"{read.path.name} changed since it was read; it was left as it is")
    return [encode_line(parse(data)) if LINE_FEED in data else data.rstrip(b"\r") for data in result]


def set_aside(path: Path) -> Path:
    """Rename a file so that it is out of the way and nothing of it is lost; return its new path."""
    number = 1
    while True:
        target = path.with_name(f"{path.name}.discarded-{number}")
        if not target.exists():
            break
        number += 1
    with disk.system_errors(f"setting {path} aside"):
        disk.rename(path, target)
    return target
