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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff.align import Pair, align
from rolethread_vcs.merge.lists import FIRST, SIDES, Lists, Side, Token, other_side
from rolethread_vcs.model.entry import is_same


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


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which message of the base is which on each side, and which of them a side moved.

    `moved_twice` are those that both sides moved, to different places. `riding` are messages that a side added between
    two that the other moved together: they go along, and are listed by the message before them.
    """

    lists: Lists
    numbers: dict[Side, dict[int, int]]
    origins: dict[Side, dict[int, int]]
    moved: dict[Side, frozenset[int]]
    moved_twice: frozenset[int] = frozenset()
    riding: Mapping[Side, Mapping[int, tuple[Token, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, lists: Lists) -> Alignment:
        """Return the alignment of three lists."""
        pairs: dict[Side, tuple[Pair, ...]] = {
            "ours": align(lists.base, lists.ours),
            "theirs": align(lists.base, lists.theirs),
        }
        numbers = {side: {pair.before: pair.after for pair in pairs[side]} for side in SIDES}
        origins = {side: {pair.after: pair.before for pair in pairs[side]} for side in SIDES}
        moved = {side: frozenset(pair.before for pair in pairs[side] if pair.moved) for side in SIDES}
        found = cls(lists, numbers, origins, moved)
        found = replace(found, moved_twice=frozenset(found._moved_apart()))
        return replace(found, riding={side: dict(found._riders(side)) for side in SIDES})

    def _riders(self, side: Side) -> Iterator[tuple[int, tuple[Token, ...]]]:
        other = other_side(side)
        known = sorted(self.origins[side])
        for before, after in pairwise(known):
            first, last = self.origins[side][before], self.origins[side][after]
            if before + 1 == after or not all(
                base in self.moved[other] and base not in self.moved[side] for base in (first, last)
            ):
                continue
            if self.numbers[other][last] == self.numbers[other][first] + 1:
                yield first, tuple(_only_on(side, number) for number in range(before + 1, after))

    def rides(self, token: Token) -> bool:
        """Return whether a message was added between two that the other side moved together."""
        return any(token in tokens for side in self.riding for tokens in self.riding[side].values())

    def _backbone(self) -> list[Token]:
        moved = self.moved["ours"] | self.moved["theirs"]
        return [
            self.token(number)
            for number in range(len(self.lists.base))
            if number not in moved and all(number in self.numbers[side] for side in SIDES)
        ]

    def token(self, base: int) -> Token:
        """Return a message of the base as a token."""
        return Token(base, self.numbers["ours"].get(base), self.numbers["theirs"].get(base))

    def is_moved(self, token: Token) -> bool:
        """Return whether any side moved a message."""
        return token.base is not None and any(token.base in self.moved[side] for side in SIDES)

    def _moved_apart(self) -> Iterator[int]:
        backbone = self._backbone()
        rising = {side: [_number(token, side) for token in backbone] for side in SIDES}
        for base in self.moved["ours"] & self.moved["theirs"]:
            token = self.token(base)
            if len({bisect_left(rising[side], _number(token, side)) for side in SIDES}) > 1:
                yield base

    def gaps(self, mover: Side) -> Iterator[Gap]:
        """Yield the gaps in order; what both moved apart stands where the `mover` put it."""
        backbone = [FIRST, *self._backbone(), self.lists.last]
        for left, right in pairwise(backbone):
            yield Gap(
                left,
                right,
                tuple(
                    base
                    for base in range(_number(left, None) + 1, _number(right, None))
                    if not any(base in self.moved[side] for side in SIDES)
                ),
                tuple(self._run("ours", left, right, mover)),
                tuple(self._run("theirs", left, right, mover)),
            )

    def _run(self, side: Side, left: Token, right: Token, mover: Side) -> Iterator[Token]:
        """Yield what a side has in a gap: not what the other moved away, but with what rides on its own moves."""
        other = other_side(side)
        for number in range(_number(left, side) + 1, _number(right, side)):
            base = self.origins[side].get(number)
            if base is None:
                token = _only_on(side, number)
                if not self.rides(token):
                    yield token
            elif base in self.moved_twice:
                if side == mover:
                    yield self.token(base)
            elif base in self.moved[side] or base not in self.moved[other]:
                yield self.token(base)
                yield from self.riding[other].get(base, ())

    def predecessor(self, side: Side, number: int) -> int | None:
        """Return the message of the base that comes before one on a side, passing over what is new there."""
        for before in range(number - 1, -1, -1):
            base = self.origins[side].get(before)
            if base is not None:
                return base
        return None


def in_place(lists: Lists) -> list[Token] | None:
    """Return the tokens of lists in which nothing came, went or moved for certain, else None.

    That is so when they are equally long and no message was touched by both sides.
    """
    if not len(lists.base) == len(lists.ours) == len(lists.theirs):
        return None
    if all(
        is_same(ours, base) or is_same(theirs, base) or is_same(ours, theirs)
        for base, ours, theirs in zip(lists.base, lists.ours, lists.theirs, strict=True)
    ):
        return [Token(number, number, number) for number in range(len(lists.base))]
    return None


def _only_on(side: Side, number: int) -> Token:
    return Token(ours=number) if side == "ours" else Token(theirs=number)


def _number(token: Token, side: Side | None) -> int:
    number = token.base if side is None else token.on(side)
    assert number is not None
    return number


def values_of(messages: Sequence[Any], numbers: Iterable[int | None]) -> list[Any]:
    """Return the messages of these numbers, those without a number left out."""
    return [messages[number] for number in numbers if number is not None]
