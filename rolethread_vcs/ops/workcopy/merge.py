"""Puts a file copy and its branch together: each entry three-way, from the commit that the file was written from."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.errors import DamagedError
from rolethread_vcs.formats import Bad, CannotCarryError
from rolethread_vcs.merge.conflict import Conflict, Reason
from rolethread_vcs.merge.entry import MergedEntry, merge_entries, settle_all
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.model.query import parse_query
from rolethread_vcs.ops.edit.change import new_ids
from rolethread_vcs.ops.workcopy.line_edits import carry
from rolethread_vcs.ops.workcopy.line_matcher import Recognised
from rolethread_vcs.ops.workcopy.line_order import insert_runs, order_with, runs_of
from rolethread_vcs.store.objects.walk import two_way
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

Take = Literal["file", "branch"]


@dataclass(frozen=True, slots=True)
class CopyConflict:
    """Something that the file and the branch changed differently; `line` counts from 1, None where there is none."""

    id: str
    line: int | None
    conflict: Conflict


@dataclass(frozen=True, slots=True)
class CopyMerge:
    """What a file copy and a commit of its branch come to.

    `merged` holds the entries that the file changed, as they are to be: equal to what the branch has where there is
    nothing to save. `same` are, of these, those in which the line says all there is. `removed` are entries that the
    file dropped; `new` maps places of new lines to their entries, `named` to the ids that these get, and `known` holds
    the places of those that the branch has already. `changed` are the ids that the branch changed since, `added` those
    it added that belong into the file. `listed` is the order of all entries, and `order` its ranks.
    """

    merged: Mapping[str, Entry]
    same: frozenset[str]
    removed: frozenset[str]
    new: Mapping[int, Entry]
    named: Mapping[int, str]
    known: frozenset[int]
    changed: frozenset[str]
    added: tuple[str, ...]
    listed: tuple[str, ...]
    order: Order
    conflicts: tuple[CopyConflict, ...]


def merge_copy(repository: Repository, recognised: Recognised, tip: Snapshot, take: Take | None = None) -> CopyMerge:
    """Return what a file and the tip of its branch come to.

    With `take`, conflicts are settled for the file or for the branch.
    """
    return _CopyMerger(repository, recognised, tip, take).run()


class _CopyMerger:
    """One pass; the fields are the result as it grows."""

    def __init__(self, repository: Repository, recognised: Recognised, tip: Snapshot, take: Take | None) -> None:
        self._recognised = recognised
        self._bound = recognised.bound
        self._base = recognised.bound.snapshot
        self._tip = tip
        self._take = take
        self._conflicts: list[CopyConflict] = []
        self._merged: dict[str, Entry] = {}
        self._same: set[str] = set()
        self._removed: set[str] = set()
        self._changed: set[str] = set()
        self._added: list[str] = []
        for path, before, after in two_way(self._base.tree, tip.tree, repository.objects.tree):
            entry_id = id_of_path(path)
            if entry_id is not None:
                self._changed.add(entry_id)
                if before is None and after is not None:
                    self._added.append(entry_id)

    def run(self) -> CopyMerge:
        """Merge entries, then their order."""
        for place in self._recognised.edited:
            self._merge_edited(place)
        for before in self._recognised.dropped:
            self._merge_dropped(before)
        new = {place: self._recognised.reading(place).entry for place in self._recognised.new}
        known = self._find_known(new)
        fresh = [place for place in new if place not in known]
        named = dict(zip(fresh, new_ids(self._tip, [new[place] for place in fresh]), strict=True)) | known
        listed, order = self._arrange(named)
        return CopyMerge(
            merged=self._merged,
            same=frozenset(self._same),
            removed=frozenset(self._removed),
            new=new,
            named=named,
            known=frozenset(known),
            changed=frozenset(self._changed),
            added=self._fitting(known),
            listed=tuple(listed),
            order=order,
            conflicts=tuple(self._conflicts),
        )

    # ---- entries

    def _merge_edited(self, place: int) -> None:
        recognised = self._recognised
        entry_id = recognised.entry_id(place)
        assert entry_id is not None
        base = self._base[entry_id]
        theirs = carry(base, self._was(place, entry_id), recognised.reading(place).entry)
        if theirs == base:
            return
        ours = self._tip.get(entry_id) if entry_id in self._changed else base
        if ours is base:
            self._merged[entry_id] = theirs
            self._same.add(entry_id)
            return
        merged = self._settle(entry_id, place, base, ours, theirs)
        if merged is not None:
            self._merged[entry_id] = merged
            if merged == theirs:
                self._same.add(entry_id)

    def _was(self, place: int, entry_id: str) -> Entry:
        """Return what the line of an entry said before it was edited."""
        if place in self._recognised.pairs:
            return self._bound.reading(self._recognised.pairs[place]).entry
        layout = self._bound.layout
        raw = layout.write(entry_id, self._base.blob_id(entry_id), self._base[entry_id])
        reading = layout.read(raw)
        if isinstance(reading, Bad):
            raise DamagedError(f"entry {entry_id} as a line does not read: {reading.reason}", code="copy_commit_gone")
        return reading.entry

    def _merge_dropped(self, before: int) -> None:
        entry_id = self._bound.binding.ids[before]
        if entry_id not in self._changed:
            self._removed.add(entry_id)
            return
        ours = self._tip.get(entry_id)
        if ours is not None and self._settle(entry_id, None, self._base[entry_id], ours, None) is None:
            self._removed.add(entry_id)

    def _settle(
        self, entry_id: str, place: int | None, base: Entry, ours: Entry | None, theirs: Entry | None
    ) -> Entry | None:
        merged: MergedEntry = merge_entries(base, ours, theirs)
        if not merged.conflicts:
            return merged.entry
        if self._take is not None:
            return settle_all(base, ours, theirs, "theirs" if self._take == "file" else "ours").entry
        line = None if place is None else self._recognised.lines.numbers[place]
        self._conflicts += [CopyConflict(entry_id, line, conflict) for conflict in merged.conflicts]
        return ours

    def _find_known(self, new: Mapping[int, Entry]) -> dict[int, str]:
        """Return the new lines that the branch has by now: added elsewhere too, or by a command that was cut off.

        A line the program wrote for an entry of the branch says less than the entry, so what lines say is compared.
        """
        if not self._added or not new:
            return {}
        ids: dict[bytes, deque[str]] = defaultdict(deque)
        for entry_id in self._added:
            ids[encode_entry(self._as_line(entry_id))].append(entry_id)
        known = {}
        for place, entry in new.items():
            some = ids.get(encode_entry(entry))
            if some:
                known[place] = some.popleft()
        return known

    def _as_line(self, entry_id: str) -> Entry:
        """Return what a line of the file would say of an entry of the branch; all of it where none can be written."""
        entry = self._tip[entry_id]
        try:
            reading = self._bound.layout.read(self._bound.layout.write(entry_id, self._tip.blob_id(entry_id), entry))
        except CannotCarryError:
            return entry
        return entry if isinstance(reading, Bad) else reading.entry

    def _fitting(self, known: Mapping[int, str]) -> tuple[str, ...]:
        """Return what the branch added and the file should hold."""
        where = self._bound.binding.where
        query = None if where is None else parse_query(where)
        there = set(known.values())
        return tuple(
            entry_id
            for entry_id in self._added
            if entry_id not in there and (query is None or query.matches(entry_id, self._tip[entry_id]))
        )

    # ---- order

    def _arrange(self, named: Mapping[int, str]) -> tuple[list[str], Order]:
        """Return all ids of the tip with the file's new ones, in order, and the ranks that make it so."""
        recognised = self._recognised
        order = self._tip.order.without(self._removed)
        ids = [entry_id for entry_id in self._tip.ids() if entry_id not in self._removed]
        there = {*ids, *named.values()}
        have = set(ids)
        ids += [named[place] for place in sorted(named) if named[place] not in have]
        listed = [
            entry_id
            for place in range(len(recognised.lines))
            if place not in recognised.adopted
            and (entry_id := named.get(place) or recognised.entry_id(place)) is not None
            and entry_id in there
        ]
        moved = {entry_id for place in recognised.moved if (entry_id := recognised.entry_id(place)) in there}
        if not (moved or named) or _is_in_order(listed, ids):
            return ids, order
        twice = self._moved_twice(moved)
        listed = [entry_id for entry_id in listed if entry_id not in twice]
        floating = {*named.values(), *moved} - twice
        runs = runs_of(listed, floating)
        if runs and runs[-1].items[-1] == listed[-1] and not moved.intersection(runs[-1].items):
            runs.pop()  # new lines at the end have the highest numbers, and stand at the end anyway
        first = next((entry_id for entry_id in listed if entry_id not in floating), None)
        after = insert_runs(ids, runs, first)
        return after, order_with(order, ids, after, runs)

    def _moved_twice(self, moved: set[str]) -> set[str]:
        """Return the entries that the branch moved too, which therefore stay where the branch has them."""
        before, now = self._base.order, self._tip.order
        twice = {entry_id for entry_id in moved if before.rank_of(entry_id) != now.rank_of(entry_id)}
        if self._take == "file":
            return set()
        if self._take is None:
            for place in self._recognised.moved:
                entry_id = self._recognised.entry_id(place)
                if entry_id is not None and entry_id in twice:
                    conflict = Conflict("place", Reason.BOTH_MOVED, ABSENT, ABSENT, ABSENT)
                    self._conflicts.append(CopyConflict(entry_id, self._recognised.lines.numbers[place], conflict))
        return twice


def _is_in_order(listed: Sequence[str], ids: Sequence[str]) -> bool:
    """Return whether a list is some of the ids, as they stand."""
    place = {entry_id: number for number, entry_id in enumerate(ids)}
    numbers = [place[entry_id] for entry_id in listed]
    return all(one < two for one, two in pairwise(numbers))
