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

import codecs
import hashlib
import itertools
import os
import shlex
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from rolethread_vcs import limits
from rolethread_vcs.errors import (
    InvalidError,
    NotFoundError,
    RoleThreadError,
    SystemRefusedError,
    UsageError,
    did_you_mean,
)
from rolethread_vcs.formats._contract import STANDARD_INPUT, Piece, RowProblemError, too_large
from rolethread_vcs.model.canonical import BOM, JsonProblemError, is_json, parse
from rolethread_vcs.model.entry import kind_of
from rolethread_vcs.phrases import file_text, first_few

_ENOUGH = 1 << 16
"""Bytes that tell what kind of file it is and how it is laid out."""
_BLOCK = 1 << 19
_NAMED = 10
_LAST_LINE = "the file ends inside this line"
_GZIP = 31
_GZIP_START = b"\x1f\x8b"


class ChangedSourceError(InvalidError):
    """A file changed while it was being read; the rows read are neither the old file nor the new one."""

    code = "changed"


class Source:
    """Rows of a file or a stream, to be read once, in order, in the memory of one row.

    A name or path that ends in `.gz` is unpacked. `name` is what messages call it. `size` and `sha256` tell of the
    bytes as they lie on disk, compressed or not, and hold after the last row. `notes` are remarks about the file as a
    whole, in plain sentences. A stream that was passed in stays open. Text in another `encoding` (see `find_encoding`)
    is made UTF-8 before anything else; bytes that are no text in it stay as they are, and cost the row they stand in.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is a folder.
        SystemRefusedError: it may not be opened.
    """

    __slots__ = ("_digest", "_encoding", "_file", "_stream", "name", "notes", "size")

    def __init__(
        self, where: str | os.PathLike[str] | BinaryIO, name: str | None = None, *, encoding: str | None = None
    ) -> None:
        self._file: FileIO | None = None
        if isinstance(where, str | os.PathLike):
            self.name = file_text(name or Path(where).name)
            self._stream: BinaryIO | FileIO = _open(Path(where))
            self._file = self._stream
        else:
            self.name = file_text(name or STANDARD_INPUT)
            self._stream = where
        self._encoding = encoding
        self.notes: list[str] = []
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[Piece]:
        """Return the rows in order as they are cut out of the source.

        The file is closed after the last row, and when the iteration is given up. What goes wrong is raised behind the
        rows before it.

        Raises:
            InvalidError (unread_format): the file is of a kind that is known by name and not read.
            InvalidError (not_utf8): UTF-16, or no text at all, or not in the encoding that was named.
            InvalidError (torn): a compressed source is not whole.
            InvalidError (too_large): a row never ends.
            ChangedSourceError: the file changed meanwhile.
            SystemRefusedError: reading failed.
        """
        try:
            blocks = self._unpacked() if self.name.lower().endswith(".gz") else self._blocks()
            if self._encoding is not None:
                blocks = self._as_utf8(blocks, self._encoding)
            head = b""
            for block in blocks:
                head += block
                if len(head) >= _ENOUGH and not head.isspace():
                    break
            if head.startswith(BOM):
                self.notes.append("the file starts with a byte order mark")
                head = head[len(BOM) :]
            if not head or head.isspace():
                self.notes.append("the file is empty")
            if b"\r\n" in head:
                self.notes.append("lines end with carriage return and line feed (Windows)")
            if b"\x00" in head or not head.lstrip().startswith((b"{", b"[")):
                from rolethread_vcs.formats._unread import refuse_unread_file

                refuse_unread_file(head, self.name)
            blocks = itertools.chain((head,), blocks)
            yield from self._elements(blocks) if _has_elements(head) else split_lines(blocks)
        finally:
            self.close()

    def _elements(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        from rolethread_vcs.formats._splitter import TRAILING_COMMA, ElementSplitter

        comma: int | None = None
        for piece in ElementSplitter(blocks).pieces():
            if piece[2] is TRAILING_COMMA:
                comma = comma or piece[0]
                continue
            yield piece
        if comma is not None:
            self.notes.append(f"the comma on line {comma} has no row behind it; it is read as if it were not there")

    def _blocks(self) -> Iterator[bytes]:
        """Return the bytes as they lie on disk, half a megabyte at a time."""
        before = None if self._file is None else os.fstat(self._file.fileno())
        while True:
            try:
                block = self._stream.read(_BLOCK)
            except OSError as error:
                raise SystemRefusedError(f"{self.name} cannot be read: {error.strerror or error}") from error
            if not block:
                break
            self._digest.update(block)
            self.size += len(block)
            yield block
        if before is not None and self._file is not None and stat.S_ISREG(before.st_mode):
            after = os.fstat(self._file.fileno())
            if (after.st_size, after.st_mtime_ns, self.size) != (before.st_size, before.st_mtime_ns, before.st_size):
                raise ChangedSourceError(
                    f"{self.name} changed while it was being read", hint="try again when nothing writes to it"
                )

    def _as_utf8(self, blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        plain = codecs.getincrementaldecoder("utf-8")()
        line, is_ascii, is_utf8 = 1, True, True
        for block in itertools.chain(blocks, (b"",)):
            try:
                data = decoder.decode(block, not block).encode("utf-8", "surrogateescape")
            except UnicodeError as error:
                reason = f"{self.name} is not {encoding} text behind line {line}: {error}"
                raise InvalidError(reason, code="not_utf8") from error
            try:
                plain.decode(block if is_utf8 else b"", not block)
            except UnicodeError:
                is_utf8 = False
            line += data.count(b"\n")
            is_ascii = is_ascii and block.isascii()
            yield data
        if is_utf8 and not is_ascii:
            raise InvalidError(f"{self.name} is UTF-8, not {encoding}", hint="leave --encoding out", code="not_utf8")

    def _unpacked(self) -> Iterator[bytes]:
        quoted = shlex.quote(self.name)

        def torn(said: str, hint: str = f"gzip -t {quoted}") -> InvalidError:
            return InvalidError(said, hint=hint, code="torn")

        unpacker: zlib._Decompress | None = None
        unpacked = 0
        for packed in self._blocks():
            if self.size == len(packed) and not packed.startswith(_GZIP_START[: len(packed)]):
                said = f"{self.name} is not compressed, though its name ends in .gz"
                raise torn(said, f"rtv import - < {quoted}")
            while packed := packed if unpacker else packed.lstrip(b"\x00"):  # zeros may fill up the last block
                unpacker = unpacker or zlib.decompressobj(_GZIP)
                try:
                    block = unpacker.decompress(packed, _BLOCK)
                except zlib.error as error:
                    raise torn(f"the compressed file {self.name} is damaged: {error}") from error
                unpacked += len(block)
                if unpacked > max(limits.RATIO_FROM, limits.RATIO * self.size):
                    raise InvalidError(
                        f"the compressed file {self.name} becomes more than {limits.RATIO} times as large, unlike text",
                        hint=f"gunzip < {quoted} | rtv import -   reads it without a bound",
                        code="too_dense",
                    )
                if block:
                    yield block
                packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                unpacker = None if unpacker.eof else unpacker
        if unpacker is not None:
            raise torn(f"the compressed file {self.name} is torn: it ends before its data does")


def unread_error(errors: Sequence[RoleThreadError], total: int) -> RoleThreadError:
    """Return the error that names all files, of so many, that cannot be read; the only one speaks for itself."""
    if len(errors) == 1:
        return errors[0]
    return InvalidError(
        f"{len(errors):,} of {total:,} files cannot be read",
        details=first_few([error.message for error in errors], _NAMED),
        code="unread_files",
    )


def find_encoding(name: str) -> str | None:
    """Return the encoding of a name as Python calls it, None for UTF-8, which needs no decoding.

    Raises:
        UsageError: there is none; the hint has the one that was probably meant.
    """
    from encodings import normalize_encoding
    from encodings.aliases import aliases

    word = normalize_encoding(name.strip().lower().replace("windows-", "cp"))
    found = aliases.get(word, word)
    if found in ("utf_8", "utf_8_sig"):
        return None
    usable = {codec for codec in aliases.values() if not codec.endswith("_codec") and codec not in ("mbcs", "rot_13")}
    if found in usable:
        return found.replace("_", "-")
    known = usable.union(each for each, codec in aliases.items() if codec in usable)
    hint = did_you_mean("cp1252" if found == "mbcs" else word, known, "encodings are cp1252, gbk, shift_jis, utf-16 …")
    raise UsageError(f"there is no encoding called {name!r}", hint=hint, code="unknown_encoding")


def _has_elements(head: bytes) -> bool:
    """Return whether a source that starts like this has elements, and not a row on each line."""
    text = head.lstrip()
    first, line_feed, rest = text.partition(b"\n")
    if not text.startswith(b"{") or not line_feed or is_json(first):
        return text.startswith(b"[")
    from rolethread_vcs.formats._splitter import find_end

    if find_end(first, 0) is not None:
        return False
    end = find_end(text, 0)
    if end is not None:
        return is_json(text[:end])
    second = rest.lstrip().partition(b"\n")[0]  # the first line may be cut off, and one row a line follow
    return not (second.startswith(b"{") and is_json(second))


def split_lines(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """Return the lines that are not blank, without their line feeds; cut at line feeds only.

    A carriage return before the line feed stays: it is white space to JSON. A last line without a line feed has the
    problem `_LAST_LINE`, which counts only if the line cannot be read.
    """
    number = 1
    tail: list[bytes] = []
    tail_size = 0
    for block in blocks:
        end = block.rfind(b"\n")
        if end >= 0:
            lines = b"".join((*tail, block[:end])).split(b"\n")
            for line in lines:
                if line and not line.isspace():
                    yield number, line, None
                number += 1
            tail, tail_size = [], 0
        if end + 1 < len(block):
            tail.append(block[end + 1 :])
            tail_size += len(block) - end - 1
            if tail_size > limits.FILE:
                raise too_large(number)
    last = b"".join(tail)
    if last and not last.isspace():
        yield number, last, _LAST_LINE


def read_object(piece: Piece) -> dict[str, Any]:
    """Return the object that a piece is.

    Raises:
        RowProblemError (not_json), RowProblemError (not_an_object): it is none.
    """
    line, raw, problem = piece
    if problem is not None and problem is not _LAST_LINE:
        raise RowProblemError(problem, "not_json")
    try:
        value = parse(raw)
    except JsonProblemError as error:
        reason = error.reason if problem is None else f"{problem}: {error.reason}"
        place = f"column {error.column}" if error.line == 1 else f"line {line + error.line - 1}, column {error.column}"
        raise RowProblemError(f"{reason} ({place})", "not_json") from error
    if type(value) is not dict:
        raise RowProblemError(f"a row must be an object, this one is {kind_of(value)}", "not_an_object")
    return value


def _open(path: Path) -> FileIO:
    try:
        return FileIO(path, "rb")
    except NotADirectoryError as error:
        raise NotFoundError(f"there is no file {path}: a part of its path is no folder") from error
    except (FileNotFoundError, ValueError) as error:
        raise NotFoundError(f"there is no file {path}") from error
    except IsADirectoryError as error:
        files = f"{shlex.quote(str(path))}/*"
        raise InvalidError(f"{path} is a folder, not a file", hint=f"name the files in it: {files}") from error
    except OSError as error:
        raise SystemRefusedError(f"{path} cannot be opened: {error.strerror or error}") from error
