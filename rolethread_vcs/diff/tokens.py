"""Cuts text into the pieces that a person sees as one: words, runs of white space, single marks."""

from __future__ import annotations

import re
from functools import cache

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
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u3099\u309a"
)
# An emoji may be several code points: a colour of skin, a variant, or people joined by U+200D.
_JOINED = "(?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d\\S)*"
_LETTER = rf"[^\W{_SPACELESS}]"
_WORD_OR_MARK = (
    rf"{_LETTER}+(?:(?:[{_MARKS}]+|['’](?={_LETTER})){_LETTER}*)*"
    rf"|[{_SPACELESS}][{_SPACELESS_MARKS}]*"
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


def is_word(token: str) -> bool:
    """Return whether a token is a word, and neither white space nor a mark."""
    return token[0].isalnum() or token[0] == "_"


def count_words(text: str) -> int:
    """Return the number of words in a text, without its marks."""
    return sum(map(is_word, words(text)))
