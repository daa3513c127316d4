"""Puts a file copy and its branch together: each entry three-way, from the commit that the file was written from.

Then the order: lines that stayed among each other stay, what moved and what is new goes behind the line above it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.formats import CannotCarryError, Reject
from rolethread_vcs.matching import Index, Step
from rolethread_vcs.merge.line_edit import Doubt, apply_edit
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.order import runs
from rolethread_vcs.ops.workcopy.edits import FileEdits
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import entries_between

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict, SideChoice
    from rolethread_vcs.model.order import Order

Take = Literal["file", "branch"]

_ONE_BY_ONE = 200
"""Runs up to which entries are moved run by run; more are ranked anew at once."""


class CopyMerge:
    """What a file copy and a commit of its branch come to; with `take`, conflicts are settled for one side.

    `conflicts` are what both changed differently, each with its entry and its place in the file (or None);
    `doubts` are the messages of edited lines, by their places, of which nobody can know which ones they are.
    `entries` are those that the file changed or added, as they are to be: equal to what the branch has where there is
    nothing to save. `fresh` are the ids that new lines get, `said` the ids of edited entries in which the line says all
    there is, and `removed` those that the file dropped. `changed` are the ids that the branch changed since, `added`
    those it added that belong into the file, or are a new line of it by now. `place_of` tells which line of the file an
    entry is. `listed` is the order of all entries, and `order` its ranks.
    """

    def __init__(self, repository: Repository, edits: FileEdits, tip: Snapshot, take: Take | None = None) -> None:
        self._edits = edits
        self._base = edits.linked.snapshot
        self._tip = tip
        self._take = take
        self.conflicts: list[tuple[str, int | None, Conflict]] = []
        self.doubts: list[tuple[int, Doubt]] = []
        self.entries: dict[str, Entry] = {}
        self.said: set[str] = set()
        self.removed: set[str] = set()
        self.changed: set[str] = set()
        come: list[str] = []
        for entry_id, blob, _ in entries_between(repository.objects, self._base.tree, tip.tree):
            self.changed.add(entry_id)
            if blob is None:
                come.append(entry_id)
        for place in edits.edited:
            entry_id, before = edits.entry_id(place) or "", edits.pairs.get(place)
            was = edits.linked.reading_of(entry_id) if before is None else edits.linked.reading(before)
            base = self._base[entry_id]
            edit = apply_edit(base, was.entry, edits.reading(place).entry)
            self.doubts += [(place, doubt) for doubt in edit.doubts]
            self._merge(entry_id, place, base, edit.entry)
        for before in edits.dropped:
            entry_id = edits.linked.ids[before]
            self._merge(entry_id, None, self._base[entry_id], None)
        new = {place: edits.reading(place).entry for place in edits.new}
        # the branch may have a new line by now: added elsewhere too, or by a command that was cut off
        index: Index[str] = Index()
        index.add(Step.WHOLE, ((encode_entry(self._as_line(each)), each) for each in come))
        found = {place: index.take(Step.WHOLE, encode_entry(entry)) for place, entry in new.items()}
        known = {place: entry_id for place, entry_id in found.items() if entry_id is not None}
        made = [place for place in new if place not in known]
        fresh = dict(zip(made, tip.new_ids([new[place] for place in made]), strict=True))
        self.fresh = tuple(fresh.values())
        self.entries |= {entry_id: new[place] for place, entry_id in fresh.items()}
        held = set(known.values())
        selects = edits.link.selects()
        self.added = tuple(each for each in come if each in held or selects(each, tip[each]))
        ids = {place: edits.linked.ids[before] for place, before in edits.pairs.items()} | edits.adopted | known | fresh
        self.place_of = {entry_id: place for place, entry_id in ids.items()}
        self.listed, self.order = self._arrange(ids, {*held, *self.fresh})

    # ---- entries

    def _merge(self, entry_id: str, place: int | None, base: Entry, theirs: Entry | None) -> None:
        """Merge what the file says of an entry (None: nothing any more) with what the branch has."""
        if theirs == base:
            return
        ours, merged = self._tip.get(entry_id), theirs
        if entry_id in self.changed:
            from rolethread_vcs.merge.entry import merge_entries

            side: SideChoice = "theirs" if self._take == "file" else "ours"
            result = merge_entries(base, ours, theirs, None if self._take is None else lambda _: side)
            self.conflicts += [(entry_id, place, conflict) for conflict in result.conflicts]
            merged = ours if result.conflicts else result.value
        if merged is not None:
            self.entries[entry_id] = merged
            if merged == theirs:
                self.said.add(entry_id)
        elif ours is not None:
            self.removed.add(entry_id)

    def _as_line(self, entry_id: str) -> Entry:
        """Return what a line of the file would say of an entry of the branch; all of it where none can be written.

        A line that the program wrote says less than its entry.
        """
        layout = self._edits.linked.layout
        with contextlib.suppress(CannotCarryError):
            reading = layout.read(layout.line_of(self._tip, entry_id))
            if not isinstance(reading, Reject):
                return reading.entry
        return self._tip[entry_id]

    # ---- order

    def _arrange(self, line_ids: Mapping[int, str], new: Collection[str]) -> tuple[list[str], Order]:
        """Return all ids of the tip with the file's new ones, in order, and the ranks that make it so."""
        edits = self._edits
        order = self._tip.order.without(self.removed)
        ids = [entry_id for entry_id in self._tip.ids() if entry_id not in self.removed]
        have = set(ids)
        ids += [line_ids[place] for place in edits.new if line_ids[place] not in have]
        have.update(new)
        places = (place for place in sorted(line_ids) if place not in edits.adopted)
        listed = [line_ids[place] for place in places if line_ids[place] in have]
        moved = {line_ids[place] for place in edits.moved} & have
        place_of = {entry_id: place for place, entry_id in enumerate(ids)}
        if not (moved or new) or listed == sorted(listed, key=place_of.__getitem__):
            return ids, order
        twice = self._moved_twice(moved)
        listed = [entry_id for entry_id in listed if entry_id not in twice]
        floating = {*new, *moved} - twice
        behind = {anchor: run for anchor, run, _ in runs(listed, set(listed) - floating)}
        last = list(behind)[-1] if behind else None
        if behind and listed[-1] in behind[last] and not moved.intersection(behind[last]):
            del behind[last]  # new lines at the end have the highest numbers, and stand at the end anyway
        first = next((entry_id for entry_id in listed if entry_id not in floating), None)
        return put_behind(order, ids, behind, first)

    def _moved_twice(self, moved: set[str]) -> set[str]:
        """Return the entries that the branch moved too, which therefore stay where the branch has them."""
        before, now = self._base.order, self._tip.order
        twice = {entry_id for entry_id in moved if before.rank_of(entry_id) != now.rank_of(entry_id)}
        if self._take == "file":
            return set()
        if self._take is None and twice:
            from rolethread_vcs.merge.conflict import Conflict, Reason

            conflict = Conflict("place", Reason.BOTH_MOVED, ABSENT, ABSENT, ABSENT)
            for place in self._edits.moved:
                entry_id = self._edits.entry_id(place)
                if entry_id is not None and entry_id in twice:
                    self.conflicts.append((entry_id, place, conflict))
        return twice


def put_behind(
    order: Order, ids: Sequence[str], behind: Mapping[str | None, Sequence[str]], first: str | None
) -> tuple[list[str], Order]:
    """Return ids in order with runs of them put behind their anchors, wherever they stood, and the ranks that say so.

    The run at the front of the file, with no anchor, stands before the `first` line that stayed. New ids stand last.
    Ranks of what is in no run change only where there are very many runs.
    """
    floating = {entry_id for run in behind.values() for entry_id in run}
    front = list(behind.get(None, ()))
    after: list[str] = []
    for entry_id in ids:
        if entry_id in floating:
            continue
        if entry_id == first:
            after += front
            front = []
        after += [entry_id, *behind.get(entry_id, ())]
    after = front + after
    if after == list(ids):
        return after, order
    moves = list(runs(after, set(after) - floating))
    if len(moves) > _ONE_BY_ONE:
        from rolethread_vcs.ops.edit.change import as_listed

        return after, as_listed(after)
    for anchor, run, following in moves:
        order = order.move_after(run, anchor, next_id=following)
    return after, order
