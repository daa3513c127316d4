"""Finds entries in the bytes of an index without taking it apart: to change one of 20,000 shall not cost all of them.

Files of a dataset have names of one length, so their entries follow each other in long runs of one length (layout as in
gitformat-index, version 2): where the flags of an entry are those of the one before, it is as long. An index of other
names works too; its runs are short.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = struct.Struct(">4sII")
ENTRY = struct.Struct(">10I20sH")
FLAGS_AT = ENTRY.size - 2
SIZE_AT = 36
EXTENDED, STAGE = 0x40, 0x30
"""Bits of the first byte of the flags."""
LENGTH = 0x0FFF
"""Bits of the flags that give the length of the name; all of them stand for this length or more."""

_WORD = 4
_MODIFIED = 2
"""Place of the second of the last modification, in words of four bytes."""
_GROWTH = 16


@dataclass(frozen=True, slots=True)
class _Run:
    """Entries of one length: where the first one starts, how many bytes each has, how many they are."""

    start: int
    length: int
    count: int
    name_length: int

    def place(self, number: int) -> int:
        return self.start + number * self.length


class IndexTable:
    """Where the entries of an index lie; `end` is where the last one ends."""

    def __init__(self, data: bytes, runs: list[_Run], end: int) -> None:
        self._data = data
        self._runs = runs
        self.end = end

    @classmethod
    def of(cls, data: bytes, end: int) -> IndexTable | None:
        """Return the table of an index whose entries end before `end`.

        None when it is not plain: no index of version 2, cut off, or with entries of a merge's conflict.
        """
        signature, version, left = HEAD.unpack_from(data)
        if signature != b"DIRC" or version != 2:
            return None
        runs: list[_Run] = []
        at = HEAD.size
        while left:
            if at + ENTRY.size + 2 > end or data[at + FLAGS_AT] & (EXTENDED | STAGE):
                return None
            run = _run(data, at, left, end)
            if run is None:
                return None
            runs.append(run)
            at = run.place(run.count)
            left -= run.count
        return cls(data, runs, at)

    def name(self, start: int) -> bytes:
        """Return the name of the entry that starts at a place."""
        at = start + ENTRY.size
        return self._data[at : self._data.index(b"\0", at)]

    def find(self, name: bytes) -> tuple[int, int]:
        """Return where the entry of a name starts and ends; twice the place for it, when there is none."""
        number = bisect_right(self._runs, name, key=lambda run: self._name(run, 0)) - 1
        if number < 0:
            return HEAD.size, HEAD.size
        run = self._runs[number]
        found = bisect_left(range(run.count), name, key=lambda which: self._name(run, which))
        start = run.place(found)
        is_there = found < run.count and self._name(run, found) == name
        return start, start + run.length if is_there else start

    def modified_since(self, second: int) -> Iterator[int]:
        """Yield where the entries start whose file was modified in a second (of Unix time, 32 bits) or later."""
        words = memoryview(self._data)[HEAD.size : self.end].cast("I")
        for run in self._runs:
            first = (run.start - HEAD.size) // _WORD + _MODIFIED
            last = (run.place(run.count) - HEAD.size) // _WORD
            column = words[
                first : last : run.length // _WORD
            ].tobytes()  # as they lie there, whatever this machine's order
            times = struct.unpack(f">{run.count}I", column)
            if max(times) >= second:
                yield from (run.place(which) for which, time in enumerate(times) if time >= second)

    def _name(self, run: _Run, which: int) -> bytes:
        at = run.place(which) + ENTRY.size
        return self._data[at : at + run.name_length]


def _run(data: bytes, start: int, most: int, end: int) -> _Run | None:
    """Return the run that starts at a place, of `most` entries at most; None when it leaves the entries."""
    flags = data[start + FLAGS_AT : start + FLAGS_AT + 2]
    name_length = int.from_bytes(flags) & LENGTH
    if name_length == LENGTH:
        name_length = data.find(b"\0", start + ENTRY.size, end) - start - ENTRY.size
        most = 1  # the next one with these flags may be longer
    length = ENTRY.size + name_length + 8 & ~7
    # the flags of all that follow as if they were in the run; from the first other one on they are something else
    count, window = 1, _GROWTH
    while count < most:
        wanted = min(window, most - count)
        same = wanted
        for byte, at in zip(flags, (FLAGS_AT, FLAGS_AT + 1), strict=True):
            first = start + count * length + at
            column = data[first : min(first + wanted * length, end) : length]
            same = min(same, len(column) - len(column.lstrip(bytes((byte,)))))
        count += same
        if same < wanted:
            break
        window *= _GROWTH
    return _Run(start, length, count, name_length) if name_length >= 0 and start + count * length <= end else None
