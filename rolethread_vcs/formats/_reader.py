"""Reads the rows of a file or a stream, whatever way they are laid out: lines, arrays, objects over many lines.

| the file starts with | and | it is read as |
|---|---|---|
| `[` | | the elements of the array, and of any array that follows |
| `{` | the first line is a whole object, or the second one is | one row a line |
| `{` | the object goes on over the next lines | one object after the other |
| anything else | | one row a line, most of them bad |

The name of a file does not count, but for `.gz`.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shlex
import stat
import zlib
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from rolethread_vcs.errors import InvalidError, NotFoundError, SystemRefusedError
from rolethread_vcs.formats._catalogue import refuse_unread_file
from rolethread_vcs.formats._contract import STANDARD_INPUT, Piece, RowProblemError
from rolethread_vcs.formats._splitter import LAST_LINE, TRAILING_COMMA, find_end, split_lines, split_values
from rolethread_vcs.model.canonical import BOM, JsonProblemError, parse

_ENOUGH = 1 << 16
"""Bytes that tell what kind of file it is and how it is laid out."""
_KINDS = {str: "text", bool: "true or false", type(None): "null", list: "a list"}
_BLOCK = 1 << 19
_GZIP = 31
_GZIP_START = b"\x1f\x8b"


class ChangedSourceError(InvalidError):
    """A file changed while it was being read; the rows read are neither the old file nor the new one."""

    code = "changed"


class _ByteSource:
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
            self.name = name or STANDARD_INPUT
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
                block = self._opened.read(_BLOCK)
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
                    block = unpacker.decompress(packed, _BLOCK)
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


class Source(_ByteSource):
    """Rows to be read once, in order, in the memory of one row; `open_source` makes one.

    `name` is what messages call it. `size` and `sha256` tell of the bytes as they lie on disk, compressed or not, and
    hold after the last row. `notes` are remarks about the file as a whole, in plain sentences.
    """

    __slots__ = ("_has_crlf", "notes")

    def __init__(self, where: str | os.PathLike[str] | BinaryIO, name: str | None = None) -> None:
        super().__init__(where, name)
        self.notes: list[str] = []
        self._has_crlf = False

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pieces(self) -> Iterator[Piece]:
        """Return the rows in order as they are cut out of the source.

        The file is closed after the last row, and when the iteration is given up. What goes wrong is raised behind the
        rows before it.

        Raises:
            InvalidError (unread_format): the file is of a kind that is known by name and not read.
            InvalidError (not_utf8): UTF-16, or no text at all.
            InvalidError (torn), ChangedSourceError, SystemRefusedError: see `blocks`.
            InvalidError (too_large): a row never ends.
        """
        try:
            blocks = self._text_blocks()
            head = self._head(blocks)
            blocks = itertools.chain([head], blocks)
            yield from self._elements(blocks) if _has_elements(head) else split_lines(blocks)
            if self._has_crlf:
                self.notes.append("lines end with carriage return and line feed (Windows)")
        finally:
            self.close()

    def _head(self, blocks: Iterator[bytes]) -> bytes:
        """Take as many blocks as it needs to see more than white space."""
        head = next(blocks, b"")
        while not head.strip() and head:
            fresh = next(blocks, b"")
            if not fresh:
                break
            head += fresh
        if not head.strip():
            self.notes.append("the file is empty")
        return head

    def _elements(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        comma: int | None = None
        for piece in split_values(blocks):
            if piece[2] is TRAILING_COMMA:
                comma = comma or piece[0]
                continue
            yield piece
        if comma is not None:
            self.notes.append(f"the comma on line {comma} has no row behind it; it is read as if it were not there")

    def _text_blocks(self) -> Iterator[bytes]:
        blocks = self.blocks()
        head = b""
        for block in blocks:
            head += block
            if len(head) >= _ENOUGH:
                break
        if head.startswith(BOM):
            self.notes.append("the file starts with a byte order mark")
            head = head[len(BOM) :]
        refuse_unread_file(head, self.name)
        _refuse_other_encodings(head, self.name)
        for block in itertools.chain([head] if head else [], blocks):
            # a pair cut in two by a block is missed, and another one follows on the next line
            if not self._has_crlf and b"\r" in block and b"\r\n" in block:
                self._has_crlf = True
            yield block


def open_source(where: str | os.PathLike[str] | BinaryIO, *, name: str | None = None) -> Source:
    """Open a file, or take a binary stream (standard input, a memory file), to read its rows.

    `name` is what messages call it; a name or path that ends in `.gz` is unpacked.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is a folder.
        SystemRefusedError: it may not be opened.
    """
    return Source(where, name)


def _refuse_other_encodings(head: bytes, name: str) -> None:
    encoding = _utf_16(head)
    if encoding is not None:
        path = Path(name)
        made = shlex.quote(str(path.with_name(f"utf8-{path.name}")))
        raise InvalidError(
            f"{name} looks like UTF-16; nothing was read",
            hint=f"iconv -f {encoding} -t UTF-8 {shlex.quote(name)} > {made}",
            code="not_utf8",
        )
    null = head[:1024].find(b"\x00")
    if null >= 0:
        line = head.count(b"\n", 0, null) + 1
        raise InvalidError(
            f"{name} is no text file: there is a null byte on line {line}; nothing was read", code="not_utf8"
        )


def _utf_16(head: bytes) -> str | None:
    """Return the name of the encoding when a text is UTF-16, told by its mark or by two ASCII characters."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    nulls = [byte == 0 for byte in head[:4]]
    if nulls == [False, True, False, True]:
        return "UTF-16LE"
    return "UTF-16BE" if nulls == [True, False, True, False] else None


def _has_elements(head: bytes) -> bool:
    """Return whether a source of which the first block is known has elements, and not a row on each line."""
    text = head.lstrip()
    return text.startswith(b"[") or (text.startswith(b"{") and _spans_lines(text))


def _spans_lines(text: bytes) -> bool:
    """Return whether the object at the start of a text goes on over several lines, rather than being cut off."""
    first, line_feed, rest = text.partition(b"\n")
    if not line_feed or find_end(first, 0) is not None:
        return False
    end = find_end(text, 0)
    if end is not None:
        return _is_json(text[:end])
    second = rest.lstrip().partition(b"\n")[0]
    return not (second.startswith(b"{") and _is_json(second))


def _is_json(text: bytes) -> bool:
    try:
        parse(text)
    except JsonProblemError:
        return False
    return True


def read_object(piece: Piece) -> dict[str, Any]:
    """Return the object that a piece is.

    Raises:
        RowProblemError (not_json), RowProblemError (not_an_object): it is none.
    """
    line, raw, problem = piece
    if problem is not None and problem is not LAST_LINE:
        raise RowProblemError(problem, "not_json")
    try:
        value = parse(raw)
    except JsonProblemError as error:
        reason = error.reason if problem is None else f"{problem}: {error.reason}"
        place = f"column {error.column}" if error.line == 1 else f"line {line + error.line - 1}, column {error.column}"
        raise RowProblemError(f"{reason} ({place})", "not_json") from error
    if type(value) is not dict:
        kind = _KINDS.get(type(value), "a number")
        raise RowProblemError(f"a row must be an object, this one is {kind}", "not_an_object")
    return value


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
