"""The rows of one export as they leave, and what is counted of them: what they lose, and how uneven they are."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rolethread_vcs.errors import DamagedError, UsageError
from rolethread_vcs.formats import CannotCarryError, RowFormat, find_row_format, joined, write_line
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry, turns_of
from rolethread_vcs.ops.export.losses import Losses
from rolethread_vcs.ops.export.masks import Masks, add_weights, is_masked, without_masked
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import IS_LEFT_OUT, UnreadableEntryError, unreadable_entry

_ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export: a format's name, only what a trainer reads (`clean`), which entries, one array or lines.

    `container` is `json` or `jsonl`; None leaves it to the name of the file, and lines are the rule.
    `skip_damaged` leaves out the entries that do not read, `skip_unfit` those that the format has no place for; without
    them these stop the export. `masks` is a word of `Masks`; without one a clean export gives weights where any answer
    is masked and the format has a place for them.
    """

    format: str = "messages"
    clean: bool = False
    where: str | None = None
    container: str | None = None
    skip_damaged: bool = False
    skip_unfit: bool = False
    masks: str | None = None


class Unfit(NamedTuple):
    """An entry that the format has no place for, and why."""

    id: str
    reason: str


class Masked(NamedTuple):
    """How many answers of how many entries are masked, and what was done with them; `emptied` had no other answer."""

    messages: int
    entries: int
    masks: Masks
    emptied: tuple[str, ...]


class ExportRows:
    """The rows of a snapshot, called `revision` in hints; what is told of them is known when the last one has left."""

    def __init__(self, snapshot: Snapshot, options: ExportOptions, revision: str = "@") -> None:
        self._snapshot = snapshot
        self._revision = revision
        self._options = options
        self._format = find_row_format(options.format)
        self._selection = Selection.of(where=options.where)
        self._masks = _masks(options, self._format)
        # None until it is known whether any answer is masked
        self._has_weights = self._masks is Masks.WEIGHT if options.masks or self._masks is not Masks.WEIGHT else None
        self.entries = self.size = 0
        self.left_out: dict[str, None] = {}
        self.unfit: list[Unfit] = []
        self.digest = hashlib.sha256()
        self._masked = [0, 0]
        self._emptied: list[str] = []
        self.losses = Losses(self._format.clean_keys)

    @property
    def carries_all(self) -> bool:
        """Whether there is no entry that does not fit."""
        return self._masks is None and self._format.name == "messages"

    def chunks(self, step: Callable[[int], None]) -> Iterator[bytes]:
        """Yield the bytes of the file.

        Raises:
            CannotCarryError: the format has no place for some entries; all have been looked at.
            UnreadableEntryError: an entry is damaged.
        """
        rows = joined(self._lines(step), self._options.container or "jsonl")
        while chunk := b"".join(islice(rows, _ROWS_AT_ONCE)):
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk

    @property
    def masked(self) -> Masked | None:
        """What became of masked answers; None where there are none, or all is exported."""
        messages, entries = self._masked
        return Masked(messages, entries, self._masks, tuple(self._emptied)) if self._masks and messages else None

    def _lines(self, step: Callable[[int], None]) -> Iterator[bytes]:
        if self._has_weights is None:
            self._has_weights = self._is_any_masked()
        for place, (entry_id, oid, entry) in enumerate(self._chosen(), 1):
            if place & 0xFF == 0:
                step(256)
            try:
                line = self._line(entry_id, oid, entry)
            except CannotCarryError as error:
                self.unfit.append(Unfit(entry_id, error.reason))
                continue
            if line is not None and (self._options.skip_unfit or not self.unfit):
                self.entries += 1
                yield line
        if self.unfit and not self._options.skip_unfit:
            raise self._refusal()

    def _line(self, entry_id: str, oid: bytes, entry: Entry) -> bytes | None:
        """Return the row of an entry, None where dropping masked answers left none."""
        if self._masks is None:
            return write_line(self._format, (entry_id, oid, entry), clean=False)
        masked = sum(map(is_masked, turns_of(entry)))
        kept = without_masked(entry) if masked and self._masks is Masks.DROP else entry
        row = None if kept is None else self._format.write_clean(kept)
        if masked:
            self._masked[0] += masked
            self._masked[1] += 1
        if kept is None or row is None:
            self._emptied.append(entry_id)
            return None
        if self._has_weights:
            add_weights(row, kept)
        self.losses.add(kept, row, has_weights=bool(self._has_weights))
        return encode_line(row, is_parsed=True)

    def _is_any_masked(self) -> bool:
        """Return whether an answer to be exported is masked; only entries whose bytes may say so are decoded."""
        for entry_id, oid in self._snapshot.blobs():
            with contextlib.suppress(DamagedError):  # whoever comes to it says so
                data = self._snapshot.objects.blob(oid)
                # a letter of a key may be written as an escape
                if not (b'"train"' in data or b'"weight"' in data or b"\\u00" in data):
                    continue
            entry = self._snapshot.read_blob(oid)
            if (
                isinstance(entry, Entry)
                and self._selection.fits(entry_id, entry)
                and any(map(is_masked, turns_of(entry)))
            ):
                return True
        return False

    def _chosen(self) -> Iterator[tuple[str, bytes, Entry]]:
        """Yield (id, blob id, entry) of what matches; damaged entries are left out, or stop it all."""
        for entry_id, oid in self._snapshot.blobs():
            entry = self._snapshot.read_blob(oid)
            if isinstance(entry, Entry):
                if self._selection.fits(entry_id, entry):
                    yield entry_id, oid, entry
            elif self._options.skip_damaged and entry != IS_LEFT_OUT:
                self.left_out[entry_id] = None
            else:
                error = unreadable_entry(entry_id, entry)
                others = f"export the others with: {self._command('--skip-damaged')}"
                hint = error.hint if entry == IS_LEFT_OUT else others
                raise UnreadableEntryError(f"{error.message}; the export was stopped", hint=hint)

    def _command(self, option: str) -> str:
        """Return the command of this very export with one more option."""
        options = self._options
        said = (
            (self._revision not in ("@", "HEAD"), [self._revision]),
            (options.format != "messages", ["--format", options.format]),
            (options.clean, ["--clean"]),
            (options.masks, ["--masks", str(options.masks)]),
            (options.where, ["--where", str(options.where)]),
            (options.skip_damaged, ["--skip-damaged"]),
            (options.skip_unfit, ["--skip-unfit"]),
        )
        words = [word for is_said, words in said if is_said for word in words]
        return shlex.join(["rtv", "export", *words, option, "-o", "FILE"])

    def _refusal(self) -> CannotCarryError:
        hint = f"leave {'it' if len(self.unfit) == 1 else 'them'} out with: {self._command('--skip-unfit')}"
        if not self._options.clean:
            hint += "\nthe format messages carries every entry"
        return CannotCarryError.of(self._format.title, self.unfit, hint)


def _masks(options: ExportOptions, format: RowFormat) -> Masks | None:
    """Return what is done with masked answers; None in a full export, which keeps them as they are.

    Raises:
        UsageError: it is not a word of `Masks`, or cannot be done.
    """
    words = [str(each) for each in Masks]
    if options.masks is not None and options.masks not in words:
        raise UsageError(f"masks {options.masks!r} is not one of {', '.join(words)}")
    if not options.clean:
        if options.masks is not None:
            raise UsageError("a full export keeps masks as they are", hint="rtv export --clean --masks …")
        return None
    if options.masks == Masks.WEIGHT and not format.has_weights:
        raise UsageError(
            f"{format.title} has no place for a weight",
            hint="leave masked answers out with --masks drop, or write --format messages",
        )
    return Masks(options.masks) if options.masks else Masks.WEIGHT if format.has_weights else Masks.TRAIN
