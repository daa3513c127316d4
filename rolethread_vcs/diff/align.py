"""Says which message of one list is which message of another: equal, similar, or in the same place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import count, pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain
from rolethread_vcs.diff.likeness import Likeness, Text, sharing_rare_words

SIMILAR = 0.5
"""Likeness from which two messages between the same neighbours are one, edited."""
MOVED = 0.8
"""Likeness from which two messages in different places are one, moved and edited."""

_OTHER_SPEAKER = 0.2  # what a difference costs: the text has to be so much more alike
_OTHER_ROLE = 0.3
_SCALE = 10_000  # likeness is added up in whole numbers, so that sums cannot differ by rounding
_ALL_PAIRS = 40_000  # 200 messages against 200: up to here each is compared with each
_LARGEST_TABLE = 400_000_000  # 20,000 messages against 20,000: the longest common order takes a bit a pair, 50 MB
_NEIGHBOURS = 2


class Match(StrEnum):
    """The level at which two messages were paired."""

    EQUAL = "equal"
    SIMILAR = "similar"
    PLACED = "placed"


class Pair(NamedTuple):
    """One message on both sides: its two numbers, counted from 0, and whether it crosses others."""

    before: int
    after: int
    match: Match
    moved: bool


def align(before: Sequence[Any], after: Sequence[Any], *, levels: bool = True) -> tuple[Pair, ...]:
    """Return which message is which, sorted by `after`; messages in no pair were inserted or removed.

    Messages are canonical JSON values of any kind. Pairs that did not move rise on both sides. The answer does not
    depend on which side is called before: swapped sides give swapped pairs.

    Without `levels`, a pair that has no other choice is called PLACED, and nobody looks how alike the two are: the
    pairs are the same, and an edit of one message takes half the time.
    """
    start = _common(before, after)
    stop = _common(before[start:][::-1], after[start:][::-1])
    left, right = range(start, len(before) - stop), range(start, len(after) - stop)
    pairs = [Pair(index, index, Match.EQUAL, False) for index in range(start)]
    if len(left) == len(right) == 1:
        match = _match_of_two(before[start], after[start], levels=levels)
        pairs += [] if match is None else [Pair(start, start, match, False)]
    elif left and right:
        # Of several equally good answers the search takes the first it meets. It always meets them from the same side.
        if (len(left), repr(before[start])) <= (len(right), repr(after[start])):
            pairs += _Search(before, left, after, right).pairs()
        else:
            found = _Search(after, right, before, left).pairs()
            pairs += [Pair(pair.after, pair.before, pair.match, pair.moved) for pair in found]
    pairs.sort(key=lambda pair: pair.after)
    shift = len(after) - len(before)
    pairs += [Pair(index, index + shift, Match.EQUAL, False) for index in range(left.stop, len(before))]
    return tuple(pairs)


def _match_of_two(before: Any, after: Any, *, levels: bool) -> Match | None:
    """Return how two messages are paired that have no others to choose from: by far the most frequent case."""
    likeness = Likeness()
    one, other = _Message(before, likeness), _Message(after, likeness)
    has_one_role = one.role == other.role
    if (levels or not has_one_role) and _score(likeness, one, other, SIMILAR) is not None:
        return Match.SIMILAR
    return Match.PLACED if has_one_role else None


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many messages both begin with."""
    length = 0
    for first, second in zip(one, other, strict=False):
        # To Python 1, 1.0 and true are equal; their spelling is not. Text alone needs no spelling.
        if first != second or not (_is_all_text(first) or repr(first) == repr(second)):
            break
        length += 1
    return length


def _identity(message: Any) -> Any:
    """Return a key that two messages share if they are the same JSON, and else not."""
    return tuple(message.items()) if _is_all_text(message) else repr(message)


def _is_all_text(message: Any) -> bool:
    return type(message) is dict and {str}.issuperset(map(type, message.values()))


@dataclass(eq=False)
class _Message:
    """A message on one side, with what recognises it."""

    value: Any
    likeness: Likeness

    @cached_property
    def role(self) -> Any:
        return repr(self.value.get("role")) if isinstance(self.value, dict) else None

    @cached_property
    def speaker(self) -> Any:
        return repr(self.value.get("speaker")) if isinstance(self.value, dict) else None

    @cached_property
    def text(self) -> Text:
        return self.likeness.prepare(_text(self.value))

    @property
    def is_recognisable(self) -> bool:
        """Whether the text says enough to be known again in another place; `Yes.` does not."""
        return len(self.text.words) >= 3 or len(self.text.text) >= 8


def _text(message: Any) -> str:
    if isinstance(message, str):
        return message
    if not isinstance(message, dict):
        return repr(message)
    content = message.get("content")
    if isinstance(content, str) and content:
        return content
    if isinstance(content, list) and content:
        return "\n".join(map(_text_of_part, content))
    rest = {key: value for key, value in message.items() if key not in ("role", "speaker", "train") and value}
    return repr(rest) if rest else ""


def _text_of_part(part: Any) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    return part if isinstance(part, str) else repr(part)


class _Search:
    """Pairs the messages of two stretches that begin and end differently, level by level."""

    def __init__(self, before: Sequence[Any], left: range, after: Sequence[Any], right: range) -> None:
        self._likeness = Likeness()
        self._left = {index: _Message(before[index], self._likeness) for index in left}
        self._right = {index: _Message(after[index], self._likeness) for index in right}
        numbers: defaultdict[Any, int] = defaultdict(count().__next__)
        self._left_numbers = {index: numbers[_identity(before[index])] for index in left}
        self._right_numbers = {index: numbers[_identity(after[index])] for index in right}
        self._paired: dict[int, Pair] = {}
        self._taken: set[int] = set()

    def pairs(self) -> list[Pair]:
        self._pair_equal_in_order()
        self._pair_equal_elsewhere()
        for left, right in self._gaps():
            self._pair_similar_in_order(left, right)
        self._pair_similar_elsewhere()
        for is_alike in (_same_role_and_speaker, _same_role):
            for left, right in self._gaps():
                self._pair_placed(left, right, is_alike)
        return list(self._paired.values())

    def _add(self, left: int, right: int, match: Match, *, moved: bool = False) -> None:
        if self._left_numbers[left] == self._right_numbers[right]:
            match = Match.EQUAL  # however it was found
        self._paired[left] = Pair(left, right, match, moved)
        self._taken.add(right)

    def _gaps(self) -> list[tuple[list[int], list[int]]]:
        """Return the unpaired messages between each two neighbours that are paired and did not move."""
        anchors = [(pair.before, pair.after) for _, pair in sorted(self._paired.items()) if not pair.moved]
        ends = [(min(self._left) - 1, min(self._right) - 1), *anchors, (max(self._left) + 1, max(self._right) + 1)]
        gaps = []
        for (left_start, right_start), (left_stop, right_stop) in pairwise(ends):
            left = [index for index in range(left_start + 1, left_stop) if index not in self._paired]
            right = [index for index in range(right_start + 1, right_stop) if index not in self._taken]
            if left and right:
                gaps.append((left, right))
        return gaps

    # Level 1: equal values.

    def _pair_equal_in_order(self) -> None:
        shared = set(self._left_numbers.values()) & set(self._right_numbers.values())
        left = [index for index, number in self._left_numbers.items() if number in shared]
        right = [index for index, number in self._right_numbers.items() if number in shared]
        for one, other in _common_order(left, self._left_numbers, right, self._right_numbers):
            self._add(one, other, Match.EQUAL)

    def _pair_equal_elsewhere(self) -> None:
        places: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for index, number in self._left_numbers.items():
            if index not in self._paired:
                places[number][0].append(index)
        for index, number in self._right_numbers.items():
            if index not in self._taken:
                places[number][1].append(index)
        for left, right in places.values():
            if len(left) == len(right) == 1 and self._left[left[0]].is_recognisable:
                self._add(left[0], right[0], Match.EQUAL, moved=True)

    # Level 2: similar text.

    def _pair_similar_in_order(self, left: list[int], right: list[int]) -> None:
        if len(left) * len(right) <= _ALL_PAIRS:
            candidates: Iterable[tuple[int, int]] = ((one, other) for one in left for other in right)
        else:
            near = {
                (one, right[place])
                for row, one in enumerate(left)
                for place in _around(row * len(right) // len(left), len(right))
            }
            candidates = sorted(near | set(self._sharing_rare_words(left, right)))
        scored = (
            (one, other, score) for one, other in candidates if (score := self._score(one, other, SIMILAR)) is not None
        )
        for one, other in heaviest_chain(scored):
            self._add(one, other, Match.SIMILAR)

    def _pair_similar_elsewhere(self) -> None:
        left = [index for index in self._left if index not in self._paired and self._left[index].is_recognisable]
        right = [index for index in self._right if index not in self._taken and self._right[index].is_recognisable]
        if len(left) * len(right) <= _ALL_PAIRS:
            candidates: Iterable[tuple[int, int]] = ((one, other) for one in left for other in right)
        else:
            candidates = self._sharing_rare_words(left, right)
        scored = [
            (-score, one, other) for one, other in candidates if (score := self._score(one, other, MOVED)) is not None
        ]
        for _, one, other in sorted(scored):
            if one not in self._paired and other not in self._taken:
                self._add(one, other, Match.SIMILAR, moved=True)

    def _score(self, one: int, other: int, at_least: float) -> int | None:
        """Return how well two messages fit, in ten-thousandths, or None below the threshold."""
        return _score(self._likeness, self._left[one], self._right[other], at_least)

    def _sharing_rare_words(self, left: list[int], right: list[int]) -> Iterator[tuple[int, int]]:
        texts = {index: self._left[index].text for index in left}
        return sharing_rare_words(texts, {index: self._right[index].text for index in right})

    # Level 3: the same role in the same place.

    def _pair_placed(self, left: list[int], right: list[int], is_alike: Any) -> None:
        kinds: dict[Any, int] = {}
        first = {index: kinds.setdefault(is_alike(self._left[index]), len(kinds)) for index in left}
        second = {index: kinds.setdefault(is_alike(self._right[index]), len(kinds)) for index in right}
        for one, other in _common_order(left, first, right, second):
            self._add(one, other, Match.PLACED)


def _score(likeness: Likeness, one: _Message, other: _Message, at_least: float) -> int | None:
    """Return how well two messages fit, in ten-thousandths, or None below the threshold."""
    cost = _OTHER_ROLE * (one.role != other.role) + _OTHER_SPEAKER * (one.speaker != other.speaker)
    alike = likeness.of(one.text, other.text, at_least=min(1.0, at_least + cost))
    if not alike:
        return None
    score = round((alike - cost) * _SCALE)
    return score if score >= round(at_least * _SCALE) else None


def _same_role_and_speaker(message: _Message) -> tuple[Any, Any]:
    return message.role, message.speaker


def _same_role(message: _Message) -> Any:
    return message.role


def _around(place: int, length: int) -> range:
    return range(max(0, place - _NEIGHBOURS), min(length, place + _NEIGHBOURS + 1))


def _common_order(
    left: list[int], left_numbers: dict[int, int], right: list[int], right_numbers: dict[int, int]
) -> list[tuple[int, int]]:
    """Return pairs with equal numbers that rise on both sides, as many as possible."""
    first = [left_numbers[index] for index in left]
    second = [right_numbers[index] for index in right]
    if len(first) * len(second) > _LARGEST_TABLE:
        return _common_order_of_unique(left, first, right, second)
    from rapidfuzz.distance import Indel  # imported here because start-up counts

    blocks = [op for op in Indel.opcodes(first, second) if op.tag == "equal"]
    size = sum(op.src_end - op.src_start for op in blocks)
    if len(first) == len(second):
        in_place = [place for place, pair in enumerate(zip(first, second, strict=True)) if pair[0] == pair[1]]
        if len(in_place) == size:
            return [(left[place], right[place]) for place in in_place]
    return [
        (left[op.src_start + step], right[op.dest_start + step])
        for op in blocks
        for step in range(op.src_end - op.src_start)
    ]


def _common_order_of_unique(
    left: list[int], first: list[int], right: list[int], second: list[int]
) -> list[tuple[int, int]]:
    """Return the longest rising chain of numbers that stand once on each side: less, but in little memory."""
    once_left = {number for number, count in Counter(first).items() if count == 1}
    once = once_left & {number for number, count in Counter(second).items() if count == 1}
    places = {number: place for place, number in enumerate(second) if number in once}
    common = ((place, places[number]) for place, number in enumerate(first) if number in places)
    return [(left[one], right[other]) for one, other in longest_chain(common)]
