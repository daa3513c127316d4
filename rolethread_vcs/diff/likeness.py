"""The pieces of a text that a person sees as one, and how alike two texts are: 1 for the same words in order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, count
from typing import Protocol
from unicodedata import normalize

_LONG = 20_000  # words; above it the order of words counts only from one word to the next, which takes linear time
_SAMPLE = 8  # and of these pairs of words every eighth is looked at
_SHORT = 160  # characters; below it letters count too, or a typing error in a text of one word would change all of it
_FEW_TEXTS = 12  # a word in more texts than that tells none of them
_BY_CHANCE = 8
_CANDIDATES = 4
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
    def vocabulary(self) -> frozenset[str]:
        """Its different words without its marks: a question mark of its own makes no part of a question."""
        return frozenset(filter(is_word, set(self.words)))

    @cached_property
    def pairs(self) -> Counter[tuple[int, int]]:
        """Some of the pairs of a word and the one after it, counted; the same ones in every text."""
        pairs = zip(self.numbers, self.numbers[1:], strict=False)
        return Counter(pair for pair in pairs if not hash(pair) % _SAMPLE)


class Numbered(Protocol):
    """What has words that `Likeness.prepare` numbered."""

    @property
    def numbers(self) -> Collection[int]:
        """Their numbers."""


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
        """Return the text cut into words, each word numbered; the Unicode form of an accent makes no other word."""
        cut = words(text if text.isascii() else normalize("NFC", text))
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


def sharing_rare_words(texts: Mapping[int, Numbered], others: Mapping[int, Numbered]) -> Iterator[tuple[int, int]]:
    """Yield the place of each text with those of the few others that share most of the words that few of them have."""
    holders: dict[int, list[int]] = defaultdict(list)
    for place, text in others.items():
        for word in set(text.numbers):
            holders[word].append(place)
    rare = {word: found for word, found in holders.items() if len(found) <= _FEW_TEXTS}
    for place, text in texts.items():
        known = rare.keys() & text.numbers
        shared = Counter(chain.from_iterable(map(rare.__getitem__, known)))
        # A word or two are shared by chance; of a text that is half the same, half of the rare words are.
        least = max(len(known) // _BY_CHANCE, min(2, len(known) // 3))
        best = sorted([(-number, other) for other, number in shared.items() if number >= least])[:_CANDIDATES]
        yield from ((place, other) for _, other in best)


def _by_pairs(one: Text, other: Text) -> float:
    few, many = sorted((one.pairs, other.pairs), key=len)
    shared = sum(min(number, many[pair]) for pair, number in few.items() if pair in many)
    return 2 * shared / max(1, few.total() + many.total())


# Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han. One character is one token.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Marks that belong to the character before them. Python's `\w` leaves them out, which would tear words of Hindi,
# Hebrew or decomposed Latin apart. The Indic blocks stand whole, but for their two full stops.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0963\u0966-\u0dff\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3099\u309a"
)
_SPACELESS_MARKS = (
    "\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u3099\u309a"
)
_BEFORE = "\u0e40-\u0e44\u0ec0-\u0ec4"  # vowels of Thai and Lao that are written before their consonant
# An emoji may be several code points: a colour of skin, a variant, or people joined by U+200D.
_JOINED = "(?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d\\S)*"
_LETTER = rf"[^\W{_SPACELESS}]"
_WORD_OR_MARK = (
    rf"{_LETTER}+(?:(?:[{_MARKS}]+|['’](?={_LETTER})){_LETTER}*)*"
    rf"|[{_BEFORE}]?[{_SPACELESS}][{_SPACELESS_MARKS}]*"
    rf"|\S[{_MARKS}]*{_JOINED}"
)
# Most texts have none of these characters. For them a plain pattern finds the same tokens, twice as fast; and the
# other one, which takes 10 ms to compile, is compiled when it is needed.
_UNCOMMON = re.compile("[^\0-\u02ff\u0370-\u0482\u048a-\u058f\u2000-\u200c\u200e-\u20cf\u2100-\u2e7f]")
# (Python before 3.11.5 matches a possessive group wrongly; single characters it repeats rightly.)
_PLAIN = r"\w++(?:['’]\w++)*|\S"
_SPACES = r"\s++|"
# And these the same ones in a text of nothing but ASCII, faster once more. To Python the four separators U+001C to
# U+001F are white space in a text, and are not where a pattern is told to keep to ASCII.
_ASCII = r"[A-Za-z0-9_]++(?:'[A-Za-z0-9_]++)*|[^ \t-\r\x1c-\x1f]"
_ASCII_SPACES = r"[ \t-\r\x1c-\x1f]++|"


def tokens(text: str) -> list[str]:
    """Return the words, runs of white space and single marks of a text; joined they are the text.

    A word keeps its apostrophes and combining marks. In scripts without spaces each character is a token, an emoji is
    one however many code points it has. A token ends wherever white space begins or ends.
    """
    return _find_all(text, with_spaces=True)


def words(text: str) -> list[str]:
    """Return the tokens of a text without its white space."""
    return _find_all(text, with_spaces=False)


def _find_all(text: str, *, with_spaces: bool) -> list[str]:
    if text.isascii():
        return _pattern(_ASCII_SPACES + _ASCII if with_spaces else _ASCII).findall(text)
    words_and_marks = _PLAIN if _UNCOMMON.search(text) is None else _WORD_OR_MARK
    return _pattern(_SPACES + words_and_marks if with_spaces else words_and_marks).findall(text)


_pattern = cache(re.compile)


def letters(text: str, most: int) -> int:
    """Return how many letters and digits a text has, at most so many; one of a script without spaces counts three."""
    if sum(map(str.isalnum, text[: 2 * most])) >= most:
        return most
    found = 0
    for character in text:
        if character.isalnum():
            found += 3 if character > "\u0dff" and _pattern(f"[{_SPACELESS}]").match(character) else 1
            if found >= most:
                return most
    return found


def is_word(token: str) -> bool:
    """Return whether a token is a word, and neither white space nor a mark."""
    return token[0].isalnum() or token[0] == "_"


def count_words(text: str) -> int:
    """Return the number of words in a text, without its marks."""
    return sum(map(is_word, words(text)))
