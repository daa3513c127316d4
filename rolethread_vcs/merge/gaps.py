"""Cuts three lists of messages into what all of them have, in one order, and the gaps between.

Ours edits the answer and asks about rats behind it, theirs asks about the roof there and drops the last answer:

    base     Q1 A1              Q2 A2
    ours     Q1 a1  Rats  Two   Q2 A2
    theirs   Q1 A1  Roof  Leaks Q2

Q1, A1 and Q2 are in all three, in the order that `order` says, as tokens (0, 0, 0), (1, 1, 1), (2, 4, 4): the numbers
of one message in base, ours and theirs. Between A1 and Q2 is a gap with nothing of the base, two new messages of ours,
(-, 2, -) (-, 3, -), and two of theirs, (-, -, 2) (-, -, 3). Behind Q2 is a gap with A2: (3, 5, -). What happens in a
gap is for `disputes` to say.

What is new stands behind what it was put behind; what was written over a message stands where that one does, whatever
the other side moved in between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

from rolethread_vcs.diff.align import Match, Pair, align, align_sides
from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.diff.exchanges import holds_most, says_enough
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.merge.cuts import cut_alike
from rolethread_vcs.merge.lists import FIRST, SIDES, Lists, Side, Token, only_on, other_side
from rolethread_vcs.merge.order import merged_order
from rolethread_vcs.model.entry import OPENING_ROLES, is_equal


class Gap(NamedTuple):
    """What stands between two messages that all three lists have, and that follow each other in the merge."""

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

    `has_clash` says that the moves of both contradict each other; `loose` are those that a side edited or replaced,
    nobody knows which, and that the other did not leave alone; `joined` those that another message of a side goes on
    with. What a side cut in two is cut in all three `lists`; what a person is shown is `original`.
    """

    def __init__(self, lists: Lists) -> None:
        self.original = lists
        every = {side: list(align(lists.base, lists.on(side))) for side in SIDES}
        lists, every = cut_alike(lists, every)
        every = _without_strangers(lists, every)
        every = {side: [*every[side], *_said_elsewhere(lists, every, side)] for side in SIDES}
        there = {side: {pair.before: pair for pair in every[side]} for side in SIDES}
        known = {side: {pair.after for pair in every[side]} for side in SIDES}

        def is_settled(side: Side, pair: Pair) -> bool:
            # What may be another message is taken for the same if the other side left it alone, or has the same.
            row, same = lists.on(other_side(side)), there[other_side(side)].get(pair.before)
            if same is None:
                return False
            if is_equal(row[same.after], lists.on(side)[pair.after]):
                near = {pair.before - 1, pair.before + 1} & {*range(len(lists.base))}
                sure = {number for number in near if number in there[side] and not there[side][number].loose}
                if same.loose or near == sure:
                    return True
            is_left = not (same.loose or same.moved) and is_equal(row[same.after], lists.base[pair.before])
            return is_left and not _stands_beside_new(row, same.after, known[other_side(side)])

        self.loose = {
            side: {pair.before: pair.after for pair in every[side] if pair.loose and not is_settled(side, pair)}
            for side in SIDES
        }
        pairs = {side: [pair for pair in every[side] if pair.before not in self.loose[side]] for side in SIDES}
        self.rests = {side: {number for pair in every[side] for number in pair.rest} for side in SIDES}
        self.joined = {side: {number for pair in every[side] for number in pair.joined} for side in SIDES}
        self.lists = lists
        self.numbers = {side: {pair.before: pair.after for pair in pairs[side]} for side in SIDES}
        self.origins = {side: {pair.after: pair.before for pair in pairs[side]} for side in SIDES}
        self.added_by_both: list[tuple[int, int]] = []
        for side, pair in self._find_made_by_both():
            pairs[side].append(pair)
        self.moved = {side: _moved(pairs[side], self.numbers[other_side(side)]) for side in SIDES}
        self._asked = {base for base, message in enumerate(lists.base) if role_of(message) == "user"}
        self._common = [base for base in range(len(lists.base)) if all(base in self.numbers[side] for side in SIDES)]
        rows = {side: [self.numbers[side][base] for base in self._common] for side in SIDES}
        self._order = merged_order(rows, [base in self._asked for base in self._common])
        self.has_clash = self._order.is_clash
        self._between: dict[Side, dict[int, tuple[int, int]]] = {"ours": {}, "theirs": {}}
        self.written_over: dict[Side, dict[int, int]] = {"ours": {}, "theirs": {}}
        for side in SIDES:
            self._find_places(side)

    def _find_places(self, side: Side) -> None:
        """Note between which two messages of the base, which it did not move, a side put each new one, and over which
        one that stands on the other side where it was: where exchange stands for exchange, its own, else the first."""
        known, there = self.origins[side], self._stands(other_side(side))
        stayed = ((number, base) for number, base in sorted(known.items()) if base not in self.moved[side])
        ends = [(-1, -1), *stayed, (len(self.lists.on(side)), len(self.lists.base))]
        for (number, before), (to_number, behind) in pairwise(ends):
            new = [each for each in range(number + 1, to_number) if each not in known]
            self._between[side].update(dict.fromkeys(new, (before, behind)))
            gone = (base for base in range(before + 1, behind) if base not in self.numbers[side] and base in there)
            stayed_there = (base for base in gone if base not in self.moved[other_side(side)])
            # but for the last lines of an exchange that the side moved away
            over = [base for base in stayed_there if self._question_of(base) not in self.moved[side]]
            if not (new and over):
                continue
            asked = [base for base in over if base in self._asked]
            asks = [each for each in new if role_of(self.lists.on(side)[each]) == "user"]
            if len(asked) != len(asks) or over[:1] != asked[:1]:
                asks, asked = new[:1], over[:1]
            for each in new:
                self.written_over[side][each] = asked[max(0, bisect_right(asks, each) - 1)]

    def _question_of(self, base: int) -> int:
        """Return the question in whose exchange one of the base stands, -1 where nobody asked."""
        return next((each for each in range(base, -1, -1) if each in self._asked), -1)

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
                    loose = self.loose[side].items()
                    self.loose[side] = {was: to for was, to in loose if was != base and to != number}
                    yield side, Pair(base, number, Match.SIMILAR)
        places = {each[:2] for each in added}
        self.added_by_both = [
            (ours, theirs)
            for ours, theirs, is_long in added
            if is_long or {(ours - 1, theirs - 1), (ours + 1, theirs + 1)} & places
        ]

    def token(self, base: int) -> Token:
        """Return a message of the base as a token."""
        return Token(base, self.numbers["ours"].get(base), self.numbers["theirs"].get(base))

    def gaps(self, mover: Side) -> Iterator[Gap]:
        """Yield the gaps in order; where the moves of both sides contradict each other, the `mover` has its way."""
        row = [-1, *(self._common[place] for place in self._order.rows[mover])]
        places = {base: place for place, base in enumerate(row)}
        anchors = {side: self._anchors(side, places) for side in SIDES}
        tails: dict[Side, list[list[Token]]] = {side: [[] for _ in row] for side in SIDES}
        went: list[set[int]] = [set() for _ in row]
        known = {*row}
        there = {side: self._stands(side) for side in SIDES}
        for side, other in (SIDES, SIDES[::-1]):
            loose = {number: base for base, number in self.loose[side].items()}
            for number, place in anchors[side].items():
                base = self.origins[side].get(number)
                if number in self.written_over[side]:
                    place = max(place, anchors[other][there[other][self.written_over[side][number]]])
                tails[side][place].append(only_on(side, number) if base is None else self.token(base))
                base = loose.get(number) if base is None else base
                if base is not None and base not in known and (number not in loose or base not in self.numbers[other]):
                    went[place].add(base)
                    known.add(base)
        stayed = [-1, *(base for base in self._common if not any(base in self.moved[side] for side in SIDES))]
        for base in range(len(self.lists.base)):
            if base not in known:
                went[places[stayed[bisect_left(stayed, base) - 1]]].add(base)
        ends = pairwise([*(self.token(base) if base >= 0 else FIRST for base in row), self.lists.last])
        for place, (left, right) in enumerate(ends):
            ours, theirs = (tuple(tails[side][place]) for side in SIDES)
            yield Gap(left, right, tuple(sorted(went[place])), ours, theirs)

    def _anchors(self, side: Side, places: Mapping[int, int]) -> dict[int, int]:
        """Return behind which place in the merged order each message of a side stands that has none there.

        A message goes along with what the other side moved if it belongs to the same exchange, or stands between two
        that moved together; an exchange stays.
        """
        there = self.numbers[other_side(side)]
        away = self.moved[other_side(side)] - self.moved[side]
        row = [base for _, base in sorted(self.origins[side].items()) if base in places]
        together = {one for one, to in pairwise(row) if {one, to} <= away and there[to] == there[one] + 1}
        found = {}
        anchor = stayed = -1
        for number, message in enumerate(self.lists.on(side)):
            base = self.origins[side].get(number, -1)
            if base in places and base >= 0:
                anchor = base
                stayed = stayed if base in away else base
                continue
            if anchor in away - together and role_of(message) in ("user", *OPENING_ROLES):
                anchor = stayed
            found[number] = places[anchor]
        return found

    def _stands(self, side: Side) -> dict[int, int]:
        return {**self.numbers[side], **self.loose[side]}

    def in_places(self, gap: Gap, ours: Sequence[Token], theirs: Sequence[Token]) -> tuple[Token, ...] | None:
        """Return the new messages of both sides in one row, if each has a place of its own between those of the base.

        Who wrote something over a message put it behind what stands before that message on the other side; lines at the
        end of an exchange stand with it.
        """
        places = {token: self._place(token) for token in (*ours, *theirs)}
        is_moved = any(gap.left.base in self.moved[side] for side in SIDES)
        if is_moved or not {places[token] for token in ours}.isdisjoint(map(places.get, theirs)):
            return None
        rows = (takewhile(lambda token: self.lists.role(token) != "user", row) for row in (ours, theirs))
        lines = {token for row in rows for token in row if places[token][0] + 1 in self._asked}
        return tuple(sorted(places, key=lambda token: (places[token][0], token not in lines, places[token][1])))

    def _place(self, token: Token) -> tuple[int, int]:
        """Return between which two messages of the base a side put a new one."""
        return next(self._between[side][number] for side in SIDES if (number := token.on(side)) is not None)

    def written_over_moved(self) -> Iterator[Token]:
        """Yield the first new message of a side wherever it stands in the place of what the other side moved away."""
        for side in SIDES:
            gone = self.moved[other_side(side)] - self.numbers[side].keys()
            new = (number for number in range(len(self.lists.on(side))) if number not in self.origins[side])
            for token in (only_on(side, number) for number in new if gone):
                before, behind = self._place(token)
                if found := {base for base in gone if before < base < behind}:
                    gone -= found
                    yield token

    def is_replaced(self, base: int, row: Sequence[Token]) -> bool:
        """Return whether a row has new messages where one of the base stood that their side does not have."""
        places = (self._place(token) for token in row if token.base is None)
        return any(before < base < behind for before, behind in places)

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
    same = {
        pair.before: pair.after
        for pair in pairs
        if not pair.loose
        and (pair.match is Match.EQUAL or (pair.match is Match.SIMILAR and says_enough(lists.ours[pair.before])))
    }
    there = {"ours": same, "theirs": {theirs: ours for ours, theirs in same.items()}}
    origins = {side: {pair.after: pair.before for pair in every[side]} for side in SIDES}
    numbers = {side: {pair.before: pair.after for pair in every[side] if not pair.loose} for side in SIDES}

    def is_stranger(side: Side, pair: Pair) -> bool:
        other = other_side(side)
        number, known = there[side].get(pair.after), numbers[other].get(pair.before)
        elsewhere = None if known is None else there[other].get(known)
        return (number is not None and origins[other].get(number) != pair.before) or elsewhere not in (None, pair.after)

    return {side: [pair for pair in every[side] if is_certain(pair) or not is_stranger(side, pair)] for side in SIDES}


def _said_elsewhere(lists: Lists, every: Mapping[Side, Sequence[Pair]], side: Side) -> Iterator[Pair]:
    """Yield loosely what a side says anew and which holds what the other side deleted: it may have been moved and
    rewritten, too little alike to be known elsewhere, and nobody's work is deleted unasked.
    """
    known = {number for pair in every[side] for number in (pair.after, *pair.rest)}
    row, there = lists.on(side), lists.on(other_side(side))
    new = [number for number, message in enumerate(row) if number not in known and says_enough(message)]
    gone = {*range(len(lists.base))}.difference(
        number for pairs in every.values() for pair in pairs for number in (pair.before, *pair.joined)
    )
    for base in sorted(gone) if new else ():
        was = lists.base[base]
        if says_enough(was):
            alike = (n for n in new if role_of(row[n]) == role_of(was) and row[n] not in there)
            if (number := next((n for n in alike if holds_most(row[n], was)), None)) is not None:
                new.remove(number)
                yield Pair(base, number, Match.SIMILAR, moved=True, loose=True)


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
