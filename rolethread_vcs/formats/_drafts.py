"""Turns the rows of a source into drafts: every row is read by the format that recognises it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats._catalogue import all_formats, detect
from rolethread_vcs.formats._contract import Bad, Draft, Format, Record, RowProblemError
from rolethread_vcs.formats._reader import Source
from rolethread_vcs.formats._unread import name_unread_row, unread_sentence
from rolethread_vcs.model.canonical import parse

_KEYS_SHOWN = 12


def read_drafts(source: Source, format: Format | None = None) -> Iterator[tuple[Record, Draft] | Bad]:
    """Return every row of a source as a record with its draft, or as what is bad about it.

    With a format, only rows of this format are read. A source of which no row is recognised is refused as a whole,
    after its last row; one that turns out to be of a kind known by name and not read, at its first.

    Raises:
        InvalidError (unread_format): the source is a chat log, a card … that this version does not read.
        InvalidError (unknown_shape): no row has the keys of a known format.
        InvalidError, SystemRefusedError: see `Source.records`.
    """
    recognition = Recognition(source.name, format)
    for row in source.records():
        if isinstance(row, Bad):
            recognition.see(row)
            yield row
            continue
        outcome = read_row(row, format)
        if isinstance(outcome, Bad):
            recognition.see(outcome)
            yield outcome
        else:
            recognition.see(None)
            yield row, outcome
    recognition.finish()


class Recognition:
    """Watches what became of the rows of one source, in order, and refuses the source of which none is recognised."""

    __slots__ = ("_format", "_is_recognised", "_name", "_unknown")

    def __init__(self, name: str, format: Format | None) -> None:
        self._name = name
        self._format = format
        self._is_recognised = False
        self._unknown: Bad | None = None

    def see(self, bad: Bad | None) -> None:
        """Take the next row, of which a format made a draft (None), or which is bad.

        Raises:
            InvalidError (unread_format): it is of a kind known by name and not read, and no row before it was
            recognised.
        """
        if self._is_recognised:
            return
        if bad is None:
            self._is_recognised = True
        elif bad.code == "unread_format":
            raise InvalidError(f"{self._name}: {bad.reason}", code="unread_format")
        elif bad.code == "unknown_shape":
            self._unknown = self._unknown or bad

    def finish(self) -> None:
        """Say that there are no more rows.

        Raises:
            InvalidError (unknown_shape): no row has the keys of a known format.
        """
        if self._unknown is None or self._is_recognised:
            return
        known = "a known format" if self._format is None else self._format.title
        raise InvalidError(
            f"{self._name}: no row has the keys of {known}; the first has {name_keys(parse(self._unknown.raw))}",
            hint=f"a row needs {expected_keys(self._format)}",
            code="unknown_shape",
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
