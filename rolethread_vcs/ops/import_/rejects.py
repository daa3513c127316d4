"""Rows that an import could not save: written beside the source, and put back into their places once corrected.

Their bytes are kept in the operation log, so that they go back to their places when they come in corrected.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.formats import Reject
from rolethread_vcs.model.canonical import JsonProblemError, parse
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.repository import Repository

SourceFile: TypeAlias = Path | BinaryIO

_LIKE_ENOUGH = 0.5
_COMPARED = 4000
"""Bytes of a row that similarity looks at."""


@dataclass(frozen=True, slots=True)
class RejectFiles:
    """The two files of an import's rejects: the rows byte for byte, and the reasons for people."""

    rows: Path
    reasons: Path


def choose_files(rejects: Sequence[Reject], sources: Sequence[SourceFile], options: ImportOptions) -> RejectFiles:
    """Return where rejects go: where it is wished, else beside the first file, as `chats.rejects.jsonl`.

    A name is taken when it is free, or when these very rows stand there already; nothing is overwritten, and the next
    name is `chats.rejects-2.jsonl`.
    """
    wanted = options.rejects
    if wanted is None:
        first = next((source for source in sources if isinstance(source, Path)), Path("import"))
        wanted = first.with_name(f"{first.name.partition('.')[0] or 'import'}.rejects.jsonl")
    content = join_rows(rejects)
    reasons_end = ".reasons.txt" if wanted.suffix == ".txt" else ".txt"
    for number in itertools.count(1):
        stem = wanted.stem if number == 1 else f"{wanted.stem}-{number}"
        files = RejectFiles(
            wanted.with_name(f"{stem}{wanted.suffix or '.jsonl'}"), wanted.with_name(f"{stem}{reasons_end}")
        )
        if (not files.rows.exists() and not files.reasons.exists()) or _holds(files.rows, content):
            return files
    raise AssertionError("unreachable")


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def join_rows(rejects: Sequence[Reject]) -> bytes:
    """Return the rows of a rejects file: one a line, or, when a row spans lines, an array of them.

    Chat logs, of which each line is an object of its own, stand one behind the other.
    """
    raws = [row_of(reject) for reject in rejects]
    if any(b"\n" in raw and not _is_log(raw) for raw in raws):
        return b"[\n" + b",\n".join(raws) + b"\n]\n"
    return b"".join(raw + b"\n" for raw in raws)


def _is_log(raw: bytes) -> bool:
    try:
        parse(raw.partition(b"\n")[0])
    except JsonProblemError:
        return False
    return True


def row_of(reject: Reject) -> bytes:
    """Return what a row is in its rejects file, without what separates rows."""
    return reject.raw.rstrip(b"\r\n")


@contextmanager
def written_rejects(
    rejects: Sequence[Reject], sources: Sequence[SourceFile], options: ImportOptions
) -> Iterator[RejectFiles]:
    """Write the rejects and their reasons, durably, before anything is committed without them; take them back with it.

    A file that was there stays as it is; it may be the very source of the import.
    """
    files = choose_files(rejects, sources, options)
    # people read the reasons in a terminal, which a row could steer
    lines = ("".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(reject)) for reject in rejects)
    contents = {files.rows: join_rows(rejects), files.reasons: "".join(f"{line}\n" for line in lines).encode()}
    made = [path for path in contents if not path.exists()]
    try:
        try:
            for path in made:
                disk.replace_file(path, contents[path], durable=True)
        except OSError as error:
            refused = disk.system_refused(f"writing {files.rows}", error)
            raise SystemRefusedError(refused.message, hint="name another place with: --rejects FILE") from error
        yield files
    except BaseException as error:
        if not getattr(error, "saved", False):
            for path in made:
                path.unlink(missing_ok=True)
        raise


def find_places(repository: Repository, operation: Operation, raws: Sequence[bytes]) -> dict[int, str | None]:
    """Return where corrected rejects of an import belong: row index to the id they follow (None: the start).

    As many rows as there were are paired in order; otherwise each row goes with the old row that it is most like.
    """
    places = operation.details["rejects"]
    if len(raws) == len(places):
        return {index: place["after"] for index, place in enumerate(places)}
    blob = operation.attached.get("rejects")
    data = b"" if blob is None else repository.objects.blob(blob)
    start, between = (2, 2) if data.startswith(b"[\n") else (0, 1)
    olds: dict[int, str] = {}
    for number, place in enumerate(places):
        olds[number] = _text(data[start : start + place["size"]])
        start += place["size"] + between
    found = {}
    for index, raw in enumerate(raws):
        best, ratio = None, _LIKE_ENOUGH
        for number, old in olds.items():
            matcher = difflib.SequenceMatcher(None, old, _text(raw), autojunk=False)
            if matcher.quick_ratio() > ratio and (now := matcher.ratio()) > ratio:
                best, ratio = number, now
        if best is not None:
            found[index] = places[best]["after"]
            del olds[best]
    return found


def _text(raw: bytes) -> str:
    return raw[:_COMPARED].decode("utf-8", "replace")
