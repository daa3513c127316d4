"""Looks at a file copy: what was edited in it since it was written, and what its branch did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.merge.line_edit import apply_edit
from rolethread_vcs.model.canonical import encode_line, encode_value, parse
from rolethread_vcs.model.entry import Entry, preview
from rolethread_vcs.ops.workcopy.edits import Candidate, FileEdits, LineChange, LineDecisions, read_edits
from rolethread_vcs.ops.workcopy.links import Link
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One line that is not as it was, or is gone.

    `line` and `was` count from 1: the line in the file, None when it is gone, and the line it was when the file was
    written. `candidates` and `reason` are those of an ambiguous line. `digest` tells the line from what it may become.
    """

    line: int | None
    was: int | None
    change: LineChange
    id: str | None
    preview: str
    place: int = -1
    is_moved: bool = False
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class CopyStatus:
    """What was done in a file since it was written, and what the branch did meanwhile.

    `tip` is None when the branch is gone. `newer` counts its commits that the file has not; `is_apart` says that the
    file's commit does not lead to the tip (it was undone, or the branch was moved). `respelled` is what another program
    did to the lines without changing what they say: `key order`, `escapes` …
    """

    edits: FileEdits
    tip: str | None
    newer: int = 0
    is_apart: bool = False
    respelled: tuple[str, ...] = ()

    @property
    def link(self) -> Link:
        return self.edits.link

    @property
    def is_clean(self) -> bool:
        return self.edits.is_empty

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are, and how many of each change; an edited line that moved counts as both."""
        seen = self.edits
        return {
            "lines": len(seen.lines),
            "new": len(seen.new),
            "edited": len(seen.edited),
            "moved": len(seen.moved),
            "dropped": len(seen.dropped),
            "ambiguous": len(seen.unclear),
            "respelled": len(seen.respelled),
        }

    def lines(self) -> Iterator[LineStatus]:
        """Yield what is not as it was: lines in the order of the file, then those that are gone."""
        seen = self.edits
        edited, moved = set(seen.edited), set(seen.moved)
        for place in sorted({*edited, *moved, *seen.new, *seen.unclear}):
            unclear, before = seen.unclear.get(place), seen.pairs.get(place)
            change = LineChange.EDITED if place in edited else LineChange.MOVED if place in moved else LineChange.NEW
            yield LineStatus(
                line=seen.lines.numbers[place],
                was=None if before is None else before + 1,
                change=change if unclear is None else LineChange.AMBIGUOUS,
                id=seen.entry_id(place),
                preview=preview(seen.reading(place).entry),
                place=place,
                is_moved=place in moved,
                candidates=() if unclear is None else seen.candidates(place),
                reason="" if unclear is None else str(unclear.doubt),
                digest=seen.lines.digests[place],
            )
        for before in seen.dropped:
            entry = seen.linked.entry(before)
            yield LineStatus(None, before + 1, LineChange.DROPPED, seen.linked.ids[before], preview(entry))

    def change_of(self, line: LineStatus) -> tuple[Entry | None, Entry | None]:
        """Return an entry before and after what was done to its line; None where there is none."""
        linked = self.edits.linked
        if line.change is LineChange.DROPPED:
            return linked.snapshot.get(line.id or ""), None
        after = self.edits.reading(line.place).entry
        before = self.edits.pairs.get(line.place)
        if before is None:
            return (None if line.id is None else linked.snapshot.get(line.id)), after
        stored = linked.stored(before)
        return stored, apply_edit(stored, linked.entry(before), after).entry


def status(repository: Repository, path: str | Path, words: LineDecisions | None = None) -> CopyStatus:
    """Return what was done in a file since it was written, and what its branch did meanwhile; see `read_edits`."""
    edits = read_edits(repository, path, words or LineDecisions())
    respelled: dict[str, None] = {}
    for place in edits.respelled[:20]:
        before, after = edits.linked.raw(edits.pairs[place]), edits.lines.raw(place)
        respelled.update(dict.fromkeys(_differences(before, after)))
    commit, graph = edits.link.commit, repository.graph
    tip = repository.refs.read(BRANCHES + edits.link.branch)
    is_apart = tip is not None and not graph.is_ancestor(commit, tip)
    newer = 0 if tip is None or is_apart else graph.ahead_behind(tip, commit)[0]
    return CopyStatus(edits, tip, newer, is_apart, tuple(respelled))


def _differences(before: bytes, after: bytes) -> Iterator[str]:
    if before.endswith(b"\r") != after.endswith(b"\r"):
        yield "line ends"
    one, two = parse(before), parse(after)
    if encode_line(one) == encode_line(two):
        if before.count(b"\\") != after.count(b"\\"):
            yield "escapes"
        if before.count(b" ") != after.count(b" ") or b"\n" in after:
            yield "spaces"
    elif encode_value(one) == encode_value(two):
        yield "key order"
        if before.count(b"\\") != after.count(b"\\"):
            yield "escapes"
    else:
        yield "other words for the same"
