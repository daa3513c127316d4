"""Reads loose objects ourselves: libgit2 1.9 never comes back from one whose file was cut off.

Plain git writes loose objects, this program does not; so the usual answer is "there is none", and it costs a look into
a set of folder names.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

KINDS = frozenset({"commit", "tree", "blob", "tag"})


class TornObjectError(ValueError):
    """A loose object's file is cut off, or holds something else."""


class LooseObjects:
    """The loose objects below an `objects` folder, as its folders were when this was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        try:
            self._folders = {name for name in os.listdir(folder) if len(name) == 2}  # noqa: PTH208  every command does
        except OSError:
            self._folders = set()

    def may_hold(self, oid: str) -> bool:
        """Return whether there is a folder in which an object's file could lie; quicker than looking for that."""
        return oid[:2] in self._folders

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """Return kind and bytes of a loose object, or None when no file of that name is there.

        Raises:
            TornObjectError: there is a file, and it is no whole object.
        """
        if oid[:2] not in self._folders:
            return None
        try:
            packed = Path(self._folder, oid[:2], oid[2:]).read_bytes()
        except OSError:
            return None
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(packed)
        except zlib.error as error:
            raise TornObjectError("its file does not unpack") from error
        if not inflate.eof:
            raise TornObjectError("its file is cut off")
        head, _, body = data.partition(b"\0")
        kind, _, size = head.decode("ascii", "replace").partition(" ")
        if kind not in KINDS or size != str(len(body)):
            raise TornObjectError("its file holds something else")
        return kind, body
