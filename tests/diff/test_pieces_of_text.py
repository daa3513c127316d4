"""Tokens: what a person sees as one word, in any script."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolethread_vcs.diff.likeness import count_words, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Don't go.", ["Don't", " ", "go", "."]),
        ("the keeper’s ‘yes’", ["the", " ", "keeper’s", " ", "‘", "yes", "’"]),
        ("*She laughs.*\n\nHm…", ["*", "She", " ", "laughs", ".", "*", "\n\n", "Hm", "…"]),
        ("snake_case  x2", ["snake_case", "  ", "x2"]),
        ("猫が好き", ["猫", "が", "好", "き"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("हिन्दी है।", ["हिन्दी", " ", "है", "।"]),
        ("zoe\u0308 à", ["zoe\u0308", " ", "à"]),
        ("a\u0301 👩‍👩‍👧 👍🏽!", ["a\u0301", " ", "👩‍👩‍👧", " ", "👍🏽", "!"]),
        ("x\u200d y", ["x", "\u200d", " ", "y"]),
        ("Привет, мир", ["Привет", ",", " ", "мир"]),
    ],
)
def test_a_text_is_cut_into_words_spaces_and_marks(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(st.text(max_size=40))
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@given(st.text(max_size=40))
def test_words_are_the_tokens_without_white_space(text: str) -> None:
    assert words(text) == [token for token in tokens(text) if not token.isspace()]


@given(st.text(alphabet="ab'’ .*\n_é–“\u2028", max_size=30))
def test_a_text_has_the_same_tokens_with_uncommon_characters_behind_it(text: str) -> None:
    assert tokens(text + " 猫") == tokens(text + " ")[:-1] + tokens(text + " ")[-1:] + ["猫"]


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=30))
@example("a\x1cb\x1d \x0b'c_d'e''f\x7f")
def test_a_text_of_ascii_has_the_same_tokens_with_other_characters_behind_it(text: str) -> None:
    assert [*tokens(text + " "), "é"] == tokens(text + " é")
    assert [*words(text), "é"] == words(text + " é")


def test_marks_are_no_words() -> None:
    assert count_words('*She laughs.* "Dry enough…"') == 4


def test_a_thai_letter_keeps_its_vowels_and_tones() -> None:
    assert tokens("น้ำเก่า") == ["น้ำ", "เก่", "า"]
