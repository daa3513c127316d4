"""Says which exchange of one conversation is which of another.

    1  exchanges that stand once on both sides are anchors; those that cross the others were moved
    2  between two anchors, the heaviest row of exchanges that are alike, at the edges first
    3  a pair that rests on little stays only next to another one, or in step with a strong one
    4  what is left between pairs and has anything in common is a pair that may be wrong: loose
    5  what is left and is alike was moved

A loose pair is in the place of the other, and may be another exchange all the same: a question that was replaced
together with its answer, one of two equal exchanges of which one went.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import TypeAlias

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain
from rolethread_vcs.diff.exchanges import Exchange, Message
from rolethread_vcs.diff.likeness import sharing_rare_words

SCALE = 10_000
"""Weights are added up in whole numbers, so that sums cannot differ by rounding."""
ALL_PAIRS = 10_000
"""100 against 100: up to here each is compared with each."""
SAME_QUESTION = 0.75
"""Likeness from which a question is the same, though nothing else shows it."""
_LARGEST_TABLE = 400_000_000  # 20,000 against 20,000: the longest common order takes a bit a pair, 50 MB
_FEW_PAIRS = 400
_NEIGHBOURS = 1
_ANCHOR = 0.9  # what an exchange says, weighed, from which it is known anywhere
_ANCHOR_OF_TWO = 0.35  # or from which a question with its answer is
_ALIKE, _ALIKE_SHARE = 0.2, 0.34
_STRONG = 0.5  # what two exchanges have in common, weighed, from which they are one by what they say
_MOVED_SHARE = 0.7
_WHOLE = 0.4  # what an exchange that says little counts against one that is known anywhere, if they cross
_A_LITTLE = 0.05
_SAME = 0.8  # what a message weighs at least that is one with another beyond doubt, but for a word
_FEW_LETTERS, _SHARED = 8, 0.4  # such are said again by chance, where little else is shared
_SURE = 0.2  # a question that stayed counts more than an answer like that of another one

Row: TypeAlias = list[tuple[Message, Message, float]]
"""Messages of two exchanges that are one another, in order, with what each pair weighs."""


@dataclass(eq=False)
class ExchangePair:
    """Two exchanges with what they have in common: the heaviest row of messages, and what it weighs."""

    left: Exchange
    right: Exchange
    row: Row
    loose: bool = False
    moved: bool = False

    def __post_init__(self) -> None:
        self.place = (self.left.index, self.right.index)
        self.weight = sum(weight for _, _, weight in self.row)
        self.is_whole = self.left.says == self.right.says

    @property
    def spoken_weight(self) -> float:
        """What the messages of people weigh among them: rounds of tools are alike by their form."""
        return sum(weight for one, _, weight in self.row if one.is_spoken)

    @property
    def step(self) -> int:
        """How many places further the right one stands."""
        return self.right.index - self.left.index

    @property
    def share(self) -> float:
        """What they have in common, of the lesser one."""
        return self.weight / max(0.01, min(self.left.weight, self.right.weight))

    @property
    def is_complete(self) -> bool:
        """Whether each message of both is one of the other, as it was or alike."""
        return len(self.row) == len(self.left.messages) == len(self.right.messages)

    @property
    def has_stayed(self) -> bool:
        """Whether a message says what it said, and perhaps more."""
        return any(
            one.stayed_in(other) and (one.letters >= _FEW_LETTERS or self.share >= _SHARED)
            for one, other, _ in self.row
        )

    @cached_property
    def has_grown(self) -> bool:
        """Whether all of one stands in the other, in whatever order, with more said before, between or behind."""
        few, many = sorted((self.left.messages, self.right.messages), key=len)
        return self.weight > 0 and all(any(one.says == x.says or one.says_on(x) for x in many) for one in few)

    @property
    def is_same(self) -> bool:
        """Whether all messages are equal."""
        return self.is_complete and all(one.number == other.number for one, other, _ in self.row)

    @property
    def is_sure(self) -> bool:
        """Whether nothing was replaced, or enough says so that the rest was reworded in its place."""
        most = max((weight for _, _, weight in self.row), default=0.0)
        return (
            most >= _SAME
            or sum((self.is_complete, self.has_stayed, self.weight >= _STRONG and self.share >= _ALIKE_SHARE)) > 1
        )


Side: TypeAlias = Sequence[Exchange]


class _Search:
    """Pairs the exchanges of two sides, step by step."""

    def __init__(self, left: Side, right: Side, *, later_left: bool) -> None:
        self._left = left
        self._right = right
        self._later = left if later_left else right
        self._known: dict[tuple[int, int], ExchangePair] = {}
        self._alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[ExchangePair]] = {}
        self._once = once([each.says for each in left], [each.says for each in right])
        self.found: dict[int, ExchangePair] = {}  # by the number on the left
        self._taken: set[int] = set()

    def run(self) -> None:
        self._pair_openings()
        self._pair_anchors()
        for left, right in list(self._gaps()):
            self._pair_alike(left, right)
        gaps = list(self._gaps())
        elsewhere = self._kept_elsewhere() if gaps else []
        for left, right in gaps:
            self._pair_rest(left, right, elsewhere)
        self._pair_moved()
        self._order_equals()
        self._doubt_equals()

    def _add(self, pair: ExchangePair, *, loose: bool = False, moved: bool = False) -> None:
        if pair.left.index not in self.found and pair.right.index not in self._taken:
            pair.loose, pair.moved = loose, moved
            self.found[pair.left.index] = pair
            self._taken.add(pair.right.index)

    def _unpaired(self) -> tuple[Side, Side]:
        left = [each for each in self._left if each.index not in self.found]
        return left, [each for each in self._right if each.index not in self._taken]

    def _gaps(self) -> Iterator[tuple[Side, Side]]:
        """Yield the exchanges in no pair between each two pairs that did not move."""
        stayed = [pair.place for _, pair in sorted(self.found.items()) if not pair.moved]
        ends = [(-1, -1), *stayed, (len(self._left), len(self._right))]
        for (left, right), (to_left, to_right) in pairwise(ends):
            one = [each for each in self._left[left + 1 : to_left] if each.index not in self.found]
            other = [each for each in self._right[right + 1 : to_right] if each.index not in self._taken]
            if one and other:
                yield one, other

    def _candidates(self, left: Side, right: Side) -> list[ExchangePair]:
        """Return the pairs of two rows that have anything in common."""
        rows = (tuple(each.index for each in left), tuple(each.index for each in right))
        if rows not in self._alike:
            pairs = (self._pair(left[one], right[other]) for one, other in places_to_look_at(left, right))
            self._alike[rows] = [pair for pair in pairs if pair.row]
        return self._alike[rows]

    def _pair(self, left: Exchange, right: Exchange) -> ExchangePair:
        known = self._known.get((left.index, right.index))
        if known is None:
            if left.says == right.says:
                rows = zip(left.messages, right.messages, strict=True)
                row = [(one, other, one.common_weight(other)) for one, other in rows]
            else:
                row = heaviest_row(left.messages, right.messages)
            known = self._known[left.index, right.index] = ExchangePair(left, right, row)
        return known

    # ---- the steps

    def _pair_openings(self) -> None:
        """Pair the system messages where each side has one: there is no other that it could be."""
        left, right = ([each for each in side if each.is_opening] for side in (self._left, self._right))
        if len(left) == len(right) == 1:
            self._add(self._pair(left[0], right[0]))

    def _pair_anchors(self) -> None:
        places = {each.says: each for each in self._right}
        anchors = [
            self._pair(each, places[each.says])
            for each in self._left
            if each.says in self._once
            and each.index not in self.found
            and (each.weight >= _ANCHOR or (len(each.messages) > 1 and each.weight >= _ANCHOR_OF_TWO))
        ]
        # As few exchanges as possible moved; which of them did shows in what else stands in order with them.
        weighed = [
            (*pair.place, 1 + pair.weight / 100 + sum(message.beside for message in pair.left.messages))
            for pair in anchors
        ]
        known = tuple({pair.place[side] for pair in (*anchors, *self.found.values())} for side in (0, 1))
        left = [each for each in self._left if each.index not in known[0]]
        right = [each for each in self._right if each.index not in known[1]]
        if len(left) * len(right) <= _FEW_PAIRS:
            others = self._candidates(left, right)
            weighed += [
                (*pair.place, (_WHOLE if pair.is_whole else 0.1) + pair.weight / 100)
                for pair in others
                if pair.is_complete or pair.weight >= _STRONG
            ]
        weighed += [(*pair.place, 1 + pair.weight / 100) for pair in self.found.values()]
        stayed = _chain(weighed)
        for pair in [*self.found.values(), *anchors]:
            pair.moved = pair.place not in stayed
            self._add(pair, moved=pair.moved)

    def _pair_alike(self, left: Side, right: Side) -> None:
        edges = {(left[0].index, right[0].index), (left[-1].index, right[-1].index)}
        pairs = [
            pair
            for pair in self._candidates(left, right)
            if pair.is_whole or (pair.weight >= _ALIKE and pair.share >= _ALIKE_SHARE)
        ]
        starts = edges | {(one + 1, other + 1) for one, other in (pair.place for pair in pairs)}
        chain = _chain(
            (
                *pair.place,
                pair.weight + _A_LITTLE * (pair.is_whole + 2 * pair.is_same + (pair.place in starts)),
            )
            for pair in pairs
        )
        row = [pair for pair in pairs if pair.place in chain]
        steps = {pair.step for pair in row if pair.weight >= _STRONG}
        ends = {(left[0].index - 1, right[0].index - 1), (left[-1].index + 1, right[-1].index + 1)}
        beside = {(one + by, other + by) for one, other in chain | ends for by in (1, -1)}
        for pair in row:
            if pair.weight >= _STRONG or pair.place in beside or pair.step in steps or pair.left.says in self._once:
                self._add(pair, loose=not (pair.is_sure or self._is_all(pair)))

    def _is_all(self, pair: ExchangePair) -> bool:
        """Return whether an entry is one exchange and asks alike: there is no other answer that it could be."""
        is_one = all(sum(not each.is_opening for each in side) == 1 for side in (self._left, self._right))
        questions = (pair.left.messages[0], pair.right.messages[0])
        return is_one and any(
            (one, other) == questions and (weight >= SAME_QUESTION or one.stayed_in(other) or one.asks_as(other))
            for one, other, weight in pair.row
        )

    def _kept_elsewhere(self) -> list[defaultdict[int, float]]:
        """Return by the exchanges of both sides what they have at most in common with one that holds all of it."""
        found: list[defaultdict[int, float]] = [defaultdict(float), defaultdict(float)]
        for pair in self._candidates(*self._unpaired()):
            if len(pair.row) > 1 and pair.has_grown:
                for weights, place in zip(found, pair.place, strict=True):
                    weights[place] = max(weights[place], pair.weight)
        return found

    def _pair_rest(self, left: Side, right: Side, elsewhere: Sequence[defaultdict[int, float]]) -> None:
        in_step = right[0].index - left[0].index if len(left) == len(right) else None
        pairs = [
            pair
            for pair in self._candidates(left, right)
            # what stands elsewhere as a whole was moved
            if pair.weight
            and (pair.is_whole or not {pair.left.says, pair.right.says} & self._once)
            and (pair.has_grown or pair.weight > max(elsewhere[0][pair.left.index], elsewhere[1][pair.right.index]))
        ]
        sole = _sole(pair for pair in pairs if pair.is_complete and not pair.is_whole)
        bonus = {pair.place: _A_LITTLE * ((pair.step == in_step) + 2 * pair.has_grown) for pair in pairs}
        chain = _chain((*pair.place, pair.weight + bonus[pair.place] + _SURE * pair.is_sure) for pair in pairs)
        for pair in pairs:
            if pair.place in chain:
                is_only = pair.is_sure and (pair in sole or pair.step == in_step)
                self._add(pair, loose=not (pair.is_whole or is_only or self._is_all(pair)))

    def _pair_moved(self) -> None:
        left, right = self._unpaired()
        times = [Counter(each.says for each in side) for side in (left, right)]  # as many stay in order
        alike = [
            pair
            for pair in self._candidates(left, right)
            if (
                pair.is_whole
                and times[0][pair.left.says] == times[1][pair.left.says]
                and (len(pair.row) > 1 or pair.weight >= _STRONG)
            )
            or (pair.spoken_weight >= _STRONG and (pair.share >= _MOVED_SHARE or pair.has_stayed))
        ]
        for pair in sorted(alike, key=lambda pair: (not pair.is_whole, -pair.weight, pair.place)):
            self._add(pair, moved=True)
        kept = (
            pair
            for pair in self._candidates(*self._unpaired())
            if pair.has_grown or (pair.is_complete and pair.has_stayed)
        )
        for pair in _sole(kept):
            if len(pair.row) > 1:
                self._add(pair, loose=True, moved=True)

    def _order_equals(self) -> None:
        """Let equal exchanges stand in one order on both sides: nobody can see that two of them changed places."""
        equal = defaultdict(list)
        for _, pair in sorted(self.found.items()):
            equal[pair.left.says if pair.is_whole else -1].append(pair)
        equal.pop(-1, None)
        for pairs in (pairs for pairs in equal.values() if len(pairs) > 1):
            ordered = [
                self._pair(pair.left, right)
                for pair, right in zip(
                    pairs, sorted((pair.right for pair in pairs), key=lambda each: each.index), strict=True
                )
            ]
            places = {pair.place for pair in self.found.values()}
            turned = (places - {pair.place for pair in pairs}) | {pair.place for pair in ordered}
            # but for what else they say, a flag or a speaker, and where fewer moved as it is
            if (
                turned != places
                and sum(pair.is_same for pair in ordered) >= sum(pair.is_same for pair in pairs)
                and len(longest_chain(turned)) >= len(longest_chain(places))
            ):
                is_loose = any(pair.loose for pair in pairs)
                for pair in ordered:
                    pair.loose = is_loose
                    self.found[pair.left.index] = pair

    def _doubt_equals(self) -> None:
        for side, row in enumerate((self._left, self._right)):
            pairs = {pair.place[side]: pair for pair in self.found.values()}
            same = {number: pair.is_same for number, pair in pairs.items()}
            numbers = (tuple(message.number for message in each.messages) for each in row)
            keys = [(each.says, number, same.get(each.index)) for each, number in zip(row, numbers, strict=True)]
            for number in in_doubt(keys, is_later=row is self._later):
                pairs[row[number].index].loose = True


def in_doubt(row: Sequence[tuple[int, object, bool | None]], *, is_later: bool) -> Iterator[int]:
    """Yield the places of what has a partner, and might not be it: an equal one without a partner stands beside it.

    The row says of each what it says, all that it is, and whether its partner is the same, None where it has none;
    between two that are beside each other nothing has one. Which of equal ones went is unknown, unless what stayed is
    another one by its flags or speakers; of those that came, the later are the new ones.
    """
    for places in (range(len(row)),) if is_later else (range(len(row)), reversed(range(len(row)))):
        alone: set[tuple[int, object]] = set()
        for place in places:
            says, value, is_same = row[place]
            if is_same is None:
                alone |= {(says, None), (says, value)}
            elif alone := alone & {(says, value if is_same else None)}:
                yield place


def pair_exchanges(left: Side, right: Side, *, later_left: bool) -> list[ExchangePair]:
    """Return which exchange is which; `later_left` tells that the left side is the later one.

    The steps meet equally good answers from the left first. Only what was removed and what was added needs to know
    which side is the later one.
    """
    search = _Search(left, right, later_left=later_left)
    search.run()
    return list(search.found.values())


def heaviest_row(left: Sequence[Message], right: Sequence[Message]) -> Row:
    """Return the heaviest row of messages that are one another; each pair weighs something."""
    weighed = {}
    is_small = len(left) * len(right) <= ALL_PAIRS
    places = product(left, right) if is_small else ((left[at], right[to]) for at, to in places_to_look_at(left, right))
    for one, other in places:
        if weight := one.common_weight(other):
            weighed[one.index, other.index] = (one, other, weight)
    if len(weighed) < 2:
        return list(weighed.values())
    return [weighed[place] for place in sorted(_chain((*place, item[2]) for place, item in weighed.items()))]


def _chain(weighed: Iterable[tuple[int, int, float]]) -> set[tuple[int, int]]:
    return set(heaviest_chain((one, other, round(weight * SCALE)) for one, other, weight in weighed))


def _sole(pairs: Iterable[ExchangePair]) -> list[ExchangePair]:
    """Return the pairs of which neither side is in another one."""
    found = list(pairs)
    lefts, rights = Counter(pair.left.index for pair in found), Counter(pair.right.index for pair in found)
    return [pair for pair in found if lefts[pair.left.index] == rights[pair.right.index] == 1]


def once(numbers: Iterable[int], others: Iterable[int]) -> set[int]:
    """Return the numbers that stand exactly once on both sides."""
    one, other = Counter(numbers), Counter(others)
    return {number for number, times in one.items() if times == 1 and other[number] == 1}


def places_to_look_at(left: Sequence[Message | Exchange], right: Sequence[Message | Exchange]) -> list[tuple[int, int]]:
    """Return the places in two rows that are worth comparing.

    In long rows they are those near each other, those in the longest order of what says the same on both sides, and
    those that share words which few others have.
    """
    if len(left) * len(right) <= ALL_PAIRS:
        return list(product(range(len(left)), range(len(right))))
    places = set()
    for one in range(len(left)):
        place = one * len(right) // len(left)
        places |= {(one, at) for at in range(max(0, place - _NEIGHBOURS), min(len(right), place + _NEIGHBOURS + 1))}
    if len(left) * len(right) <= _LARGEST_TABLE:
        from rapidfuzz.distance import Indel  # imported here because start-up counts

        for one, other, size in Indel.opcodes([x.says for x in left], [x.says for x in right]).as_matching_blocks():
            places |= {(one + step, other + step) for step in range(size)}
    return sorted(places.union(sharing_rare_words(*(dict(enumerate(row)) for row in (left, right)))))
