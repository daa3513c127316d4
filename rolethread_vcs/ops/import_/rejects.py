"""Rows that an import could not save: written beside the source, and put back into their places once corrected.

Their bytes are kept in the operation log, so that they go back to their places when they come in corrected.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.matching import Side, Signature, Step
from rolethread_vcs.matching.ladder import Ambiguity, Matching, Policy
from rolethread_vcs.model.entry import Entry, known_role
from rolethread_vcs.ops.history.undo import with_undone
from rolethread_vcs.ops.import_.row_reader import ImportOptions, Rejects
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.repository import Repository

SourceFile: TypeAlias = Path | BinaryIO

_POLICY = Policy((Step.BYTES, Step.ALIKE, Step.OPENING), Ambiguity.FIRST)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"\s*:|"((?:[^"\\]|\\.)*)"', re.DOTALL)
"""The texts of a row, and nothing for its keys."""


@dataclass(frozen=True, slots=True)
class RejectFiles:
    """The two files of an import's rejects: the rows byte for byte, and the reasons for people."""

    rows: Path
    reasons: Path


def choose_files(rejects: Rejects, sources: Sequence[SourceFile], options: ImportOptions) -> RejectFiles:
    """Return where rejects go: where it is wished, else beside the first file, as `chats.rejects.jsonl`.

    A name is taken when it is free, or when these very rows stand there already; nothing is overwritten, and the next
    name is `chats.rejects-2.jsonl`.
    """
    wanted = options.rejects
    if wanted is None:
        first = next((source for source in sources if isinstance(source, Path)), Path("import"))
        wanted = first.with_name(f"{first.name.partition('.')[0] or 'import'}.rejects.jsonl")
    reasons_end = ".reasons.txt" if wanted.suffix == ".txt" else ".txt"
    for number in itertools.count(1):
        stem = wanted.stem if number == 1 else f"{wanted.stem}-{number}"
        files = RejectFiles(
            wanted.with_name(f"{stem}{wanted.suffix or '.jsonl'}"), wanted.with_name(f"{stem}{reasons_end}")
        )
        if not any(map(os.path.lexists, (files.rows, files.reasons))) or _holds(files.rows, rejects):
            return files
    raise AssertionError("unreachable")


def _holds(path: Path, rejects: Rejects) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return all(file.read(len(part)) == part for part in rejects.rows()) and not file.read(1)
    except OSError:
        return False


def _write_new(path: Path, parts: Iterator[bytes]) -> None:
    """Write a file durably; its name must be free (`FileExistsError`), and is taken when all of it is there."""
    if os.path.lexists(path):
        raise FileExistsError
    with disk.beside(path, durable=True, mode=0o644) as (stream, staged):
        stream.writelines(parts)
    try:
        disk.add_name(staged, path)
    finally:
        staged.unlink()
    disk.sync_folder(path.parent)


@contextmanager
def written_rejects(rejects: Rejects, sources: Sequence[SourceFile], options: ImportOptions) -> Iterator[RejectFiles]:
    """Write the rejects and their reasons, durably, before anything is committed without them; take them back with it.

    A file that was there stays as it is; it may be the very source of the import.
    """
    made: list[Path] = []
    try:
        try:
            while True:  # another import may take the same names at the same moment
                files = choose_files(rejects, sources, options)
                for path, parts in ((files.rows, rejects.rows), (files.reasons, rejects.reasons)):
                    with suppress(FileExistsError):
                        _write_new(path, parts())
                        made.append(path)
                if len(made) == 2 or (files.rows not in made and _holds(files.rows, rejects)):
                    break
                while made:
                    made.pop().unlink()
        except OSError as error:
            refused = disk.system_refused(f"writing {files.rows}", error)
            raise SystemRefusedError(refused.message, hint="name another place with: --rejects FILE") from error
        yield files
    except BaseException as error:
        if not getattr(error, "saved", False):
            for path in made:
                path.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Rejects of an earlier import that come in again: of which operation, and which of them each row is."""

    operation: Operation
    rows: Mapping[int, int]

    def anchor(self, row: int) -> str | None:
        """Return the id that a row follows in its old place; None is the start."""
        after: str | None = self.operation.details["rejects"][self.rows[row]]["after"]
        return after


def open_rejects(told: Iterable[Operation]) -> list[tuple[Operation, set[int]]]:
    """Return the imports of which rejects have not come back, newest first, each with those that have.

    `told` are the operations that tell of rejects, and those that undid or redid any.
    """
    taken: dict[int, set[int]] = defaultdict(set)
    found = []
    for logged in with_undone(told):
        details = logged.operation.details
        if not logged.undone and "took_back" in details:
            taken[details["took_back"]["operation"]].update(details["took_back"]["rejects"])
        if not logged.undone and len(taken[logged.operation.number]) < len(details.get("rejects", ())):
            found.append((logged.operation, taken[logged.operation.number]))
    return found


def find_taken_back(
    repository: Repository, written: Iterable[tuple[Operation, set[int]]], raws: Sequence[bytes]
) -> TakenBack | None:
    """Return which rejects the rows of a file are, if it is a file of rejects: at least half of its rows are like some.

    As many rows as there are rejects are these in order; otherwise each is the one that it is most like.
    """
    for operation, taken in written:
        numbers = [number for number in range(len(operation.details["rejects"])) if number not in taken]
        rows = _kept_rows(repository, operation)
        matching = Matching(_Rows([rows[number] for number in numbers]), _Rows(raws), _POLICY)
        if matching.pairs and 2 * len(matching.pairs) >= len(raws):
            pairs = dict(enumerate(range(len(raws)))) if len(raws) == len(numbers) else matching.pairs
            return TakenBack(operation, {row: numbers[place] for row, place in pairs.items()})
    return None


def _kept_rows(repository: Repository, operation: Operation) -> list[bytes]:
    blob = operation.attached.get("rejects")
    data = b"" if blob is None else repository.objects.blob(blob)
    start, between = (2, 2) if data.startswith(b"[\n") else (0, 1)
    rows = []
    for place in operation.details["rejects"]:
        rows.append(data[start : start + place["size"]])
        start += place["size"] + between
    return rows


class _Rows(Side):
    """Rows as they stand in a file, JSON or not, known by the texts in them."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self._rows = rows
        self.ids = [None] * len(rows)
        self.digests = [hashlib.sha256(row.rstrip()).hexdigest() for row in rows]

    def signatures(self, places: Collection[int]) -> dict[int, Signature]:
        return dict.fromkeys(places, Signature())

    def entry(self, place: int) -> Entry:
        row = self._rows[place].decode("utf-8", "replace")
        turns, role = [], "user"
        for text in filter(None, _TEXT.findall(row)):
            label = known_role(text)
            if label is None:
                turns.append({"role": role, "content": text})
            role = label or role
        return Entry({"messages": turns or [{"role": role, "content": row}]})
