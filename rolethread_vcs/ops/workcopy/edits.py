"""What was edited in a file copy since it was written: which line is which entry, and what each says by now.

Read once, by `read_edits`; status, commit and refresh get all that they need of the file from this value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rolethread_vcs.errors import DamagedError, InvalidError, UsageError
from rolethread_vcs.matching import places_by_value
from rolethread_vcs.matching.ladder import Doubt, Matching
from rolethread_vcs.model.canonical import JsonProblemError, parse
from rolethread_vcs.model.layout import ENTRIES
from rolethread_vcs.ops.workcopy.lines import POLICY, FileLines, LinkedLines, Reading
from rolethread_vcs.ops.workcopy.links import Link, load
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

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

    `pairs` maps places in the file to places as it was. Of the places in the file, `new` are no entry yet, `edited` say
    something else than they did, `respelled` say the same in other bytes, `moved` left their place (as few as possible
    did), and `unclear` wait for a decision. `adopted` were decided to be entries of the commit which the file did not
    hold; they are edited, too. `dropped` are places as it was whose lines are gone.
    """

    def __init__(self, linked: LinkedLines, lines: FileLines, decisions: Mapping[int, str | None]) -> None:
        self.linked = linked
        self.lines = lines
        place_of = {entry_id: place for place, entry_id in enumerate(linked.ids)} if decisions else {}
        entries = {place: entry_id for place, entry_id in decisions.items() if entry_id is not None}
        self.adopted = {place: entry_id for place, entry_id in entries.items() if entry_id not in place_of}
        decided = {place: place_of[entry_id] for place, entry_id in entries.items() if entry_id in place_of}
        matching = Matching(linked, lines, POLICY, decided=decided, apart=decisions.keys() - decided.keys())
        self.pairs = matching.pairs
        self.unclear = matching.unclear
        self._rewritten = {place for place, was in self.pairs.items() if lines.digests[place] != linked.digests[was]}
        known = self.pairs.keys() | self.unclear.keys() | self.adopted.keys()
        self.new = tuple(place for place in range(len(lines)) if place not in known)
        lines.read({*self.new, *self.unclear, *self.adopted, *self._rewritten})
        rewritten = sorted(self._rewritten)
        self.respelled = [each for each in rewritten if lines.entry(each) == linked.entry(self.pairs[each])]
        self.edited = sorted({*self.adopted, *self._rewritten.difference(self.respelled)})
        self.moved = sorted(self.pairs.keys() - {place for _, place in matching.kept})
        there = set(self.pairs.values())
        there.update(before for unclear in self.unclear.values() for before, _ in unclear.candidates)
        self.dropped = [place for place in range(len(linked)) if place not in there]

    @property
    def link(self) -> Link:
        return self.linked.link

    @property
    def is_empty(self) -> bool:
        """Whether the file says what it said; other spelling of the same is no edit."""
        return not any((self.new, self.edited, self.moved, self.dropped, self.unclear))

    @property
    def drops_many(self) -> bool:
        """Whether so many lines are gone that it looks like an accident."""
        gone = len(self.dropped)
        return (gone > FEW_REMOVED and gone * 10 > len(self.linked)) or (gone > 0 and not len(self.lines))

    def reading(self, place: int) -> Reading:
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


def read_edits(repository: Repository, path: str | Path, words: LineDecisions) -> FileEdits:
    """Return what was edited in a file copy since it was written.

    Raises:
        NotLinkedError, DamagedLinkError, DamagedError (copy_commit_gone): the file cannot be compared with anything.
        NotFoundError, ChangedSourceError, InvalidError (torn_line), InvalidError (unreadable_line): the file cannot be
        taken as it is. UsageError, InvalidError (stale_decision): see `decide_lines`.
    """
    link = load(repository, path)
    try:
        snapshot = repository.snapshot_of(link.commit)
        snapshot.find(ENTRIES)
    except MissingObjectError as error:
        raise DamagedError(
            f"the commit {link.commit[:10]} that {link.path.name} was written from is no longer in the store; "
            "the file is as it was",
            hint=f"link the file to the branch as it is now: {link.command()}",
            code="copy_commit_gone",
        ) from error
    linked = LinkedLines(link, snapshot)
    lines = FileLines(linked)
    decisions = decide_lines(words, lines, snapshot)
    edits = FileEdits(linked, lines, decisions)
    while words.all_new and edits.unclear:
        decisions |= dict.fromkeys(edits.unclear)
        edits = FileEdits(linked, lines, decisions)
    return edits


@dataclass(frozen=True, slots=True)
class LineDecisions:
    """Decisions as they were typed: `LINE=ID` pairs, lines that are new, a file; `all_new` takes the rest as new."""

    entries: tuple[str, ...] = ()
    new: tuple[int, ...] = ()
    file: Path | None = None
    all_new: bool = False


def decide_lines(words: LineDecisions, lines: FileLines, snapshot: Snapshot) -> dict[int, str | None]:
    """Return what was decided of places: which entry a line is, None for a new one. Words win over the file.

    Raises:
        UsageError: a line is not in the file, or two lines are to be one entry. NotFoundError: there is no such entry.
        InvalidError (stale_decision): the file of decisions is about other lines.
    """
    if not (words.entries or words.new or words.file):
        return {}
    from rolethread_vcs.ops.select import find_entry

    place_of = {number: place for place, number in enumerate(lines.numbers)}
    typed: list[tuple[int, str | None]] = []
    for text in words.entries:
        line, equals, word = text.partition("=")
        if not equals or not line.strip().isdigit() or not word.strip():
            raise UsageError(f"{text!r} is not a decision", hint="say which line is which entry: --as 12=4711")
        typed.append((int(line), word.strip()))
    typed += [(number, None) for number in words.new]
    said = {} if words.file is None else dict(_decided_in(words.file, lines, place_of))
    for number, named in typed:
        if number not in place_of:
            raise UsageError(f"{lines.path.name} has no line {number}")
        said[place_of[number]] = named
    decided = {place: None if word is None else find_entry(snapshot, word) for place, word in said.items()}
    for entry_id, places in places_by_value(decided).items():
        if entry_id is not None and len(places) > 1:
            first, second = sorted(lines.numbers[place] for place in places[:2])
            raise UsageError(
                f"lines {first} and {second} cannot both be {entry_id}",
                hint=f"one of them is new: --new {second}",
            )
    return decided


def _decided_in(path: Path, lines: FileLines, place_of: Mapping[int, int]) -> Iterator[tuple[int, str | None]]:
    """Yield the decisions in an answer of `status --json`; each holds for its very line, wherever that stands now."""
    with disk.system_errors(f"reading {path}"):
        data = path.read_bytes()
    try:
        value = parse(data)
    except JsonProblemError as error:
        raise InvalidError(f"{path.name} cannot be read: {error.message}") from error
    value = value.get("rolethread.workcopy/v1", value) if isinstance(value, dict) else value
    items = value.get("lines") if isinstance(value, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidError(
            f"{path.name} holds no decisions",
            hint="make such a file with: rtv --json workcopy status > decisions.json",
        )
    for item in items:
        line, entry_id, digest = item.get("line"), item.get("id"), item.get("digest")
        is_new = entry_id == "new" or (entry_id is None and item.get("change") == "new")
        if line is None or not (is_new or entry_id):
            continue
        place = place_of.get(line) if type(line) is int else None
        if place is None or lines.digests[place] != digest:
            if lines.digests.count(digest) != 1:
                raise InvalidError(
                    f"line {line} of {lines.path.name} is not what it was when this was decided",
                    hint="write the decisions again: rtv --json workcopy status > decisions.json",
                    code="stale_decision",
                )
            place = lines.digests.index(digest)
        yield place, None if is_new else str(entry_id)
