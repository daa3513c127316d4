"""Puts the messages that both sides added in one place into one row, when it reads as a conversation."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise, product

from rolethread_vcs.diff.align import Match, align_sides
from rolethread_vcs.diff.exchanges import Exchange, Message, goes_on, read_exchanges
from rolethread_vcs.diff.likeness import similarity
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.merge.lists import Lists, Token
from rolethread_vcs.model.canonical import encode_value
from rolethread_vcs.model.entry import OPENING_ROLES

_SAME_TEXT = 0.9
"""Two new messages that are so much alike are one, written or brought in twice."""
_LONG_ENOUGH = 40
"""Characters from which likeness says that: short texts are alike by chance."""

_SENTENCE = re.compile(r".+?[.?!…*\"](?=\s|$)")

Row = tuple[Token, ...]


def pair_up(lists: Lists, ours: Row, theirs: Row) -> list[tuple[Row, Row, Token | None]]:
    """Return both rows cut where they have the same message: what each has before it, and that message.

    The last piece has none. Messages of the base are on one side alone.
    """
    first, second = ([lists.any_value(token) for token in row] for row in (ours, theirs))
    pieces: list[tuple[Row, Row, Token | None]] = []
    start = to_start = 0
    for pair in align_sides(first, second):
        one, other = ours[pair.before], theirs[pair.after]
        if pair.moved or pair.loose or not one.base is other.base is None:
            continue
        if pair.match is Match.EQUAL or _is_one_text(first[pair.before], second[pair.after]):
            same = Token(None, one.ours, other.theirs)
            pieces.append((ours[start : pair.before], theirs[to_start : pair.after], same))
            start, to_start = pair.before + 1, pair.after + 1
    pieces.append((ours[start:], theirs[to_start:], None))
    return pieces


def _is_one_text(one: object, other: object) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict)) or one.get("role") != other.get("role"):
        return False
    text, to_text = one.get("content"), other.get("content")
    if not (isinstance(text, str) and isinstance(to_text, str)):
        return False
    return text == to_text or (min(len(text), len(to_text)) >= _LONG_ENOUGH and similarity(text, to_text) >= _SAME_TEXT)


def one_after_the_other(lists: Lists, left: Token | None, ours: Row, theirs: Row, right: Token) -> Row | None:
    """Return both rows as one that reads as a conversation between its neighbours, or None.

    The order does not depend on which side is ours: the one that reads on, and where both do, by canonical bytes.
    Whole conversations, written where the base had none, are never put one after the other, nor exchanges that may be
    one which was picked before.
    """
    new = [[lists.any_value(token) for token in row] for row in (ours, theirs)]
    if any(_may_be_one(*each) for each in product(*read_exchanges(*new))):
        return None
    has_turns = [any(role_of(message) not in OPENING_ROLES for message in row) for row in (lists.base, *new)]
    if has_turns == [False, True, True]:
        return None
    return next((row for row in _orders(lists, ours, theirs) if not breaks(lists, left, row, right)), None)


def _may_be_one(one: Exchange, other: Exchange) -> bool:
    """Return whether two new exchanges may be one that both sides had and went on with: each message begins alike."""
    if one.messages[0].known_role != "user" or len(one.messages) != len(other.messages):
        return False
    return all(
        (left.role, left.speaker) == (right.role, right.speaker)
        and (goes_on(left.content, right.content) or _beginning(left) == _beginning(right) != "")
        for left, right in zip(one.messages, other.messages, strict=True)
    )


def _beginning(message: Message) -> str:
    """Return the first sentence of a message, or what it begins with in stars or quotes; "" where it has none."""
    found = _SENTENCE.match(message.content)
    return found.group() if found else ""


def kept_both(lists: Lists, left: Token, ours: Row, theirs: Row, right: Token) -> Row:
    """Return what a person gets who keeps both rows: the same message once, else the order that breaks least."""
    row: list[Token] = []
    for first, second, same in pair_up(lists, ours, theirs):
        count = partial(breaks, lists, row[-1] if row else left, right=same or right)
        one, other = _orders(lists, first, second)
        row += one if count(one) <= count(other) else other
        if same is not None:
            row.append(same)
    return tuple(row)


def breaks(lists: Lists, left: Token | None, row: Row, right: Token | None) -> int:
    """Return how many neighbours in a row do not read as a conversation; None is a neighbour that nobody knows yet."""
    tokens = [token for token in (left, *row, right) if token is not None]
    return sum(lists.new_break(one, other) is not None for one, other in pairwise(tokens))


def _orders(lists: Lists, ours: Row, theirs: Row) -> tuple[Row, Row]:
    """Return the rows one after the other, both ways, in an order that does not depend on the sides.

    First comes what goes on with an exchange, and does not begin one.
    """
    rows = ([lists.any_value(token) for token in row] for row in (ours, theirs))
    begins = [(role_of(values[0]) == "user" if values else False, encode_value(values)) for values in rows]
    first, second = (ours, theirs) if begins[0] <= begins[1] else (theirs, ours)
    return first + second, second + first
