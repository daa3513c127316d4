"""Brings a file copy to what it and its branch came to: lines of the branch anew, lines of the user byte for byte.

After a commit the file is linked to that commit; after a refresh to the tip of the branch, with its edits still edits.
The file is written only if something in it has to be another way, and only if it is still the file that was read.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rolethread_vcs.formats import Reject
from rolethread_vcs.ops.workcopy.edits import FileEdits
from rolethread_vcs.ops.workcopy.lines import LINE_FEED
from rolethread_vcs.ops.workcopy.links import FileStamp, Link, digest_of
from rolethread_vcs.ops.workcopy.merge import CopyMerge
from rolethread_vcs.store import disk
from rolethread_vcs.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a file is to become: the link to save, and the file that is to take its place, None where it stays.

    `brought` counts the lines that came from the branch, `gone` those that went because the branch does not have them.
    """

    link: Link
    staged: Path | None
    brought: int
    gone: int


class Rewrite:
    """One file on its way from the commit it was written from to another one, its ground."""

    def __init__(self, edits: FileEdits, merge: CopyMerge, ground: Snapshot) -> None:
        self._edits = edits
        self.merge = merge
        self._ground = ground
        self._layout = edits.linked.layout
        self._new = set(edits.new)
        self._user = {*edits.edited, *edits.new}

    def refuse_unwritable(self) -> None:
        """Write, nowhere, the lines that the program will have to write, before anything is saved.

        Raises:
            CannotCarryError: an entry of the branch does not fit the format of the file any more.
        """
        expected = {*self.merge.added, *self.merge.place_of}
        for entry_id in self.merge.changed & expected:
            if entry_id in self._ground and self._is_ours(entry_id):
                self._written(entry_id)

    def committed(self) -> Rewritten:
        """Return the file as the commit that was made of it has it; raises as `stage_lines`."""
        edits, place_of, old = self._edits, self.merge.place_of, self._edits.link
        belonging = self._belonging()
        ids = [entry_id for entry_id in self._ground.ids() if entry_id in belonging]
        lines, brought = self._lines(ids)
        digests = tuple(edits.lines.digests) if lines is None else tuple(map(digest_of, lines))
        kept: dict[int, bytes] = {}
        for number, entry_id in enumerate(ids):
            place = place_of.get(entry_id)
            if place is None or self._is_ours(entry_id):
                continue
            if place in self._user or edits.pairs.get(place) in old.kept:
                line = edits.lines.raw(place) if lines is None else lines[number]
                # what says what the program would write need not be kept
                says, would = map(self._layout.read, (line, self._written(entry_id, as_committed=True)))
                if isinstance(says, Reject) or isinstance(would, Reject) or says.entry != would.entry:
                    kept[number] = line
        link = replace(old, ids=tuple(ids), digests=digests, kept=kept, stamp=edits.lines.stamp)
        return self._stage(link, lines, brought, gone=len(place_of.keys() - set(ids)))

    def refreshed(self) -> Rewritten:
        """Return the file as the tip of its branch has it, with its edits in it; raises as `stage_lines`."""
        edits, merge, old = self._edits, self.merge, self._edits.link
        belonging = self._belonging()
        lines, brought = self._lines([entry_id for entry_id in merge.listed if entry_id in belonging])
        before = {entry_id: number for number, entry_id in enumerate(old.ids)}
        held = {*before, *merge.added, *edits.adopted.values()}
        ids = [entry_id for entry_id in self._ground.ids() if entry_id in held]
        digests: list[str] = []
        kept: dict[int, bytes] = {}
        for number, entry_id in enumerate(ids):
            place = before.get(entry_id)
            if place is None or entry_id in merge.changed:
                digests.append(digest_of(self._written(entry_id, as_committed=True)))
                continue
            digests.append(old.digests[place])
            if place in old.kept:
                kept[number] = old.kept[place]
        return self._stage(replace(old, ids=tuple(ids), digests=tuple(digests), kept=kept), lines, brought)

    def _stage(self, link: Link, lines: Sequence[bytes] | None, brought: int, gone: int = 0) -> Rewritten:
        link = replace(link, commit=self._ground.id)
        if lines is None:
            return Rewritten(link, None, brought, gone)
        staged = stage_lines(link.path, lines)
        return Rewritten(replace(link, stamp=FileStamp.of(staged)), staged, brought, gone)

    # ---- lines

    def _is_ours(self, entry_id: str) -> bool:
        """Whether the program has to write the line: it is new to the file, or the branch has a say in it."""
        place = self.merge.place_of.get(entry_id)
        if place is None:
            return True
        if place in self._new:
            return False
        return entry_id in self.merge.changed and entry_id not in self.merge.said

    def _written(self, entry_id: str, *, as_committed: bool = False) -> bytes:
        """Return the line of an entry as the program writes it: as the file is to have it, or as the ground has it."""
        return self._layout.line_of(self._ground, entry_id, None if as_committed else self.merge.entries.get(entry_id))

    def _lines(self, ids: Sequence[str]) -> tuple[list[bytes] | None, int]:
        """Return all lines of the file, None when it can stay as it is, and how many are written by the program."""
        ours = {entry_id for entry_id in ids if self._is_ours(entry_id)}
        places = {entry_id: self.merge.place_of[entry_id] for entry_id in ids if entry_id not in ours}
        # a new line of a full file that names no entry, or the one it was copied from
        marked = {
            entry_id
            for entry_id, place in places.items()
            if not self._layout.is_clean
            and place in self._new
            and entry_id in self._ground
            and self._edits.reading(place).own_id != entry_id
        }
        if not ours and not marked and [*places.values()] == list(range(len(self._edits.lines))):
            return None, 0
        raw = self._edits.lines.read_again()
        lines = []
        for entry_id in ids:
            if entry_id in ours:
                lines.append(self._written(entry_id))
            elif entry_id in marked:
                lines.append(self._layout.marked(raw[places[entry_id]], entry_id, self._ground.blob_id(entry_id)))
            else:
                lines.append(raw[places[entry_id]])
        return lines, len(ours)

    def _belonging(self) -> set[str]:
        """Return the ids that have a line: those of the file, those the branch added, those that came back."""
        ids = self._edits.linked.ids
        back = {ids[before] for before in self._edits.dropped} - self.merge.removed
        return {*self.merge.place_of, *self.merge.added, *back}


def link_as_read(edits: FileEdits, merge: CopyMerge, commit: str) -> Link:
    """Return what links a file, as it was read, to a commit that makes of its branch what the file says.

    So it is where the branch did not move: then there is nothing that the file has to have besides.
    """
    lines, old = edits.lines, edits.link
    ids = {place: entry_id for entry_id, place in merge.place_of.items()}
    kept = {place: old.kept[before] for place, before in edits.pairs.items() if before in old.kept}
    kept |= {place: lines.raw(place) for place in (*edits.edited, *edits.new)}
    return replace(
        old,
        commit=commit,
        ids=tuple(ids[place] for place in range(len(lines))),
        digests=tuple(lines.digests),
        kept=kept,
        stamp=lines.stamp,
    )


def stage_lines(path: Path, lines: Iterable[bytes]) -> Path:
    """Write lines to a file beside this one, whose place it is to take; return it.

    Raises:
        SystemRefusedError: it cannot be written.
    """
    with disk.system_errors(f"writing {path}"), disk.beside(path, durable=True) as (stream, staged):
        for line in lines:
            stream.write(line + LINE_FEED)
    return staged


def set_aside(path: Path) -> Path:
    """Keep what a file holds beside it, under a name that is free, before another takes its place; return that name."""
    with disk.system_errors(f"setting {path} aside"):
        for number in itertools.count(1):
            target = path.with_name(f"{path.name}.discarded-{number}")
            with contextlib.suppress(FileExistsError):
                disk.add_name(path, target)
                break
    return target
