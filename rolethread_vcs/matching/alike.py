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
from collections.abc import Iterable, Sequence

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain
from rolethread_vcs.matching import Side, text_of

SURE = 0.6
SURE_FAR = 0.8
UNLIKE = 0.4
MARGIN = 0.1
UNMISTAKABLE = 0.9

_ALL_PAIRS = 400  # places of one gap multiplied: up to here each is compared with each
SCALE = 10_000
"""What a likeness is multiplied with where whole numbers are weighed."""

Pairs = dict[int, int]
"""Places on the second side (the file), each with its place on the first (what was linked)."""


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


class Alike:
    """What is left over on both sides, paired by likeness: sure pairs, and what the unclear ones could be.

    `gaps` are those of the pairs that are known, whose neighbourhood counts. Of `unclear` places the likeliest
    candidates come first.
    """

    def __init__(
        self, before: Side, after: Side, open_before: Sequence[int], open_after: Sequence[int], gaps: Gaps
    ) -> None:
        from rolethread_vcs.diff.likeness import Likeness, sharing_rare_words

        self.pairs: Pairs = {}
        self.unclear: dict[int, tuple[tuple[int, float], ...]] = {}
        self._side = before
        self._likeness = Likeness()
        self._texts = {place: self._likeness.prepare(text_of(before.entry(place))) for place in open_before}
        self._after_texts = {place: self._likeness.prepare(text_of(after.entry(place))) for place in open_after}
        # what was compared, from either side
        self._of_before: dict[int, dict[int, float]] = defaultdict(dict)
        self._of_after: dict[int, dict[int, float]] = defaultdict(dict)
        self._partners: Pairs = {}
        self._taken: set[int] = set()
        self._doubts: dict[int, dict[int, float]] = defaultdict(dict)
        near = self._compare_near(gaps.grouped(open_before, open_after))
        for other, one in sharing_rare_words(self._after_texts, {place: self._texts[place] for place in open_before}):
            self._compare(one, other)
        best_before = {one: max(found.values()) for one, found in self._of_before.items()}
        best_after = {other: max(found.values()) for other, found in self._of_after.items()}
        for pairs in near:
            # a weak likeness next door must not hide a strong one elsewhere
            weighed = [
                (one, other, round(alike * SCALE))
                for one, other in pairs
                if (alike := self._of_before[one][other]) >= max(best_before[one], best_after[other]) - MARGIN
            ]
            self._partners.update({after: before for before, after in heaviest_chain(weighed)})
        self._taken.update(self._partners.values())
        for other, one in list(self._partners.items()):
            self._weigh(one, other, SURE)
        # what was found in no gap of its own may have moved, if it is sure enough
        likenesses = ((-alike, other, one) for one, found in self._of_before.items() for other, alike in found.items())
        for _, other, one in sorted(each for each in likenesses if -each[0] >= SURE):
            if other not in self._partners and one not in self._taken:
                self._partners[other] = one
                self._taken.add(one)
                self._weigh(one, other, SURE_FAR)
        settled = set(self.pairs.values())
        for other, doubts in self._doubts.items():
            if other not in self.pairs:
                candidates = [each for each in doubts.items() if each[0] not in settled]
                self.unclear[other] = tuple(sorted(candidates, key=lambda each: (-each[1], each[0])))

    def _weigh(self, before: int, after: int, threshold: float) -> None:
        """Take a pair as sure, or note what is unclear about it."""
        likeness = self._of_before[before][after]
        # what else one of the two could be, among what has no partner
        rivals = [(before, other, alike) for other, alike in self._of_before[before].items()]
        rivals = [rival for rival in rivals if rival[1] not in self._partners]
        rivals += [(one, after, alike) for one, alike in self._of_after[after].items() if one not in self._taken]
        best = max((alike for _, _, alike in rivals), default=0.0)
        is_clear = likeness >= threshold and likeness - best >= MARGIN
        if is_clear and (likeness >= UNMISTAKABLE or not self._is_like_neighbours(before, after, likeness)):
            self.pairs[after] = before
            return
        self._doubts[after][before] = likeness
        for one, other, alike in rivals:
            if alike >= SURE:
                self._doubts[other][one] = alike

    def _compare_near(self, gaps: Iterable[tuple[list[int], list[int]]]) -> list[list[tuple[int, int]]]:
        """Compare what lies between the same neighbours; return, for each gap, the pairs that could be one."""
        from rolethread_vcs.diff.likeness import sharing_rare_words

        near = []
        for some, others in gaps:
            if len(some) * len(others) <= _ALL_PAIRS:
                candidates = [(one, other) for one in some for other in others]
            else:
                texts = {place: self._after_texts[place] for place in others}
                rare = sharing_rare_words(texts, {place: self._texts[place] for place in some})
                candidates = [*around(some, others), *((one, other) for other, one in rare)]
            near.append([pair for pair in dict.fromkeys(candidates) if self._compare(*pair) >= UNLIKE])
        return near

    def _compare(self, before: int, after: int) -> float:
        alike = self._of_before[before].get(after)
        if alike is None:
            alike = self._likeness.of(self._texts[before], self._after_texts[after], at_least=UNLIKE)
            self._of_before[before][after] = self._of_after[after][before] = alike
        return alike

    def _is_like_neighbours(self, before: int, after: int, likeness: float) -> bool:
        """Return whether the line is as much like those next to what it was, so that likeness says nothing."""
        for place in (before - 1, before + 1):
            if 0 <= place < len(self._side):
                text = self._texts.get(place)
                if text is None:
                    text = self._texts[place] = self._likeness.prepare(text_of(self._side.entry(place)))
                alike = self._likeness.of(text, self._after_texts[after], at_least=UNLIKE)
                if likeness - alike < MARGIN and place not in self._of_after[after]:
                    return True
        return False


def around(some: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
    """Return pairs of about the same place in two lists, counted from either end."""
    shift = len(others) - len(some)
    pairs = []
    for number, one in enumerate(some):
        for place in {*range(number - 2, number + 3), *range(number + shift - 2, number + shift + 3)}:
            if 0 <= place < len(others):
                pairs.append((one, others[place]))
    return pairs
