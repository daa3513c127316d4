"""Writes a file for people or programs, and never over one that is not of our making and left as it was.

The last line of a page holds the SHA-256 of everything above it; by that a page is known again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.store import disk

_SEAL = "<!-- written by rolethread-vcs; sha256 of the lines above: {} -->\n"
_SEAL_LENGTH = len(_SEAL.format("0" * 64))


def refuse_file_in_the_way(
    path: Path,
    what: str,
    is_ours: Callable[[Path], bool] = lambda _: False,
    *,
    overwrite: bool = False,
    way_out: str = "replace it with: --overwrite",
) -> None:
    """Refuse to write where a file is, unless that is wished, or it is `what` we wrote as we left it.

    Pipes and devices are no files.

    Raises:
        ConflictError (file_in_the_way): something else is there.
        NotFoundError, InvalidError: see `disk.refuse_bad_place`.
    """
    disk.refuse_bad_place(path)
    if path.is_file() and not overwrite and not is_ours(path):
        raise ConflictError(
            f"{path} exists, and is not {what}; it was left as it is",
            hint=f"choose another name, or {way_out}",
            code="file_in_the_way",
        )


@contextlib.contextmanager
def output_stream(path: Path, *, durable: bool) -> Iterator[BinaryIO]:
    """Give a stream to a file that is replaced in one step when the block ends well, or into a pipe or a device."""
    with disk.system_errors(f"writing {path}"):
        if is_pipe(path):
            with path.open("wb") as stream:
                yield stream
        else:
            with disk.replacing(path, durable=durable) as stream:
                yield stream


def is_pipe(path: Path) -> bool:
    """Return whether a path is a pipe or a device, which is written into and never replaced."""
    return path.exists() and not path.is_file()


# ---- pages


def write_page(path: Path, parts: Iterable[str], *, overwrite: bool = False) -> None:
    """Write a page piece by piece beside the file, and rename it into place.

    Raises:
        ConflictError, NotFoundError, InvalidError: see `refuse_file_in_the_way`.
        SystemRefusedError: the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # what a link leads to is the file that would be replaced
    refuse_file_in_the_way(path, "a page as rtv wrote it", is_own_page, overwrite=overwrite)
    digest = hashlib.sha256()
    with output_stream(path, durable=False) as stream:
        for part in parts:
            data = part.encode("utf-8", "backslashreplace")
            digest.update(data)
            stream.write(data)
        stream.write(_SEAL.format(digest.hexdigest()).encode())


def is_own_page(path: Path) -> bool:
    """Return whether a file is a page that this program wrote, and nobody changed."""
    with disk.system_errors(f"reading {path}"):
        data = path.read_bytes()
    body, seal = data[:-_SEAL_LENGTH], data[-_SEAL_LENGTH:]
    return seal == _SEAL.format(hashlib.sha256(body).hexdigest()).encode()
