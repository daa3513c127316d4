"""Three lists of messages side by side, and where a merge of them breaks what each side had whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.merge.conversation import END, START, break_between, role_of
from rolethread_vcs.merge.values import UNSETTLED, settle, settle_value
from rolethread_vcs.model.entry import ANSWERING_ROLES, is_equal

Side: TypeAlias = Literal["ours", "theirs"]
SIDES: tuple[Side, Side] = ("ours", "theirs")


def other_side(side: Side) -> Side:
    """Return the side that is not this one."""
    return "theirs" if side == "ours" else "ours"


class Token(NamedTuple):
    """One message of the result: its number in each of the three lists, None where it is not in one."""

    base: int | None = None
    ours: int | None = None
    theirs: int | None = None

    def on(self, side: Side) -> int | None:
        """Return the number on a side."""
        return self.ours if side == "ours" else self.theirs


def only_on(side: Side, number: int) -> Token:
    """Return a message that only one side has."""
    return Token(ours=number) if side == "ours" else Token(theirs=number)


FIRST = Token(-1, -1, -1)
"""Stands before the first message of each list; `Lists.last` stands behind the last."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The messages of base, ours and theirs."""

    base: Sequence[Any]
    ours: Sequence[Any]
    theirs: Sequence[Any]

    @property
    def last(self) -> Token:
        """What stands behind the last message of each list."""
        return Token(len(self.base), len(self.ours), len(self.theirs))

    def on(self, side: Side) -> Sequence[Any]:
        """Return the list of a side."""
        return self.ours if side == "ours" else self.theirs

    def values(self, token: Token) -> tuple[Any, Any, Any]:
        """Return a message as base, ours and theirs have it, ABSENT where one has not."""
        return (
            ABSENT if token.base is None else self.base[token.base],
            ABSENT if token.ours is None else self.ours[token.ours],
            ABSENT if token.theirs is None else self.theirs[token.theirs],
        )

    def any_value(self, token: Token) -> Any:
        """Return a message as one of the lists has it; which one does not depend on what is called ours."""
        base, ours, theirs = self.values(token)
        if ours is ABSENT or theirs is ABSENT:
            return theirs if ours is ABSENT else ours
        value = settle_value(base, ours, theirs)
        if value is UNSETTLED:
            return min(ours, theirs, key=repr) if base is ABSENT else base
        return value

    def is_edited(self, token: Token, side: Side) -> bool:
        """Return whether a side that has a message of the base has other values in it."""
        number = token.on(side)
        return (
            token.base is not None and number is not None and not is_equal(self.base[token.base], self.on(side)[number])
        )

    def role(self, token: Token) -> Any:
        """Return the role that a message will have, START or END."""
        if token == FIRST:
            return START
        if token == self.last:
            return END
        roles = [ABSENT if value is ABSENT else role_of(value) for value in self.values(token)]
        present = [role for role in roles[1:] if role is not ABSENT]
        if len(present) < 2:
            return present[0] if present else roles[0]
        role = settle(*roles)
        return roles[1] if role is UNSETTLED else role

    def new_break(self, left: Token, right: Token, roles: tuple[Any, Any] | None = None) -> Reason | None:
        """Return how two neighbours of the result fail to read as a conversation, unless a side had that already.

        `roles` are given where they are settled; else they are what the merge of the roles alone would give.
        """
        left_role, right_role = roles or (self.role(left), self.role(right))
        reason = break_between(left_role, right_role)
        if reason is None:
            if left_role != "user" or right_role not in ANSWERING_ROLES or Token() in (left, right):
                return None
            were_neighbours = any(one is not None and other == one + 1 for one, other in zip(left, right, strict=True))
            return None if were_neighbours else Reason.OTHER_QUESTION
        if any(self._has_break(side, left, right, reason) for side in SIDES):
            return None
        return None if reason is Reason.TURNS_TOUCH and self._is_group(left, right) else reason

    def _is_group(self, left: Token, right: Token) -> bool:
        """Whether two messages are lines of different speakers, of which one stands beside another line already."""
        messages = [self.any_value(token) for token in (left, right) if token not in (FIRST, self.last)]
        speakers = {message.get("speaker") for message in messages if isinstance(message, dict)} - {None}
        places = [
            (side, number - before)
            for side in SIDES
            for token, before in ((left, 0), (right, 1))
            if (number := token.on(side)) is not None
        ]
        return len(speakers) == 2 and any(
            self._role_at(side, place) == self._role_at(side, place + 1) for side, place in places
        )

    def _has_break(self, side: Side, left: Token, right: Token, reason: Reason) -> bool:
        one, other = left.on(side), right.on(side)
        if reason is Reason.NO_ANSWER_LEFT:
            other = None if one is None else one + 1
        elif reason is not Reason.TURNS_TOUCH:
            one = None if other is None else other - 1
        if one is None or other != one + 1:
            return False
        return break_between(self._role_at(side, one), self._role_at(side, other)) is reason

    def _role_at(self, side: Side, number: int) -> Any:
        messages = self.on(side)
        if number < 0:
            return START
        return role_of(messages[number]) if number < len(messages) else END
