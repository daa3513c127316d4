"""Compares a file in any readable format with a dataset, or with another file: what came, what went, what changed.

Only fields that the file can carry are compared, so that what it has no place for is not taken for a change. A full
export of ours carries everything. Any other file carries roles and contents, and of the rest what at least one of its
rows has: a file without a single tag says nothing about tags. A side is read once, and of it no more is kept than
digests; what differs is read again when its turn has come.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats import Draft, Format, Reject, Source, read_again, read_drafts
from rolethread_vcs.matching import Side, Signature, Step
from rolethread_vcs.matching.ladder import Ambiguity, Doubt, Matching, Policy
from rolethread_vcs.model.entry import ANSWERING_ROLES, CONVERSATIONS, SPOKEN_KEYS, Entry
from rolethread_vcs.model.matched import with_mask, without_nulls
from rolethread_vcs.ops.compare.comparison import ComparedEntry, Comparison, EntryFilter, moved
from rolethread_vcs.ops.compare.sides import FileSide, TreeSide
from rolethread_vcs.store.objects.trees import Blob

POLICY = Policy(
    (Step.OWN_ID, Step.UUID, Step.WHOLE, Step.MESSAGES, Step.SPOKEN, Step.BIRTH, Step.ALIKE, Step.OPENING),
    Ambiguity.FIRST,
)

_BOOKKEEPING = "alpaca"
"""What the format alpaca notes in `extra` about where an instruction ends; it is no field of anybody's."""
_NAMED = 3
_SHUFFLED = 0.5
"""Share of the entries on other places from which the file counts as shuffled, and places say nothing."""
_FEW = 20


class _Item(NamedTuple):
    """A row of a file or an entry of a dataset: its `name` where it has no id, and what reads it again."""

    name: str
    line: int | None
    signature: Signature
    load: Callable[[], Entry]


class _ReadSide(Side):
    """One side, read: what its entries are recognised by, what it can carry, and sentences about it."""

    def __init__(
        self, side: TreeSide | FileSide, items: Sequence[_Item], notes: Sequence[str], carried: Carried | None = None
    ) -> None:
        self.label = side.label
        self.commit = side.commit if isinstance(side, TreeSide) else None
        self.items = items
        self.ids = [item.signature.id for item in items]
        self.notes = notes
        self.carried = carried or EVERYTHING

    def signatures(self, places: Collection[int]) -> dict[int, Signature]:
        return {place: self.items[place].signature for place in places}

    def entry(self, place: int) -> Entry:
        return self.items[place].load()


def compare_with_file(before: TreeSide | FileSide, after: TreeSide | FileSide, wanted: EntryFilter) -> Comparison:
    """Return what differs between two sides of which at least one is a file.

    Raises:
        InvalidError (unknown_shape), InvalidError (unread_format): a file holds no conversations that can be read.
        NotFoundError, InvalidError, SystemRefusedError: it cannot be read at all.
    """
    files = {each.label: _read_file(each) for each in (before, after) if isinstance(each, FileSide)}
    carried = EVERYTHING
    for file in files.values():
        carried = carried.common(file.carried)
    one, other = (
        files[each.label] if isinstance(each, FileSide) else _read_tree(each, carried) for each in (before, after)
    )
    return _compare_sides(one, other, wanted)


def _read_file(file: FileSide) -> _ReadSide:
    label = file.label
    rows: list[_Item] = []
    bad: list[Reject] = []
    is_all = False

    def entries(drafts: Iterator[Draft | Reject]) -> Iterator[Entry]:
        nonlocal is_all
        for draft in drafts:
            if isinstance(draft, Reject):
                bad.append(draft)
                continue
            made = draft.make(partial(_signed, draft.own_id))
            if isinstance(made, Reject):
                bad.append(made)
                continue
            entry, signature = made
            is_all = is_all or draft.rolethread is not None
            place, load = draft.place, partial(_row_again, draft.raw, draft.format, file.roles)
            rows.append(_Item(f"{place.source}:{place.line}", place.line, signature, load))
            yield entry

    with Source(file.source, name=label) as source:
        carried = carried_by(entries(read_drafts(source, roles=file.roles)))
        notes = [f"{label}: {note}" for note in source.notes]
    if bad and not rows:
        raise InvalidError(f"{label}: no row reads; line {bad[0].place.line}: {bad[0].reason}", code="unknown_shape")
    if bad:
        places = ", ".join(f"line {each.place.line}: {each.reason}" for each in bad[:_NAMED])
        more = " …" if len(bad) > _NAMED else ""
        do = "1 row cannot be read and counts" if len(bad) == 1 else f"{len(bad):,} rows cannot be read and count"
        notes.append(f"{label}: {do} for nothing ({places}{more})")
    return _ReadSide(file, rows, notes, None if is_all else carried)


def _signed(own_id: str | None, entry: Entry) -> tuple[Entry, Signature]:
    return entry, Signature.of(entry, own_id, POLICY.steps)


def _read_tree(side: TreeSide, carried: Carried) -> _ReadSide:
    """Read the entries of a dataset, to be compared with a file that can carry so much."""
    known: list[_Item] = []
    unread = 0
    for entry_id, blob in side.entries().items():
        entry = side.entry(blob)
        if isinstance(entry, Entry):
            carries = Signature.of(carried.project(entry), None, (Step.WHOLE,))
            signature = Signature.of(entry, entry_id, POLICY.steps, whole=carries.whole, order=carries.order)
            known.append(_Item(entry_id, None, signature, partial(_entry_again, side, blob)))
        else:
            unread += 1
    do = "1 entry cannot be read and counts" if unread == 1 else f"{unread:,} entries cannot be read and count"
    return _ReadSide(side, known, [f"{side.label}: {do} for nothing; see: rtv verify"] if unread else [])


def _compare_sides(before: _ReadSide, after: _ReadSide, wanted: EntryFilter) -> Comparison:
    carried = before.carried.common(after.carried)
    matching = Matching(before, after, POLICY)
    pairs = sorted((one, other) for other, one in matching.pairs.items())
    notes = [*before.notes, *after.notes]
    if any(each.doubt is Doubt.TOO_MANY for each in matching.unclear.values()):
        notes.append("too much differs to look for similar entries; what has other text counts as removed and added")
    order = [other for _, other in pairs]
    places = moved(order, sorted(order))
    if len(places) > _FEW and len(places) > _SHUFFLED * len(pairs):
        places = frozenset()
        notes.append("most entries stand in another order; places were not compared")
    if not carried.is_all:
        notes.append(_left_out(carried))

    def asked(compared: ComparedEntry, one: int | None, other: int | None) -> tuple[Entry | None, Entry | None]:
        """Return both sides as a query shall see them: with what a file has no place for, too."""
        if wanted.selection.is_everything or one is None or other is None:
            return compared.before, compared.after
        old, new = before.entry(one), after.entry(other)
        return before.carried.fill(old, new), after.carried.fill(new, old)

    steps = _in_reading_order(len(before), len(after), pairs)

    def entries() -> Iterator[ComparedEntry]:
        for one, other in steps:
            compared = _compare(
                None if one is None else before.items[one],
                None if other is None else after.items[other],
                carried,
                is_moved=other in places,
            )
            if compared is not None and wanted.takes(compared, *asked(compared, one, other)):
                yield compared

    return Comparison(before.label, after.label, before.commit, after.commit, tuple(notes), entries)


def _row_again(raw: bytes, format: Format, roles: Mapping[str, str]) -> Entry:
    draft = read_again(raw, format, roles=roles)
    assert isinstance(draft, Draft)  # it was one when it was read first
    return Entry.of(draft.fields)


def _entry_again(side: TreeSide, blob: Blob) -> Entry:
    entry = side.entry(blob)
    assert isinstance(entry, Entry)
    return entry


# ---- comparing


def _compare(one: _Item | None, other: _Item | None, carried: Carried, *, is_moved: bool) -> ComparedEntry | None:
    if one is not None and other is not None and not is_moved:
        old, new = one.signature, other.signature
        if (old.whole, old.order) == (new.whole, new.order):
            return None
    before, after = (None if item is None else item.load() for item in (one, other))
    kind = ChangeKind.between(before, after)
    if before is not None and after is not None:
        before, after = carried.project(before), carried.project(after)
        if before == after:
            if not is_moved:
                return None
            kind = ChangeKind.MOVED
    known = [item for item in (other, one) if item is not None]
    entry_id = next((item.signature.id for item in known if item.signature.id is not None), None)
    return ComparedEntry(
        entry_id or known[0].name,
        kind,
        before,
        after,
        is_moved,
        is_row=entry_id is None,
        before_line=None if one is None else one.line,
        after_line=None if other is None else other.line,
    )


def _in_reading_order(
    count: int, to_count: int, pairs: Sequence[tuple[int, int]]
) -> list[tuple[int | None, int | None]]:
    """Return everything in the order of the second side; what went stands behind what was before it."""
    partner = dict(pairs)
    taken = {other: one for one, other in pairs}
    gone: dict[int, list[int]] = {}
    place = -1
    for one in range(count):
        if one in partner:
            place = partner[one]
        else:
            gone.setdefault(place, []).append(one)
    steps: list[tuple[int | None, int | None]] = [(one, None) for one in gone.get(-1, ())]
    for other in range(to_count):
        steps.append((taken.get(other), other))
        steps += [(one, None) for one in gone.get(other, ())]
    return steps


def _left_out(carried: Carried) -> str:
    has = sorted(carried.message - {"role", "content"}) + sorted(carried.entry - {"messages", "extra"})
    has += sorted(carried.extra)
    beside = f", {', '.join(has)}" if has else ""
    return f"compared is what the file can carry: role, content{beside}"


# ---- what a file can carry


@dataclass(frozen=True, slots=True)
class Carried:
    """What a file can carry: keys of entries, of messages, and of `extra`; with `is_all`, everything."""

    is_all: bool = False
    entry: frozenset[str] = frozenset()
    message: frozenset[str] = SPOKEN_KEYS
    extra: frozenset[str] = frozenset()

    def common(self, other: Carried) -> Carried:
        """Return what two files can both carry."""
        if self.is_all or other.is_all:
            return other if self.is_all else self
        return Carried(False, self.entry & other.entry, self.message & other.message, self.extra & other.extra)

    def project(self, entry: Entry) -> Entry:
        """Return an entry with nothing but what can be carried; null in an optional key says the same as no key."""
        entry = without_nulls(entry)
        if self.is_all:
            return entry
        fields: dict[str, Any] = {}
        for key, value in entry.document.items():
            if key in CONVERSATIONS and (key == "messages" or key in self.entry):
                fields[key] = self._messages(value)
            elif key == "extra":
                extra = {name: item for name, item in value.items() if name in self.extra}
                if extra:
                    fields[key] = extra
            elif key in self.entry:
                fields[key] = value
        return entry if fields == entry.document else Entry(fields)

    def fill(self, entry: Entry, other: Entry) -> Entry:
        """Return an entry with the fields of another that could not be carried: what a file cannot tell, it has."""
        if self.is_all:
            return entry
        missing = {
            key: value for key, value in other.document.items() if key not in CONVERSATIONS and key not in self.entry
        }
        return Entry({**missing, **entry.document})

    def _messages(self, messages: Any) -> Any:
        return [self._message(message) for message in messages] if isinstance(messages, list) else messages

    def _message(self, message: Any) -> Any:
        if not isinstance(message, dict) or message.keys() <= SPOKEN_KEYS:
            return message
        keys = SPOKEN_KEYS | self.message
        if "weight" in keys and message.get("role") in ANSWERING_ROLES:
            keys |= {"train"}
        return {key: value for key, value in with_mask(message).items() if key in keys}


EVERYTHING = Carried(is_all=True)


def carried_by(entries: Iterable[Entry]) -> Carried:
    """Return what the rows of a file that is no full export of ours carry."""
    own: set[str] = set()
    message_keys: set[str] = set(SPOKEN_KEYS)
    extra: set[str] = set()
    for entry in entries:
        own.update(entry.document)
        extra.update(key for key, value in entry.document.get("extra", {}).items() if value is not None)
        for name in CONVERSATIONS:
            messages = entry.document.get(name)
            for message in messages if isinstance(messages, list) else ():
                if isinstance(message, dict) and not SPOKEN_KEYS.issuperset(message):
                    message_keys.update(key for key, value in message.items() if value is not None)
    return Carried(False, frozenset(own), frozenset(message_keys), frozenset(extra - {_BOOKKEEPING}))
