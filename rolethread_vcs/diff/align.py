"""Says which message of one list is which message of another: exchanges first, then the messages inside them.

`exchange_pairs` says which exchange is which. Then, in this order, a message is the same as another one that

    1  stands in the heaviest row of alike messages inside two exchanges that are a pair
    2  stands between the same two messages and is alike: an exchange was cut, or two were joined
    3  says enough to be known anywhere: it was moved alone
    4  says the same, once on each side, inside two exchanges that are a pair: a line of a group was moved
    5  stands alone between the same neighbours inside two exchanges that are a pair: it was written anew (PLACED)

`docs/diff.md` has a picture.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.diff.cuts import find_cuts
from rolethread_vcs.diff.exchange_pairs import (
    ALL_PAIRS,
    SAME_QUESTION,
    SCALE,
    ExchangePair,
    heaviest_row,
    in_doubt,
    once,
    pair_exchanges,
    places_to_look_at,
)
from rolethread_vcs.diff.exchanges import (
    KNOWN_ANYWHERE,
    Exchange,
    Message,
    common,
    read_exchanges,
    read_messages,
)

MOVED = 0.8
"""Likeness from which two messages in different places are one, moved and edited."""

_LONG = 60  # messages; of longer lists, stretches that nobody changed are passed over
_SURE_ACROSS, _KNOWN_ACROSS = 0.3, 0.65


class Match(StrEnum):
    """The level at which two messages were paired; what is equal may have keys inside it in another order."""

    EQUAL = "equal"
    SIMILAR = "similar"
    PLACED = "placed"


class Pair(NamedTuple):
    """One message on both sides: its two numbers, counted from 0, and whether it crosses others.

    A `loose` pair is in the place of the other, and may be another message all the same. Of a message that was cut,
    `after` is the first part and `rest` the others; of some that were joined, `before` is the first and `joined` the
    others.
    """

    before: int
    after: int
    match: Match
    moved: bool = False
    loose: bool = False
    rest: tuple[int, ...] = ()
    joined: tuple[int, ...] = ()

    @property
    def turned(self) -> Pair:
        """The same pair with its sides swapped."""
        return Pair(self.after, self.before, self.match, self.moved, self.loose, self.joined, self.rest)

    @property
    def is_replacement(self) -> bool:
        """Whether all that the two share is a place: one went, and the other came."""
        return self.loose and self.match is Match.PLACED


def align(before: Sequence[Any], after: Sequence[Any]) -> tuple[Pair, ...]:
    """Return which message is which, sorted by `after`; messages in no pair were inserted or removed.

    Messages are canonical JSON values of any kind. Pairs that did not move rise on both sides. The answer does not
    depend on which side is called before, swapped sides give swapped pairs; but for one thing: of equal exchanges side
    by side of which one went, none is known for certain.
    """
    start = common(before, after)
    if len(before) == len(after) and start + 1 + common(before[start + 1 :], after[start + 1 :]) >= len(before):
        match = _match_of_two(before, after, start) if start < len(before) else Match.EQUAL
        if match is not None:
            return tuple(Pair(index, index, match if index == start else Match.EQUAL) for index in range(len(before)))
    # Of several equally good answers the search takes the first it meets. It always meets them from the same side.
    is_turned = (len(before), repr(before[start:][:1])) > (len(after), repr(after[start:][:1]))
    pairs = _search(*((after, before) if is_turned else (before, after)), later_left=is_turned)
    if is_turned:
        pairs = [pair.turned for pair in pairs]
    return tuple(sorted(pairs, key=lambda pair: pair.after))


def align_sides(one: Sequence[Any], other: Sequence[Any]) -> tuple[Pair, ...]:
    """Return which message is which in two lists of which neither is the earlier one, sorted by the second.

    As `align`, and loose pairs are the same ones from both sides, too: of equal exchanges of which one went none is
    known, of those that came all are; so the same list is always taken for the earlier one.
    """
    if (len(one), repr(one)) <= (len(other), repr(other)):
        return align(one, other)
    return tuple(sorted((pair.turned for pair in align(other, one)), key=lambda pair: pair.after))


def _search(left: Sequence[Any], right: Sequence[Any], *, later_left: bool) -> list[Pair]:
    """Return which message is which; stretches that nobody changed are left out, and put in again."""
    stretches = []
    if min(len(left), len(right)) >= _LONG:
        from rolethread_vcs.diff.unchanged import unchanged  # imported here because start-up counts

        stretches = unchanged(left, right)
    same = {each.start + by: each.to_start + by for each in stretches for by in range(each.size)}
    kept = [number for number in range(len(left)) if number not in same]
    to_same = set(same.values())
    to_kept = [number for number in range(len(right)) if number not in to_same]
    one, other = read_exchanges([left[number] for number in kept], [right[number] for number in to_kept])
    beside = [max(0, bisect_left(kept, each.start) - 1) for each in stretches]
    messages = [message for exchange in one for message in exchange.messages]
    for place, stretch in zip(beside, stretches, strict=True):
        messages[place].beside += stretch.exchanges
    one, other = find_cuts(one, other)
    search = _Search(one, other, pair_exchanges(one, other, later_left=later_left), later_left=later_left)
    pairs = [
        pair._replace(
            before=kept[pair.before],
            after=to_kept[pair.after],
            rest=tuple(to_kept[number] for number in pair.rest),
            joined=tuple(kept[number] for number in pair.joined),
        )
        for pair in search.run()
    ]
    moved = {pair.before for pair in pairs if pair.moved}
    for place, stretch in zip(beside, stretches, strict=True):
        is_moved = kept[place] in moved
        numbers = range(stretch.start, stretch.start + stretch.size)
        pairs += [Pair(number, same[number], Match.EQUAL, is_moved) for number in numbers]
    return pairs


def _match_of_two(before: Sequence[Any], after: Sequence[Any], place: int) -> Match | None:
    """Return how the only messages that differ are paired, by far the most frequent case; None for a longer look."""
    [one], [other] = read_messages(before[place : place + 1], after[place : place + 1])
    if alike := one.alike(other):
        # a question like another one may be another one with an answer of few words
        is_question = one.known_role == other.known_role == "user"
        return None if is_question and alike < SAME_QUESTION else Match.SIMILAR
    is_placed = len(before) == 1 or not isinstance(one.value, dict)
    return Match.PLACED if is_placed and one.role == other.role else None


class _Search:
    """Pairs the messages of two sides of which the exchanges are paired."""

    def __init__(
        self,
        left: Sequence[Exchange],
        right: Sequence[Exchange],
        exchanges: Sequence[ExchangePair],
        *,
        later_left: bool,
    ) -> None:
        self._later_left = later_left
        self._left = [message for each in left for message in each.messages]
        self._right = [message for each in right for message in each.messages]
        self._exchange_of = [[each for each in side for _ in each.messages] for side in (left, right)]
        self._exchanges = exchanges
        self._paired = {each for pair in exchanges for each in (pair.left, pair.right)}
        self._found: dict[int, tuple[Message, Message, Match, bool]] = {}
        self._taken: dict[int, int] = {}  # numbers on the right, with their partners

    def run(self) -> list[Pair]:
        numbers = [{message.number for message in side} for side in (self._left, self._right)]
        single = once([message.says for message in self._left], [message.says for message in self._right])
        for pair in self._exchanges:
            for one, other, weight in pair.row:
                if one.role != other.role and (one.number in numbers[1] or other.number in numbers[0]):
                    continue  # nobody gave it to another role: it stands there as it was
                if one.says != other.says and any(
                    each.says in single for each in (one, other) if each.weight >= KNOWN_ANYWHERE
                ):
                    continue  # what it says stands elsewhere
                # In what may be another exchange a few words are the same ones, of the same speaker, or others.
                if not pair.loose or pair.is_complete or weight >= _SURE_ACROSS or _is_said_again(one, other):
                    self._add(one, other, Match.SIMILAR, loose=pair.loose)
        for left, right in self._gaps():
            self._pair_across(left, right)
        self._pair_single()
        for pair in [*self._exchanges, *self._moved_with_one()]:
            self._pair_lines(pair)
            self._pair_placed(pair)
        for pair in self._exchanges:
            self._doubt_lines(pair)
        # As few exchanges as possible moved; of two that changed places the lesser one did.
        weighed = (
            (
                one.index,
                other.index,
                one.beside + 1 / len(self._exchange_of[0][one.index].messages) + min(one.weight, other.weight) / 100,
            )
            for one, other, _, _ in self._found.values()
        )
        stayed = set(heaviest_chain((one, other, round(weight * SCALE)) for one, other, weight in weighed))
        return [
            Pair(
                one.index,
                other.index,
                match,
                (one.index, other.index) not in stayed,
                (one.is_recut or other.is_recut) if any(rests) else loose,
                *rests,
            )
            for one, other, match, loose in self._found.values()
            for rests in [tuple(self._rests(one, other))]
        ]

    def _rests(self, one: Message, other: Message) -> Iterator[tuple[int, ...]]:
        """Yield where the rest of the first message is, if it was cut, and what was joined to it."""
        for whole, first, taken in ((one, other, self._taken), (other, one, self._found)):
            rest = whole.parts[1:] if whole.parts and whole.parts[0] is first else ()
            yield tuple(part.index for part in rest if part.index not in taken)

    def _add(self, one: Message, other: Message, match: Match, *, loose: bool = False) -> None:
        if one.index not in self._found and other.index not in self._taken:
            self._found[one.index] = (one, other, Match.EQUAL if one.number == other.number else match, loose)
            self._taken[other.index] = one.index

    def _unpaired(self, left: Sequence[Message], right: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        one = [message for message in left if message.index not in self._found]
        return one, [message for message in right if message.index not in self._taken]

    def _gaps(self) -> Iterator[tuple[list[Message], list[Message]]]:
        """Yield the messages in no pair between each two that are one and did not move."""
        chain = heaviest_chain((one.index, other.index, 1) for one, other, _, _ in self._found.values())
        ends = [(-1, -1), *chain, (len(self._left), len(self._right))]
        for (left, right), (to_left, to_right) in pairwise(ends):
            rows = self._unpaired(self._left[left + 1 : to_left], self._right[right + 1 : to_right])
            if all(rows) and len(rows[0]) * len(rows[1]) <= ALL_PAIRS:
                yield rows

    def _pair_across(self, left: list[Message], right: list[Message]) -> None:
        single = once([message.says for message in left], [message.says for message in right])
        for one, other, weight in heaviest_row(left, right):
            if weight >= _SURE_ACROSS or (one.says in single and _is_said_again(one, other)):
                known = KNOWN_ANYWHERE if _is_said_again(one, other) else _KNOWN_ACROSS
                # what is in two exchanges that are both other ones was rather written anew there
                exchanges = (self._exchange_of[0][one.index], self._exchange_of[1][other.index])
                if weight >= known or not self._paired.issuperset(exchanges):
                    self._add(one, other, Match.SIMILAR, loose=weight < known)

    def _pair_single(self) -> None:
        left, right = (
            [message for message in row if message.weight >= KNOWN_ANYWHERE]
            for row in self._unpaired(self._left, self._right)
        )
        alike = [
            (-likeness, one, other)
            for one, other in places_to_look_at(left, right)
            if (likeness := left[one].likeness_to(right[other], MOVED))
        ]
        known = set(self._found)
        for _, one, other in sorted(alike):
            self._add(left[one], right[other], Match.SIMILAR)
        for index in self._found.keys() - known:
            message, partner, match, _ = self._found[index]
            exchanges = (self._exchange_of[0][index], self._exchange_of[1][partner.index])
            mates = {each.index for each in exchanges[0].messages}
            mates |= {self._taken.get(each.index, -1) for each in exchanges[1].messages}
            beside = {
                (self._exchange_of[0][each], self._exchange_of[1][self._found[each][1].index])
                for each in mates & self._found.keys() - {index}
            }
            is_alone = min(len(each.messages) for each in exchanges) == 1 and not beside
            # what is alike elsewhere, while nothing of its exchange is there, may be another question or answer
            if message.says != partner.says and not is_alone and exchanges not in beside:
                self._found[index] = (message, partner, match, True)

    def _pair_lines(self, pair: ExchangePair) -> None:
        """Pair what is the same, or says the same and perhaps more, once on each side, and changed places with another
        line of the same exchange."""
        rows = self._unpaired(pair.left.messages, pair.right.messages)
        ways: tuple[Callable[[Message, Message], bool], ...] = (
            lambda one, other: one.number == other.number,
            lambda one, other: one.says == other.says,
            Message.says_on,
        )
        # in what may be another exchange a short line is said again by chance
        for is_one in ways[: 1 if pair.loose else 3]:
            alike = [(one, other) for one in rows[0] for other in rows[1] if is_one(one, other)]
            counts = [Counter(message.index for message in row) for row in zip(*alike, strict=True)]
            for one, other in alike:
                if counts[0][one.index] == counts[1][other.index] == 1:
                    self._add(one, other, Match.SIMILAR, loose=pair.loose)
            rows = self._unpaired(*rows)

    def _moved_with_one(self) -> Iterator[ExchangePair]:
        """Yield the exchanges in no pair of which a message was found as it was: what was rewritten moved with it.

        A question may have come behind another one without an answer: then only one of the two is in no pair.
        """
        for one, other, _, loose in list(self._found.values()):
            left, right = self._exchange_of[0][one.index], self._exchange_of[1][other.index]
            paired = self._paired & {left, right}
            if one.says == other.says and len(paired) <= (one.known_role == "user"):
                yield ExchangePair(left, right, [], loose)

    def _pair_placed(self, pair: ExchangePair) -> None:
        left, right = pair.left.messages, pair.right.messages
        places = [
            (one, other)
            for one, message in enumerate(left)
            for other, partner in enumerate(right)
            if message.index in self._found and self._found[message.index][1] is partner
        ]
        for (one, other), (to_one, to_other) in pairwise([(-1, -1), *places, (len(left), len(right))]):
            rows = self._unpaired(left[one + 1 : to_one], right[other + 1 : to_other])
            for first, second in _by_speaker(rows):
                if 1 in (len(first), len(second)):
                    # where one became several, who knows which of them it is
                    is_one = len(first) == len(second)
                    self._add(first[0], second[0], Match.PLACED, loose=pair.loose or not is_one)
        # elsewhere in the exchange its speaker says something else: it may have been written anew, and moved
        for first, second in _by_speaker(self._unpaired(left, right)):
            if len(first) == len(second) == 1 and first[0].known_role != "user":
                self._add(first[0], second[0], Match.PLACED, loose=True)

    def _doubt_lines(self, pair: ExchangePair) -> None:
        for is_right, row in enumerate((pair.left.messages, pair.right.messages)):
            found = [self._found.get(self._taken.get(each.index, -1) if is_right else each.index) for each in row]
            if all(found):
                continue
            same = [item and item[2] is Match.EQUAL for item in found]
            keys = [(each.says, each.number, is_same) for each, is_same in zip(row, same, strict=True)]
            for item in (found[place] for place in in_doubt(keys, is_later=bool(is_right) != self._later_left)):
                if item is not None:
                    self._found[item[0].index] = (*item[:3], True)


def _by_speaker(rows: Iterable[Sequence[Message]]) -> Iterator[list[list[Message]]]:
    """Yield the messages in two rows of each who speaks in both."""
    left, right = rows
    for who in {(message.role, message.speaker): None for message in left}:
        found = [[each for each in row if (each.role, each.speaker) == who] for row in (left, right)]
        if all(found):
            yield found


def _is_said_again(one: Message, other: Message) -> bool:
    return one.says == other.says and one.speaker == other.speaker
