"""Turns the rows of a source into drafts: every row is read by the format that recognises it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from rolethread_vcs.formats._catalogue import all_formats, detect
from rolethread_vcs.formats._contract import (
    Bad,
    Draft,
    Format,
    Record,
    RowProblemError,
    UnknownShapeError,
    UnreadFormatError,
)
from rolethread_vcs.formats._reading import Source
from rolethread_vcs.formats._unread import name_unread_row, unread_sentence

_KEYS_SHOWN = 12


def read_drafts(source: Source, format: Format | None = None) -> Iterator[tuple[Record, Draft] | Bad]:
    """Return every row of a source as a record with its draft, or as what is bad about it.

    With a format, only rows of this format are read. A source of which no row is recognised is refused as a whole,
    after its last row; one that turns out to be of a kind known by name and not read, at its first.

    Raises:
        UnreadFormatError: the source is a chat log, a card … that this version does not read.
        UnknownShapeError: no row has the keys of a known format.
        InvalidError, SystemRefusedError: see `Source.records`.
    """
    is_recognised = False
    unknown: Record | None = None
    for row in source.records():
        if type(row) is Bad:
            yield row
            continue
        assert isinstance(row, Record)
        outcome = read_row(row, format)
        if type(outcome) is Draft:
            is_recognised = True
            yield row, outcome
            continue
        assert isinstance(outcome, Bad)
        if not is_recognised:
            if outcome.code == "unread_format":
                raise UnreadFormatError(f"{source.name}: {outcome.reason}")
            unknown = unknown or row
        yield outcome
    if unknown is not None and not is_recognised:
        raise UnknownShapeError(
            f"{source.name}: no row has the keys of {'a known format' if format is None else format.title};"
            f" the first has {name_keys(unknown.value)}",
            hint=f"a row needs {expected_keys(format)}",
        )


def read_row(record: Record, format: Format | None = None) -> Draft | Bad:
    """Return the draft of one record, or why there is none."""
    value = record.value
    if format is None:
        chosen = detect(value)
    else:
        chosen = format if format.recognise is not None and format.recognise(value) else None
    if chosen is not None and chosen.read is not None:
        try:
            return chosen.read(value)
        except RowProblemError as error:
            return Bad(record.line, record.number, record.raw, error.message, "unknown_shape")
    kind = name_unread_row(value)
    if kind is not None:
        return Bad(record.line, record.number, record.raw, unread_sentence(kind), "unread_format")
    reason = f"it has {name_keys(value)}; a row needs {expected_keys(format)}"
    return Bad(record.line, record.number, record.raw, reason, "unknown_shape")


def expected_keys(format: Format | None = None) -> str:
    """Return the keys that a row must have, of one format or of any."""
    formats = all_formats() if format is None else (format,)
    return ", or ".join(each.keys for each in formats if each.read is not None)


def name_keys(row: dict[str, Any]) -> str:
    """Return the keys of a row as words of a sentence, the first dozen of them."""
    if not row:
        return "no keys"
    shown = [key if len(key) <= 40 else f"{key[:40]}…" for key in islice(row, _KEYS_SHOWN)]
    more = len(row) - len(shown)
    word = "the key" if len(row) == 1 else "the keys"
    return f"{word} {', '.join(shown)}" + (f" and {more} more" if more else "")
