"""Looks at a file copy: what was edited in it since it was written, and what its branch did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.canonical import encode_line, encode_value, parse
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ENTRIES
from rolethread_vcs.ops.select.page import preview
from rolethread_vcs.ops.workcopy import links as copy_bindings
from rolethread_vcs.ops.workcopy.creation import locate, tip_of
from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords, decide_lines
from rolethread_vcs.ops.workcopy.line_edits import carry
from rolethread_vcs.ops.workcopy.line_matcher import Candidate, Decisions, LineChange, Recognised, recognise
from rolethread_vcs.ops.workcopy.lines import BoundLines
from rolethread_vcs.ops.workcopy.links import Binding
from rolethread_vcs.ops.workcopy.reader import read_copy
from rolethread_vcs.store.objects.reader import MissingObjectError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

FEW_REMOVED = 20
"""Entries that may always go; more need `--removed` when they are over a tenth of the file."""


@dataclass(frozen=True, slots=True)
class BranchState:
    """Where the branch of a file copy is now.

    `tip` is None when the branch is gone. `newer` counts the commits that the file has not; `is_apart` says that the
    file's commit does not lead to the tip (it was undone, or the branch was moved).
    """

    tip: str | None
    newer: int = 0
    is_apart: bool = False


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
    """What was done in a file since it was written, and what the branch did meanwhile."""

    binding: Binding
    branch: BranchState
    recognised: Recognised
    respelled: tuple[str, ...] = ()
    """What another program did to the lines without changing what they say: `key order`, `escapes` …"""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to commit."""
        return not has_changes(self.recognised)

    @property
    def takes_many(self) -> bool:
        """Whether a commit asks for the number of entries that go."""
        return takes_many(self.recognised)

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are, and how many of each change; an edited line that moved counts as both."""
        seen = self.recognised
        return {
            "lines": len(seen.lines),
            "new": len(seen.new),
            "edited": len(seen.edited),
            "moved": len(seen.moved),
            "dropped": len(seen.dropped),
            "ambiguous": len(seen.unclear),
            "respelled": len(seen.recoded),
        }

    def lines(self) -> Iterator[LineStatus]:
        """Yield what is not as it was: lines in the order of the file, then those that are gone."""
        seen = self.recognised
        edited, moved, new = set(seen.edited), set(seen.moved), set(seen.new)
        for place in sorted({*edited, *moved, *new, *seen.unclear}):
            yield self._line(place, is_edited=place in edited, is_moved=place in moved)
        for before in seen.dropped:
            entry = seen.bound.reading(before).entry
            yield LineStatus(None, before + 1, LineChange.DROPPED, seen.bound.binding.ids[before], preview(entry))

    def change_of(self, line: LineStatus) -> tuple[Entry | None, Entry | None]:
        """Return an entry before and after what was done to its line; None where there is none."""
        bound = self.recognised.bound
        if line.change is LineChange.DROPPED:
            return bound.snapshot.get(line.id or ""), None
        after = self.recognised.reading(line.place).entry
        before = self.recognised.pairs.get(line.place)
        if before is None:
            return (None if line.id is None else bound.snapshot.get(line.id)), after
        stored = bound.entry(before)
        return stored, carry(stored, bound.reading(before).entry, after)

    def _line(self, place: int, *, is_edited: bool, is_moved: bool) -> LineStatus:
        seen = self.recognised
        unclear = seen.unclear.get(place)
        change = LineChange.EDITED if is_edited else LineChange.MOVED if is_moved else LineChange.NEW
        before = seen.pairs.get(place)
        return LineStatus(
            line=seen.lines.numbers[place],
            was=None if before is None else before + 1,
            change=change if unclear is None else LineChange.AMBIGUOUS,
            id=seen.entry_id(place),
            preview=preview(seen.reading(place).entry),
            place=place,
            is_moved=is_moved,
            candidates=() if unclear is None else unclear.candidates,
            reason="" if unclear is None else str(unclear.doubt),
            digest=seen.lines.digests[place],
        )


def has_changes(recognised: Recognised) -> bool:
    """Return whether a file says something else than it did; other spelling of the same does not count."""
    return any((recognised.new, recognised.edited, recognised.moved, recognised.dropped, recognised.unclear))


def takes_many(recognised: Recognised) -> bool:
    """Return whether so many entries go that it looks like an accident."""
    gone, before = len(recognised.dropped), len(recognised.bound)
    return (gone > FEW_REMOVED and gone * 10 > before) or (gone > 0 and not len(recognised.lines))


def status(repository: Repository, path: Path, words: DecisionWords | None = None) -> CopyStatus:
    """Return what was done in a file since it was written, and what its branch did meanwhile.

    Raises:
        NotBoundError, DamagedBindingError, DamagedError (copy_commit_gone). InvalidError (torn_line), InvalidError
        (unreadable_line),
        ChangedSourceError: the file cannot be taken as it is.
    """
    recognised = recognise_copy(repository, locate(path), words or DecisionWords())
    binding = recognised.bound.binding
    return CopyStatus(binding, branch_state(repository, binding), recognised, _respelled(recognised))


def branch_state(repository: Repository, binding: Binding) -> BranchState:
    """Return where the branch of a file copy is now."""
    tip = tip_of(repository, binding.branch)
    if tip is None or tip == binding.commit:
        return BranchState(tip)
    if not repository.is_ancestor(binding.commit, tip):
        return BranchState(tip, is_apart=True)
    return BranchState(tip, sum(1 for _ in repository.walk(tip, hide=binding.commit)))


def recognise_copy(repository: Repository, path: Path, words: DecisionWords) -> Recognised:
    """Return which line of a file copy is which; `path` is the one that its binding has."""
    binding = copy_bindings.load(repository, path)
    bound = BoundLines(binding, _snapshot(repository, binding))
    lines = read_copy(path, binding.digests)
    decisions = decide_lines(words, lines, bound.snapshot)
    recognised = recognise(bound, lines, decisions)
    while words.all_new and recognised.unclear:
        decisions = Decisions(decisions.entries, decisions.new | recognised.unclear.keys())
        recognised = recognise(bound, lines, decisions)
    return recognised


def _snapshot(repository: Repository, binding: Binding) -> Snapshot:
    try:
        snapshot = repository.snapshot_of(binding.commit)
        snapshot.find(ENTRIES)
    except MissingObjectError as error:
        raise DamagedError(
            f"the commit {binding.commit[:10]} that {binding.path.name} was written from is no longer in the store; "
            "the file is as it was, and nothing was saved",
            hint=f"tie the file to the branch as it is now: {binding.command()}",
            code="copy_commit_gone",
        ) from error
    return snapshot


def _respelled(recognised: Recognised) -> tuple[str, ...]:
    """Say what differs in the spelling of lines that say the same, from the first few of them."""
    found: dict[str, None] = {}
    for place in recognised.recoded[:20]:
        before, after = recognised.bound.raw(recognised.pairs[place]), recognised.raw(place)
        found.update(dict.fromkeys(_differences(before, after)))
    return tuple(found)


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
