"""Reads a file copy from front to back, keeping only the lines that are not known already."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.formats import ChangedSourceError, open_source
from rolethread_vcs.ops.copy_bindings import FileStamp, digest_of

LINE_FEED = b"\n"


class TornLineError(InvalidError):
    """The last line of a file copy is cut off: the file is not whole, or still being written."""

    code = "torn_line"


@dataclass(frozen=True, slots=True)
class CopyLines:
    """The lines of a file copy: where each starts (from 1), its digest, and the bytes of those that were not known.

    `stamp` is the file before it was read; `is_lines` says that it is one row a line, as the program writes it.
    """

    path: Path
    numbers: tuple[int, ...]
    digests: tuple[str, ...]
    raw: dict[int, bytes]
    stamp: FileStamp
    is_lines: bool
    ends_torn: bool
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def refuse_if_changed(self) -> None:
        """Look at the file again.

        Raises:
            ChangedSourceError: it is not the file that was read.
        """
        if FileStamp.of(self.path) != self.stamp:
            raise ChangedSourceError(
                f"{self.path.name} changed since it was read; nothing was saved",
                hint="try again when nothing writes to it",
            )


def read_copy(path: Path, known: Iterable[str]) -> CopyLines:
    """Read a file; of each digest that is `known`, as many lines are not kept as it is known times.

    Raises:
        NotFoundError: the file is gone. InvalidError, SystemRefusedError: it cannot be read.
        ChangedSourceError: something writes to it right now.
    """
    stamp = FileStamp.of(path)
    if stamp is None:
        quoted = shlex.quote(str(path))
        raise NotFoundError(
            f"{path} is gone; its entries are still on the branch, and nothing was saved",
            hint=f"forget it with: rtv workcopy remove {quoted}\nthen write it again with: rtv workcopy add {quoted} …",
        )
    expected = Counter(known)
    numbers: list[int] = []
    digests: list[str] = []
    raw: dict[int, bytes] = {}
    is_lines, ends_torn, before = True, False, 0
    with open_source(path) as source:
        for line, data, problem in source.pieces():
            digest = digest_of(data)
            if expected.get(digest, 0):
                expected[digest] -= 1
            else:
                raw[len(numbers)] = data
                is_lines = is_lines and LINE_FEED not in data
            is_lines = is_lines and line > before
            before = line
            ends_torn = problem is not None
            numbers.append(line)
            digests.append(digest)
        notes = source.notes
    if is_lines and numbers:
        with path.open("rb") as stream:
            is_lines = stream.read(4).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"["
    result = CopyLines(path, tuple(numbers), tuple(digests), raw, stamp, is_lines, ends_torn, notes)
    result.refuse_if_changed()
    return result
