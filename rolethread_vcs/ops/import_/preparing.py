"""Prepares one row of an import: all that can be told of it without looking at the dataset.

    piece -> record -> draft -> entry -> canonical bytes -> packed object

This is most of the work of an import. It depends on the row and on a `Preparation` only, so other processes can do it
(`ops.import_.sharing_out`), and whoever does it tells the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rolethread_vcs.formats import Bad, Batch, Piece, find_format, read_record, read_row
from rolethread_vcs.gate import Sieve, safe_repair
from rolethread_vcs.model.canonical import UnkeepableValueError, encode_with_suffix
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.rules import SharedKeys, all_rules
from rolethread_vcs.store.objects.pack_format import Packed, pack_object


@dataclass(frozen=True, slots=True)
class Preparation:
    """How to prepare rows: a format's name or `auto`, whether to repair, the field of `--key`, severities of rules."""

    format: str = "auto"
    fix: bool = False
    key: str | None = None
    severities: Mapping[str, str] = field(default_factory=dict)


class Known(NamedTuple):
    """What is known of a row that is an entry; values so plain that they travel between processes.

    `identity` is what a full export of ours carried, `suffix` digests the messages, `key` is the value of the field of
    `--key`, where the row `has_key`. `is_sound` says that no rule of entries finds anything; `shared` are the keys that
    rules of the dataset look at. `repaired` has a sentence for each repair made. `packed` is the blob.
    """

    format: str
    notes: tuple[str, ...]
    identity: Mapping[str, str] | None
    suffix: str
    uuid: str | None
    key: str | None
    has_key: bool
    is_sound: bool
    shared: SharedKeys
    repaired: tuple[str, ...]
    packed: Packed


class Unfit(NamedTuple):
    """A row that is no entry, and why; it may be of a format all the same."""

    bad: Bad
    format: str = ""
    notes: tuple[str, ...] = ()


class Preparer:
    """Prepares rows; remembers nothing of them.

    Raises:
        UsageError (unknown_format): the preparation names a format that there is not.
    """

    def __init__(self, preparation: Preparation) -> None:
        self.format = None if preparation.format == "auto" else find_format(preparation.format)
        self._repairing_rules = all_rules() if preparation.fix else ()
        self._key = preparation.key
        self._sieve = Sieve(preparation.severities)

    def prepare(self, piece: Piece, number: int) -> tuple[Known, Entry] | tuple[Unfit, None]:
        """Return what is known of a row, and its entry; rows are numbered from 1."""
        record = read_record(piece, number)
        if isinstance(record, Bad):
            return Unfit(record), None
        draft = read_row(record, self.format)
        if isinstance(draft, Bad):
            return Unfit(draft), None
        repaired: tuple[str, ...] = ()
        try:
            entry = Entry.of(draft.fields, is_owned=True)
            if self._repairing_rules:
                entry, repaired = safe_repair(entry, self._repairing_rules)
            data, suffix = encode_with_suffix(entry)
        except (InvalidEntryError, UnkeepableValueError) as error:
            bad = Bad(record.line, number, record.raw, error.message, error.code)
            return Unfit(bad, draft.format, draft.notes), None
        key = self._key
        known = Known(
            draft.format,
            draft.notes,
            draft.rolethread,
            suffix,
            entry.uuid,
            None if key is None else key_value(entry, key),
            key is None or key in entry.extra,
            self._sieve.is_sound(entry),
            self._sieve.keys_of(entry),
            repaired,
            pack_object("blob", data),
        )
        return known, entry


class Row:
    """One row on its way into the dataset: where it lies in its source, and what is known of it.

    A plain class: there is one for each of 100,000 rows.
    """

    __slots__ = ("_batch", "_entry", "_index", "_preparer", "number", "told")

    def __init__(
        self, batch: Batch, index: int, number: int, preparer: Preparer, told: Known | Unfit | None = None
    ) -> None:
        """Make the row that is the piece of an index in a batch; what is not `told` of it is found out."""
        self._batch = batch
        self._index = index
        self.number = number
        self._preparer = preparer
        self._entry: Entry | None = None
        self.told: Known | Unfit
        if told is None:
            self.told, self._entry = preparer.prepare(batch.pieces()[index], number)
        else:
            self.told = told

    @property
    def piece(self) -> Piece:
        """The row as it was cut out of its source."""
        return self._batch.pieces()[self._index]

    @property
    def line(self) -> int:
        """The line that the row starts on, from 1."""
        return self.piece[0]

    @property
    def raw(self) -> bytes:
        """The row byte for byte."""
        return self.piece[1]

    def as_bad(self, reason: str, code: str) -> Bad:
        """Return the row as one that cannot be saved."""
        return Bad(self.line, self.number, self.raw, reason, code)

    def entry(self) -> Entry:
        """Return the entry that a fit row is; prepared again when another process prepared it."""
        if self._entry is None:
            self._entry = self._preparer.prepare(self.piece, self.number)[1]
            assert self._entry is not None
        return self._entry


def key_value(entry: Entry, key: str) -> str | None:
    """Return what tells a row apart; null, true and empty text tell nothing."""
    value = entry.extra.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
