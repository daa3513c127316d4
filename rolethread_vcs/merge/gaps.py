"""Cuts three lists of messages into what all of them have in one order, and the gaps between.

Ours edits the answer and asks about rats behind it, theirs asks about the roof there and drops the last answer:

    base     Q1 A1              Q2 A2
    ours     Q1 a1  Rats  Two   Q2 A2
    theirs   Q1 A1  Roof  Leaks Q2

Q1, A1 and Q2 are in all three and nobody moved them: they are the backbone, as tokens (0, 0, 0), (1, 1, 1), (2, 4, 4):
the numbers of one message in base, ours and theirs. Between A1 and Q2 is a gap with nothing of the base, two new
messages of ours, (-, 2, -) (-, 3, -), and two of theirs, (-, -, 2) (-, -, 3). Behind Q2 is a gap with A2: (3, 5, -).
What happens in a gap is for `disputes` to say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff.align import Match, Pair, align, align_sides
from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.merge.conversation import role_of, says_enough
from rolethread_vcs.merge.cuts import cut_alike
from rolethread_vcs.merge.lists import FIRST, SIDES, Lists, Side, Token, other_side
from rolethread_vcs.model.entry import is_equal


class Gap(NamedTuple):
    """What stands between two messages that all three lists have, and that nobody moved."""

    left: Token
    right: Token
    base: tuple[int, ...]
    ours: tuple[Token, ...]
    theirs: tuple[Token, ...]

    def on(self, side: Side) -> tuple[Token, ...]:
        """Return the messages of a side."""
        return self.ours if side == "ours" else self.theirs


class Alignment:
    """Which message of the base is which on each side (`numbers`, and back: `origins`), and which of them a side moved.

    `moved_twice` are those that both sides moved, to different places; `loose` those that a side edited or replaced,
    nobody knows which, and that the other did not leave alone; `joined` those that another message of a side goes on
    with. What a side cut in two is cut in all three `lists`; what a person is shown is `original`.
    """

    def __init__(self, lists: Lists) -> None:
        self.original = lists
        every = {side: list(align(lists.base, lists.on(side))) for side in SIDES}
        lists, every = cut_alike(lists, every)
        every = _without_strangers(lists, every)
        there = {side: {pair.before: pair for pair in every[side]} for side in SIDES}
        known = {side: {pair.after for pair in every[side]} for side in SIDES}

        def is_settled(side: Side, pair: Pair) -> bool:
            # What may be another message is taken for the same if the other side left it alone, or has the same.
            row, same = lists.on(other_side(side)), there[other_side(side)].get(pair.before)
            if same is None or same.loose:
                return same is not None and is_equal(row[same.after], lists.on(side)[pair.after])
            is_left = not same.moved and is_equal(row[same.after], lists.base[pair.before])
            return is_left and not _stands_beside_new(row, same.after, known[other_side(side)])

        self.loose = {
            side: {pair.before: pair.after for pair in every[side] if pair.loose and not is_settled(side, pair)}
            for side in SIDES
        }
        pairs = {side: [pair for pair in every[side] if pair.before not in self.loose[side]] for side in SIDES}
        self.joined = {side: {number for pair in every[side] for number in pair.joined} for side in SIDES}
        self.lists = lists
        self.numbers = {side: {pair.before: pair.after for pair in pairs[side]} for side in SIDES}
        self.origins = {side: {pair.after: pair.before for pair in pairs[side]} for side in SIDES}
        self.added_by_both: list[tuple[int, int]] = []
        for side, pair in self._find_made_by_both():
            pairs[side].append(pair)
        self.moved = {side: _moved(pairs[side], self.numbers[other_side(side)]) for side in SIDES}
        self._moved = {
            pair.before for side in SIDES for pair in every[side] if pair.moved and pair.before in self.loose[side]
        }
        self._moved |= self.moved["ours"] | self.moved["theirs"]
        self._backbone = [
            self.token(number)
            for number in range(len(lists.base))
            if number not in self._moved and all(number in self.numbers[side] for side in SIDES)
        ]
        rising = {side: [_number(token, side) for token in self._backbone] for side in SIDES}
        self.moved_twice = {
            base
            for base in self.moved["ours"] & self.moved["theirs"]
            if len({bisect_left(rising[side], self.numbers[side][base]) for side in SIDES}) > 1
        }
        # Messages that a side added between two that the other moved together: they go along, and are listed by the
        # message before them.
        self._riding = {side: dict(self._find_riders(side)) for side in SIDES}
        self._riders = {token for side in SIDES for tokens in self._riding[side].values() for token in tokens}

    def _find_made_by_both(self) -> Iterator[tuple[Side, Pair]]:
        """Yield what one side has as new, and the other changed a message of the base into: it is that.

        What both have as new is `added_by_both`, by its number in ours and theirs: long ones, or several in a row.
        """
        lists, origins, numbers = self.lists, self.origins, self.numbers
        adding = [side for side in SIDES if len(lists.on(side)) > len(origins[side])]
        if len(adding) < 2 and not any(numbers[other_side(side)].keys() - numbers[side].keys() for side in adding):
            return
        added = []
        for pair in align_sides(lists.ours, lists.theirs):
            if pair.match is Match.PLACED:
                continue
            ours, theirs = pair[:2]
            here, there = origins["ours"].get(ours), origins["theirs"].get(theirs)
            is_long = not pair.loose and says_enough(lists.ours[ours]) and says_enough(lists.theirs[theirs])
            if here is None and there is None:
                added.append((ours, theirs, is_long))
            elif is_long and None in (here, there) and is_equal(lists.ours[ours], lists.theirs[theirs]):
                base = there if here is None else here
                side: Side = "ours" if here is None else "theirs"
                number = ours if here is None else theirs
                if base is not None and base not in numbers[side]:
                    numbers[side][base], origins[side][number] = number, base
                    self.loose[side].pop(base, None)
                    yield side, Pair(base, number, Match.SIMILAR)
        places = {each[:2] for each in added}
        self.added_by_both = [
            (ours, theirs)
            for ours, theirs, is_long in added
            if is_long or {(ours - 1, theirs - 1), (ours + 1, theirs + 1)} & places
        ]

    def _find_riders(self, side: Side) -> Iterator[tuple[int, tuple[Token, ...]]]:
        other = other_side(side)
        moved = self.moved[other] - self.moved[side]
        for before, after in pairwise(sorted(self.origins[side])):
            first, last = self.origins[side][before], self.origins[side][after]
            if before + 1 == after or not {first, last} <= moved:
                continue
            if self.numbers[other][last] == self.numbers[other][first] + 1:
                yield first, tuple(_only_on(side, number) for number in range(before + 1, after))

    def token(self, base: int) -> Token:
        """Return a message of the base as a token."""
        return Token(base, self.numbers["ours"].get(base), self.numbers["theirs"].get(base))

    def is_moved(self, token: Token) -> bool:
        """Return whether any side moved a message."""
        return token.base in self._moved

    def gaps(self, mover: Side) -> Iterator[Gap]:
        """Yield the gaps in order; what both moved apart stands where the `mover` put it."""
        for left, right in pairwise([FIRST, *self._backbone, self.lists.last]):
            assert left.base is not None and right.base is not None
            ours, theirs = (tuple(self._run(side, left, right, mover)) for side in SIDES)
            base = {token.base for token in (*ours, *theirs) if token.base is not None}
            # what crossed only what the other side deleted is where it stands now
            base |= {number for number in range(left.base + 1, right.base) if self.token(number) == Token(number)}
            yield Gap(left, right, tuple(sorted(base)), ours, theirs)

    def _run(self, side: Side, left: Token, right: Token, mover: Side) -> Iterator[Token]:
        """Yield what a side has in a gap: not what the other moved away, but with what rides on its own moves."""
        other = other_side(side)
        for number in range(_number(left, side) + 1, _number(right, side)):
            base = self.origins[side].get(number)
            if base is None:
                token = _only_on(side, number)
                if token not in self._riders:
                    yield token
            elif base in self.moved_twice:
                if side == mover:
                    yield self.token(base)
            elif base in self.moved[side] or base not in self.moved[other]:
                yield self.token(base)
                yield from self._riding[other].get(base, ())

    def in_places(self, ours: Sequence[Token], theirs: Sequence[Token]) -> tuple[Token, ...] | None:
        """Return the new messages of both sides in one row, if each has a place of its own between those of the base.

        Who wrote something over a message put it behind what stands before that message on the other side.
        """
        places = {token: self._place(token) for token in (*ours, *theirs)}
        if None in places.values() or not {places[token] for token in ours}.isdisjoint(map(places.get, theirs)):
            return None
        return tuple(sorted(places, key=lambda token: places[token] or ()))

    def _place(self, token: Token) -> tuple[int, int] | None:
        """Return between which two messages of the base a side put a new one; None for one of the base."""
        if token.base is not None:
            return None
        side: Side = "theirs" if token.ours is None else "ours"
        known, number = self.origins[side], _number(token, side)
        before = next((known[place] for place in range(number, -1, -1) if place in known), -1)
        behind = (known[place] for place in range(number, len(self.lists.on(side))) if place in known)
        return before, next(behind, len(self.lists.base))

    def written_over_moved(self) -> Iterator[Token]:
        """Yield the first new message of a side wherever it stands in the place of what the other side moved away."""
        for side in SIDES:
            gone = self.moved[other_side(side)] - self.numbers[side].keys()
            new = (number for number in range(len(self.lists.on(side))) if number not in self.origins[side])
            for token in (_only_on(side, number) for number in new if gone):
                before, behind = self._place(token) or (0, 0)
                if found := {base for base in gone if before < base < behind}:
                    gone -= found
                    yield token

    def is_replaced(self, side: Side, base: int, row: Sequence[Token]) -> bool:
        """Return whether a side has new messages where one of the base stood that it does not have."""
        places = (self._place(token) for token in row if token.on(side) is not None)
        return any(place is not None and place[0] < base < place[1] for place in places)

    def predecessor(self, side: Side, number: int) -> int | None:
        """Return the message of the base that comes before one on a side, passing over what is new there."""
        for before in range(number - 1, -1, -1):
            base = self.origins[side].get(before)
            if base is not None:
                return base
        return None


def _stands_beside_new(row: Sequence[Any], number: int, known: set[int]) -> bool:
    """Return whether something was put into the exchange next to a message, a line of a group or a round of a tool."""
    return any(
        0 < place < len(row) and not {place - 1, place} <= known and role_of(row[place]) != "user"
        for place in (number, number + 1)
    )


def _without_strangers(lists: Lists, every: dict[Side, list[Pair]]) -> dict[Side, list[Pair]]:
    """Return the pairs without those that are not certain, and whose message the other side has as well, and as another
    one: both know it from elsewhere, and it is written over what stood in its place, or came with what was picked."""

    def is_certain(pair: Pair) -> bool:
        return not (pair.loose or (pair.moved and pair.match is Match.SIMILAR))

    if all(is_certain(pair) for pairs in every.values() for pair in pairs):
        return every
    pairs = align_sides(lists.ours, lists.theirs)
    same = {pair.before: pair.after for pair in pairs if not pair.loose and pair.match is not Match.PLACED}
    there = {"ours": same, "theirs": {theirs: ours for ours, theirs in same.items()}}
    origins = {side: {pair.after: pair.before for pair in every[side]} for side in SIDES}
    numbers = {side: {pair.before: pair.after for pair in every[side] if not pair.loose} for side in SIDES}

    def is_stranger(side: Side, pair: Pair) -> bool:
        other = other_side(side)
        number, known = there[side].get(pair.after), numbers[other].get(pair.before)
        elsewhere = None if known is None else there[other].get(known)
        return (number is not None and origins[other].get(number) != pair.before) or elsewhere not in (None, pair.after)

    return {side: [pair for pair in every[side] if is_certain(pair) or not is_stranger(side, pair)] for side in SIDES}


def _moved(pairs: Sequence[Pair], there: Collection[int]) -> frozenset[int]:
    """Return which messages of the base a side moved; what crossed only what the other side deleted did not move."""
    row = [pair.after for pair in sorted(pairs)]
    if row == sorted(row):
        return frozenset()
    stays = len(pairs)
    chain = heaviest_chain(
        (pair.before, pair.after, 1 if pair.moved else stays) for pair in pairs if pair.before in there
    )
    return frozenset(pair.before for pair in pairs if pair.before in there) - {before for before, _ in chain} | {
        pair.before for pair in pairs if pair.moved and pair.before not in there
    }


def _only_on(side: Side, number: int) -> Token:
    return Token(ours=number) if side == "ours" else Token(theirs=number)


def _number(token: Token, side: Side) -> int:
    number = token.on(side)
    assert number is not None
    return number
