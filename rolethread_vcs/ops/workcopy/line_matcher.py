"""Says which line of a file copy is which entry: by decision, bytes, our id, uuid, content, likeness, the question.

Nothing is guessed. What cannot be told with confidence is `unclear`, with what it could be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rolethread_vcs.diff.words import similarity
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats import Bad
from rolethread_vcs.matching.alike import MARGIN, MOST, SURE, pair_alike
from rolethread_vcs.matching.equal import Gaps, Pairs, kept_order, pair_equal
from rolethread_vcs.matching.signature import text_of
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.workcopy.lines import BoundLines, Reading
from rolethread_vcs.ops.workcopy.reader import CopyLines

_SHOWN = 5
_NEAR = 20
"""New lines in one place that are compared with what was there."""


class LineChange(StrEnum):
    """What happened to a line; a line can be edited and moved at once."""

    NEW = "new"
    EDITED = "edited"
    MOVED = "moved"
    DROPPED = "dropped"
    AMBIGUOUS = "ambiguous"


class Doubt(StrEnum):
    """Why a line is ambiguous."""

    ALIKE = "it resembles these, and not clearly enough"
    EQUAL = "several entries had this very line, and fewer have it now"
    SAME_ID = "several lines say that they are this entry"
    OTHER_ID = "it says that it is an entry that this file did not hold"
    COPY = "a line like it stands where this entry was, and the other one elsewhere"
    TOO_MANY = "too many lines changed for looking which resembles which"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a line could be, and how alike they are, 0 to 1."""

    id: str
    likeness: float

    @property
    def percent(self) -> int:
        """The likeness in hundredths, rounded down: only what is equal is 100."""
        return round(self.likeness * 1000) // 10


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a line is ambiguous, and what it could be, the likeliest first."""

    doubt: Doubt
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person said: lines (places from 0) that are an entry, and lines that are new."""

    entries: Mapping[int, str] = field(default_factory=dict)
    new: frozenset[int] = frozenset()


@dataclass(eq=False)
class Recognised:
    """Which line is which. Places count from 0; `pairs` maps places in the file to places in the binding.

    `adopted` are lines that are entries of the commit which the file did not hold; they were decided so. `stays` are
    the places in the file of lines that did not move among each other: as many as possible.
    """

    bound: BoundLines
    lines: CopyLines
    pairs: Pairs
    unclear: dict[int, Unclear]
    adopted: dict[int, str]
    readings: dict[int, Reading]
    stays: frozenset[int]

    def reading(self, place: int) -> Reading:
        """Return what a line of the file says."""
        return self.readings[place] if place in self.readings else self.bound.reading(self.pairs[place])

    def raw(self, place: int) -> bytes:
        """Return the bytes of a line of the file."""
        known = self.lines.raw.get(place)
        return known if known is not None else self.bound.raw(self._of_digest[self.lines.digests[place]])

    @cached_property
    def _of_digest(self) -> dict[str, int]:
        return {digest: place for place, digest in enumerate(self.bound.binding.digests)}

    @cached_property
    def moved(self) -> tuple[int, ...]:
        """The places in the file of lines that moved."""
        return tuple(sorted(self.pairs.keys() - self.stays))

    @cached_property
    def recoded(self) -> tuple[int, ...]:
        """The places in the file of lines that are written in other bytes and say the same."""
        return tuple(place for place in self.rewritten if not self._differs(place))

    @cached_property
    def edited(self) -> tuple[int, ...]:
        """The places in the file of lines that say something else than they did; adopted ones are among them."""
        recoded = set(self.recoded)
        return tuple(sorted({*self.adopted, *(place for place in self.rewritten if place not in recoded)}))

    @cached_property
    def new(self) -> tuple[int, ...]:
        """The places in the file of lines that are no entry yet."""
        known = self.pairs.keys() | self.unclear.keys() | self.adopted.keys()
        return tuple(place for place in range(len(self.lines)) if place not in known)

    @cached_property
    def dropped(self) -> tuple[int, ...]:
        """The places in the binding of lines that are gone; what an ambiguous line could be is not among them."""
        there = set(self.pairs.values())
        maybe = {candidate.id for unclear in self.unclear.values() for candidate in unclear.candidates}
        ids = self.bound.binding.ids
        return tuple(place for place in range(len(ids)) if place not in there and ids[place] not in maybe)

    def entry_id(self, place: int) -> str | None:
        """Return the entry that a line of the file is, None for one that is none yet, or unclear."""
        if place in self.pairs:
            return self.bound.binding.ids[self.pairs[place]]
        return self.adopted.get(place)

    @property
    def rewritten(self) -> list[int]:
        """The places in the file of lines that are written in other bytes than they were."""
        digests = self.bound.binding.digests
        mine = self.lines.digests
        return [place for place, before in self.pairs.items() if mine[place] != digests[before]]

    def _differs(self, place: int) -> bool:
        return self.readings[place].entry != self.bound.reading(self.pairs[place]).entry


def recognise(bound: BoundLines, lines: CopyLines, decisions: Decisions) -> Recognised:
    """Return which line is which.

    Raises:
        InvalidError (torn_line): the file ends inside a line.
        InvalidError (unreadable_line): other lines are no rows of the format.
        DamagedError (copy_commit_gone): the commit that the file was written from is needed, and gone.
    """
    return _Recognition(bound, lines, decisions).run()


class _Recognition:
    """The steps, one after the other; each sees what the ones before left over."""

    def __init__(self, bound: BoundLines, lines: CopyLines, decisions: Decisions) -> None:
        self._bound = bound
        self._lines = lines
        self._decisions = decisions
        self._ids = bound.binding.ids
        self._place_of = {entry_id: place for place, entry_id in enumerate(self._ids)} if lines.raw else {}
        self._pairs: Pairs = {}
        self._unclear: dict[int, Unclear] = {}
        self._adopted: dict[int, str] = {}
        self._copies: set[int] = set(decisions.new)
        self._readings: dict[int, Reading] = {}
        self._chain: list[tuple[int, int]] = []

    def run(self) -> Recognised:
        """Go through all steps."""
        self._take_decisions()
        self._match_bytes()
        self._read_rest()
        self._match_ids()
        self._match_uuids()
        self._match_content()
        self._match_alike()
        self._match_openings()
        self._doubt_copies()
        stays = frozenset(after for _, after in self._chain if after in self._pairs)
        result = Recognised(self._bound, self._lines, self._pairs, self._unclear, self._adopted, self._readings, stays)
        # a line whose bytes were known may have been decided to be another
        for place in (*result.new, *self._unclear, *self._adopted, *result.rewritten):
            if place not in self._readings:
                self._readings[place] = self._read(place, result.raw(place))
        return result

    # ---- the steps

    def _take_decisions(self) -> None:
        if self._decisions.entries and not self._place_of:
            self._place_of = {entry_id: place for place, entry_id in enumerate(self._ids)}
        for after, entry_id in self._decisions.entries.items():
            if entry_id in self._place_of:
                self._pairs[after] = self._place_of[entry_id]
            else:
                self._adopted[after] = entry_id

    def _match_bytes(self) -> None:
        mine, bound = self._lines.digests, self._bound.binding.digests
        if mine == bound and not self._pairs and not self._copies:
            self._pairs = {place: place for place in range(len(mine))}
            return
        before, after = self._open_before(), self._open_after()
        self._settle({place: bound[place] for place in before}, {place: mine[place] for place in after})

    def _read_rest(self) -> None:
        bad: list[Bad] = []
        for place in sorted(
            {*self._open_after(), *self._pairs, *self._adopted, *self._copies} & self._lines.raw.keys()
        ):
            if place in self._pairs and self._lines.digests[place] == self._bound.binding.digests[self._pairs[place]]:
                continue
            reading = self._bound.layout.read(self._lines.raw[place], self._lines.numbers[place])
            if isinstance(reading, Bad):
                bad.append(reading)
            else:
                self._readings[place] = reading
        if bad:
            raise _unreadable(self._lines, bad)

    def _match_ids(self) -> None:
        claims: dict[str, list[int]] = defaultdict(list)
        for after in self._open_after():
            own_id = self._readings[after].own_id if after in self._readings else None
            if own_id is not None:
                claims[own_id].append(after)
        open_before = set(self._open_before()) if claims else set()
        for own_id, places in claims.items():
            before = self._place_of.get(own_id)
            if before is None:
                if own_id in self._bound.snapshot:
                    for after in places:
                        self._unclear[after] = Unclear(Doubt.OTHER_ID, (Candidate(own_id, 1.0),))
            elif before not in open_before:
                self._copies.update(places)  # the line itself is there; these were copied from it
            elif len(places) == 1:
                self._pairs[places[0]] = before
            else:
                self._choose_claim(before, places)

    def _choose_claim(self, before: int, places: Sequence[int]) -> None:
        """Several lines carry one id: the one that is clearly most like it is the entry, the others are copies."""
        text = text_of(self._bound.reading(before).entry)
        ranked = sorted((similarity(text, text_of(self._readings[after].entry)), -after) for after in places)
        best, second = ranked[-1], ranked[-2]
        if best[0] - second[0] >= MARGIN or (best[0] == 1.0 and second[0] < 1.0):
            self._pairs[-best[1]] = before
            self._copies.update(after for after in places if after != -best[1])
            return
        for alike, negative in ranked:
            self._unclear[-negative] = Unclear(Doubt.SAME_ID, (Candidate(self._ids[before], round(alike, 3)),))

    def _match_uuids(self) -> None:
        mine = {after: uuid for after in self._open_after() if (uuid := self._uuid(after)) is not None}
        if not mine:
            return
        theirs: dict[str, list[int]] = defaultdict(list)
        for before in self._open_before():
            uuid = self._bound.reading(before).entry.uuid
            if uuid is not None:
                theirs[uuid.lower()].append(before)
        counts: dict[str, int] = defaultdict(int)
        for uuid in mine.values():
            counts[uuid] += 1
        for after, uuid in mine.items():
            if counts[uuid] == 1 and len(theirs.get(uuid, ())) == 1:
                self._pairs[after] = theirs[uuid][0]

    def _uuid(self, after: int) -> str | None:
        reading = self._readings.get(after)
        return None if reading is None or reading.entry.uuid is None else reading.entry.uuid.lower()

    def _match_content(self) -> None:
        before, after = self._open_before(), self._open_after()
        if before and after:
            self._settle(
                {place: encode_line(self._bound.reading(place).entry.fields) for place in before},
                {place: encode_line(self._readings[place].entry.fields) for place in after if place in self._readings},
            )

    def _match_alike(self) -> None:
        before = self._open_before()
        after = [place for place in self._open_after() if place in self._readings]
        found = pair_alike(
            before,
            after,
            self._pairs,
            lambda place: text_of(self._bound.reading(place).entry),
            lambda place: text_of(self._readings[place].entry),
            len(self._bound),
        )
        self._pairs.update(found.pairs)
        for place, candidates in found.unclear.items():
            some = tuple(Candidate(self._ids[before], round(alike, 3)) for before, alike in candidates)
            self._unclear[place] = Unclear(Doubt.ALIKE if some else Doubt.TOO_MANY, some)

    def _match_openings(self) -> None:
        """Pair lines that ask in their old place what no other line asks: all that follows was written anew."""
        before = self._open_before()
        after = [place for place in self._open_after() if place in self._readings]
        if not before or not after or max(len(before), len(after)) > MOST:
            return
        asked, asks = defaultdict(list), defaultdict(list)
        for place in before:
            asked[_opening(self._bound.reading(place).entry)].append(place)
        for place in after:
            asks[_opening(self._readings[place].entry)].append(place)
        gaps = Gaps(kept_order(self._pairs))
        for opening, places in asks.items():
            was = asked.get(opening, ())
            if opening is None or len(places) != 1 or len(was) != 1 or gaps.after(places[0]) != gaps.before(was[0]):
                continue
            near = (place for place in (was[0] - 1, was[0] + 1) if 0 <= place < len(self._bound))
            if all(_opening(self._bound.reading(place).entry) != opening for place in near):
                self._pairs[places[0]] = was[0]

    def _doubt_copies(self) -> None:
        """Doubt a line that moved where a new one like it stands in its old place: which of the two is the copy?"""
        fresh = [
            place
            for place in self._readings
            if place not in self._decisions.new
            and not (place in self._pairs or place in self._unclear or place in self._adopted)
        ]
        chain = kept_order(self._pairs)
        self._chain = chain
        stays = {after for _, after in chain}
        decided = self._decisions.entries.keys()
        moved = sorted(after for after in self._pairs.keys() - stays if after not in decided)
        if not moved or not fresh or len(moved) > MOST:
            return
        gaps = Gaps(chain)
        there: dict[int, list[int]] = defaultdict(list)
        for place in sorted(fresh):
            there[gaps.after(place)].append(place)
        for after in moved:
            before = self._pairs[after]
            near = there.get(gaps.before(before), ())[:_NEAR]
            text = text_of(self._bound.reading(before).entry) if near else ""
            alike = {place: similarity(text, text_of(self._readings[place].entry)) for place in near}
            rivals = {place: likeness for place, likeness in alike.items() if likeness >= SURE}
            if rivals:
                del self._pairs[after]
                if after not in self._readings:
                    self._readings[after] = self._bound.reading(before)
                mine = similarity(text, text_of(self._readings[after].entry))
                for place, likeness in {**rivals, after: mine}.items():
                    candidate = Candidate(self._ids[before], round(likeness, 3))
                    self._unclear[place] = Unclear(Doubt.COPY, (candidate,))

    # ---- what the steps share

    def _settle(self, before: Mapping[int, str | bytes], after: Mapping[int, str | bytes]) -> None:
        pairs, unclear = pair_equal(before, after, self._pairs, self._are_one)
        self._pairs.update(pairs)
        for place, candidates in unclear.items():
            some = tuple(Candidate(self._ids[candidate], 1.0) for candidate in candidates)
            self._unclear[place] = Unclear(Doubt.EQUAL, some)

    def _are_one(self, places: Sequence[int]) -> bool:
        """Whether some entries are the same, so that it does not matter which of them stays."""
        first = self._bound.entry(places[0])
        return all(self._bound.entry(place) == first for place in places[1:])

    def _open_before(self) -> list[int]:
        taken = set(self._pairs.values())
        maybe = {candidate.id for unclear in self._unclear.values() for candidate in unclear.candidates}
        return [place for place in range(len(self._ids)) if place not in taken and self._ids[place] not in maybe]

    def _open_after(self) -> list[int]:
        known = self._pairs.keys() | self._unclear.keys() | self._adopted.keys() | self._copies
        return [place for place in range(len(self._lines)) if place not in known]

    def _read(self, place: int, raw: bytes) -> Reading:
        reading = self._bound.layout.read(raw, self._lines.numbers[place])
        if isinstance(reading, Bad):
            raise _unreadable(self._lines, [reading])
        return reading


def _opening(entry: Entry) -> str | None:
    """Return the question with which a conversation begins, None when something else stands first."""
    first = next((turn for turn in entry.turns if turn.get("role") != "system"), {})
    text = first.get("content")
    return text if first.get("role") == "user" and isinstance(text, str) and text.strip() else None


def _unreadable(lines: CopyLines, bad: Sequence[Bad]) -> InvalidError | InvalidError:
    name = lines.path.name
    last = lines.numbers[-1]
    if lines.ends_torn and bad[-1].line == last and bad[-1].code == "not_json":
        return InvalidError(
            f"{name} is torn: its last line, {last}, ends in the middle; nothing was saved",
            hint="wait until what writes it has finished, or repair that line; to have the file as it was again:\n"
            f"rtv workcopy refresh --discard {name}",
            code="torn_line",
        )
    details = [f"line {each.line}: {each.reason}" for each in bad[:_SHOWN]]
    if len(bad) > _SHOWN:
        details.append(f"… and {len(bad) - _SHOWN:,} more")
    does = "1 line does" if len(bad) == 1 else f"{len(bad):,} lines do"
    return InvalidError(
        f"{does} not read in {name}; nothing was saved",
        details=details,
        hint="repair them, then run the command again",
        code="unreadable_line",
    )
