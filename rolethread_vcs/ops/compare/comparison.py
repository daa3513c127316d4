"""Compares two states of a dataset: which entries came, went, changed or moved, and which other files differ.

Nothing is read but what differs, and an entry only when its turn has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rolethread_vcs.diff.entry import EntryDiff, diff_entries
from rolethread_vcs.diff.fields import ValueChange
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.model.query import Query
from rolethread_vcs.ops.compare.order_changes import moved
from rolethread_vcs.ops.compare.sides import Content, TreeSide, committed_side, differences, read_entry
from rolethread_vcs.store.repository import Repository

_NOTHING = Entry.of({"messages": []})


class ChangeKind(StrEnum):
    """What happened to an entry; `MOVED` means that nothing but its place in the order changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @classmethod
    def between(cls, before: object, after: object) -> ChangeKind:
        """Return what happened to something that differs and is None where it is absent."""
        if before is None:
            return cls.ADDED
        return cls.REMOVED if after is None else cls.CHANGED


@dataclass(frozen=True, slots=True)
class ComparedEntry:
    """One entry that differs; `before` is None for an added one, `after` for a removed one.

    `id` is the entry's id, or `FILE:LINE` for a row of a file that is no entry of the dataset (`is_row`). `before_line`
    and `after_line` are the lines, from 1, of rows that came from a file. `moved` tells of another place in the order.
    `problem` says in a few words why a side that should be there does not read; that side is None then.
    """

    id: str
    change: ChangeKind
    before: Entry | None
    after: Entry | None
    moved: bool = False
    is_row: bool = False
    before_line: int | None = None
    after_line: int | None = None
    problem: str = ""

    @classmethod
    def of(cls, entry_id: str, before: Entry | None, after: Entry | None) -> ComparedEntry:
        """Return an entry before and after a change that is known otherwise (a dry run, a decision of a merge)."""
        return cls(entry_id, ChangeKind.between(before, after), before, after)

    @property
    def diff(self) -> EntryDiff:
        """What changed inside; an added entry is compared with one without messages, a removed one likewise."""
        return diff_entries(self.before or _NOTHING, self.after or _NOTHING)

    def fits(self, kinds: frozenset[ChangeKind]) -> bool:
        """Return whether this is one of some kinds of changes; a changed entry that moved is both."""
        return not kinds or self.change in kinds or (self.moved and ChangeKind.MOVED in kinds)


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """Another file of the dataset that differs: settings, a registry card …; None where it is absent or unreadable.

    `title` is what people call it, `changes` are its values that differ; without any it is compared line by line.
    """

    path: str
    change: ChangeKind
    before: bytes | None
    after: bytes | None
    title: str
    changes: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class DiffSummary:
    """How many entries were added, removed, changed, and moved without a change."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0

    @property
    def total(self) -> int:
        """How many entries differ."""
        return self.added + self.removed + self.changed + self.moved


@dataclass(frozen=True, slots=True)
class Selection:
    """Which differences are wanted: of these ids, of entries that fit a query before or after, of these kinds."""

    ids: frozenset[str] | None = None
    query: Query | None = None
    only: frozenset[ChangeKind] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.ids is None and self.query is None and not self.only

    def takes(self, compared: ComparedEntry, *sides: Entry | None) -> bool:
        """Return whether a difference is wanted; the query is asked of `sides`, or else of what is compared."""
        if not compared.fits(self.only) or (self.ids is not None and compared.id not in self.ids):
            return False
        if self.query is None:
            return True
        asked = sides or (compared.before, compared.after)
        return any(entry is not None and self.query.matches(compared.id, entry) for entry in asked)


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states and what differs between them.

    Labels are what messages call the sides; commits are hex ids, None for a side that is no commit. `notes` are
    sentences about the comparison itself. `entries` may be asked for more than once, and streams each time.
    """

    from_label: str
    to_label: str
    from_commit: str | None
    to_commit: str | None
    notes: tuple[str, ...]
    _entries: Callable[[], Iterator[ComparedEntry]]
    _files: Callable[[], tuple[ComparedFile, ...]]
    _summary: Callable[[], DiffSummary]

    def entries(self) -> Iterator[ComparedEntry]:
        """Yield the entries that differ: by id between two commits, in order where a file is compared."""
        return self._entries()

    def files(self) -> tuple[ComparedFile, ...]:
        """Return the other files that differ, by path; none where entries were chosen or a file is compared."""
        return self._files()

    def summary(self) -> DiffSummary:
        """Return the counts; where two commits are compared as a whole, no entry is read for it.

        A file that plain git committed in another layout, with the same content, counts as changed only here.
        """
        return self._summary()

    def is_different(self) -> bool:
        """Return whether anything that was asked for differs."""
        return next(self.entries(), None) is not None or bool(self.files())


class _Touched(NamedTuple):
    id: str
    before: Content | None
    after: Content | None
    moved: bool

    @property
    def change(self) -> ChangeKind:
        if self.before is not None and self.after is not None and self.before.oid == self.after.oid:
            return ChangeKind.MOVED
        return ChangeKind.between(self.before, self.after)


def compare_trees(
    repository: Repository,
    before_tree: bytes | None,
    after_tree: bytes | None,
    *,
    from_label: str = "before",
    to_label: str = "after",
    selection: Selection = EVERYTHING,
) -> Comparison:
    """Return what differs between two trees (20-byte ids, None for an empty one)."""
    before, after = committed_side(repository, before_tree), committed_side(repository, after_tree)
    return compare_sides(before, after, from_label=from_label, to_label=to_label, selection=selection)


def compare_sides(
    before: TreeSide,
    after: TreeSide,
    *,
    from_label: str,
    to_label: str,
    from_commit: str | None = None,
    to_commit: str | None = None,
    notes: tuple[str, ...] = (),
    selection: Selection = EVERYTHING,
) -> Comparison:
    """Return what differs between two trees, each perhaps with hand edits."""
    touched: dict[str, _Touched] = {}
    others: list[tuple[str, Content | None, Content | None]] = []
    for path, old, new in differences(before, after):
        entry_id = id_of_path(path)
        if entry_id is None:
            others.append((path, old, new))
        elif old is None or new is None or old.oid != new.oid:
            touched[entry_id] = _Touched(entry_id, old, new, False)
    if any(path == ORDER for path, _, _ in others):
        places = _moved(before, after)
        if places is not None:
            others = [other for other in others if other[0] != ORDER]
            for entry_id in places:
                known = touched.get(entry_id)
                if known is not None:
                    touched[entry_id] = known._replace(moved=True)
                else:
                    content = after.content(entry_path(entry_id))
                    touched[entry_id] = _Touched(entry_id, content, content, True)
    listed = [touched[entry_id] for entry_id in sorted(touched)]

    def entries() -> Iterator[ComparedEntry]:
        for each in listed:
            if selection.ids is not None and each.id not in selection.ids:
                continue
            compared = _decoded(each, before, after)
            if compared is not None and selection.takes(compared):
                yield compared

    def files() -> tuple[ComparedFile, ...]:
        if not selection.is_everything:
            return ()
        return tuple(_compared_file(path, old, new, before, after) for path, old, new in others)

    def summary() -> DiffSummary:
        if selection.is_everything:
            return counted(each.change for each in listed)
        return counted(each.change for each in entries())

    return Comparison(from_label, to_label, from_commit, to_commit, notes, entries, files, summary)


def _moved(before: TreeSide, after: TreeSide) -> frozenset[str] | None:
    """Return the entries that left their place among the others, or None when an order does not read."""
    try:
        old, new = before.order(), after.order()
    except InvalidError:
        return None
    ids = before.ids()
    fixed = {entry_id for entry_id in ids if old.rank_of(entry_id) == new.rank_of(entry_id)}
    return moved(ids, after.ids(), fixed=fixed)


def _decoded(touched: _Touched, before: TreeSide, after: TreeSide) -> ComparedEntry | None:
    """Return what differs about an entry, or None when it only lies there in another layout."""
    old = None if touched.before is None else read_entry(before, touched.before)
    new = None if touched.after is None else read_entry(after, touched.after)
    problem = next((each for each in (new, old) if isinstance(each, str)), "")
    one, other = (None if isinstance(each, str) else each for each in (old, new))
    change = touched.change
    if change is ChangeKind.CHANGED and not problem and one == other:
        if not touched.moved:
            return None
        change = ChangeKind.MOVED
    return ComparedEntry(touched.id, change, one, other, touched.moved, problem=problem)


def _compared_file(
    path: str, old: Content | None, new: Content | None, before: TreeSide, after: TreeSide
) -> ComparedFile:
    from rolethread_vcs.documents import kind_of

    kind, one, other = kind_of(path), before.file(path), after.file(path)
    title = kind.title(path, one if other is None else other)
    return ComparedFile(path, ChangeKind.between(old, new), one, other, title, kind.compare(one, other))


def counted(kinds: Iterable[ChangeKind]) -> DiffSummary:
    """Return how often each kind of change occurs."""
    counts = Counter(kinds)
    return DiffSummary(*(counts[kind] for kind in ChangeKind))
