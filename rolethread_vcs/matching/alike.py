"""Pairs edited lines with what they were, by their words and their order; what is not sure is left to a person.

| likeness | between the same neighbours | elsewhere in the file |
|---|---|---|
| from `SURE_FAR` | the same, edited | the same, edited and moved |
| from `SURE` | the same, edited | a person decides |
| from `UNLIKE` | a person decides | two different ones |
| below | two different ones | two different ones |

Two candidates closer together than `MARGIN` are a person's affair too, unless their order tells them apart. So is a
likeness that the lines next to it have as well (a file in which everything looks alike), up to `UNMISTAKABLE`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain
from rolethread_vcs.matching.signature import Side, text_of

SURE = 0.6
SURE_FAR = 0.8
UNLIKE = 0.4
MARGIN = 0.1
UNMISTAKABLE = 0.9

MOST = 20_000
"""Lines left over on either side up to which similar ones are looked for."""
_ALL_PAIRS = 400  # places of one gap multiplied: up to here each is compared with each
_FEW_PLACES = 12  # a word in more lines than that tells none of them
_CANDIDATES = 4
SCALE = 10_000
"""What a likeness is multiplied with where whole numbers are weighed."""


@dataclass(frozen=True, slots=True)
class AlikeLines:
    """What was found: sure pairs, and lines with what they could be, the likeliest first."""

    pairs: Pairs
    unclear: Mapping[int, tuple[tuple[int, float], ...]]


def pair_alike(
    before: Side, after: Side, open_before: Sequence[int], open_after: Sequence[int], settled: Pairs
) -> AlikeLines:
    """Pair what is left over on both sides; `settled` are the pairs that are known, whose neighbourhood counts."""
    if not open_before or not open_after:
        return AlikeLines({}, {})
    if len(open_before) > MOST or len(open_after) > MOST:
        return AlikeLines({}, dict.fromkeys(open_after, ()))
    return _Search(before, after, open_before, open_after, Gaps(settled)).run()


class _Search:
    """One search; likeness is worked out once for each two lines that are compared."""

    def __init__(
        self, before: Side, after: Side, open_before: Sequence[int], open_after: Sequence[int], gaps: Gaps
    ) -> None:
        from rolethread_vcs.diff.likeness import Likeness

        self._likeness = Likeness()
        self._side = before
        self._before = open_before
        self._after = open_after
        self._gaps = gaps
        self._texts = {place: self._likeness.prepare(text_of(before.entry(place))) for place in open_before}
        self._after_texts = {place: self._likeness.prepare(text_of(after.entry(place))) for place in open_after}
        self._known: dict[tuple[int, int], float] = {}
        self._by_before: dict[int, set[int]] = defaultdict(set)
        self._by_after: dict[int, set[int]] = defaultdict(set)

    def run(self) -> AlikeLines:
        near = self._compare_near()
        self._compare_by_words()
        chosen: Pairs = {}
        best = self._best()
        for pairs in near:
            # a weak likeness next door must not hide a strong one elsewhere
            weighed = [
                (one, other, round(self._known[one, other] * SCALE))
                for one, other in pairs
                if self._known[one, other] >= max(best["before", one], best["after", other]) - MARGIN
            ]
            chosen.update({after: before for before, after in heaviest_chain(weighed)})
        found = _Found(dict(chosen), set(chosen.values()))
        for after, before in chosen.items():
            self._weigh(before, after, found, SURE)
        # what was found in no gap of its own may have moved, if it is sure enough
        ranked = sorted((-alike, after, before) for (before, after), alike in self._known.items() if alike >= SURE)
        for _, after, before in ranked:
            if after not in found.partners and before not in found.taken:
                found.partners[after] = before
                found.taken.add(before)
                self._weigh(before, after, found, SURE_FAR)
        return AlikeLines(found.sure, found.left())

    def _best(self) -> dict[tuple[str, int], float]:
        """Return, for each place on either side, the greatest likeness it has to anything."""
        best: dict[tuple[str, int], float] = defaultdict(float)
        for (before, after), alike in self._known.items():
            best["before", before] = max(best["before", before], alike)
            best["after", after] = max(best["after", after], alike)
        return best

    def _weigh(self, before: int, after: int, found: _Found, threshold: float) -> None:
        """Take a pair as sure, or note what is unclear about it."""
        likeness = self._known[before, after]
        rivals = self._rivals(before, after, found)
        best = max((alike for _, _, alike in rivals), default=0.0)
        is_clear = likeness >= threshold and likeness - best >= MARGIN
        if is_clear and (likeness >= UNMISTAKABLE or not self._is_like_neighbours(before, after, likeness)):
            found.sure[after] = before
            return
        found.note(before, after, likeness)
        for one, other, alike in rivals:
            if alike >= SURE:
                found.note(one, other, alike)

    def _compare_near(self) -> list[list[tuple[int, int]]]:
        """Compare lines between the same neighbours; return, for each gap, the pairs that could be one."""
        near = []
        for some, others in self._gaps.grouped(self._before, self._after):
            if len(some) * len(others) <= _ALL_PAIRS:
                candidates = [(one, other) for one in some for other in others]
            else:
                candidates = _around(some, others) + self._by_rare_words(some, others)
            near.append([pair for pair in dict.fromkeys(candidates) if self._compare(*pair) >= UNLIKE])
        return near

    def _compare_by_words(self) -> None:
        for one, other in self._by_rare_words(self._before, self._after):
            self._compare(one, other)

    def _by_rare_words(self, some: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
        """Return the lines after, each with the few before that share most of its rare words."""
        holders: dict[int, list[int]] = defaultdict(list)
        for place in some:
            for number in set(self._texts[place].numbers):
                holders[number].append(place)
        found = []
        for other in others:
            shared: dict[int, int] = defaultdict(int)
            for number in set(self._after_texts[other].numbers):
                places = holders.get(number, ())
                if len(places) <= _FEW_PLACES:
                    for place in places:
                        shared[place] += 1
            best = sorted(shared, key=lambda place: (-shared[place], place))[:_CANDIDATES]
            found += [(one, other) for one in best]
        return found

    def _compare(self, before: int, after: int) -> float:
        alike = self._known.get((before, after))
        if alike is None:
            alike = self._likeness.of(self._texts[before], self._after_texts[after], at_least=UNLIKE)
            self._known[before, after] = alike
            self._by_before[before].add(after)
            self._by_after[after].add(before)
        return alike

    def _rivals(self, before: int, after: int, found: _Found) -> list[tuple[int, int, float]]:
        """Return what else one of the two could be, among what has no partner: (before, after, likeness)."""
        rivals = [(before, other) for other in self._by_before[before] if other not in found.partners]
        rivals += [(one, after) for one in self._by_after[after] if one not in found.taken]
        return [(one, other, self._known[one, other]) for one, other in rivals]

    def _is_like_neighbours(self, before: int, after: int, likeness: float) -> bool:
        """Return whether the line is as much like those next to what it was, so that likeness says nothing."""
        for place in (before - 1, before + 1):
            if 0 <= place < len(self._side):
                text = self._texts.get(place)
                if text is None:
                    text = self._texts[place] = self._likeness.prepare(text_of(self._side.entry(place)))
                alike = self._likeness.of(text, self._after_texts[after], at_least=UNLIKE)
                if likeness - alike < MARGIN and (place, after) not in self._known:
                    return True
        return False


@dataclass(slots=True)
class _Found:
    """What a search has found so far: the likeliest partner of each place, which of these are sure, and doubts."""

    partners: Pairs
    taken: set[int]
    sure: Pairs = field(default_factory=dict)
    doubts: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

    def note(self, before: int, after: int, likeness: float) -> None:
        self.doubts.setdefault(after, []).append((before, likeness))

    def left(self) -> dict[int, tuple[tuple[int, float], ...]]:
        """Return the doubts that what is sure did not settle, the likeliest first."""
        taken = set(self.sure.values())
        left = {}
        for after, some in self.doubts.items():
            candidates = {each for each in some if each[0] not in taken}
            if after not in self.sure:
                left[after] = tuple(sorted(candidates, key=lambda each: (-each[1], each[0])))
        return left


def _around(some: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
    shift = len(others) - len(some)
    pairs = []
    for number, one in enumerate(some):
        for place in {*range(number - 2, number + 3), *range(number + shift - 2, number + shift + 3)}:
            if 0 <= place < len(others):
                pairs.append((one, others[place]))
    return pairs


Pairs = dict[int, int]
"""Places on the second side (the file), each with its place on the first (what was bound)."""


def pair_equal(
    before: Mapping[int, Hashable],
    after: Mapping[int, Hashable],
    settled: Pairs,
    are_one: Callable[[Sequence[int]], bool],
) -> tuple[Pairs, dict[int, tuple[int, ...]]]:
    """Pair equal keys of two sides, and return what could not be told: places after, with the places they could be.

    `before` and `after` map places to keys, in order. `settled` are pairs known already. `are_one` says whether it
    makes no difference which of some equal places before is meant.
    """
    holders = places_by_value(before)
    pairs: Pairs = {}
    uneven = []
    for key, places in places_by_value(after).items():
        candidates = holders.get(key)
        if candidates is None:
            continue
        if len(candidates) == len(places):
            pairs.update(zip(places, candidates, strict=True))
        else:
            uneven.append((candidates, places))
    unclear: dict[int, tuple[int, ...]] = {}
    if uneven:
        gaps = Gaps({**settled, **pairs})
        for candidates, places in uneven:
            found, open_places, open_candidates = _by_gap(candidates, places, gaps, are_one)
            pairs.update(found)
            unclear.update(dict.fromkeys(open_places, tuple(open_candidates)))
    return pairs, unclear


def places_by_value(values: Mapping[int, Hashable]) -> dict[Hashable, list[int]]:
    """Return the places that hold each value, in order."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, value in values.items():
        places[value].append(place)
    return places


class Gaps:
    """What lies between pairs that kept their order: the same number on both sides is the same neighbourhood.

    `kept` are these pairs (before, after), as many as possible.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.kept = longest_chain((before, after) for after, before in pairs.items())
        self._before = [place for place, _ in self.kept]
        self._after = [place for _, place in self.kept]

    def before(self, place: int) -> int:
        return bisect_left(self._before, place)

    def after(self, place: int) -> int:
        return bisect_left(self._after, place)

    def grouped(self, before: Iterable[int], after: Iterable[int]) -> list[tuple[list[int], list[int]]]:
        """Return the places of both sides gap by gap, in order; a gap may have some on one side alone."""
        gaps: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place in before:
            gaps[self.before(place)][0].append(place)
        for place in after:
            gaps[self.after(place)][1].append(place)
        return [gaps[gap] for gap in sorted(gaps)]


def _by_gap(
    candidates: list[int], places: list[int], gaps: Gaps, are_one: Callable[[Sequence[int]], bool]
) -> tuple[Pairs, list[int], list[int]]:
    """Return pairs, then places and candidates that cannot be told apart."""
    found: Pairs = {}
    left: list[int] = []
    left_after: list[int] = []
    shut: list[int] = []
    shut_after: list[int] = []
    for some, others in gaps.grouped(candidates, places):
        if len(some) > len(others) and others and not are_one(some):
            shut += some
            shut_after += others
            continue
        found.update(zip(others, some, strict=False))
        left += some[len(others) :]
        left_after += others[len(some) :]
    if len(left) > len(left_after) and left_after and not are_one(left):
        return found, shut_after + left_after, shut + left
    found.update(zip(left_after, left, strict=False))
    return found, shut_after, shut
