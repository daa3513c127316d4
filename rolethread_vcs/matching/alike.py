"""Pairs edited lines with what they were, by their words and their order; what is not sure is left to a person.

| likeness | between the same neighbours | elsewhere in the file |
|---|---|---|
| from `SURE_FAR` | the same, edited | the same, edited and moved |
| from `SURE` | the same, edited | a person decides |
| from `UNLIKE` | a person decides | two different ones |
| below | two different ones | two different ones |

Two candidates closer together than `MARGIN` are a person's affair too, unless their order tells them apart. So is a
likeness that the lines next to it have as well (a file in which everything looks alike), up to `UNMISTAKABLE`.

What is equal (`pair_equal`) is paired in order, as many as there are, with the neighbours as witnesses where one side
has more of a kind than the other; where they do not tell, and it would make a difference, nothing is paired.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

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


class Alike:
    """What is left over on both sides, paired by likeness: sure pairs, and what the unclear ones could be.

    `settled` are the pairs that are known, whose neighbourhood counts. Of `unclear` places the likeliest candidates
    come first; there are none where too much was left for looking.
    """

    def __init__(
        self, before: Side, after: Side, open_before: Sequence[int], open_after: Sequence[int], settled: Pairs
    ) -> None:
        self.pairs: Pairs = {}
        self.unclear: dict[int, tuple[tuple[int, float], ...]] = {}
        if max(len(open_before), len(open_after)) > MOST:
            self.unclear = dict.fromkeys(open_after, ()) if open_before else {}
        elif open_before and open_after:
            self._side = before
            self._before = open_before
            self._after = open_after
            self._gaps = Gaps(settled)
            self._known: dict[tuple[int, int], float] = {}
            self._by_before: dict[int, set[int]] = defaultdict(set)
            self._by_after: dict[int, set[int]] = defaultdict(set)
            self._partners: Pairs = {}
            self._taken: set[int] = set()
            self._doubts: dict[int, list[tuple[int, float]]] = defaultdict(list)
            self._search(after)

    def _search(self, side_after: Side) -> None:
        """Find pairs between the same neighbours, then elsewhere."""
        from rolethread_vcs.diff.likeness import Likeness

        self._likeness = Likeness()
        self._texts = {place: self._likeness.prepare(text_of(self._side.entry(place))) for place in self._before}
        self._after_texts = {place: self._likeness.prepare(text_of(side_after.entry(place))) for place in self._after}
        near = self._compare_near()
        for one, other in self._by_rare_words(self._before, self._after):
            self._compare(one, other)
        # the greatest likeness that each place has to anything
        best_before: dict[int, float] = defaultdict(float)
        best_after: dict[int, float] = defaultdict(float)
        for (before, after), alike in self._known.items():
            best_before[before] = max(best_before[before], alike)
            best_after[after] = max(best_after[after], alike)
        for pairs in near:
            # a weak likeness next door must not hide a strong one elsewhere
            weighed = [
                (one, other, round(self._known[one, other] * SCALE))
                for one, other in pairs
                if self._known[one, other] >= max(best_before[one], best_after[other]) - MARGIN
            ]
            self._partners.update({after: before for before, after in heaviest_chain(weighed)})
        self._taken.update(self._partners.values())
        for after, before in list(self._partners.items()):
            self._weigh(before, after, SURE)
        # what was found in no gap of its own may have moved, if it is sure enough
        ranked = sorted((-alike, after, before) for (before, after), alike in self._known.items() if alike >= SURE)
        for _, after, before in ranked:
            if after not in self._partners and before not in self._taken:
                self._partners[after] = before
                self._taken.add(before)
                self._weigh(before, after, SURE_FAR)
        settled = set(self.pairs.values())
        for after, doubts in self._doubts.items():
            candidates = {each for each in doubts if each[0] not in settled}
            if after not in self.pairs:
                self.unclear[after] = tuple(sorted(candidates, key=lambda each: (-each[1], each[0])))

    def _weigh(self, before: int, after: int, threshold: float) -> None:
        """Take a pair as sure, or note what is unclear about it."""
        likeness = self._known[before, after]
        # what else one of the two could be, among what has no partner
        rivals = [(before, other) for other in self._by_before[before] if other not in self._partners]
        rivals += [(one, after) for one in self._by_after[after] if one not in self._taken]
        best = max((self._known[rival] for rival in rivals), default=0.0)
        is_clear = likeness >= threshold and likeness - best >= MARGIN
        if is_clear and (likeness >= UNMISTAKABLE or not self._is_like_neighbours(before, after, likeness)):
            self.pairs[after] = before
            return
        self._doubts[after].append((before, likeness))
        for one, other in rivals:
            if self._known[one, other] >= SURE:
                self._doubts[other].append((one, self._known[one, other]))

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
    unclear: list[int] = []
    unclear_after: list[int] = []
    for some, others in gaps.grouped(candidates, places):
        if len(some) > len(others) and others and not are_one(some):
            unclear += some
            unclear_after += others
            continue
        found.update(zip(others, some, strict=False))
        left += some[len(others) :]
        left_after += others[len(some) :]
    if len(left) > len(left_after) and left_after and not are_one(left):
        return found, unclear_after + left_after, unclear + left
    found.update(zip(left_after, left, strict=False))
    return found, unclear_after, unclear
