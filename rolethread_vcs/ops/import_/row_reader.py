"""Reads the rows of an import, one after the other: what each is to the dataset, the gate's word on it, its blob."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError, NotFoundError, RoleThreadError, SystemRefusedError, UsageError
from rolethread_vcs.formats import (
    Draft,
    FileFormat,
    Reject,
    Source,
    find_encoding,
    find_format,
    read_drafts,
    roles_by_label,
)
from rolethread_vcs.gate import EntryChange, Gate, gate_rules, safe_repair
from rolethread_vcs.model.canonical import encode_entry, is_json
from rolethread_vcs.model.entry import NOT_UTF8, Entry
from rolethread_vcs.model.layout import LAST_BROUGHT_NUMBER, make_id, number_of
from rolethread_vcs.model.matched import encode_with_suffix
from rolethread_vcs.ops.import_.row_matcher import Match, Matcher, Outcome, Row
from rolethread_vcs.rules import effective_rules
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.trees import object_id
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Intent

Progress = Callable[[int], None]

UNREAD = (InvalidError, NotFoundError, SystemRefusedError)
"""What a source raises that cannot be read."""

CONFLICT = "conflict"
NUMBER_TOO_HIGH = "number_too_high"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    `format` is a format's name or `auto`; `fix` applies safe repairs; `skip_invalid` leaves rows out that cannot be
    saved and writes them to `rejects`; `key` names a field that identifies rows; `again` brings back entries that were
    removed here. `encoding` is that of the files, where they are not UTF-8. `roles` are roles
    by labels of speakers, beside those that the settings remember.
    """

    format: str = "auto"
    fix: bool = False
    skip_invalid: bool = False
    rejects: Path | None = None
    key: str | None = None
    again: bool = False
    encoding: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What was read: the name, size in bytes and SHA-256 of a source, its rows, the formats met."""

    name: str
    size: int
    sha256: str
    rows: int
    formats: tuple[str, ...]


class Kept(NamedTuple):
    """A row that will be saved: which entry it is (None: a new one), its suffix, its digest, its 20-byte blob id.

    `row` is its place among all rows read, from 0. A plain tuple: there is one for each of 100,000 rows.
    """

    entry_id: str | None
    suffix: str
    digest: str
    blob: bytes
    is_new: bool
    row: int


class Rejects:
    """The rows that an import does not save, as a rejects file has them, and why: on the disk, from a megabyte on.

    `first` are those of them, from the start, that are kept: all, unless there are very many (`limits.REJECTS`).
    """

    def __init__(self, folder: Path) -> None:
        self.first: list[Reject] = []
        self.conflicts = 0
        self.ruled = 0
        self._folder = folder
        self._sizes = array("L")
        self._size = 0
        self._is_array = False

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def are_kept(self) -> bool:
        """Whether all are among the `first`; only then it is remembered where they stood."""
        return len(self.first) == len(self)

    def add(self, reject: Reject) -> None:
        said, raw = str(reject), reject.raw.removesuffix(b"\n")
        if not said.isprintable():  # people read the reasons in a terminal, which a row could steer
            said = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in said)
        with disk.system_errors("keeping the rejects"):
            if not self._sizes:
                self._rows, self._reasons = disk.spool(self._folder), disk.spool(self._folder)
            self._rows.write(raw + b"\n")
            self._reasons.write(f"{said}\n".encode())
        self._size += len(raw)
        if self.are_kept and len(self) < limits.REJECTS and self._size <= limits.REJECTED:
            self.first.append(reject)
        self._sizes.append(len(raw))
        self.conflicts += reject.code == CONFLICT
        self.ruled += bool(reject.findings)
        self._is_array |= b"\n" in raw and not is_json(raw.partition(b"\n")[0])

    def rows(self) -> Iterator[bytes]:
        """Yield the bytes of a rejects file: one row a line, or, when a row spans lines, an array of them.

        Chat logs, of which each line is an object of its own, stand one behind the other.
        """
        if not self._is_array:
            yield from _blocks(self._rows)
            return
        self._rows.seek(0)
        between = b"[\n"
        for size in self._sizes:
            yield between + self._rows.read(size + 1)[:size]
            between = b",\n"
        yield b"\n]\n"

    def reasons(self) -> Iterator[bytes]:
        return _blocks(self._reasons)

    def sizes(self) -> Sequence[int]:
        """Return how many bytes each is in its rejects file, without what separates rows."""
        return self._sizes

    def close(self) -> None:
        if self._sizes:
            self._rows.close()
            self._reasons.close()


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    return iter(lambda: stream.read(1 << 20), b"")


class RowReader:
    """One pass over the sources: everything known after reading, before anything is committed.

    Raises:
        UsageError (unknown_format): the options name a format or an encoding that there is not.
    """

    def __init__(
        self, repository: Repository, base: Snapshot, branch: str, options: ImportOptions, intent: Intent
    ) -> None:
        self.base = base
        self.kept: list[Kept] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.repaired: Counter[str] = Counter()
        self.allowed: list[Reject] = []
        self.fixable = 0
        self.rejects = Rejects(repository.pack_folder)
        self.anchors: list[int | str | None] = []
        self.matched_ids: set[str] = set()
        self.has_names = options.key is not None  # rows are known by more than their messages
        self.sources: list[SourceInfo] = []
        self.unread: dict[Path | BinaryIO, RoleThreadError] = {}
        """What cannot be read to its end."""
        self.notes: list[str] = []
        self.rows = 0
        self.is_key_met = options.key is None
        self.raws: list[bytes] = []
        self.raws_wanted = 0
        """Up to how many rows their bytes are kept; of more rows, or bytes than rejects can have, none."""
        self._anchor: int | str | None = base.last_id()
        self._next = base.next_number()
        self.matcher = Matcher(repository, base, key=options.key, again=options.again, rules=gate_rules(base.settings))
        facts = self.matcher.rule_keys
        self.gate = Gate(base.settings, branch, intent.allowances, intent.because, facts=facts, entry_before=base.get)
        self._format = None if options.format == "auto" else find_format(options.format)
        self._encoding = None if options.encoding is None else find_encoding(options.encoding)
        self._roles = roles_by_label({**base.settings.roles, **options.roles})
        self._key = options.key
        self._rules = effective_rules(base.settings)
        self._fixes = options.fix

    @property
    def names(self) -> list[str]:
        return [source.name for source in self.sources]

    @property
    def rows_here(self) -> int:
        """How many rows brought nothing new, because they are in the dataset already."""
        return sum(self.outcomes[each] for each in (Outcome.UNCHANGED, Outcome.EDITED_SINCE, Outcome.OTHER_FIELDS))

    def read(self, file: Path | BinaryIO, name: str, pack: PackWriter, step: Progress) -> None:
        """Read one source to its end, or up to where it cannot be read; that is noted in `unread`."""
        try:
            source = Source(file, name=name, encoding=self._encoding)
        except UNREAD as error:
            self.unread[file] = error
            return
        with source:
            self._read(source, file, pack, step)

    def _drafts(self, source: Source, file: Path | BinaryIO) -> Iterator[Draft | Reject]:
        try:
            yield from read_drafts(source, self._format, self._roles)
        except UNREAD as error:
            self.unread[file] = error

    def _read(self, source: Source, file: Path | BinaryIO, pack: PackWriter, step: Progress) -> None:
        formats: Counter[str] = Counter()
        notes: Counter[str] = Counter()
        before = self.rows
        for draft in self._drafts(source, file):
            if isinstance(draft, Reject):
                if self._encoding is not None:
                    draft = replace(draft, reason=draft.reason.replace(NOT_UTF8, f"is not {self._encoding}"))
                self._reject(draft)
            else:
                formats[draft.format.name] += 1
                if draft.notes:
                    notes.update(draft.notes)
                self._take(draft, pack)
            self.rows += 1
            if self.rows <= self.raws_wanted and source.size <= 2 * limits.REJECTED:
                self.raws.append(draft.raw)
            elif self.raws_wanted:
                self.raws_wanted = 0
                self.raws.clear()
            if self.rows & 0xFF == 0:
                step(256)
        self.notes += [f"{source.name}: {note}" for note in source.notes]
        self.notes += [
            f"{source.name}: {note} ({count:,} row{'' if count == 1 else 's'})" for note, count in notes.most_common(5)
        ]
        self.sources.append(
            SourceInfo(source.name, source.size, source.sha256, self.rows - before, tuple(sorted(formats)))
        )

    def _take(self, draft: Draft, pack: PackWriter) -> None:
        row = self._row(draft)
        if isinstance(row, Reject):
            self._reject(row)
            return
        match = self.matcher.match(row)
        outcome, entry_id = match.outcome, match.entry_id
        if outcome is Outcome.NEW and entry_id is not None and number_of(entry_id) > LAST_BROUGHT_NUMBER:
            reason = f"it says that it is {entry_id}; its number is so high that it would use up the numbers"
            self._reject(row.draft.reject(reason, NUMBER_TOO_HIGH))
        elif outcome is Outcome.CONFLICT:
            self._reject(row.draft.reject(match.reason, CONFLICT))
        elif outcome is Outcome.NEW or outcome is Outcome.CHANGED:
            if self._passes(row, match):
                self._keep(row, match, pack)
        else:
            self.outcomes[outcome] += 1
            if entry_id is not None and outcome is not Outcome.REMOVED:
                self.matched_ids.add(entry_id)
                self._anchor = entry_id

    def _row(self, draft: Draft) -> Row | Reject:
        """Return a draft as a row that is an entry, or why it is none."""

        def read(entry: Entry) -> Row:
            entry, repaired = safe_repair(entry, self._rules) if self._fixes else (entry, ())
            data, suffix, digest = encode_with_suffix(entry)
            return Row(draft, entry, data, suffix, digest, object_id("blob", data), repaired)

        row = draft.make(read)
        if self._key is not None and isinstance(row, Row) and self._key in row.entry.document.get("extra", {}):
            self.is_key_met = True
        return row

    def _passes(self, row: Row, match: Match) -> bool:
        """Ask the gate about a row, and reject it when something blocks it."""
        entry_id = match.entry_id or make_id(self._next, row.suffix)
        before = None if match.outcome is Outcome.NEW else self.base.get(entry_id)
        entry = match.entry or row.entry
        change = EntryChange(entry_id, before, entry)
        introduced = self.gate.judge(change)
        if introduced:
            # of a new entry the id will not be seen
            blocking = tuple(replace(each, entry_id=match.entry_id) for each in introduced if self.gate.blocks(each))
            if blocking:
                if not self._fixes:
                    repaired, done = safe_repair(entry, self._rules)
                    judged = self.gate.judge(EntryChange(entry_id, before, repaired))
                    self.fixable += bool(done) and not any(map(self.gate.blocks, judged))
                said = "; ".join(f"{finding.code} {finding.name}: {finding.message}" for finding in blocking)
                self._reject(row.draft.reject(said, blocking[0].code, blocking))
                return False
            self.allowed.append(Reject(row.draft.place, b"", "", "", introduced))
        self.gate.record(change, introduced)
        return True

    def _keep(self, row: Row, match: Match, pack: PackWriter) -> None:
        if match.entry is None:
            blob = row.blob
            pack.add("blob", row.data, blob)
        else:
            blob = pack.add("blob", encode_entry(match.entry))
        if row.repaired:
            self.repaired.update(row.repaired)
        if match.entry_id is None:
            self._next += 1
        else:
            self.matched_ids.add(match.entry_id)
        if (match.entry or row.entry).uuid is not None or isinstance(row.draft.format, FileFormat):
            self.has_names = True
        self._anchor = len(self.kept)
        self.kept.append(Kept(match.entry_id, row.suffix, row.digest, blob, match.outcome is Outcome.NEW, self.rows))

    def _reject(self, reject: Reject) -> None:
        self.rejects.add(reject)
        if self.rejects.are_kept:
            self.anchors.append(self._anchor)


def read_row(source: Path | BinaryIO, name: str | None = None) -> tuple[Draft, list[str]]:
    """Return the one row of a file or a stream that is called so, and what is to be noted about it.

    Raises:
        UsageError: it holds more than one row. InvalidError: it holds none, or one that cannot be read.
    """
    with Source(source, name=name) as opened:
        rows = list(islice(read_drafts(opened), 2))
        if not rows:
            raise InvalidError(f"{opened.name} holds no entry")
        row = rows[0]
        if isinstance(row, Reject):
            raise InvalidError(f"{opened.name} line {row.place.line}: {row.reason}")
        if len(rows) > 1:
            raise UsageError(f"{opened.name} holds more than one entry", hint=f"rtv import {name or '-'}")
        notes = [f"{opened.name}: {note}" for note in (*opened.notes, *row.notes)]
    if row.rolethread is not None:
        notes.append("this row was exported from an entry; it is added as a new one (rtv import matches them)")
    return row, notes
