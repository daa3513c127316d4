"""Finds the messages that were cut in two or more, or joined into one: what says this is here alone.

    before   Q  The door is locked. Nobody has the key.
    after    Q  The door is locked.   And?   Nobody has the key, I fear.

The parts stand one behind the other, in the words of the whole, with hardly a word of their own, and together they have
nearly all of it. What was put between them is new. The first part is the message; the others are its rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, pairwise

from rolethread_vcs.diff.exchanges import Exchange, Message

_COVERED = 0.8  # of the words of the whole, what all parts have
_OWN, _SURELY_OWN = 0.5, 0.8  # of the words of a part, what the whole must have of them; and what it has as a rule
_PART = 0.9  # of them, what one part has at most, unless the parts say the whole word for word
_FEW_LETTERS = 8
_FEW_WORDS = 4
_WINDOW = 16  # messages between two parts
_FEW = 8  # messages that begin or end with the same two words
_LONG = 20_000  # words


def find_cuts(left: Sequence[Exchange], right: Sequence[Exchange]) -> tuple[list[Exchange], list[Exchange]]:
    """Tell the messages of two sides which are parts of one on the other side, and that one, of each other.

    Returns the exchanges of both; those next to each other in which the parts of one message stand are one exchange.
    """
    rows = [[message for each in side for message in each.messages] for side in (left, right)]
    says = [{message.says for message in row} for row in rows]
    fresh = [
        [message for message in row if message.is_spoken and message.says not in there]
        for row, there in zip(rows, reversed(says), strict=True)
    ]
    for wholes, row in (fresh, reversed(fresh)):
        if wholes and len(row) > 1:
            _mark(wholes, row)
    numbers = count(-1, -1)  # what they say now, nothing on the other side says
    return _joined(left, numbers), _joined(right, numbers)


def _joined(side: Sequence[Exchange], numbers: Iterator[int]) -> list[Exchange]:
    found: list[Exchange] = []
    for each in side:
        cut = {id(message.whole) for message in each.messages if message.whole is not None}
        if cut and found and any(id(message.whole) in cut for message in found[-1].messages):
            each = Exchange(len(found) - 1, [*found.pop().messages, *each.messages], next(numbers))
        found.append(Exchange(len(found), each.messages, each.says))
    return found


def _mark(wholes: Sequence[Message], row: Sequence[Message]) -> None:
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)  # by the words that a message begins or ends with
    for place, message in enumerate(row):
        for pair in _ends(message):
            places[pair].append(place)
    few = {pair: found for pair, found in places.items() if len(found) <= _FEW}
    for whole in wholes:
        numbers = whole.text.numbers
        ends = few.keys() & chain(pairwise(numbers), (tuple(numbers[:1]), tuple(numbers[-1:])))
        if max(map(len, ends), default=0) < 2:
            continue  # one part at least has two words, with which the whole or something in it begins or ends
        shared = Counter(place for each in ends for place in few[each])
        most = max(shared, key=lambda place: (shared[place], -place))
        window = range(max(0, most - _WINDOW), min(len(row), most + _WINDOW + 1))
        near = [place for place in window if abs(row[place].index - row[most].index) <= _WINDOW]
        others = sum(shared[place] for place in near) - shared[most]
        # what begins and ends as it did was edited, and nothing was cut off it, if nothing beside it does
        is_edited = _ends(row[most]) == _ends(whole) and len(row[most].content) > _PART * len(whole.content)
        if others or (shared[most] > 1 and not is_edited):
            whole.parts = _parts(whole, [row[place] for place in near])
            for part in whole.parts:
                part.whole = whole


def _ends(message: Message) -> set[tuple[int, ...]]:
    """Return the two words that a message begins with, and those that it ends with."""
    numbers = message.text.numbers
    return {tuple(numbers[:2]), tuple(numbers[-2:])}


def _parts(whole: Message, near: Sequence[Message]) -> list[Message]:
    """Return which of some messages are the parts of a message, if more than one."""
    numbers = whole.text.numbers
    if whole.whole is not None or len(numbers) > _LONG:
        return []
    known = whole.text.vocabulary
    shares = [
        (len(words & known) / len(words), each)
        for each in near
        if each.role == whole.role and each.whole is None and not each.parts and (words := each.text.vocabulary)
    ]
    for own in (_SURELY_OWN, _OWN):
        parts = [each for share, each in shares if share >= own]
        together = [number for each in parts for number in each.text.numbers]
        if len(parts) < 2 or len(together) > _LONG:
            continue
        from rapidfuzz.distance import Indel, LCSseq  # imported here because start-up counts

        runs = Indel.opcodes(numbers, together).as_matching_blocks()
        if sum(size for _, _, size in runs) < _COVERED * len(numbers):
            continue
        same = {place for _, start, size in runs for place in range(start, start + size)}
        ends = pairwise(accumulate((len(each.text.numbers) for each in parts), initial=0))
        had = [sum(place in same for place in range(*each)) for each in ends]
        is_all = sum(had) == len(numbers)  # then it does not matter what a part has besides
        found = [
            each
            for share, each in zip(had, parts, strict=True)
            if share >= (_FEW_WORDS if is_all else own * len(each.text.numbers))
        ]
        is_whole = [number for each in found for number in each.text.numbers] == [*numbers]
        while len(found) > 2 and not is_whole and min(found[0].letters, found[-1].letters) < _FEW_LETTERS:
            found = found[1:] if found[0].letters < _FEW_LETTERS else found[:-1]  # it says so by chance
        most = max((LCSseq.similarity(numbers, each.text.numbers) for each in found), default=0)
        if len(found) > 1 and (is_whole or most <= _PART * len(numbers)):
            short = [share < _SURELY_OWN * len(each.text.numbers) for share, each in zip(had, parts, strict=True)]
            whole.is_recut = sum(had) < len(numbers) and any(short)
            return found
    return []
