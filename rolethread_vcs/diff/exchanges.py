"""Cuts a conversation into exchanges, and says how much each message can be known by.

An exchange is what leads to an answer and the answer: a user message (or several) and all up to the next user message,
so that the lines of a group and the rounds of a tool lie inside. A system message stands alone, and so does what is
said before the first question (a greeting). Where nobody asks, each message stands alone.

A text that says little (`*nods*`, `Go on.`) is known by where it stands and not by what it says. The weight of a
message says so: 1 for a text of 24 letters that stands once in its list, less for less and for each time it is said
again, at least 0.15.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from typing import Any

from rolethread_vcs.diff.likeness import Likeness, Text, letters, words
from rolethread_vcs.model.entry import OPENING_ROLES, is_equal, known_role, questions, sort_keys

SIMILAR = 0.5
"""Likeness from which two messages between the same neighbours are one, edited."""

ENOUGH_LETTERS = 24
"""A text with as many is known wherever it stands."""

KNOWN_ANYWHERE = 0.5
"""Weight from which a message is known wherever it stands."""

_LEAST = 0.15
_MOST_OF_A_TOOL = 0.3  # what tools are told and answer is alike by its form
_OTHER_SPEAKER = 0.2  # what a difference costs: the text has to be so much more alike
_OTHER_ROLE = 0.3
_FEW_LETTERS = 8  # below it two texts are soon alike by chance, by their full stop alone
_SHORT_ALIKE = 0.75
_START = 8  # characters; a message that was given to another role begins as it did
_WRITTEN_ON = 0.75  # what a text that says enough is, at least, to one that has more before or behind it
_NOT_EQUAL = 0.99  # of two messages that say the same, the one that is the same goes first
_MARKS = ".,!?…*\"'"
_MOST = 0.7  # of the words of a message, what another one has of them that may be what became of it
_NO_EVIDENCE = 0.4  # a likeness that counts nothing


@dataclass(eq=False)
class Message:
    """A message on one side. `number` is that of its whole value, `says` of its role and text alone."""

    index: int
    value: Any
    role: Any
    speaker: Any
    content: str
    number: int
    says: int
    likeness: Likeness
    weight: float = 0.0
    is_there: bool = False  # what it says can be known anywhere, and stands on the other side
    beside: int = 0  # unchanged exchanges behind it, or before the first, that are left out
    parts: Sequence[Message] = ()
    """The messages on the other side that it was cut into."""
    is_recut: bool = False
    """Whether these have other words in the place of its own: one of them may be another message."""
    whole: Message | None = None
    """The message on the other side of which it is a part."""

    @cached_property
    def known_role(self) -> str | None:
        """The role that is meant, None where it is none that is known."""
        return known_role(self.value.get("role")) if isinstance(self.value, dict) else None

    @cached_property
    def text(self) -> Text:
        """The text, prepared for being compared."""
        return self.likeness.prepare(self.content)

    @property
    def numbers(self) -> Collection[int]:
        """Those of its words."""
        return self.text.numbers

    @cached_property
    def letters(self) -> int:
        """How many letters and digits the text has, as far as they count."""
        return letters(self.content, ENOUGH_LETTERS)

    @cached_property
    def is_spoken(self) -> bool:
        """Whether it is text of people, and not of tools."""
        return isinstance(self.value, dict) and bool(self.value.get("content")) and "tool" not in self.role

    def likeness_to(self, other: Message, at_least: float) -> float:
        """Return how alike two messages are, 0 to 1; 0 below `at_least`."""
        cost = _OTHER_ROLE * int(self.role != other.role) + _OTHER_SPEAKER * int(self.speaker != other.speaker)
        if self.is_cut_with(other):
            # the first part is the message, however little of the text it has
            return 1.0 - cost if (*self.parts, *other.parts)[0] in (self, other) else 0.0
        alike: float = self.likeness.of(self.text, other.text, at_least=min(1.0, at_least + cost)) - cost
        return alike if alike >= at_least else 0.0

    def is_cut_with(self, other: Message) -> bool:
        """Return whether one is a part of the other."""
        return self.whole is other or other.whole is self

    def alike(self, other: Message) -> float:
        """Return how alike two messages are that stand in one place, 0 to 1; 0 when they are not."""
        if self.is_cut_with(other):
            return self.likeness_to(other, 0.0)
        if self.says == other.says:
            return 1.0 - _OTHER_SPEAKER * int(self.speaker != other.speaker)
        is_short = min(self.letters, other.letters) < _FEW_LETTERS
        alike = self.likeness_to(other, _SHORT_ALIKE if is_short else SIMILAR)
        if alike < _WRITTEN_ON and self.role == other.role and goes_on(self.content, other.content):
            return max(alike, _WRITTEN_ON if self.stayed_in(other) else SIMILAR)
        return alike

    def stayed_in(self, other: Message) -> bool:
        """Return whether two messages say the same, or all that one says, and says enough, stands in the other."""
        return self.says == other.says or (min(self.letters, other.letters) >= ENOUGH_LETTERS and self.says_on(other))

    def says_on(self, other: Message) -> bool:
        """Return whether one of two messages of one speaker says what the other says, and perhaps more."""
        return (self.role, self.speaker) == (other.role, other.speaker) and goes_on(self.content, other.content)

    def asks_as(self, other: Message) -> bool:
        """Return whether two messages are one word for word, but for their marks."""
        return self.letters == other.letters and goes_on(self.content, other.content)

    def common_weight(self, other: Message) -> float:
        """Return what makes two messages one: how alike they are, for as much as the lesser can be known by."""
        if self.is_there and other.is_there and self.says != other.says:
            return 0.0  # each has a better one
        if (self.whole or other.whole) and not self.is_cut_with(other):
            return 0.0  # what was cut off a message is no other one
        # a part shows with the others which message it is, however little it says
        weight = (max if self.is_cut_with(other) else min)(self.weight, other.weight)
        if self.role != other.role and (weight < KNOWN_ANYWHERE or self.content[:_START] != other.content[:_START]):
            return 0.0
        if self.says != other.says and not (self.is_spoken and other.is_spoken):
            weight = min(weight, _LEAST)
        if self.number != other.number:
            weight *= _NOT_EQUAL
        return weight * max(0.0, (self.alike(other) - _NO_EVIDENCE) / (1 - _NO_EVIDENCE))


def goes_on(one: str, other: str) -> bool:
    """Return whether one text is the other with more behind or before it: `Nobody.` and `Nobody, I fear.`"""
    few, many = sorted((one.strip(), other.strip()), key=len)
    if few.strip(_MARKS) not in many:
        return False
    start, end = few.rstrip(_MARKS) or few, few.lstrip(_MARKS) or few
    # "Why?" does not go on in "Why would she?"
    following = many[len(start) : len(start) + 1]
    begins = many.startswith(start) and not (following.isalnum() or (following.isspace() and start != few))
    return bool(few) and (begins or (many.endswith(end) and not many[: -len(end)][-1:].isalnum()))


@dataclass(eq=False)
class Exchange:
    """Some messages that belong together; `says` is the number of what they say as a whole."""

    index: int
    messages: list[Message]
    says: int

    @property
    def numbers(self) -> set[int]:
        """Those of all its words."""
        return set().union(*(message.text.numbers for message in self.messages))

    @property
    def is_opening(self) -> bool:
        """Whether it is a system message."""
        return self.messages[0].known_role in OPENING_ROLES

    @cached_property
    def weight(self) -> float:
        """What its messages weigh together."""
        return sum(message.weight for message in self.messages)


def read_messages(*lists: Sequence[Any]) -> list[list[Message]]:
    """Return lists of messages that are to be compared with each other, not weighed yet."""
    likeness = Likeness()
    numbers, said = (defaultdict[Any, int](count().__next__) for _ in range(2))
    sides: list[list[Message]] = []
    for each in lists:
        side = []
        for index, value in enumerate(each):
            role, speaker = (repr(value.get(key)) if isinstance(value, dict) else None for key in ("role", "speaker"))
            text = _text(value)
            message = Message(index, value, role, speaker, text, numbers[identity(value)], said[role, text], likeness)
            side.append(message)
        sides.append(side)
    return sides


def read_exchanges(*lists: Sequence[Any]) -> list[list[Exchange]]:
    """Return the exchanges of lists of messages that are to be compared with each other."""
    sides = read_messages(*lists)
    wholes = defaultdict[Any, int](count().__next__)
    counts = [Counter(message.says for message in side) for side in sides]
    for message in (message for side in sides for message in side):
        often = max(times[message.says] for times in counts)
        most = 1.0 if message.is_spoken else _MOST_OF_A_TOOL
        message.weight = max(_LEAST, min(most, message.letters / ENOUGH_LETTERS) / often)
        message.is_there = message.weight >= KNOWN_ANYWHERE and all(message.says in times for times in counts)
    asks = any(message.known_role == "user" for side in sides for message in side)
    rows = [_cut(side) if asks else [[message] for message in side] for side in sides]
    return [
        [
            Exchange(index, messages, wholes[tuple(message.says for message in messages)])
            for index, messages in enumerate(row)
        ]
        for row in rows
    ]


def _cut(messages: Sequence[Message]) -> list[list[Message]]:
    roles = [message.known_role for message in messages]
    openings = {place + by for place, role in enumerate(roles) if role in OPENING_ROLES for by in (0, 1)}
    starts = sorted({0, *questions(roles), *openings, len(roles)})
    return [list(messages[start:stop]) for start, stop in pairwise(starts)]


def identity(message: Any) -> Any:
    """Return a key that two messages share if they are equal, and else not."""
    return tuple(message.items()) if is_all_text(message) else repr(sort_keys(message))


def is_all_text(message: Any) -> bool:
    """Return whether a message is an object of texts, which Python compares as JSON does."""
    return type(message) is dict and {str}.issuperset(map(type, message.values()))


def common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many messages both begin with."""
    length = 0
    for first, second in zip(one, other, strict=False):
        # To Python 1, 1.0 and true are equal, which in texts alone cannot be
        if first != second or not (is_all_text(first) or is_equal(first, second)):
            break
        length += 1
    return length


def says_enough(message: Any) -> bool:
    """Return whether a message is known anywhere, as long as nothing else says the same."""
    return letters(_text(message), ENOUGH_LETTERS) >= KNOWN_ANYWHERE * ENOUGH_LETTERS


def holds_most(message: Any, other: Any) -> bool:
    """Return whether a message says most of what another one says, in runs of its words."""
    from rapidfuzz.distance import Indel  # imported here because start-up counts

    known, now = words(_text(other)), words(_text(message))
    runs = Indel.opcodes(known, now).as_matching_blocks()
    return sum(size for _, _, size in runs if size > 1) >= _MOST * len(known)


def _text(message: Any) -> str:
    """Return what a message says: its text, or the values of what else it holds."""
    if isinstance(message, str):
        return message
    if not isinstance(message, dict):
        return repr(message)
    content = message.get("content")
    if isinstance(content, str) and content:
        return content
    if isinstance(content, list) and content:
        return "\n".join(map(_text_of_part, content))
    return " ".join(_leaves({key: value for key, value in message.items() if key not in ("role", "speaker", "train")}))


def _text_of_part(part: Any) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    return part if isinstance(part, str) else repr(part)


def _leaves(value: Any) -> Iterator[str]:
    """Yield the values inside a value: two calls of tools are no more alike for having one frame."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif value or value == 0:
        yield value if isinstance(value, str) else repr(value)
