"""Likeness: equal texts are wholly alike, edited ones mostly, unrelated ones hardly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff.exchanges import says_enough
from rolethread_vcs.diff.likeness import Likeness, similarity

LONG = " ".join(f"word{number * 7919 % 30_011}" for number in range(30_000))


@pytest.mark.parametrize(
    ("before", "after", "low", "high"),
    [
        ("", "", 1.0, 1.0),
        ("Is the cellar dry?", "Is the cellar dry?", 1.0, 1.0),
        ("Is the cellar dry?", "Is the cellar wet?", 0.75, 0.9),
        ("helo", "hello", 0.7, 0.99),
        ("She pours the wine and smiles.", "The road north is closed until the thaw, he said.", 0.0, 0.4),
        ("Yes.", "No!", 0.0, 0.1),
        ("", "Something was said here.", 0.0, 0.0),
        (" ", "\n", 0.1, 0.99),
        ("one  two", "one two", 0.9, 0.9999),
        ("猫が好きです", "犬が好きです", 0.8, 0.9),
    ],
)
def test_likeness_says_how_much_of_the_words_is_shared(before: str, after: str, low: float, high: float) -> None:
    assert low <= similarity(before, after) <= high


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_does_not_depend_on_the_sides_and_only_equal_texts_are_wholly_alike(one: str, other: str) -> None:
    alike = similarity(one, other)

    assert alike == similarity(other, one)
    assert (alike == 1.0) == (one == other)
    assert 0.0 <= alike <= 1.0


def test_long_texts_are_compared_by_their_neighbouring_words() -> None:
    edited = LONG.replace("word7919 ", "another ", 1)
    backwards = " ".join(reversed(LONG.split()))

    assert 0.99 < similarity(LONG, edited) < 1.0
    assert similarity(LONG, backwards) < 0.1


def test_below_the_threshold_the_answer_is_nothing() -> None:
    likeness = Likeness()
    one, other = likeness.prepare("one two three four"), likeness.prepare("one two five six")

    assert likeness.of(one, other) > 0.4
    assert likeness.of(one, other, at_least=0.9) == 0.0


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("Go on, then.", False),
        ("*nods*  ... !!!", False),
        ("Go on without me.", True),
        ("はい、行く。", True),
        (None, False),
    ],
)
def test_a_message_says_enough_by_its_letters(text: str | None, enough: bool) -> None:
    assert says_enough({"role": "user", "content": text}) is enough
