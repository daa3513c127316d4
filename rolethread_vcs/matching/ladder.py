"""Pairs two sequences of rows or entries step by step; each step sees what the ones before left over.

Nothing is guessed unless a policy says so: what cannot be told with confidence is unclear, with what it could be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property

from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.matching.alike import (
    MARGIN,
    MOST,
    SCALE,
    SURE,
    Alike,
    Gaps,
    Pairs,
    pair_equal,
    places_by_value,
)
from rolethread_vcs.matching.signature import Index, Side, Signature, Step, opening_of, text_of

_NEAR = 20
"""New rows in one place that are compared with what was there."""


class Ambiguity(Enum):
    """What is done where several could be meant."""

    FIRST = "the first of them; the n-th is the n-th, and of similar ones the likeliest that keeps the order"
    NEIGHBOURS = "what stands between the same neighbours; where they do not tell, it is unclear"


@dataclass(frozen=True, slots=True)
class Policy:
    """How two sides are matched: by which steps, in this order. What a person decided comes before all of them."""

    steps: tuple[Step, ...]
    ambiguity: Ambiguity


class Doubt(StrEnum):
    """Why a row is unclear."""

    ALIKE = "it resembles these, and not clearly enough"
    EQUAL = "several entries had this very line, and fewer have it now"
    SAME_ID = "several lines say that they are this entry"
    OTHER_ID = "it says that it is an entry that this file did not hold"
    COPY = "a line like it stands where this entry was, and the other one elsewhere"
    TOO_MANY = "too many lines changed for looking which resembles which"


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a row is unclear, and the places before that it could be, each with a likeness from 0 to 1."""

    doubt: Doubt
    candidates: tuple[tuple[int, float], ...] = ()


class Matching:
    """Which is which: places after, each with its place before, the step that paired them, or why it is unclear.

    `decided` pairs (after, before) are given, and places after that stand `apart` are nothing that was before. `kept`
    are the pairs (before, after) that kept their order, as many as possible.
    """

    def __init__(
        self,
        before: Side,
        after: Side,
        policy: Policy,
        *,
        decided: Mapping[int, int] | None = None,
        apart: Collection[int] = (),
    ) -> None:
        self._before = before
        self._after = after
        self._takes_first = policy.ambiguity is Ambiguity.FIRST
        self._decided = decided or {}
        self._apart = frozenset(apart)
        self._copies: set[int] = set()
        self.pairs: Pairs = {}
        self.steps: dict[int, Step] = {}
        self.unclear: dict[int, Unclear] = {}
        self._pair(self._decided, Step.DECISION)
        for step in policy.steps:
            if step is Step.BYTES:
                self._match_bytes()
            elif step is Step.ALIKE:
                self._match_alike()
            elif step is Step.OPENING:
                self._match_openings()
            else:
                self._match_equal(step)
        gaps = Gaps(self.pairs)
        self.kept = gaps.kept
        if not self._takes_first:
            self._doubt_copies(gaps)

    # ---- the steps

    def _match_bytes(self) -> None:
        old, new = self._before.digests, self._after.digests
        if old == new and not self.pairs and not self._apart:
            self._pair({place: place for place in range(len(new))}, Step.BYTES)
        else:
            self._pair_by_neighbours(
                Step.BYTES,
                {place: old[place] for place in self._open_before()},
                {place: new[place] for place in self._open_after()},
            )

    def _match_equal(self, step: Step) -> None:
        if step is Step.OWN_ID and not self._takes_first:
            self._match_claims()
            return
        before, after = self._open()
        if not before or not after:
            return
        old = {place: value for place in before if (value := self._old[place].value(step)) is not None}
        new = {place: value for place in after if (value := self._new[place].value(step)) is not None}
        if not self._takes_first:
            pair = self._pair_unique if step is Step.UUID else self._pair_by_neighbours
            pair(step, old, new)
            return
        if step is Step.BIRTH:
            born = {place: value for place in after if (value := self._new[place].born) is not None}
            self._pair_first(step, old, born)
            old = {place: self._old[place].born for place in self._open_before()}
        self._pair_first(step, old, new)

    def _match_claims(self) -> None:
        """Match by our ids; what carries the id of an entry that is there already was copied from it."""
        claims: dict[str, list[int]] = defaultdict(list)
        for place in self._open_after():
            own_id = self._new[place].id
            if own_id is not None:
                claims[own_id].append(place)
        if not claims:
            return
        place_of = {own_id: place for place, own_id in enumerate(self._before.ids)}
        open_before = set(self._open_before())
        for own_id, places in claims.items():
            before = place_of.get(own_id)
            if before is None:
                if self._before.is_elsewhere(own_id):
                    self.unclear.update(dict.fromkeys(places, Unclear(Doubt.OTHER_ID)))
            elif before not in open_before:
                self._copies.update(places)
            elif len(places) == 1:
                self._pair({places[0]: before}, Step.OWN_ID)
            else:
                self._choose_claim(before, places)

    def _choose_claim(self, before: int, places: Sequence[int]) -> None:
        """Several carry one id: the one that is clearly most like the entry is it, the others are copies."""
        ranked = sorted(((self._likeness(before, after), -after) for after in places), reverse=True)
        (best, negative), (second, _) = ranked[:2]
        if best - second >= MARGIN or (best == 1.0 and second < 1.0):
            self._pair({-negative: before}, Step.OWN_ID)
            self._copies.update(after for after in places if after != -negative)
            return
        for likeness, negative in ranked:
            self.unclear[-negative] = Unclear(Doubt.SAME_ID, ((before, likeness),))

    def _match_alike(self) -> None:
        before, after = self._open()
        if self._takes_first and max(len(before), len(after)) > MOST:
            self._match_openings()
            before, after = self._open()
        found = Alike(self._before, self._after, before, after, self.pairs)
        self._pair(found.pairs, Step.ALIKE)
        if self._takes_first and max(len(before), len(after)) <= MOST:
            self._take_likeliest(found.unclear)
            return
        for place, candidates in found.unclear.items():
            self.unclear[place] = Unclear(Doubt.ALIKE if candidates else Doubt.TOO_MANY, candidates)

    def _take_likeliest(self, unclear: Mapping[int, Sequence[tuple[int, float]]]) -> None:
        """Take what the order tells apart: who reads is served better by the likeliest reading than by none."""
        gaps = Gaps(self.pairs)
        likely = [
            (before, after, round(likeness * SCALE))
            for after, candidates in unclear.items()
            for before, likeness in candidates
            if likeness >= SURE and gaps.before(before) == gaps.after(after)
        ]
        self._pair({after: before for before, after in heaviest_chain(likely)}, Step.ALIKE)

    def _match_openings(self) -> None:
        """Pair what asks in its old place what nothing else asks: all that follows was written anew."""
        before, after = self._open()
        if not before or not after or (max(len(before), len(after)) > MOST and not self._takes_first):
            return
        asked = _places_by_opening(self._before, before)
        gaps = Gaps(self.pairs)
        for opening, places in _places_by_opening(self._after, after).items():
            was = asked.get(opening, ())
            if not len(places) == len(was) == 1 or gaps.after(places[0]) != gaps.before(was[0]):
                continue
            near = (place for place in (was[0] - 1, was[0] + 1) if 0 <= place < len(self._before))
            if all(opening_of(self._before.entry(place)) != opening for place in near):
                self._pair({places[0]: was[0]}, Step.OPENING)

    def _doubt_copies(self, gaps: Gaps) -> None:
        """Doubt what moved where something new like it stands in its old place: which of the two is the copy?"""
        stays = {after for _, after in gaps.kept}
        fresh = sorted({*self._open_after(), *self._copies})
        moved = sorted(after for after in self.pairs.keys() - stays if after not in self._decided)
        if not moved or not fresh or len(moved) > MOST:
            return
        fresh_in: dict[int, list[int]] = defaultdict(list)
        for place in fresh:
            fresh_in[gaps.after(place)].append(place)
        for after in moved:
            before = self.pairs[after]
            near = fresh_in.get(gaps.before(before), ())[:_NEAR]
            rivals = {place: likeness for place in near if (likeness := self._likeness(before, place)) >= SURE}
            if rivals:
                del self.pairs[after], self.steps[after]
                for place, likeness in {**rivals, after: self._likeness(before, after)}.items():
                    self.unclear[place] = Unclear(Doubt.COPY, ((before, likeness),))

    # ---- what the steps share

    def _pair(self, pairs: Mapping[int, int], step: Step) -> None:
        self.pairs.update(pairs)
        self.steps.update(dict.fromkeys(pairs, step))

    def _pair_first(self, step: Step, old: Mapping[int, Hashable], new: Mapping[int, Hashable]) -> None:
        index: Index[int] = Index()
        index.add(step, ((value, place) for place, value in new.items() if place not in self.pairs))
        for before, value in old.items():
            after = index.take(step, value)
            if after is not None:
                self._pair({after: before}, step)

    def _pair_unique(self, step: Step, old: Mapping[int, Hashable], new: Mapping[int, Hashable]) -> None:
        holders = places_by_value(old)
        for value, places in places_by_value(new).items():
            if len(places) == len(holders.get(value, ())) == 1:
                self._pair({places[0]: holders[value][0]}, step)

    def _pair_by_neighbours(self, step: Step, old: Mapping[int, Hashable], new: Mapping[int, Hashable]) -> None:
        pairs, unclear = pair_equal(old, new, self.pairs, self._before.are_one)
        self._pair(pairs, step)
        for place, candidates in unclear.items():
            self.unclear[place] = Unclear(Doubt.EQUAL, tuple((before, 1.0) for before in candidates))

    def _likeness(self, before: int, after: int) -> float:
        from rolethread_vcs.diff.likeness import similarity

        return similarity(text_of(self._before.entry(before)), text_of(self._after.entry(after)))

    @cached_property
    def _old(self) -> Mapping[int, Signature]:
        """What is open before when somebody asks first; of what was the same to the byte nothing is read."""
        return self._before.signatures(self._open_before())

    @cached_property
    def _new(self) -> Mapping[int, Signature]:
        return self._after.signatures(self._open_after())

    def _open(self) -> tuple[list[int], list[int]]:
        return self._open_before(), self._open_after()

    def _open_before(self) -> list[int]:
        taken = set(self.pairs.values())
        taken.update(before for unclear in self.unclear.values() for before, _ in unclear.candidates)
        return [place for place in range(len(self._before)) if place not in taken]

    def _open_after(self) -> list[int]:
        known = self.pairs.keys() | self.unclear.keys() | self._copies | self._apart
        return [place for place in range(len(self._after)) if place not in known]


def _places_by_opening(side: Side, places: Iterable[int]) -> dict[Hashable, list[int]]:
    openings = ((place, opening_of(side.entry(place))) for place in places)
    return places_by_value({place: opening for place, opening in openings if opening is not None})
