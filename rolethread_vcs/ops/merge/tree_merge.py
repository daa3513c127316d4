"""Merges three trees: what one side alone changed is taken as it is, what both changed is merged by what it is.

One way for merge, revert and pick, which differ in what they put at the three inputs. Nothing is read but what the
other side changed; nothing is written: the result is a change against ours, and what a person has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.documents import FILE, UnreadableDocumentError
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Conflict, Note, Reason, Value
from rolethread_vcs.model.canonical import decode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.merge import decisions as deciding
from rolethread_vcs.ops.merge.decisions import Decision, Decisions, decide, digest
from rolethread_vcs.ops.merge.entry_sides import EntrySides, Sides
from rolethread_vcs.ops.merge.file_merge import FileMerger
from rolethread_vcs.ops.select.selection import Selection
from rolethread_vcs.store.objects.trees import Readable, Triple, incoming
from rolethread_vcs.store.tree_reader import find_blob
from rolethread_vcs.transaction import ChangeSet

ENTRY = "entry"
"""The field of a decision about an entry as a whole."""

_HELD = 5_000
"""Decoded entries that a merge holds; more are decoded again when their turn comes."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the other side's changes are wanted: of these ids (and paths), or of entries that fit a query.

    A query fits an entry as it is on any of the three sides; it chooses entries, and no other file.
    """

    ids: frozenset[str] | None = None
    where: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.ids is None and self.where is None


EVERYTHING = Part()


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

    change: ChangeSet
    conflicts: tuple[Conflict, ...] = ()
    open: Mapping[str, OpenEntry] = field(default_factory=dict)
    taken: int = 0
    merged: int = 0
    left_out: int = 0
    void: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, Note], ...] = ()


def merge_trees(
    objects: Readable, sides: Sides, *, part: Part = EVERYTHING, decisions: Decisions = deciding.NONE
) -> TreeMerge:
    """Return the merge of three trees that `objects` reads; a decision that fits no conflict is told in `void`.

    Raises:
        UsageError (query): the query of the part does not read. UsageError (unusable_choice): a decision does not
        fit its conflict.
    """
    return _Merger(objects, sides, part, decisions).run()


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

    def __init__(self, objects: Readable, sides: Sides, part: Part, decisions: Decisions) -> None:
        self._objects = objects
        self._sides = sides
        self._part = part
        self._selection = Selection.of(where=part.where)
        self._decisions = decisions
        self._puts: dict[str, Entry] = {}
        self._stored: dict[str, bytes] = {}
        self._removes: set[str] = set()
        self._files: dict[str, bytes | None] = {}
        self._conflicts: list[Conflict] = []
        self._open: dict[str, OpenEntry] = {}
        self._void: list[tuple[str, str]] = []
        self._notes: list[tuple[str, Note]] = []
        self._met: set[str] = set()
        self._taken = self._merged = self._left_out = 0

    def run(self) -> TreeMerge:
        order: Triple | None = None
        sides = self._sides
        for triple in incoming(sides.base, sides.ours, sides.theirs, self._objects.tree):
            entry_id = id_of_path(triple.path)
            if triple.path == ORDER:
                order = triple
            elif entry_id is not None:
                entry = EntrySides(self._objects, entry_id, triple[1:])
                if entry.is_theirs:
                    self._met.add(entry_id)
                    self._merge_entry(entry)
            else:
                self._met.add(triple.path)
                self._merge_file(triple)
        self._merge_order(order)
        self._void += [(name, each) for name in self._decisions if name not in self._met for each in self._of(name)]
        change = ChangeSet(
            puts=_MergedEntries(self._puts, self._stored, self._objects),
            removes=frozenset(self._removes),
            files=self._files,
            stored=self._stored,
        )
        return TreeMerge(
            change=change,
            conflicts=tuple(self._conflicts),
            open=self._open,
            taken=self._taken,
            merged=self._merged,
            left_out=self._left_out,
            void=tuple(self._void),
            notes=tuple(self._notes),
        )

    def _of(self, name: str) -> Mapping[str, Decision]:
        return self._decisions.get(name, {})

    # ---- entries

    def _merge_entry(self, sides: EntrySides) -> None:
        if not self._is_wanted(sides):
            self._left_out += _would_change(sides)
            return
        decision = self._of(sides.id).get(ENTRY)
        if decision is not None and decision.fits(sides.about):
            self._take_whole(sides, decision)
            self._void += [(sides.id, each) for each in self._of(sides.id) if each != ENTRY]
            return
        unreadable = sides.unreadable(2) if sides.is_theirs_alone else sides.unreadable(1, 2, 0)
        if unreadable:
            self._keep_open(sides, _unreadable(ENTRY, sides.id, unreadable, sides.about))
        elif sides.is_theirs_alone:
            self._take(sides)
        else:
            self._merge_both(sides)
            return
        self._void += [(sides.id, each) for each in self._of(sides.id)]

    def _is_wanted(self, sides: EntrySides) -> bool:
        if self._part.ids is not None and sides.id not in self._part.ids:
            return False
        decided = self._selection.decide(sides.id)
        return self._selection.fits(sides.id, *sides.readable) if decided is None else decided

    def _take(self, sides: EntrySides) -> None:
        """Take theirs as it is."""
        self._taken += 1
        blob = sides.blobs[2]
        if blob is None:
            self._removes.add(sides.id)
        else:
            self._stored[sides.id] = blob.oid
            if len(self._puts) < _HELD:
                entry = sides.side(2)
                assert entry is not None
                self._puts[sides.id] = entry

    def _take_whole(self, sides: EntrySides, decision: Decision) -> None:
        """Do what was decided about the entry as a whole."""
        self._merged += 1
        choice = decision.choice
        if isinstance(choice, Value):
            self._put(sides, None if choice.value is ABSENT else Entry.of(choice.value))
            return
        side = {"base": 0, "ours": 1, "theirs": 2}.get(choice)
        if side is None:
            raise UsageError(
                f"both sides of {sides.id} cannot be kept as one entry; nothing was changed", code="unreadable_side"
            )
        if side == 1:
            return
        self._put(sides, sides.side(side))

    def _merge_both(self, sides: EntrySides) -> None:
        from rolethread_vcs.merge.entry import merge_entries

        base, ours, theirs = (sides.side(number) for number in range(3))
        merged, void = decide(lambda choose: merge_entries(base, ours, theirs, choose), self._of(sides.id))
        self._void += [(sides.id, each) for each in sorted(void)]
        self._notes += [(sides.id, note) for note in merged.notes]
        if merged.conflicts:
            self._open[sides.id] = OpenEntry(base, ours, theirs, merged.value, sides.about)
            self._conflicts += [_located(conflict, sides.id, sides.about) for conflict in merged.conflicts]
            return
        self._merged += merged.value != ours
        self._put(sides, merged.value)

    def _put(self, sides: EntrySides, entry: Entry | None) -> None:
        if entry is None:
            if sides.blobs[1] is not None:
                self._removes.add(sides.id)
        elif sides.unreadable(1) or entry != sides.side(1):
            self._puts[sides.id] = entry

    def _keep_open(self, sides: EntrySides, conflict: Conflict) -> None:
        self._conflicts.append(conflict)
        base, ours, theirs = sides.readable
        self._open[sides.id] = OpenEntry(base, ours, theirs, ours, sides.about)

    # ---- other files

    def _merge_file(self, triple: Triple) -> None:
        path = triple.path
        merger = FileMerger(self._objects, triple)
        if not self._part.is_everything and path not in (self._part.ids or ()):
            self._left_out += _would_change_file(merger)
            return
        try:
            merged, void = merger.merge(self._of(path))
        except UnreadableDocumentError as error:
            whole = self._of(path).get(FILE)
            if whole is None or not whole.fits(merger.about):
                self._conflicts.append(_unreadable(FILE, path, error.message, merger.about))
            elif whole.choice != "ours":
                self._files[path] = merger.side(whole.choice)
                self._merged += 1
            return
        self._void += [(path, each) for each in sorted(void)]
        self._conflicts += [_located(conflict, path, merger.about) for conflict in merged.conflicts]
        if not merged.conflicts:
            self._taken += merger.is_theirs_alone
            self._merged += not merger.is_theirs_alone
            if merged.value != merger.ours:
                self._files[path] = merged.value

    def _merge_order(self, triple: Triple | None) -> None:
        """Merge the order, after the entries: the ranks of those that went are dropped."""
        sides = self._sides
        blobs = (None, None, None) if triple is None else triple[1:]
        if triple is not None:
            self._met.add(ORDER)
        elif not self._removes:
            return
        else:
            blob = find_blob(self._objects, sides.ours, ORDER)
            if blob is None:
                return
            blobs = (blob, blob, blob)
        merger = FileMerger(self._objects, Triple(ORDER, *blobs))
        try:
            refused: set[str] = set()

            def wants(entry_id: str) -> bool:
                is_wanted = self._wants_rank(entry_id)
                if not is_wanted:
                    refused.add(entry_id)
                return is_wanted

            merged, void = merger.merge_order(self._of(ORDER), wants)
            # a move alone is a change too: what is not asked for of it keeps the other branch from being finished
            self._left_out += any(each not in self._met and self._is_there(each) for each in refused)
            self._void += [(ORDER, each) for each in sorted(void)]
            self._conflicts += [_located(conflict, ORDER, merger.about) for conflict in merged.conflicts]
            ours = Order.parse(merger.ours).ranks
            # an entry is looked for in the trees only where ours did not speak of it already: ranks may be many
            gone = [
                each
                for each in merged.value.ranks
                if each in self._removes or (each not in ours and not self._is_there(each))
            ]
            data = merged.value.without(gone).encode()
        except UnreadableDocumentError as error:
            self._conflicts.append(_unreadable(FILE, ORDER, error.message, merger.about))
            return
        if data != merger.ours:
            self._files[ORDER] = data

    def _wants_rank(self, entry_id: str) -> bool:
        """Whether theirs has a say about the place of an entry."""
        if self._part.is_everything or ORDER in (self._part.ids or ()):
            return True
        return self._is_wanted(EntrySides.at(self._objects, self._sides, entry_id))

    def _is_there(self, entry_id: str) -> bool:
        """Whether the merged dataset holds an entry."""
        if entry_id in self._removes:
            return False
        if entry_id in self._stored or entry_id in self._puts:
            return True
        return find_blob(self._objects, self._sides.ours, entry_path(entry_id)) is not None


def _would_change(sides: EntrySides) -> bool:
    """Whether taking an entry would change ours, or ask; an edit that was taken earlier is in it already."""
    if sides.is_theirs_alone or sides.unreadable(0, 1, 2):
        return True
    from rolethread_vcs.merge.entry import merge_entries

    base, ours, theirs = sides.readable
    merged = merge_entries(base, ours, theirs)
    return bool(merged.conflicts) or merged.value != ours


def _would_change_file(merger: FileMerger) -> bool:
    try:
        merged, _ = merger.merge({})
    except UnreadableDocumentError:
        return True
    return bool(merged.conflicts) or merged.value != merger.ours


def _located(conflict: Conflict, name: str, whole: str) -> Conflict:
    """Return a conflict of one entry or file as one of the dataset."""
    return replace(conflict, id=name, about=whole if conflict.field == ENTRY else digest(conflict))


def _unreadable(field: str, name: str, why: str, about: str) -> Conflict:
    return Conflict(field, Reason.UNREADABLE, id=name, about=about, detail=why)
