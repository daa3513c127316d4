"""Merges three trees: what one side alone changed is taken as it is, what both changed is merged by what it is.

One way for merge, revert and pick, which differ in what they put at the three inputs. Nothing is read but what the
other side changed; nothing is written: the result is a change against ours, and what a person has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rolethread_vcs.documents import FILE, UnreadableDocumentError
from rolethread_vcs.documents.order import merge_orders
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.merge.conflict import Choice, Choose, Conflict, Merged, Note, Reason
from rolethread_vcs.model.canonical import decode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.merge.decisions import ENTRY, NONE, Decisions, digest
from rolethread_vcs.ops.merge.sides import BASE, OURS, THEIRS, EntrySides, FileSides, MergeInputs
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.store.objects.trees import Readable, incoming
from rolethread_vcs.store.tree_reader import find_blob
from rolethread_vcs.transaction import ChangeSet

_HELD = 5_000
"""Decoded entries that a merge holds; more are decoded again when their turn comes."""


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry with conflicts: its three sides, and the preview with ours wherever something is not decided.

    `about` goes into a decision about the entry as a whole: it tells these sides from others.
    """

    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    preview: Entry | None
    about: str = ""


@dataclass(frozen=True, slots=True)
class TreeMerge:
    """What a merge comes to.

    `change` is the clean part, against ours. `open` are the entries of the conflicts. `taken` counts what was taken
    from the other side as it is, `merged` what was put together of both, entries and files alike; `left_out` what was
    not asked for and would change something. `void` are decisions, by id and field, that fit no conflict any more.
    `notes` name, by entry, places that merged and deserve a look.
    """

    change: ChangeSet = field(default_factory=ChangeSet)
    conflicts: tuple[Conflict, ...] = ()
    open: Mapping[str, OpenEntry] = field(default_factory=dict)
    taken: int = 0
    merged: int = 0
    left_out: int = 0
    void: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, Note], ...] = ()


def merge_trees(inputs: MergeInputs, decisions: Decisions = NONE, choose: Choose | None = None) -> TreeMerge:
    """Return the merge of three trees; a decision that fits no conflict is told in `void`.

    `choose` is asked about a conflict first: its `id` and `about` are filled in.

    Raises:
        UsageError (query): the query of the part does not read. UsageError (unusable_choice, unreadable_side): what
        was decided does not fit its conflict.
    """
    return _Merger(inputs, decisions, choose or (lambda _: None)).run()


class _MergedEntries(Mapping[str, Entry]):
    """Entries by id: those `made` here, and those `stored` under a 20-byte blob id (perhaps both); in the order of ids.

    A stored one is decoded when it is asked for: a branch of a hundred thousand entries is judged without holding all.
    """

    def __init__(self, made: Mapping[str, Entry], stored: Mapping[str, bytes], objects: Readable) -> None:
        self._made = made
        self._stored = stored
        self._objects = objects

    def __getitem__(self, entry_id: str) -> Entry:
        made = self._made.get(entry_id)
        return decode_entry(self._objects.blob(self._stored[entry_id])) if made is None else made

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._made, *self._stored}))

    def __len__(self) -> int:
        return len(self._made.keys() | self._stored.keys())


class _Merger:
    """One pass over what differs; fields are the result as it grows."""

    def __init__(self, inputs: MergeInputs, decisions: Decisions, choose: Choose) -> None:
        self._inputs = inputs
        self._selection = Selection.of(where=inputs.where)
        self._choose = choose
        self._decisions = decisions
        self._used: set[tuple[str, str]] = set()
        self._puts: dict[str, Entry] = {}
        self._stored: dict[str, bytes] = {}
        self._removes: set[str] = set()
        self._files: dict[str, bytes | None] = {}
        self._conflicts: list[Conflict] = []
        self._open: dict[str, OpenEntry] = {}
        self._notes: list[tuple[str, Note]] = []
        self._taken = self._merged = self._left_out = 0

    def run(self) -> TreeMerge:
        inputs, objects = self._inputs, self._inputs.objects
        changed: set[str] = set()
        order: FileSides | None = None
        for triple in incoming(inputs.base, inputs.ours, inputs.theirs, objects.tree):
            entry_id = id_of_path(triple.path)
            if entry_id is not None:
                entry = EntrySides(objects, entry_id, triple[1:])
                if entry.is_changed:
                    changed.add(entry_id)
                    self._merge_entry(entry)
                continue
            file = FileSides(objects, triple.path, triple[1:])
            if triple.path == ORDER:
                order = file
            elif inputs.wants_file(triple.path):
                self._merge_file(file)
            else:
                self._left_out += _would_change_file(file)
        self._merge_order(order, changed)
        given = {(name, each) for name, fields in self._decisions.items() for each in fields}
        return TreeMerge(
            ChangeSet(
                puts=_MergedEntries(self._puts, self._stored, objects),
                removes=frozenset(self._removes),
                files=self._files,
                stored=self._stored,
            ),
            tuple(self._conflicts),
            self._open,
            self._taken,
            self._merged,
            self._left_out,
            tuple(sorted(given - self._used)),
            tuple(self._notes),
        )

    # ---- what is decided

    def _decided(self, name: str, field: str, about: str) -> Choice | None:
        decision = self._decisions.get(name, {}).get(field)
        if decision is None or decision.about not in ("", about):
            return None
        self._used.add((name, field))
        return decision.choice

    def _answer(self, conflict: Conflict) -> Choice | None:
        return self._choose(conflict) or self._decided(conflict.id, conflict.field, conflict.about)

    def _answers(self, sides: EntrySides | FileSides) -> Choose:
        """Return what answers the conflicts of one entry or file."""
        return lambda conflict: self._answer(_located(conflict, sides))

    def _keep(self, merged: Merged[Any], sides: EntrySides | FileSides) -> None:
        """Keep the conflicts and notes of one entry or file."""
        self._conflicts += [_located(conflict, sides) for conflict in merged.conflicts]
        self._notes += [(sides.name, note) for note in merged.notes]

    # ---- entries

    def _merge_entry(self, sides: EntrySides) -> None:
        if not self._is_wanted(sides):
            self._left_out += _would_change(sides)
            return
        choice = self._decided(sides.name, ENTRY, sides.about)
        unreadable = sides.unreadable(THEIRS) if sides.is_theirs_alone else sides.unreadable(OURS, THEIRS, BASE)
        if choice is None and unreadable:
            conflict = _unreadable(ENTRY, sides, unreadable)
            choice = self._answer(conflict)
            if choice is None:
                self._conflicts.append(conflict)
                base, ours, theirs = sides.readable
                self._open[sides.name] = OpenEntry(base, ours, theirs, ours, sides.about)
                return
        if choice is not None:
            self._merged += 1
            if choice != "ours":
                self._put(sides, sides.taken(choice))
        elif sides.is_theirs_alone:
            self._take(sides)
        else:
            self._merge_both(sides)

    def _is_wanted(self, sides: EntrySides) -> bool:
        if self._inputs.ids is not None and sides.name not in self._inputs.ids:
            return False
        decided = self._selection.decide(sides.name)
        return self._selection.fits(sides.name, *sides.readable) if decided is None else decided

    def _take(self, sides: EntrySides) -> None:
        """Take theirs as it is."""
        self._taken += 1
        blob, entry = sides.blobs[THEIRS], sides.found(THEIRS)
        if blob is None:
            self._removes.add(sides.name)
            return
        self._stored[sides.name] = blob.oid
        if len(self._puts) < _HELD and isinstance(entry, Entry):
            self._puts[sides.name] = entry

    def _merge_both(self, sides: EntrySides) -> None:
        from rolethread_vcs.merge.entry import merge_entries

        base, ours, theirs = sides.readable
        merged = merge_entries(base, ours, theirs, self._answers(sides))
        self._keep(merged, sides)
        if merged.conflicts:
            self._open[sides.name] = OpenEntry(base, ours, theirs, merged.value, sides.about)
            return
        self._merged += merged.value != ours
        self._put(sides, merged.value)

    def _put(self, sides: EntrySides, entry: Entry | None) -> None:
        if entry is None:
            if sides.blobs[OURS] is not None:
                self._removes.add(sides.name)
        elif entry != sides.found(OURS):
            self._puts[sides.name] = entry

    # ---- other files

    def _merge_file(self, sides: FileSides) -> None:
        try:
            merged = sides.merge(self._answers(sides))
            is_theirs_alone = sides.read(BASE) == sides.read(OURS)
        except UnreadableDocumentError as error:
            self._take_file(sides, error.message)
            return
        self._keep(merged, sides)
        if not merged.conflicts:
            self._taken += is_theirs_alone
            self._merged += not is_theirs_alone
            if merged.value != sides.read(OURS):
                self._files[sides.name] = merged.value

    def _take_file(self, sides: FileSides, unreadable: str) -> None:
        """Take the side that was chosen of a file that cannot be merged."""
        conflict = _unreadable(FILE, sides, unreadable)
        choice = self._answer(conflict)
        if choice is None:
            self._conflicts.append(conflict)
        elif choice != "ours":
            self._files[sides.name] = sides.taken(choice)
            self._merged += 1

    def _merge_order(self, sides: FileSides | None, changed: set[str]) -> None:
        """Merge the order, after the entries: the ranks of those that went are dropped; `changed` are theirs."""
        if sides is None:
            if not self._removes:
                return
            blob = find_blob(self._inputs.objects, self._inputs.ours, ORDER)
            sides = FileSides(self._inputs.objects, ORDER, (blob, blob, blob))
        try:
            base, ours, theirs = (Order.parse(sides.read(side)) for side in (BASE, OURS, THEIRS))
        except InvalidError as error:
            self._take_file(sides, error.message)
            return
        wanted = theirs
        if not self._inputs.wants_file(ORDER):
            moved = {each for each, _ in base.ranks.items() ^ theirs.ranks.items()}
            refused = {each for each in moved if not self._is_wanted(self._inputs.entry(each))}
            # a move alone is a change too: what is not asked for of it keeps the other branch from being finished
            self._left_out += any(each not in changed and self._is_there(each) for each in refused)
            ranks = {each: rank for each, rank in theirs.ranks.items() if each not in refused}
            wanted = Order(ranks | {each: base.ranks[each] for each in refused if each in base.ranks})
        merged = merge_orders(base, ours, wanted, self._answers(sides))
        self._keep(merged, sides)
        # an entry is looked for in the trees only where ours did not speak of it already: ranks may be many
        gone = [
            each
            for each in merged.value.ranks
            if each in self._removes or (each not in ours.ranks and not self._is_there(each))
        ]
        data = merged.value.without(gone).encode()
        if data != sides.read(OURS):
            self._files[ORDER] = data

    def _is_there(self, entry_id: str) -> bool:
        """Whether the merged dataset holds an entry."""
        if entry_id in self._removes:
            return False
        if entry_id in self._stored or entry_id in self._puts:
            return True
        return find_blob(self._inputs.objects, self._inputs.ours, entry_path(entry_id)) is not None


def _would_change(sides: EntrySides) -> bool:
    """Whether taking an entry would change ours, or ask; an edit that was taken earlier is in it already."""
    if sides.is_theirs_alone or sides.unreadable(BASE, OURS, THEIRS):
        return True
    from rolethread_vcs.merge.entry import merge_entries

    base, ours, theirs = sides.readable
    merged = merge_entries(base, ours, theirs)
    return bool(merged.conflicts) or merged.value != ours


def _would_change_file(sides: FileSides) -> bool:
    try:
        merged = sides.merge()
        return bool(merged.conflicts) or merged.value != sides.read(OURS)
    except UnreadableDocumentError:
        return True


def _located(conflict: Conflict, sides: EntrySides | FileSides) -> Conflict:
    """Return a conflict of one entry or file as one of the dataset."""
    return replace(conflict, id=sides.name, about=sides.about if conflict.field == ENTRY else digest(conflict))


def _unreadable(field: str, sides: EntrySides | FileSides, why: str) -> Conflict:
    return Conflict(field, Reason.UNREADABLE, id=sides.name, about=sides.about, detail=why)
