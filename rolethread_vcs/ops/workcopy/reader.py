"""Reads a file copy from front to back, keeping only the lines that are not known already."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.formats import ChangedSourceError, Piece, open_source
from rolethread_vcs.ops.workcopy.links import FileStamp, digest_of
from rolethread_vcs.store import disk

LINE_FEED = b"\n"
LAST_LINE = "the file ends inside this line"
_BUFFER = 1 << 20
_LONGEST_FIRST = 64 << 20


@dataclass(frozen=True, slots=True)
class CopyLines:
    """The lines of a file copy: where each starts (from 1), its digest, and the bytes of those that were not known.

    Where several rows start in one line (an array that another program wrote), `numbers` count rows instead.
    `stamp` is the file before it was read; `ends_torn` says that no line feed ends the last line.
    """

    path: Path
    numbers: tuple[int, ...]
    digests: tuple[str, ...]
    raw: dict[int, bytes]
    stamp: FileStamp
    ends_torn: bool

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


def pieces_of(path: Path) -> Iterator[Piece]:
    """Yield the rows of a file, as `formats.open_source` would.

    A file that begins like JSON lines is cut at line feeds here: without the digest of the whole, that takes half the
    time. What another program made of it (an array, objects over many lines) is left to those who know.
    """
    with disk.system_errors(f"reading {path}"), path.open("rb") as stream:
        first = stream.readline(_LONGEST_FIRST)
    is_plain = first.startswith(b"{") and first.rstrip().endswith(b"}") and b"\x00" not in first
    if is_plain:
        yield from _lines(path)
        return
    with open_source(path) as source:
        yield from source.pieces()


def _lines(path: Path) -> Iterator[Piece]:
    with disk.system_errors(f"reading {path}"), path.open("rb", buffering=_BUFFER) as stream:
        for number, line in enumerate(stream, 1):
            if line.endswith(LINE_FEED):
                if not line.isspace():
                    yield number, line[:-1], None
            else:
                yield number, line, LAST_LINE


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
    problem: str | None = None
    for line, data, problem in pieces_of(path):  # noqa: B007  the last one is wanted
        digest = digest_of(data)
        if expected.get(digest, 0):
            expected[digest] -= 1
        else:
            raw[len(numbers)] = data
        numbers.append(line)
        digests.append(digest)
    if len(set(numbers)) < len(numbers):
        numbers = list(range(1, len(numbers) + 1))  # a decision about "line 1" must mean one row
    ends_torn = problem is not None
    result = CopyLines(path, tuple(numbers), tuple(digests), raw, stamp, ends_torn)
    result.refuse_if_changed()
    return result
