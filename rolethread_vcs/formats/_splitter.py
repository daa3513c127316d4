"""Cuts a stream of blocks into the elements of arrays, and objects that span lines.

It works in the memory of one row, or of one block where that is more, and finds where an element ends by skipping over
texts and counting brackets, without understanding anything else; whether it is JSON is for the parser to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rolethread_vcs import limits
from rolethread_vcs.formats._contract import Piece, too_large

TRAILING_COMMA = "a trailing comma"
"""The problem of a piece that is no row: the comma that stands before the end of an array."""

# Only single characters are repeated possessively: Python before 3.11.5 matches a possessive group wrongly. What the
# groups match can be read in one way only, so that going back in them ends at once.
_TEXTS = rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*"[^"\[\]{}]*+)*'


def _inside(levels: int) -> bytes:
    """Return the pattern of what stands inside a container: texts, and whole containers of so many levels."""
    inner = _TEXTS
    for _ in range(levels):
        inner = _TEXTS + rb"(?:[\[{]" + inner + rb"[\]}]" + _TEXTS + rb")*"
    return inner


_SHALLOW = re.compile(rb"[\[{]" + _inside(6) + rb"[\]}]", re.DOTALL)
"""A whole container of at most seven levels, in one go; in anything else brackets are counted."""
_TO_BRACKET = re.compile(_inside(3), re.DOTALL)
"""What can be passed over without a change of depth."""
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*"', re.DOTALL)
_SCALAR = re.compile(rb"[^,\]\n]*+")
_REST_OF_LINE = re.compile(rb"[^\n]*+")


def find_end(data: bytes, start: int) -> int | None:
    """Return the offset after the container that starts at an offset, or None when it does not end in the data."""
    match = _SHALLOW.match(data, start)
    if match is not None:
        return match.end()
    end, depth = _count_brackets(data, start, 0)
    return end if depth == 0 else None


def _count_brackets(data: bytes, position: int, depth: int) -> tuple[int, int]:
    """Count on from a depth until it is 0 or the data ends; return where, and the depth there.

    The place returned at the end of the data is one to go on from when more has come: never inside a text.
    """
    size = len(data)
    match = _TO_BRACKET.match
    while True:
        found = match(data, position)
        position = position if found is None else found.end()
        if position >= size or data[position] == 0x22:
            return position, depth
        depth += 1 if data[position] in b"[{" else -1
        position += 1
        if depth == 0:
            return position, 0


class ElementSplitter:
    """Returns the elements of the arrays, and the values beside them, that a stream consists of.

    Holds the part of the stream that is not cut yet: `_data` from `_at` on, which is on line `_line`.
    """

    __slots__ = ("_at", "_blocks", "_data", "_line")

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._data = b""
        self._at = 0
        self._line = 1

    def pieces(self) -> Iterator[Piece]:
        in_array = needs_comma = False
        comma_line: int | None = None
        while (byte := self._next_byte()) is not None:
            if not in_array and byte == b"[":
                self._advance(self._at + 1)
                in_array, needs_comma, comma_line = True, False, None
            elif in_array and byte == b"]":
                if comma_line is not None:
                    yield comma_line, b",", TRAILING_COMMA
                self._advance(self._at + 1)
                in_array = needs_comma = False
            elif in_array and byte == b",":
                if not needs_comma:
                    yield self._line, b",", "a comma with no row before it"
                comma_line, needs_comma = self._line, False
                self._advance(self._at + 1)
            else:
                line = self._line
                raw, is_whole = self._take(byte, in_array=in_array)
                problem = "a comma is missing before this row" if needs_comma else None
                if not is_whole:
                    problem = "the file ends inside this row"
                    in_array = False
                yield line, raw, problem
                needs_comma, comma_line = in_array, None
        if in_array:
            yield self._line, b"", "the file ends before its array is closed"

    def _next_byte(self) -> bytes | None:
        """Pass over white space and return the byte that follows, or None at the end."""
        while True:
            found = _SPACE.match(self._data, self._at)
            if found is not None:
                self._advance(found.end())
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._load():
                return None

    def _take(self, byte: bytes, *, in_array: bool) -> tuple[bytes, bool]:
        """Return the value that starts here, and whether it ended before the stream did."""
        if byte in b"[{":
            is_whole, end = self._end_of_container()
        elif byte == b'"':
            is_whole, end = self._end_of_match(_STRING, may_fail=True)
        else:
            is_whole, end = self._end_of_match(_SCALAR if in_array else _REST_OF_LINE, may_fail=False)
        raw = self._data[self._at : end]
        self._advance(end)
        return (raw if byte in b'[{"' else raw.rstrip()), is_whole

    def _end_of_container(self) -> tuple[bool, int]:
        found = _SHALLOW.match(self._data, self._at)
        if found is not None:
            return True, found.end()
        position, depth = _count_brackets(self._data, self._at, 0)
        while depth != 0:
            offset = position - self._at
            if not self._load():
                return False, len(self._data)
            position, depth = _count_brackets(self._data, self._at + offset, depth)
        return True, position

    def _end_of_match(self, pattern: re.Pattern[bytes], *, may_fail: bool) -> tuple[bool, int]:
        while True:
            found = pattern.match(self._data, self._at)
            if found is not None and found.end() < len(self._data):
                return True, max(found.end(), self._at + 1)
            if not self._load():
                return not (may_fail and found is None), len(self._data)

    def _advance(self, to: int) -> None:
        self._line += self._data.count(b"\n", self._at, to)
        self._at = to

    def _load(self) -> bool:
        """Fetch more, at least as much as is pending, so that a huge row is not copied for every block of it."""
        pending = len(self._data) - self._at
        if pending > limits.FILE:
            raise too_large(self._line)
        fresh = []
        size = 0
        for block in self._blocks:
            fresh.append(block)
            size += len(block)
            if size >= pending:
                break
        if not fresh:
            return False
        self._data = b"".join((self._data[self._at :], *fresh))
        self._at = 0
        return True
