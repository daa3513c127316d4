"""Merges three trees: what one side alone changed is taken as it is, what both changed is merged by what it is.

One way for merge, revert and pick, which differ in what they put at the three corners. Nothing is read but what the
other side changed; nothing is written: the result is a change against ours, and what a person has to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.errors import DamagedError, UsageError
from rolethread_vcs.merge.clash import Clash, Note, Value
from rolethread_vcs.merge.entry import MergedEntry, merge_entries
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry
from rolethread_vcs.model.change import ChangeSet
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.model.query import Query, parse_query
from rolethread_vcs.ops.entries.lazy_entries import LazyEntries
from rolethread_vcs.ops.merges import deciding
from rolethread_vcs.ops.merges.deciding import Decision, Decisions, decide, digest, digest_of_blobs
from rolethread_vcs.ops.merges.merging_files import FileMerger, UnreadableFileError
from rolethread_vcs.store.overlay import Readable
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.trees import FOLDER, LINK, Item, parse
from rolethread_vcs.store.walk import Blob, Triple, incoming

ENTRY = "entry"
"""The field of a decision about an entry as a whole."""

UNREADABLE = "unreadable"
"""The reason of a conflict about something that does not read."""

_HELD = 5_000
"""Decoded entries that a merge holds; more are decoded again when their turn comes."""

_UNREADABLE = "it does not read on one side, so it cannot be merged"


class UnreadableSideError(UsageError):
    """A side was chosen that cannot be had: it does not read, or two cannot be kept as one."""

    code = "unreadable_side"


@dataclass(frozen=True, slots=True)
class Sides:
    """The three corners of a merge: 20-byte ids of trees, None for an empty one, and what people call them."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None
    label_ours: str = "ours"
    label_theirs: str = "theirs"
    label_base: str = "base"


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
class Conflict:
    """One thing that a person has to decide.

    `id` is an entry's, or the path of another file; `field` and `reason` are those of `merge.clash.Clash` (or the
    reason is `unreadable`), `message` says it in words. Values are JSON or `ABSENT`; `about` tells this conflict from
    another one at the same place. `suggestion` is `ours`, `theirs`, `base` or `both`.
    """

    id: str
    field: str
    reason: str
    message: str
    base: Any = ABSENT
    ours: Any = ABSENT
    theirs: Any = ABSENT
    suggestion: str | None = None
    place: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry with conflicts: its three sides, and the preview with ours wherever something is not decided."""

    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    preview: Entry | None


@dataclass(frozen=True, slots=True)
class TreeMerge:
    """What a merge comes to.

    `change` is the clean part, against ours. `open` are the entries of the conflicts. `taken` counts what was taken
    from the other side as it is, `merged` what was put together of both, entries and files alike; `left_out` what was
    not asked for. `void` are decisions, by id and field, that fit no conflict any more. `notes` name, by entry, places
    that merged and deserve a look.
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
    repository: Repository,
    sides: Sides,
    *,
    part: Part = EVERYTHING,
    decisions: Decisions = deciding.NONE,
    objects: Readable | None = None,
    summary: str = "",
) -> TreeMerge:
    """Return the merge of three trees.

    `objects` reads trees that are not in the repository. A decision that fits no conflict is told in `void`.

    Raises:
        QueryError: the query of the part does not read. UnusableChoiceError: a decision does not fit its conflict.
    """
    merger = _Merger(objects or repository.objects, sides, part, decisions)
    return merger.run(summary)


class _Merger:
    """One pass over what differs; fields are the result as it grows."""

    def __init__(self, objects: Readable, sides: Sides, part: Part, decisions: Decisions) -> None:
        self._objects = objects
        self._sides = sides
        self._trees = (sides.base, sides.ours, sides.theirs)
        self._part = part
        self._query: Query | None = None if part.where is None else parse_query(part.where)
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

    def run(self, summary: str) -> TreeMerge:
        order: Triple | None = None
        sides = self._sides
        for triple in incoming(sides.base, sides.ours, sides.theirs, self._objects.tree):
            entry_id = id_of_path(triple.path)
            if triple.path == ORDER:
                order = triple
            elif entry_id is not None:
                if not _is_theirs(triple):
                    continue
                self._met.add(entry_id)
                self._merge_entry(_Corners(self._objects, entry_id, triple.base, triple.ours, triple.theirs))
            else:
                self._met.add(triple.path)
                self._merge_file(triple)
        self._merge_order(order)
        self._void += [(name, each) for name in self._decisions if name not in self._met for each in self._of(name)]
        change = ChangeSet(
            puts=LazyEntries(self._puts, self._stored, self._objects),
            removes=frozenset(self._removes),
            files=self._files,
            stored=self._stored,
            summary=summary,
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

    def _merge_entry(self, corners: _Corners) -> None:
        if not self._is_wanted(corners):
            self._left_out += 1
            return
        decision = self._of(corners.id).get(ENTRY)
        if decision is not None and decision.fits(corners.about):
            self._take_whole(corners, decision)
            self._void += [(corners.id, each) for each in self._of(corners.id) if each != ENTRY]
            return
        is_theirs_alone = _key(corners.blobs[1]) == _key(corners.blobs[0])
        unreadable = corners.unreadable(2) if is_theirs_alone else corners.unreadable(1, 2, 0)
        if unreadable:
            self._clash(corners, _unreadable(corners.id, unreadable, corners.about))
        elif is_theirs_alone:
            self._take(corners)
        else:
            self._merge_both(corners)
            return
        self._void += [(corners.id, each) for each in self._of(corners.id)]

    def _is_wanted(self, corners: _Corners) -> bool:
        if self._part.is_everything:
            return True
        if self._part.ids is not None and corners.id not in self._part.ids:
            return False
        if self._query is None:
            return True
        quick = self._query.decide(corners.id)
        if quick is not None:
            return quick
        return any(entry is not None and self._query.matches(corners.id, entry) for entry in corners.readable)

    def _take(self, corners: _Corners) -> None:
        """Take theirs as it is."""
        self._taken += 1
        blob = corners.blobs[2]
        if blob is None:
            self._removes.add(corners.id)
        else:
            self._stored[corners.id] = blob.oid
            if len(self._puts) < _HELD:
                entry = corners.side(2)
                assert entry is not None
                self._puts[corners.id] = entry

    def _take_whole(self, corners: _Corners, decision: Decision) -> None:
        """Do what was decided about the entry as a whole."""
        self._merged += 1
        choice = decision.choice
        if isinstance(choice, Value):
            self._put(corners, None if choice.value is ABSENT else Entry.of(choice.value))
            return
        side = {"base": 0, "ours": 1, "theirs": 2}.get(choice)
        if side is None:
            raise UnreadableSideError(f"both sides of {corners.id} cannot be kept as one entry; nothing was changed")
        if side == 1:
            return
        self._put(corners, corners.side(side))

    def _merge_both(self, corners: _Corners) -> None:
        base, ours, theirs = (corners.side(number) for number in range(3))

        def merge(choices: Mapping[str, Any]) -> MergedEntry:
            return merge_entries(base, ours, theirs, choices)

        merged, void = decide(merge, self._of(corners.id))
        self._void += [(corners.id, each) for each in sorted(void)]
        self._notes += [(corners.id, note) for note in merged.notes]
        if merged.clashes:
            self._open[corners.id] = OpenEntry(base, ours, theirs, merged.preview)
            self._conflicts += [_conflict(corners.id, clash, corners.about) for clash in merged.clashes]
            return
        self._merged += merged.entry != ours
        self._put(corners, merged.entry)

    def _put(self, corners: _Corners, entry: Entry | None) -> None:
        if entry is None:
            if corners.blobs[1] is not None:
                self._removes.add(corners.id)
        elif corners.unreadable(1) or entry != corners.side(1):
            self._puts[corners.id] = entry

    def _clash(self, corners: _Corners, conflict: Conflict) -> None:
        self._conflicts.append(conflict)
        base, ours, theirs = corners.readable
        self._open[corners.id] = OpenEntry(base, ours, theirs, ours)

    # ---- other files

    def _merge_file(self, triple: Triple) -> None:
        path = triple.path
        if not self._part.is_everything and path not in (self._part.ids or ()):
            self._left_out += 1
            return
        merger = FileMerger(self._objects, triple)
        try:
            merged, void = merger.merge(self._of(path))
        except UnreadableFileError as error:
            self._conflicts.append(_unreadable(path, error.message, merger.about))
            return
        self._void += [(path, each) for each in sorted(void)]
        self._conflicts += [_conflict(path, clash, merger.about) for clash in merged.clashes]
        if not merged.clashes:
            self._taken += merged.is_taken
            self._merged += not merged.is_taken
            if merged.data != merger.ours:
                self._files[path] = merged.data

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
            self._conflicts += [_conflict(ORDER, clash, merger.about) for clash in merged.clashes]
            gone = [each for each in merged.order.ranks if not self._is_there(each)]
            data = merged.order.without(gone).encode()
        except UnreadableFileError as error:
            self._conflicts.append(_unreadable(ORDER, error.message, merger.about))
            return
        if data != merger.ours:
            self._files[ORDER] = data

    def _wants_rank(self, entry_id: str) -> bool:
        """Whether theirs has a say about the place of an entry."""
        if self._part.is_everything or ORDER in (self._part.ids or ()):
            return True
        path = entry_path(entry_id)
        base, ours, theirs = (find_blob(self._objects, tree, path) for tree in self._trees)
        return self._is_wanted(_Corners(self._objects, entry_id, base, ours, theirs))

    def _is_there(self, entry_id: str) -> bool:
        """Whether the merged dataset holds an entry."""
        if entry_id in self._removes:
            return False
        if entry_id in self._stored or entry_id in self._puts:
            return True
        return find_blob(self._objects, self._sides.ours, entry_path(entry_id)) is not None


class _Corners:
    """An entry on its three sides; what is asked for is read, once."""

    def __init__(self, objects: Readable, entry_id: str, base: Blob | None, ours: Blob | None, theirs: Blob | None):
        self.id = entry_id
        self.blobs = (base, ours, theirs)
        self._objects = objects
        self._known: dict[int, Entry | str | None] = {}

    def _read(self, number: int) -> Entry | str | None:
        if number not in self._known:
            blob = self.blobs[number]
            self._known[number] = None if blob is None else _read(self._objects, blob)
        return self._known[number]

    def unreadable(self, *numbers: int) -> str:
        """Return why one of some sides does not read, "" when all do."""
        return next((side for side in map(self._read, numbers) if isinstance(side, str)), "")

    @property
    def readable(self) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Base, ours and theirs, None for one that does not read."""
        base, ours, theirs = (None if isinstance(side, str) else side for side in map(self._read, range(3)))
        return base, ours, theirs

    @property
    def about(self) -> str:
        """What tells a conflict of these three from another of the same entry."""
        return digest_of_blobs(*(None if blob is None else blob.oid for blob in self.blobs))

    def side(self, number: int) -> Entry | None:
        """Return base (0), ours (1) or theirs (2).

        Raises:
            UnreadableSideError: it does not read.
        """
        side = self._read(number)
        if isinstance(side, str):
            raise UnreadableSideError(
                f"entry {self.id} does not read there ({side}), so it cannot be taken; nothing was changed",
                hint="take the other side, or give it anew with --edit or --file",
            )
        return side


def _read(objects: Readable, blob: Blob) -> Entry | str:
    """Return an entry, or in a few words why there is none."""
    if blob.mode == LINK:
        return "a symbolic link"
    try:
        return decode_entry(objects.blob(blob.oid))
    except DamagedError:
        return "damaged"
    except (JsonProblemError, InvalidEntryError) as error:
        return error.message


def _is_theirs(triple: Triple) -> bool:
    """Whether the other side changed a file, and not to what ours has already."""
    theirs = _key(triple.theirs)
    return theirs != _key(triple.base) and theirs != _key(triple.ours)


def _key(blob: Blob | None) -> tuple[bool, bytes] | None:
    """Return what an entry is compared by: that its file may be run as a program says nothing."""
    return None if blob is None else (blob.mode == LINK, blob.oid)


def find_blob(objects: Readable, tree: bytes | None, path: str) -> Blob | None:
    """Return the file at a path of a tree, or None."""
    *folders, name = path.encode().split(b"/")
    for folder in folders:
        found = None if tree is None else _item(objects, tree, folder)
        tree = found.oid if found is not None and found.mode == FOLDER else None
    found = None if tree is None else _item(objects, tree, name)
    return None if found is None or found.mode == FOLDER else Blob(found.mode, found.oid)


def _item(objects: Readable, tree: bytes, name: bytes) -> Item | None:
    return next((item for item in parse(objects.tree(tree)) if item.name == name), None)


def about_entry(objects: Readable, sides: Sides, entry_id: str) -> str:
    """Return what tells a conflict of an entry as a whole from another one."""
    path = entry_path(entry_id)
    blobs = [find_blob(objects, tree, path) for tree in (sides.base, sides.ours, sides.theirs)]
    return digest_of_blobs(*(None if blob is None else blob.oid for blob in blobs))


def _conflict(name: str, clash: Clash, whole: str) -> Conflict:
    suggestion = clash.suggestion if isinstance(clash.suggestion, str) else None
    return Conflict(
        name,
        clash.field,
        clash.reason,
        clash.reason.sentence,
        clash.base,
        clash.ours,
        clash.theirs,
        suggestion,
        clash.place,
        whole if clash.field == ENTRY else digest(clash),
    )


def _unreadable(name: str, why: str, about: str) -> Conflict:
    return Conflict(name, ENTRY, UNREADABLE, f"{_UNREADABLE}: {why}", about=about)
