"""Writes a file copy: beside it, then renamed over it, and only if it is still the file that was read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rolethread_vcs.formats import ChangedSourceError, open_source
from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.ops.copy_bindings import FileStamp, digest_of
from rolethread_vcs.ops.reading_copies import LINE_FEED, CopyLines
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
        if read is not None:
            read.refuse_if_changed()
        elif path.exists():
            raise ChangedSourceError(f"{path} has appeared meanwhile; it was left as it is")
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


def raw_lines(read: CopyLines) -> list[bytes]:
    """Read the lines of a file again, each on one line.

    Raises:
        ChangedSourceError: it is not the file that was read.
    """
    result = []
    with open_source(read.path) as source:
        for place, (_, data, _) in enumerate(source.pieces()):
            if place >= len(read) or digest_of(data) != read.digests[place]:
                raise ChangedSourceError(f"{read.path.name} changed since it was read; it was left as it is")
            result.append(encode_line(parse(data)) if LINE_FEED in data else data.rstrip(b"\r"))
    read.refuse_if_changed()
    if len(result) != len(read):
        raise ChangedSourceError(f"{read.path.name} changed since it was read; it was left as it is")
    return result


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
