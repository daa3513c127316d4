"""Reads the rows of an import: drafts, entries, matches, the gate's word on each; blobs stream into the pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats import Bad, Draft, Format, Record, Source, find_format, read_drafts
from rolethread_vcs.gate import EntryChange, Gate, RefusedRow, safe_repair
from rolethread_vcs.model.canonical import UnkeepableValueError, decode_entry, encode_entry, encode_with_suffix
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.model.ids import LAST_BROUGHT_NUMBER, number_of
from rolethread_vcs.ops.changing import new_id, next_number
from rolethread_vcs.ops.matching import Match, Matcher, Outcome
from rolethread_vcs.ops.merging_fields import merge_fields
from rolethread_vcs.ops.rejecting import Reject
from rolethread_vcs.rules import all_rules
from rolethread_vcs.store.packs import PackWriter
from rolethread_vcs.store.removed import removed_entries
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Intent

Progress = Callable[[int], None]

CONFLICT = "conflict"
NUMBER_TOO_HIGH = "number_too_high"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    `format` is a format's name or `auto`; `fix` applies safe repairs; `skip_invalid` leaves rows out that cannot be
    saved and writes them to `rejects`; `key` names a field that identifies rows; `again` brings back entries that were
    removed here.
    """

    format: str = "auto"
    fix: bool = False
    skip_invalid: bool = False
    rejects: Path | None = None
    key: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What was read: the name, size in bytes and SHA-256 of a source, its rows, the formats met."""

    name: str
    size: int
    sha256: str
    rows: int
    formats: tuple[str, ...]


class Kept(NamedTuple):
    """A row that will be saved: which entry it is (None: a new one), its suffix, its 20-byte blob id.

    `row` is its place among all rows read, from 0. A plain tuple: there is one for each of 100,000 rows.
    """

    entry_id: str | None
    suffix: str
    blob: bytes
    is_new: bool
    row: int


class RowReader:
    """One pass over the sources: everything known after reading, before anything is committed."""

    def __init__(
        self, repository: Repository, base: Snapshot, branch: str, options: ImportOptions, intent: Intent
    ) -> None:
        self.base = base
        self.kept: list[Kept] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.repaired: Counter[str] = Counter()
        self.refused: list[RefusedRow] = []
        self.allowed: list[RefusedRow] = []
        self.fixable = 0
        self.rejects: list[Reject] = []
        self.anchors: list[int | str | None] = []
        self.matched_ids: set[str] = set()
        self.has_names = options.key is not None  # rows are known by more than their messages
        self.sources: list[SourceInfo] = []
        self.notes: list[str] = []
        self.rows = 0
        self.is_key_met = options.key is None
        self.raws: list[bytes] | None = None
        self._anchor: int | str | None = base.last_id()
        self._options = options
        self._format: Format | None = None if options.format == "auto" else find_format(options.format)
        self._next = next_number(base)
        weighed = Gate(base.settings, branch, intent.allowances, intent.because)
        self.matcher = Matcher(
            base,
            lambda: removed_entries(repository, base.id),
            three_way=merge_fields,
            old_entry=lambda prefix: _old_entry(repository, prefix),
            key=options.key,
            again=options.again,
            rules=weighed.rules,
        )
        self.gate = Gate(
            base.settings, branch, intent.allowances, intent.because, facts=self.matcher, entry_before=base.get
        )

    def read(self, source: Source, pack: PackWriter, step: Progress) -> None:
        """Read one source to its end."""
        formats: Counter[str] = Counter()
        notes: Counter[str] = Counter()
        before = self.rows
        for row in read_drafts(source, self._format):
            if type(row) is Bad:
                self._reject_bad(source.name, row)
                raw = row.raw
            else:
                assert isinstance(row, tuple)
                record, draft = row
                formats[draft.format] += 1
                if draft.notes:
                    notes.update(draft.notes)
                self._take(source.name, record, draft, pack)
                raw = record.raw
            if self.raws is not None:
                self.raws.append(raw)
            self.rows += 1
            if self.rows & 0xFF == 0:
                step(256)
        self.notes += [f"{source.name}: {note}" for note in source.notes]
        self.notes += [
            f"{source.name}: {note} ({count:,} row{'' if count == 1 else 's'})" for note, count in notes.most_common(5)
        ]
        self.sources.append(
            SourceInfo(source.name, source.size, source.sha256, self.rows - before, tuple(sorted(formats)))
        )

    def _take(self, source: str, record: Record, draft: Draft, pack: PackWriter) -> None:
        done: tuple[str, ...] = ()
        try:
            entry = Entry.of(draft.fields, is_owned=True)
            if not self.is_key_met:
                self.is_key_met = self._options.key in entry.extra
            if self._options.fix:
                entry, done = safe_repair(entry, all_rules())
            data, suffix = encode_with_suffix(entry)
        except (InvalidEntryError, UnkeepableValueError) as error:
            self._reject_bad(source, Bad(record.line, record.number, record.raw, error.message, error.code))
            return
        match = self.matcher.match(entry, suffix, draft.rolethread)
        if match.outcome is Outcome.NEW and match.entry_id and number_of(match.entry_id) > LAST_BROUGHT_NUMBER:
            reason = f"it says that it is {match.entry_id}; its number is so high that it would use up the numbers"
            self._reject_bad(source, Bad(record.line, record.number, record.raw, reason, NUMBER_TOO_HIGH))
        elif match.outcome is Outcome.CONFLICT:
            self._reject_bad(source, Bad(record.line, record.number, record.raw, match.reason, CONFLICT))
        elif match.entry is None:
            self.outcomes[match.outcome] += 1
            if match.entry_id is not None and match.outcome is not Outcome.REMOVED:
                self.matched_ids.add(match.entry_id)
                self._anchor = match.entry_id
        else:
            if match.entry is not entry:
                data = encode_entry(match.entry)
            self._judge(source, record, match, match.entry, suffix, data, done, pack)

    def _judge(
        self,
        source: str,
        record: Record,
        match: Match,
        entry: Entry,
        suffix: str,
        data: bytes,
        done: Sequence[str],
        pack: PackWriter,
    ) -> None:
        is_new = match.outcome is Outcome.NEW
        entry_id = match.entry_id or new_id(self._next, suffix)
        change = EntryChange(entry_id, None if is_new else self.base.get(entry_id), entry)
        introduced = self.gate.judge(change)
        if introduced and any(self.gate.blocks(finding) for finding in introduced):
            blocking = tuple(finding for finding in introduced if self.gate.blocks(finding))
            self._refuse(source, record, change, blocking)
            return
        blob = pack.add("blob", data)
        self.gate.record(change, introduced)
        if introduced:
            self.allowed.append(RefusedRow(record.number, record.line, tuple(introduced)))
        if done:
            self.repaired.update(done)
        self.outcomes[match.outcome] += 1
        if match.entry_id is None:
            self._next += 1
        else:
            self.matched_ids.add(match.entry_id)
        if entry.uuid is not None:
            self.has_names = True
        self._anchor = len(self.kept)
        self.kept.append(Kept(match.entry_id, suffix, bytes.fromhex(blob), is_new, self.rows))

    def _refuse(self, source: str, record: Record, change: EntryChange, blocking: tuple[Finding, ...]) -> None:
        if not self._options.fix and change.after is not None:
            mended, done = safe_repair(change.after, all_rules())
            if done:
                judged = self.gate.judge(EntryChange(change.entry_id, change.before, mended))
                self.fixable += not any(self.gate.blocks(finding) for finding in judged)
        said = "; ".join(f"{finding.code} {finding.name}: {finding.message}" for finding in blocking)
        refused = RefusedRow(record.number, record.line, blocking)
        self._reject(source, record, blocking[0].code, said, refused)

    def _reject_bad(self, source: str, bad: Bad) -> None:
        refused = RefusedRow(bad.number, bad.line, code=bad.code, reason=bad.reason)
        self._reject(source, bad, bad.code, bad.reason, refused)

    def _reject(self, source: str, row: Record | Bad, code: str, message: str, refused: RefusedRow) -> None:
        self.refused.append(refused)
        self.rejects.append(Reject(source, row.line, row.number, code, message, row.raw))
        self.anchors.append(self._anchor)


def _old_entry(repository: Repository, prefix: str) -> Entry | None:
    """Return the entry that an export was made from, by the first digits of its blob id, if it was ever here."""
    found = repository.objects.find_blob(prefix)
    if found is None:
        return None
    try:
        return decode_entry(repository.objects.read(found, "blob"))
    except InvalidError:
        # a file that holds no entry: the row's revision is not one of ours
        return None
