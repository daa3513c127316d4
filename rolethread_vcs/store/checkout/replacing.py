"""Replaces a file of the user with one written piece by piece: a reader sees the old file or the whole new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rolethread_vcs.store import disk


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool) -> Iterator[BinaryIO]:
    """Give a stream to a file beside this one, which takes its place, and its mode, when the block ends well.

    With `durable` the bytes and the name are on the disk then.

    Raises:
        SystemRefusedError: the folder is not there, or the system refused something; the old file is as it was.
    """
    with disk.system_errors(f"writing {path}"):
        fd, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(fd, "wb") as stream:
                yield stream
                if durable:
                    stream.flush()
                    disk.sync_file(stream.fileno(), temporary)
            temporary.chmod(disk.plain_mode(path))
            disk.rename(temporary, path)
            if durable:
                disk.sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
