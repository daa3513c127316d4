"""Writes a page for people to a file, and never over a file that is not a page of ours left as it was.

The last line of a page holds the SHA-256 of everything above it; by that a page is known again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from rolethread_vcs.errors import ConflictError, NotFoundError
from rolethread_vcs.store import disk

_SEAL = "<!-- written by rolethread-vcs; sha256 of the lines above: {} -->\n"
_SEAL_LENGTH = len(_SEAL.format("0" * 64))


def write_page(path: Path, parts: Iterable[str], *, overwrite: bool = False) -> None:
    """Write a page piece by piece beside the file, and rename it into place.

    Raises:
        ConflictError (page_in_the_way): something else is there, and `overwrite` was not said. NotFoundError: no
        such folder.
        SystemRefusedError: the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # what a link leads to is the file that would be replaced
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}; nothing was written")
    if path.is_dir() or (path.exists() and not overwrite and not is_own_page(path)):
        raise ConflictError(
            f"{path} exists, and is no page that rtv wrote, left as it was; nothing was written",
            hint="choose another name" if path.is_dir() else "choose another name, or replace it with: --overwrite",
            code="page_in_the_way",
        )
    digest = hashlib.sha256()
    with disk.system_errors(f"writing {path}"), disk.replacing(path, durable=False) as stream:
        for part in parts:
            data = part.encode("utf-8", "backslashreplace")
            digest.update(data)
            stream.write(data)
        stream.write(_SEAL.format(digest.hexdigest()).encode())


def is_own_page(path: Path) -> bool:
    """Return whether a file is a page that this program wrote, and nobody changed."""
    with disk.system_errors(f"reading {path}"):
        if not path.is_file():
            return False
        data = path.read_bytes()
    body, seal = data[:-_SEAL_LENGTH], data[-_SEAL_LENGTH:]
    return seal == _SEAL.format(hashlib.sha256(body).hexdigest()).encode()
