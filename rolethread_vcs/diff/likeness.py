"""How alike two texts are, from 0 (nothing in common) to 1 (the same words in the same order)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from rolethread_vcs.diff.tokens import words

_LONG = 20_000  # words; above it the order of words counts only from one word to the next, which takes linear time
_SAMPLE = 8  # and of these pairs of words every eighth is looked at
_SHORT = 160  # characters; below it letters count too, or a typing error in a text of one word would change all of it
_CODES = 0x10FFFF  # one character stands for one word, which is several times faster to compare than a list


@dataclass(eq=False)
class Text:
    """A text prepared for being compared with others: its words, and a number for each."""

    text: str
    words: list[str]
    numbers: Sequence[int]

    @cached_property
    def coded(self) -> str | None:
        """The words as one character each, or None if they are too many different ones."""
        return "".join(map(chr, self.numbers)) if max(self.numbers, default=0) <= _CODES else None

    @cached_property
    def pairs(self) -> Counter[tuple[int, int]]:
        """Some of the pairs of a word and the one after it, counted; the same ones in every text."""
        pairs = zip(self.numbers, self.numbers[1:], strict=False)
        return Counter(pair for pair in pairs if not hash(pair) % _SAMPLE)


class Likeness:
    """Compares texts by their words; all texts to be compared with each other are prepared by one of these."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    @cached_property
    def _share(self) -> Callable[..., float]:
        """What compares two sequences: the share of both that stands in their longest common one."""
        from rapidfuzz.distance import Indel  # imported here because start-up counts

        return Indel.normalized_similarity

    def prepare(self, text: str) -> Text:
        """Return the text cut into words, each word numbered."""
        cut = words(text)
        return Text(text, cut, list(map(self._numbers.__getitem__, cut)))

    def of(self, one: Text, other: Text, *, at_least: float = 0.0) -> float:
        """Return how alike two prepared texts are, 0 to 1; less than `at_least` may be answered with 0.0."""
        if one.text == other.text:
            return 1.0
        share = self._share
        if not one.words and not other.words:
            # White space against other white space.
            return 0.5 if one.text and other.text else 0.0
        if len(one.words) > _LONG or len(other.words) > _LONG:
            alike = _by_pairs(one, other)
        elif one.coded is not None and other.coded is not None:
            alike = share(one.coded, other.coded, score_cutoff=at_least)
        else:
            alike = share(one.numbers, other.numbers, score_cutoff=at_least)
        if len(one.text) <= _SHORT and len(other.text) <= _SHORT:
            # Unrelated texts share about half of their letters in order, so only the upper half says something.
            letters = share(one.text, other.text, score_cutoff=(1 + at_least) / 2)
            alike = max(alike, 2 * letters - 1)
        # Only equal texts are wholly alike: other spaces, or two pages in another order, are a difference.
        return min(alike, 0.999) if alike >= at_least else 0.0


def similarity(before: str, after: str) -> float:
    """Return how alike two texts are by their words, 0 to 1; 1 only if they are equal."""
    likeness = Likeness()
    return likeness.of(likeness.prepare(before), likeness.prepare(after))


def _by_pairs(one: Text, other: Text) -> float:
    few, many = sorted((one.pairs, other.pairs), key=len)
    shared = sum(min(number, many[pair]) for pair, number in few.items() if pair in many)
    return 2 * shared / max(1, few.total() + many.total())
