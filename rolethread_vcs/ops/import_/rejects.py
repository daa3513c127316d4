"""Rows that an import could not save: written beside the source, kept in the operation log, and taken back in place."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.formats import Reject
from rolethread_vcs.model.canonical import JsonProblemError, parse
from rolethread_vcs.store import disk
from rolethread_vcs.store.log.operations import Operation
from rolethread_vcs.store.repository import Repository

_LIKE_ENOUGH = 0.5
_COMPARED = 4000
"""Bytes of a row that similarity looks at."""


@dataclass(frozen=True, slots=True)
class RejectFiles:
    """The two files of an import's rejects: the rows byte for byte, and the reasons for people."""

    rows: Path
    reasons: Path


def rejects_path(sources: Sequence[object], wanted: Path | None) -> Path:
    """Return where rejects go: beside the first file, `chats.rejects.jsonl`, if no other place is wanted."""
    if wanted is not None:
        return wanted
    first = next((source for source in sources if isinstance(source, Path)), Path("import"))
    return first.with_name(f"{first.name.partition('.')[0] or 'import'}.rejects.jsonl")


def choose_files(wanted: Path, content: bytes) -> RejectFiles:
    """Return names for the rows of `content`: `chats.rejects.jsonl`, else `chats.rejects-2.jsonl` …

    A name is taken when it is free, or when these very rows stand there already; nothing is overwritten.
    """
    number = 1
    reasons_end = ".reasons.txt" if wanted.suffix == ".txt" else ".txt"
    while True:
        tail = "" if number == 1 else f"-{number}"
        files = RejectFiles(
            wanted.with_name(f"{wanted.stem}{tail}{wanted.suffix or '.jsonl'}"),
            wanted.with_name(f"{wanted.stem}{tail}{reasons_end}"),
        )
        if (not files.rows.exists() and not files.reasons.exists()) or _holds(files.rows, content):
            return files
        number += 1


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def join_rows(rejects: Sequence[Reject]) -> bytes:
    """Return the rows of a rejects file: one a line, or, when a row spans lines, an array of them.

    Chat logs, of which each line is an object of its own, stand one behind the other.
    """
    raws = [_trimmed(reject) for reject in rejects]
    if any(b"\n" in raw and not _is_log(raw) for raw in raws):
        return b"[\n" + b",\n".join(raws) + b"\n]\n"
    return b"".join(raw + b"\n" for raw in raws)


def _is_log(raw: bytes) -> bool:
    try:
        parse(raw.partition(b"\n")[0])
    except JsonProblemError:
        return False
    return True


def row_size(reject: Reject) -> int:
    """Return the bytes that a row takes in its rejects file, what separates rows aside."""
    return len(_trimmed(reject))


def _trimmed(reject: Reject) -> bytes:
    return reject.raw.rstrip(b"\r\n")


def write_files(files: RejectFiles, rejects: Sequence[Reject]) -> tuple[Path, ...]:
    """Write the rejects and their reasons, durably, before anything is committed without them.

    Return the files that were made. One that was there stays as it is; it may be the very source of the import.
    """
    reasons = "".join(f"{_visible(str(reject))}\n" for reject in rejects)
    contents = {files.rows: join_rows(rejects), files.reasons: reasons.encode()}
    made = tuple(path for path in contents if not path.exists())
    try:
        for path in made:
            disk.replace_file(path, contents[path], durable=True)
    except OSError as error:
        remove_files(made)
        refused = disk.system_refused(f"writing {files.rows}", error)
        raise SystemRefusedError(
            f"{refused.message}; nothing was saved", hint="name another place with: --rejects FILE"
        ) from error
    return made


def _visible(text: str) -> str:
    r"""Return a line with what could steer a terminal shown as `\x1b`: people read the reasons there."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def remove_files(made: Sequence[Path]) -> None:
    """Take the files back that were made for an import that failed."""
    for path in made:
        path.unlink(missing_ok=True)


def find_places(repository: Repository, name: str, raws: Sequence[bytes]) -> dict[int, str | None] | None:
    """Return where corrected rows belong: row index to the id they follow (None: the start), or None.

    Looks for the newest import whose rejects file had this name. As many rows as there were are paired in order;
    otherwise each row goes with the old row that it is most like.
    """
    operation = next((each for each in repository.operations if each.details.get("rejects_name") == name), None)
    if operation is None:
        return None
    places = operation.details["rejects"]
    if len(raws) == len(places):
        return {index: place["after"] for index, place in enumerate(places)}
    pairs = _pair(raws, _old_rows(repository, operation))
    return {index: places[best]["after"] for index, best in pairs.items()}


def _old_rows(repository: Repository, operation: Operation) -> list[bytes]:
    blob = operation.attached.get("rejects")
    data = b"" if blob is None else repository.objects.blob(blob)
    start, between = (2, 2) if data.startswith(b"[\n") else (0, 1)
    rows = []
    for place in operation.details["rejects"]:
        rows.append(data[start : start + place["size"]])
        start += place["size"] + between
    return rows


def _pair(raws: Sequence[bytes], olds: Sequence[bytes]) -> dict[int, int]:
    free = dict(enumerate(olds))
    pairs: dict[int, int] = {}
    for index, raw in enumerate(raws):
        best, ratio = None, _LIKE_ENOUGH
        for number, old in free.items():
            matcher = difflib.SequenceMatcher(None, _text(old), _text(raw), autojunk=False)
            if matcher.quick_ratio() > ratio and (now := matcher.ratio()) > ratio:
                best, ratio = number, now
        if best is not None:
            pairs[index] = best
            del free[best]
    return pairs


def _text(raw: bytes) -> str:
    return raw[:_COMPARED].decode("utf-8", "replace")
