"""Pairs two sequences of rows or entries step by step; each step sees what the ones before left over.

Nothing is guessed unless a policy says so: what cannot be told with confidence is unclear, with what it could be.

What is equal is paired in order, as many as there are. Where one side has more of a kind than the other, a policy takes
the first ones, or asks the neighbours; where they do not tell, and it would make a difference, nothing is paired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property

from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.matching import (
    PARTS,
    Side,
    Signature,
    Step,
    opening_of,
    places_by_value,
    shape_of,
    text_of,
)
from rolethread_vcs.matching.alike import MARGIN, SCALE, SURE, Alike, Gaps, Pairs, around

MOST = 20_000
"""Rows left over on either side up to which similar ones are looked for."""
_SEVERAL = 3
"""Lines in a row that were all written anew; one or two that have nothing in common are new, and the old ones gone."""
_ENOUGH_TURNS = 10
"""Turns with the same roles in the same order, from which lines in one place are the entries that stood there."""
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
    PLACE = "it stands where other entries stood, and has nothing in common with them"
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
            if step is Step.OWN_ID and not self._takes_first:
                self._match_claims()
            elif step is Step.ALIKE:
                self._match_alike()
            elif step is Step.OPENING:
                self._match_openings()
            elif step is Step.PLACE:
                self._match_places()
            elif step is Step.BIRTH:
                self._match_equal(step, "birth", "born")
                self._match_equal(step, "born", "birth")
            else:
                part = PARTS.get(step, "")
                self._match_equal(step, part, part)
        gaps = Gaps(self.pairs)
        self.kept = gaps.kept
        if not self._takes_first:
            self._doubt_copies(gaps)

    # ---- the steps

    def _match_equal(self, step: Step, old_part: str, new_part: str) -> None:
        """Match what has the same value in a part of its signature, or the same bytes."""
        before, after = self._open()
        if not before or not after:
            return
        if step is Step.BYTES:
            old: dict[int, Hashable] = {place: self._before.digests[place] for place in before}
            new: dict[int, Hashable] = {place: self._after.digests[place] for place in after}
        else:
            old = {place: value for place in before if (value := getattr(self._old[place], old_part)) is not None}
            new = {place: value for place in after if (value := getattr(self._new[place], new_part)) is not None}
        if step is Step.UUID:  # one that several have says nothing
            old, new = (
                {places[0]: value for value, places in places_by_value(side).items() if len(places) == 1}
                for side in (old, new)
            )
        if self._takes_first:
            holders = places_by_value(old)
            for value, places in places_by_value(new).items():
                befores = holders.get(value, [])
                if step is Step.OWN_ID and befores and len(befores) + len(places) > 2:
                    befores, places = self._likeliest(befores[:_NEAR], places[:_NEAR])
                self._pair(dict(zip(places, befores, strict=False)), step)
            return
        pairs, unclear = pair_equal(old, new, self.pairs, self._before.are_one)
        self._pair(pairs, step)
        for place, candidates in unclear.items():
            self.unclear[place] = Unclear(Doubt.EQUAL, tuple((before, 1.0) for before in candidates))

    def _likeliest(self, some: Sequence[int], others: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the places on both sides that are most alike, each once; of what is as much alike the first ones."""
        pairs: Pairs = {}
        for _, before, after in sorted((-self._likeness(one, other), one, other) for one in some for other in others):
            if after not in pairs and before not in pairs.values():
                pairs[after] = before
        return list(pairs.values()), list(pairs)

    def _match_claims(self) -> None:
        """Match by our ids; what carries the id of an entry that is there already was copied from it."""
        open_before, open_after = self._open()
        claims: dict[str, list[int]] = defaultdict(list)
        for place in open_after:
            own_id = self._new[place].id
            if own_id is not None:
                claims[own_id].append(place)
        if not claims:
            return
        is_open = set(open_before)
        place_of = {own_id: place for place, own_id in enumerate(self._before.ids)}
        for own_id, places in claims.items():
            before = place_of.get(own_id)
            if before is None:
                if self._before.is_elsewhere(own_id):
                    self.unclear.update(dict.fromkeys(places, Unclear(Doubt.OTHER_ID)))
            elif before not in is_open:
                self._copies.update(places)
            elif len(places) == 1:
                self._pair({places[0]: before}, Step.OWN_ID)
            else:
                # the one that is clearly most like the entry is it, the others are copies
                ranked = sorted(((self._likeness(before, after), -after) for after in places), reverse=True)
                (best, negative), (second, _) = ranked[:2]
                if best - second >= MARGIN or (best == 1.0 and second < 1.0):
                    self._pair({-negative: before}, Step.OWN_ID)
                    self._copies.update(after for after in places if after != -negative)
                else:
                    for likeness, negative in ranked:
                        self.unclear[-negative] = Unclear(Doubt.SAME_ID, ((before, likeness),))

    def _match_alike(self) -> None:
        before, after = self._open()
        if self._takes_first and max(len(before), len(after)) > MOST:
            self._match_openings()
            before, after = self._open()
        if not before or not after:
            return
        if max(len(before), len(after)) > MOST:
            self.unclear.update(dict.fromkeys(after, Unclear(Doubt.TOO_MANY)))
            return
        found = Alike(self._before, self._after, before, after, Gaps(self.pairs))
        self._pair(found.pairs, Step.ALIKE)
        if not self._takes_first:
            self.unclear.update({place: Unclear(Doubt.ALIKE, each) for place, each in found.unclear.items()})
            return
        # what the order tells apart: who reads is served better by the likeliest reading than by none
        gaps = Gaps(self.pairs)
        likely = [
            (before, after, round(likeness * SCALE))
            for after, candidates in found.unclear.items()
            for before, likeness in candidates
            if likeness >= SURE and gaps.before(before) == gaps.after(after)
        ]
        self._pair({after: before for before, after in heaviest_chain(likely)}, Step.ALIKE)

    def _match_openings(self) -> None:
        """Pair what asks in its old place what nothing else asks: all that follows was written anew."""
        before, after = self._open()
        if not before or not after or (max(len(before), len(after)) > MOST and not self._takes_first):
            return
        asked, asks = (
            places_by_value({place: opening_of(side.entry(place)) for place in places})
            for side, places in ((self._before, before), (self._after, after))
        )
        gaps = Gaps(self.pairs)
        for opening, places in asks.items():
            was = asked.get(opening, ())
            if opening is None or not len(places) == len(was) == 1 or gaps.after(places[0]) != gaps.before(was[0]):
                continue
            near = (place for place in (was[0] - 1, was[0] + 1) if 0 <= place < len(self._before))
            if all(opening_of(self._before.entry(place)) != opening for place in near):
                self._pair({places[0]: was[0]}, Step.OPENING)

    def _match_places(self) -> None:
        """Pair what was written anew all together, a translation: by its place, where no other reading is left."""
        before, after = self._open()
        if not before or not after:
            return
        gaps = Gaps(self.pairs)
        in_doubt = {gaps.after(place) for place in self.unclear}
        for some, others in gaps.grouped(before, after):
            if not some or not others or (min(len(some), len(others)) < _SEVERAL and gaps.kept):
                continue
            was, now = (
                [shape_of(side.entry(place)) for place in places]
                for side, places in ((self._before, some), (self._after, others))
            )
            turns = sum(map(len, now))
            if was == now and turns >= _ENOUGH_TURNS and gaps.after(others[0]) not in in_doubt:
                self._pair(dict(zip(others, some, strict=True)), Step.PLACE)
                continue
            near = zip(some, others, strict=True) if len(some) == len(others) else around(some, others)
            candidates: dict[int, list[tuple[int, float]]] = defaultdict(list)
            for one, other in near:
                candidates[other].append((one, 0.0))
            self.unclear.update({place: Unclear(Doubt.PLACE, tuple(candidates[place])) for place in others})

    def _doubt_copies(self, gaps: Gaps) -> None:
        """Doubt what moved where something new like it stands in its old place: which of the two is the copy?"""
        stays = {after for _, after in gaps.kept}
        fresh = sorted({*self._open()[1], *self._copies})
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

    def _likeness(self, before: int, after: int) -> float:
        from rolethread_vcs.diff.likeness import similarity

        return similarity(text_of(self._before.entry(before)), text_of(self._after.entry(after)))

    @cached_property
    def _old(self) -> Mapping[int, Signature]:
        """What is open before when somebody asks first; of what was the same to the byte nothing is read."""
        return self._before.signatures(self._open()[0])

    @cached_property
    def _new(self) -> Mapping[int, Signature]:
        return self._after.signatures(self._open()[1])

    def _open(self) -> tuple[list[int], list[int]]:
        """Return the places on both sides that no step has settled yet."""
        taken = set(self.pairs.values())
        taken.update(before for unclear in self.unclear.values() for before, _ in unclear.candidates)
        known = self.pairs.keys() | self.unclear.keys() | self._copies | self._apart
        before = [place for place in range(len(self._before)) if place not in taken]
        return before, [place for place in range(len(self._after)) if place not in known]


def pair_equal(
    before: Mapping[int, Hashable],
    after: Mapping[int, Hashable],
    settled: Pairs,
    are_one: Callable[[Sequence[int]], bool],
) -> tuple[Pairs, dict[int, tuple[int, ...]]]:
    """Pair equal values of two sides, and return what could not be told: places after, with the places they could be.

    `before` and `after` map places to values, in order. `settled` are pairs known already. `are_one` says whether it
    makes no difference which of some equal places before is meant.
    """
    holders = places_by_value(before)
    pairs: Pairs = {}
    uneven = []
    for value, places in places_by_value(after).items():
        candidates = holders.get(value, [])
        if len(candidates) == len(places):
            pairs.update(zip(places, candidates, strict=True))
        elif candidates:
            uneven.append((candidates, places))
    unclear: dict[int, tuple[int, ...]] = {}
    gaps = Gaps({**settled, **pairs} if uneven else {})
    for candidates, places in uneven:
        doubtful: list[int] = []
        doubtful_after: list[int] = []
        left: list[int] = []
        left_after: list[int] = []
        # gap by gap; then what is left over in some gap, with what is missing in another
        for some, others in [*gaps.grouped(candidates, places), (left, left_after)]:
            if len(some) > len(others) and others and not are_one(some):
                doubtful += some
                doubtful_after += others
                continue
            pairs.update(zip(others, some, strict=False))
            if some is not left:
                left += some[len(others) :]
                left_after += others[len(some) :]
        unclear.update(dict.fromkeys(doubtful_after, tuple(doubtful)))
    return pairs, unclear
