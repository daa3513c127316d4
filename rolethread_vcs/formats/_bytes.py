"""The bytes of a source: opening, unpacking, hashing, and noticing that a file changed while it was read."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import zlib
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from rolethread_vcs.errors import InvalidError, NotFoundError, SystemRefusedError

BLOCK = 1 << 19
"""Bytes; half of what a pipe to another process holds, so that one goes through without waiting."""
STREAM = "standard input"
"""What messages call a stream that has no name."""
_GZIP = 31
_GZIP_START = b"\x1f\x8b"


class ChangedSourceError(InvalidError):
    """A file changed while it was being read; the rows read are neither the old file nor the new one."""

    code = "changed"


class ByteSource:
    """A file or a stream that is read once, from front to back; `sha256` and `size` are of its bytes on disk."""

    __slots__ = ("_digest", "_is_gzip", "_opened", "_owned", "name", "size")

    def __init__(self, where: str | os.PathLike[str] | BinaryIO, name: str | None = None) -> None:
        self._digest = hashlib.sha256()
        self.size = 0
        self._owned: FileIO | None = None
        if isinstance(where, str | os.PathLike):
            path = Path(where)
            self.name = name or path.name
            self._owned = _open(path)
            self._opened: BinaryIO | FileIO = self._owned
        else:
            self.name = name or STREAM
            self._opened = where
        self._is_gzip = self.name.lower().endswith(".gz")

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far, hexadecimal; of the whole source after the last block."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """Return the unpacked bytes, about half a megabyte at a time.

        Raises:
            InvalidError (torn): a compressed source is not whole.
            ChangedSourceError: the file changed meanwhile; raised after its last block.
            SystemRefusedError: reading failed.
        """
        return self._unpacked() if self._is_gzip else self._raw()

    def close(self) -> None:
        """Close the file; a stream that was passed in stays open."""
        if self._owned is not None:
            self._owned.close()

    def _raw(self) -> Iterator[bytes]:
        before = None if self._owned is None else os.fstat(self._owned.fileno())
        while True:
            try:
                block = self._opened.read(BLOCK)
            except OSError as error:
                raise SystemRefusedError(f"{self.name} cannot be read: {error.strerror or error}") from error
            if not block:
                break
            self._digest.update(block)
            self.size += len(block)
            yield block
        if before is not None and self._owned is not None and stat.S_ISREG(before.st_mode):
            after = os.fstat(self._owned.fileno())
            is_same = (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
            if not is_same or self.size != before.st_size:
                raise ChangedSourceError(
                    f"{self.name} changed while it was being read", hint="try again when nothing writes to it"
                )

    def _unpacked(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(_GZIP)
        has_begun = False
        is_start = True
        for packed in self._raw():
            if is_start and not packed.startswith(_GZIP_START[: len(packed)]):
                raise InvalidError(
                    f"{self.name} is not compressed, though its name ends in .gz; nothing was saved",
                    hint=f"rtv import - < {shlex.quote(self.name)}",
                    code="torn",
                )
            is_start = False
            while packed:
                if not has_begun:
                    packed = packed.lstrip(b"\x00") if self.size > len(packed) else packed
                    if not packed:
                        break
                has_begun = True
                try:
                    block = unpacker.decompress(packed, BLOCK)
                except zlib.error as error:
                    raise InvalidError(
                        f"the compressed file {self.name} is damaged: {error}; nothing was saved",
                        hint=f"gzip -t {shlex.quote(self.name)}",
                        code="torn",
                    ) from error
                if block:
                    yield block
                packed = unpacker.unconsumed_tail
                if unpacker.eof:
                    packed = unpacker.unused_data
                    unpacker = zlib.decompressobj(_GZIP)
                    has_begun = False
        if has_begun:
            raise InvalidError(
                f"the compressed file {self.name} is torn: it ends before its data does; nothing was saved",
                hint=f"gzip -t {shlex.quote(self.name)}",
                code="torn",
            )


def _open(path: Path) -> FileIO:
    try:
        file = FileIO(path, "rb")
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}") from error
    except IsADirectoryError as error:
        raise InvalidError(f"{path} is a folder, not a file") from error
    except NotADirectoryError as error:
        raise NotFoundError(f"there is no file {path}: a part of its path is no folder") from error
    except PermissionError as error:
        raise SystemRefusedError(f"{path} cannot be read: permission denied") from error
    except OSError as error:
        raise SystemRefusedError(f"{path} cannot be opened: {error.strerror or error}") from error
    except ValueError as error:
        raise NotFoundError(f"there is no file {str(path)!r}") from error
    return file
