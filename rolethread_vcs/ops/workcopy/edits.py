"""What was edited in a file copy since it was written: which line is which entry, and what each says by now.

Read once, by `read_edits`; status, commit and refresh are told all that they need of the file by this value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.matching.ladder import Ambiguity, Doubt, Policy, match
from rolethread_vcs.matching.signature import Step
from rolethread_vcs.model.layout import ENTRIES
from rolethread_vcs.ops.workcopy.layout import Reading
from rolethread_vcs.ops.workcopy.line_decisions import Decisions, DecisionWords, decide_lines
from rolethread_vcs.ops.workcopy.lines import FileLines, LinkedLines, read_file
from rolethread_vcs.ops.workcopy.links import Link, load
from rolethread_vcs.store.objects.reader import MissingObjectError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

POLICY = Policy(
    (Step.BYTES, Step.OWN_ID, Step.UUID, Step.WHOLE, Step.ALIKE, Step.OPENING),
    Ambiguity.NEIGHBOURS,
)
FEW_REMOVED = 20
"""Entries that a commit may always remove; more need `--removed` when they are over a tenth of the file."""


class LineChange(StrEnum):
    """What happened to a line; a line can be edited and moved at once."""

    NEW = "new"
    EDITED = "edited"
    MOVED = "moved"
    DROPPED = "dropped"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a line could be, and how alike they are, 0 to 1."""

    id: str
    likeness: float

    @property
    def percent(self) -> int:
        """The likeness in hundredths, rounded down: only what is equal is 100."""
        return round(self.likeness * 1000) // 10


class FileEdits:
    """Which line is which. Places count from 0, in the file (`lines`) and as it was (`linked`).

    `pairs` maps places in the file to places as it was. `adopted` are lines that were decided to be entries of the
    commit which the file did not hold.
    """

    def __init__(self, linked: LinkedLines, lines: FileLines, decisions: Decisions) -> None:
        self.linked = linked
        self.lines = lines
        place_of = {entry_id: place for place, entry_id in enumerate(linked.ids)} if decisions.entries else {}
        self.adopted = {place: each for place, each in decisions.entries.items() if each not in place_of}
        decided = {place: place_of[each] for place, each in decisions.entries.items() if each in place_of}
        matching = match(linked, lines, POLICY, decided=decided, apart={*decisions.new, *self.adopted})
        self.pairs = matching.pairs
        self.unclear = matching.unclear
        self._stays = {place for _, place in matching.kept}
        lines.read({*self.new, *self.unclear, *self.adopted, *self._rewritten})

    @property
    def link(self) -> Link:
        """What the file is linked to."""
        return self.linked.link

    def reading(self, place: int) -> Reading:
        """Return what a line of the file says."""
        if place in self.pairs and place not in self._rewritten:
            return self.linked.reading(self.pairs[place])
        return self.lines.reading(place)

    def entry_id(self, place: int) -> str | None:
        """Return the entry that a line of the file is, None for one that is none yet, or unclear."""
        if place in self.pairs:
            return self.linked.ids[self.pairs[place]]
        return self.adopted.get(place)

    def candidates(self, place: int) -> tuple[Candidate, ...]:
        """Return the entries that an unclear line could be, the likeliest first."""
        unclear = self.unclear[place]
        if unclear.doubt is Doubt.OTHER_ID:
            return (Candidate(self.lines.reading(place).own_id or "", 1.0),)
        return tuple(Candidate(self.linked.ids[before], round(alike, 3)) for before, alike in unclear.candidates)

    # ---- what was edited

    @cached_property
    def moved(self) -> tuple[int, ...]:
        """The places in the file of lines that moved; as many as possible did not."""
        return tuple(sorted(self.pairs.keys() - self._stays))

    @cached_property
    def respelled(self) -> tuple[int, ...]:
        """The places in the file of lines that are written in other bytes and say the same."""
        return tuple(
            place
            for place in sorted(self._rewritten)
            if self.lines.entry(place) == self.linked.entry(self.pairs[place])
        )

    @cached_property
    def edited(self) -> tuple[int, ...]:
        """The places in the file of lines that say something else than they did; adopted ones are among them."""
        return tuple(sorted({*self.adopted, *self._rewritten.difference(self.respelled)}))

    @cached_property
    def new(self) -> tuple[int, ...]:
        """The places in the file of lines that are no entry yet."""
        known = self.pairs.keys() | self.unclear.keys() | self.adopted.keys()
        return tuple(place for place in range(len(self.lines)) if place not in known)

    @cached_property
    def dropped(self) -> tuple[int, ...]:
        """The places as it was of lines that are gone; what an unclear line could be is not among them."""
        there = set(self.pairs.values())
        there.update(before for unclear in self.unclear.values() for before, _ in unclear.candidates)
        return tuple(place for place in range(len(self.linked)) if place not in there)

    @property
    def is_empty(self) -> bool:
        """Whether the file says what it said; other spelling of the same is no edit."""
        return not any((self.new, self.edited, self.moved, self.dropped, self.unclear))

    @property
    def drops_many(self) -> bool:
        """Whether so many lines are gone that it looks like an accident."""
        gone = len(self.dropped)
        return (gone > FEW_REMOVED and gone * 10 > len(self.linked)) or (gone > 0 and not len(self.lines))

    @cached_property
    def _rewritten(self) -> frozenset[int]:
        """The places in the file of lines that are written in other bytes than they were."""
        now, before = self.lines.digests, self.linked.digests
        return frozenset(place for place, was in self.pairs.items() if now[place] != before[was])


def read_edits(repository: Repository, path: str | Path, words: DecisionWords) -> FileEdits:
    """Return what was edited in a file copy since it was written.

    Raises:
        NotLinkedError, DamagedLinkError, DamagedError (copy_commit_gone): the file cannot be compared with anything.
        NotFoundError, ChangedSourceError, InvalidError (torn_line), InvalidError (unreadable_line): the file cannot be
        taken as it is. UsageError, InvalidError (stale_decision): see `decide_lines`.
    """
    link = load(repository, path)
    linked = LinkedLines(link, _snapshot(repository, link))
    lines = read_file(linked)
    decisions = decide_lines(words, lines, linked.snapshot)
    edits = FileEdits(linked, lines, decisions)
    while words.all_new and edits.unclear:
        decisions = Decisions(decisions.entries, decisions.new | edits.unclear.keys())
        edits = FileEdits(linked, lines, decisions)
    return edits


def _snapshot(repository: Repository, link: Link) -> Snapshot:
    try:
        snapshot = repository.snapshot_of(link.commit)
        snapshot.find(ENTRIES)
    except MissingObjectError as error:
        raise DamagedError(
            f"the commit {link.commit[:10]} that {link.path.name} was written from is no longer in the store; "
            "the file is as it was, and nothing was saved",
            hint=f"link the file to the branch as it is now: {link.command()}",
            code="copy_commit_gone",
        ) from error
    return snapshot
