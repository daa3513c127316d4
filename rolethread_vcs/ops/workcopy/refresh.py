"""Brings a file copy to what it and its branch came to: lines of the branch anew, lines of the user byte for byte.

After a commit the file is tied to that commit; after a refresh to the tip of the branch, with its edits still edits.
The file is written only if something in it has to be another way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rolethread_vcs.formats import Bad, CleanKeys
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.workcopy.line_matcher import Recognised
from rolethread_vcs.ops.workcopy.lines import Layout
from rolethread_vcs.ops.workcopy.links import Binding, digest_of
from rolethread_vcs.ops.workcopy.merge import CopyMerge
from rolethread_vcs.ops.workcopy.writer import raw_lines, rewrite
from rolethread_vcs.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Relaid:
    """A file copy on its new ground: the binding to save, whether the file was written, and how many lines by us.

    `taken` counts the lines of the file that went, because the branch has their entries no more.
    """

    binding: Binding
    is_written: bool
    rewritten: int
    taken: int = 0


class _Relay:
    """One file on its way from one commit to another; `place_of` tells which line of it each entry is."""

    def __init__(self, recognised: Recognised, merge: CopyMerge, ground: Snapshot) -> None:
        self.recognised = recognised
        self.merge = merge
        self.ground = ground
        self.place_of = _places(recognised, merge.named)
        old = recognised.bound.layout
        self.layout = Layout(old.format, old.clean, columns(recognised, merge, ground))
        self.has_new_keys = self.layout.keys != old.keys
        self._user = {*recognised.edited, *recognised.new}

    def entry(self, entry_id: str) -> Entry:
        """Return an entry as the file is to have it."""
        merged = self.merge.merged.get(entry_id)
        return merged if merged is not None else self.ground[entry_id]

    def own_line(self, entry_id: str, *, from_ground: bool = False) -> bytes:
        """Return the line of an entry as the program writes it."""
        entry = self.ground[entry_id] if from_ground else self.entry(entry_id)
        return self.layout.write(entry_id, self.ground.blob_id(entry_id), entry)

    def is_ours(self, entry_id: str) -> bool:
        """Whether the program has to write the line: it is new to the file, or the branch has a say in it."""
        place = self.place_of.get(entry_id)
        if place is None:
            return True
        if place in self.merge.new:
            return False
        if entry_id in self.merge.changed and entry_id not in self.merge.same:
            return True
        return self.has_new_keys and place not in self._user

    def needs_mark(self, entry_id: str) -> bool:
        """Whether a full file names another entry in this line, or none: the line is new, or a copy of another."""
        place = self.place_of[entry_id]
        if self.layout.clean or place not in self.merge.new or entry_id not in self.ground:
            return False
        return self.recognised.reading(place).own_id != entry_id

    def lines(self, ids: Sequence[str]) -> tuple[list[bytes] | None, int]:
        """Return all lines of the file, None when it can stay as it is, and how many are written by the program."""
        ours = [entry_id for entry_id in ids if self.is_ours(entry_id)]
        marked = {each for each in ids if each in self.place_of and not self.is_ours(each) and self.needs_mark(each)}
        places = [self.place_of.get(entry_id) for entry_id in ids]
        if not ours and not marked and places == list(range(len(self.recognised.lines))):
            return None, 0
        raw = raw_lines(self.recognised.lines)
        written = set(ours)
        result = []
        for entry_id in ids:
            if entry_id in written:
                result.append(self.own_line(entry_id))
            elif entry_id in marked:
                line = raw[self.place_of[entry_id]]
                result.append(self.layout.marked(line, entry_id, self.ground.blob_id(entry_id)))
            else:
                result.append(raw[self.place_of[entry_id]])
        return result, len(ours)

    def kept(self, entry_id: str, line: bytes) -> bytes | None:
        """Return a line that has to be kept in the binding, because the commit would be written another way."""
        reading = self.layout.read(line)
        would = self.layout.read(self.own_line(entry_id, from_ground=True))
        if isinstance(reading, Bad) or isinstance(would, Bad) or reading.entry != would.entry:
            return line
        return None


def relay_committed(recognised: Recognised, merge: CopyMerge, ground: Snapshot) -> Relaid:
    """Bring a file to the commit that was made of it.

    Raises:
        ChangedSourceError: the file changed meanwhile; it stays as it is.
    """
    relay = _Relay(recognised, merge, ground)
    place_of = relay.place_of
    here = _belonging(recognised, merge, place_of)
    ids = [entry_id for entry_id in ground.ids() if entry_id in here]
    lines, count = relay.lines(ids)
    digests = [digest_of(line) for line in lines] if lines is not None else list(recognised.lines.digests)
    old = recognised.bound.binding
    user = {*recognised.edited, *recognised.new}
    kept: dict[int, bytes] = {}
    for number, entry_id in enumerate(ids):
        place = place_of.get(entry_id)
        if place is None or relay.is_ours(entry_id):
            continue
        if place in user or recognised.pairs.get(place) in old.kept:
            line = lines[number] if lines is not None else recognised.raw(place)
            spelled = relay.kept(entry_id, line)
            if spelled is not None:
                kept[number] = spelled
    stamp = recognised.lines.stamp if lines is None else rewrite(recognised.lines, lines)
    binding = replace(
        old, commit=ground.id, keys=relay.layout.keys, ids=tuple(ids), digests=tuple(digests), kept=kept, stamp=stamp
    )
    return Relaid(binding, lines is not None, count, len(place_of.keys() - set(ids)))


def tie_as_read(recognised: Recognised, merge: CopyMerge, commit: str) -> Binding:
    """Return what ties a file, as it was read, to a commit that makes of its branch what the file says.

    So it is where the branch did not move: then there is nothing that the file has to have besides.
    """
    old = recognised.bound.binding
    ids = {place: entry_id for entry_id, place in _places(recognised, merge.named).items()}
    kept = {place: old.kept[before] for place, before in recognised.pairs.items() if before in old.kept}
    kept |= {place: recognised.raw(place) for place in (*recognised.edited, *recognised.new)}
    lines = recognised.lines
    return replace(
        old,
        commit=commit,
        ids=tuple(ids[place] for place in range(len(lines))),
        digests=lines.digests,
        kept=kept,
        stamp=lines.stamp,
    )


def relay_refreshed(recognised: Recognised, merge: CopyMerge, ground: Snapshot) -> Relaid:
    """Bring a file to the tip of its branch, with its edits in it.

    Raises:
        ChangedSourceError: the file changed meanwhile; it stays as it is.
    """
    relay = _Relay(recognised, merge, ground)
    place_of = relay.place_of
    here = _belonging(recognised, merge, place_of)
    lines, count = relay.lines([entry_id for entry_id in merge.listed if entry_id in here])
    old = recognised.bound.binding
    before = {entry_id: number for number, entry_id in enumerate(old.ids)}
    known = (merge.named[place] for place in merge.known)
    theirs = {*before, *merge.added, *known, *recognised.adopted.values()}
    ids = [entry_id for entry_id in ground.ids() if entry_id in theirs]
    digests, kept = [], {}
    for number, entry_id in enumerate(ids):
        place = before.get(entry_id)
        if place is None or entry_id in merge.changed or relay.has_new_keys:
            digests.append(digest_of(relay.own_line(entry_id, from_ground=True)))
            continue
        digests.append(old.digests[place])
        if place in old.kept:
            kept[number] = old.kept[place]
    stamp = old.stamp if lines is None else rewrite(recognised.lines, lines)
    binding = replace(
        old, commit=ground.id, keys=relay.layout.keys, ids=tuple(ids), digests=tuple(digests), kept=kept, stamp=stamp
    )
    return Relaid(binding, lines is not None, count)


def refuse_unwritable(recognised: Recognised, merge: CopyMerge, tip: Snapshot) -> None:
    """Write, nowhere, the lines that the program will have to write, before anything is saved.

    Raises:
        CannotCarryError: an entry of the branch does not fit the format of the file any more.
    """
    relay = _Relay(recognised, merge, tip)
    for entry_id in merge.changed:
        if entry_id in tip and (entry_id in merge.added or (entry_id in relay.place_of and relay.is_ours(entry_id))):
            relay.own_line(entry_id)


def _places(recognised: Recognised, named: Mapping[int, str]) -> dict[str, int]:
    ids = recognised.bound.binding.ids
    places = {ids[before]: after for after, before in recognised.pairs.items()}
    places |= {entry_id: place for place, entry_id in recognised.adopted.items()}
    return places | {entry_id: place for place, entry_id in named.items()}


def _belonging(recognised: Recognised, merge: CopyMerge, place_of: Mapping[str, int]) -> set[str]:
    """Return the ids that have a line: those of the file, those the branch added, those that came back."""
    ids = recognised.bound.binding.ids
    back = {ids[before] for before in recognised.dropped} - merge.removed
    return {*place_of, *merge.added, *back}


def columns(recognised: Recognised, merge: CopyMerge, ground: Snapshot) -> CleanKeys:
    """Return the columns a clean file is to have: more than before when the branch brought entries that need more."""
    fresh = [ground[entry_id] for entry_id in merge.changed if entry_id in ground]
    return recognised.bound.layout.keys_with(fresh)
