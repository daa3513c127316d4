"""Imports rows that a program made: mappings, in any format that a file of rows may have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from rolethread_vcs.errors import UsageError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.import_ import Imported, import_files
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.phrases import listed
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent

_MISSING = object()


def import_rows(
    repository: Repository,
    /,
    rows: Iterable[Mapping[str, Any] | Entry],
    options: ImportOptions | None = None,
    intent: Intent | None = None,
    *,
    name: str = "rows",
    **keywords: Any,
) -> Imported:
    """Import rows, streaming, in one commit, as `import_files` does those of a file, with its keywords.

    `name` is what messages call them. A row is a mapping in any format that `rtv import` reads, or an `Entry`. A field
    that is not a number (data frames mark missing values so) is left out; arrays of numpy are lists.

    Raises:
        UsageError: a row is no mapping, or holds what JSON cannot. And as `import_files`.
    """
    stream = cast("BinaryIO", _Stream(_lines([rows] if isinstance(rows, (Mapping, Entry)) else rows)))
    try:
        return import_files(repository, [stream], options, intent, names=[name], **keywords)
    except RefusedByGateError as error:
        error.message = f"{error.message}: {listed([' '.join(each.split()) for each in error.details], 3)}"
        ruled = (finding.code for finding in error.findings if finding.code != finding.name)
        codes = ", ".join(map(repr, dict.fromkeys(ruled)))
        allow = f"   allow=[{codes}], because='…' lets these findings through" if codes else ""
        error.hint = f"skip_invalid=True saves the other rows   fix=True repairs what is safe to repair{allow}"
        raise


class _Stream:
    """Lines as a stream of bytes, as far as an import reads one."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines

    def read(self, size: int) -> bytes:
        block = bytearray()
        while len(block) < size and (line := next(self._lines, None)) is not None:
            block += line
        return bytes(block)


def _lines(rows: Iterable[Any]) -> Iterator[bytes]:
    for number, row in enumerate(rows, 1):
        value = row.document if isinstance(row, Entry) else row
        if not isinstance(value, Mapping):
            raise UsageError(
                f"row {number} is no mapping of fields, but of the type {type(row).__name__}",
                hint="of a data frame, pass frame.to_dict('records'); of a file, import_file(path)",
            )
        try:
            yield _encoded(value) + b"\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"row {number} cannot be JSON: {error}") from error


def _encoded(row: Mapping[str, Any]) -> bytes:
    text = json.dumps(row, default=_plain)
    if "NaN" in text:
        row = json.loads(
            text,
            parse_constant=lambda name: _MISSING if name == "NaN" else float(name),
            object_pairs_hook=_known_fields,
        )
        text = json.dumps(row, default=lambda _: None)  # of a list it keeps the place
    return text.encode()


def _known_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):  # 1 and "1": a reader of the text refuses them, too
        raise ValueError("two of its keys are the same in JSON")
    return {key: value for key, value in pairs if value is not _MISSING}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    for name in ("tolist", "isoformat"):  # of numpy, of a moment
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError(f"a value is of the type {type(value).__name__}")
