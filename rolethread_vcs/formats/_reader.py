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

import itertools
import os
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats._bytes import ByteSource
from rolethread_vcs.formats._contract import Piece, RowProblemError
from rolethread_vcs.formats._splitter import LAST_LINE, TRAILING_COMMA, find_end, split_lines, split_values
from rolethread_vcs.formats._unread import refuse_unread_file
from rolethread_vcs.model.canonical import BOM, JsonProblemError, parse

_ENOUGH = 1 << 16
"""Bytes that tell what kind of file it is and how it is laid out."""
_KINDS = {str: "text", bool: "true or false", type(None): "null", list: "a list"}


class Source:
    """Rows to be read once, in order, in the memory of one row; `open_source` makes one.

    `size` and `sha256` tell of the bytes as they lie on disk, compressed or not, and hold after the last row. `notes`
    are remarks about the file as a whole, in plain sentences.
    """

    __slots__ = ("_bytes", "_has_crlf", "_notes")

    def __init__(self, source: ByteSource) -> None:
        self._bytes = source
        self._notes: list[str] = []
        self._has_crlf = False

    @property
    def name(self) -> str:
        """What messages call the source: the name of the file."""
        return self._bytes.name

    @property
    def size(self) -> int:
        """Bytes read so far, as they lie on disk."""
        return self._bytes.size

    @property
    def sha256(self) -> str:
        """The SHA-256 of those bytes, hexadecimal."""
        return self._bytes.sha256

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks about the file as a whole: a byte order mark, Windows line ends, nothing in it."""
        return tuple(self._notes)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a stream that was passed in stays open."""
        self._bytes.close()

    def pieces(self) -> Iterator[Piece]:
        """Return the rows in order as they are cut out of the source.

        The file is closed after the last row, and when the iteration is given up. What goes wrong is raised behind the
        rows before it.

        Raises:
            InvalidError (unread_format): the file is of a kind that is known by name and not read.
            InvalidError (not_utf8): UTF-16, or no text at all.
            InvalidError (torn), ChangedSourceError, SystemRefusedError: see `ByteSource.blocks`.
            InvalidError (too_large): a row never ends.
        """
        try:
            blocks = self._text_blocks()
            head = self._head(blocks)
            blocks = itertools.chain([head], blocks)
            yield from self._elements(blocks) if _has_elements(head) else split_lines(blocks)
            if self._has_crlf:
                self._notes.append("lines end with carriage return and line feed (Windows)")
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
            self._notes.append("the file is empty")
        return head

    def _elements(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        comma: int | None = None
        for piece in split_values(blocks):
            if piece[2] is TRAILING_COMMA:
                comma = comma or piece[0]
                continue
            yield piece
        if comma is not None:
            self._notes.append(f"the comma on line {comma} has no row behind it; it is read as if it were not there")

    def _text_blocks(self) -> Iterator[bytes]:
        blocks = self._bytes.blocks()
        head = b""
        for block in blocks:
            head += block
            if len(head) >= _ENOUGH:
                break
        if head.startswith(BOM):
            self._notes.append("the file starts with a byte order mark")
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
    return Source(ByteSource(where, name))


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
