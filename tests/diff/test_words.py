"""Changes of a text: right to the character, and made to be read."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff import words as words_module
from rolethread_vcs.diff.words import WordChange, word_changes

WORDS = st.lists(
    st.sampled_from(
        ["the", "cat", "and", "dog", " ", "  ", "\n", ".", "*", "猫", "é", "e\u0301", "👍🏽", "\u200d", "\r\n"]
    ),
    max_size=14,
).map("".join)
TEXTS = WORDS | st.text(max_size=20)


def plain(changes: tuple[WordChange, ...]) -> str:
    spelled = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    return "".join(spelled[kind].format(text) for kind, text in changes)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Is the cellar dry?", "Is the cellar wet?", "Is the cellar [-dry-]{+wet+}?"),
        ("the cat", "the old cat", "the {+old +}cat"),
        ("the old cat", "the cat", "the [-old -]cat"),
        ("the dog", "the cat and the dog", "{+the cat and +}the dog"),
        ("She sat. It rained.", "She sat. He ran. It rained.", "She sat. {+He ran. +}It rained."),
        ("The red fox ran home.", "The blue dog ran home.", "The [-red fox-]{+blue dog+} ran home."),
        ("It was cold", "It was not cold at all", "It was {+not +}cold{+ at all+}"),
        ("don't go", "do not go", "[-don't-]{+do not+} go"),
        ("one\ntwo\n", "one\nand\ntwo\n", "one\n{+and\n+}two\n"),
        ("a,b", "a, b", "a,{+ +}b"),
        ("You too!", "You too! !", "You too!{+ !+}"),
        ("You too! Bye.", "You too! ! Bye.", "You too! {+! +}Bye."),
        ("You too!\nBye.", "You too! !\nBye.", "You too!{+ !+}\nBye."),
        ("a, b", "a, c, b", "a, {+c, +}b"),
        ("cat", "", "[-cat-]"),
        ("", "cat", "{+cat+}"),
        ("猫が好き", "犬が好き", "[-猫-]{+犬+}が好き"),
        ("👍🏽 ok", "👍🏿 ok", "[-👍🏽-]{+👍🏿+} ok"),
        (
            "He went slowly down to the sea by night.",
            "They ran quickly all along to a river in daylight.",
            "[-He went slowly down to the sea by night-]{+They ran quickly all along to a river in daylight+}.",
        ),
        ("first\nsecond", "1st\n2nd", "[-first-]{+1st+}\n[-second-]{+2nd+}"),
    ],
)
def test_changes_read_well(before: str, after: str, expected: str) -> None:
    assert plain(word_changes(before, after)) == expected


def test_equal_texts_have_one_equal_stretch_and_empty_ones_none() -> None:
    assert word_changes("same", "same") == (("equal", "same"),)
    assert word_changes("", "") == ()


@given(TEXTS, TEXTS)
def test_what_stayed_and_went_is_the_text_before_and_what_stayed_and_came_is_the_text_after(
    before: str, after: str
) -> None:
    changes = word_changes(before, after)
    assert "".join(text for kind, text in changes if kind != "insert") == before
    assert "".join(text for kind, text in changes if kind != "delete") == after


@given(TEXTS, TEXTS)
def test_stretches_are_never_empty_alternate_and_delete_before_they_insert(before: str, after: str) -> None:
    changes = word_changes(before, after)
    kinds = [kind for kind, _ in changes]
    assert all(text for _, text in changes)
    assert all(
        pair not in ("equal equal", "delete delete", "insert insert", "insert delete") for pair in pairs_of(kinds)
    )


def pairs_of(kinds: list[str]) -> list[str]:
    return [f"{one} {other}" for one, other in pairwise(kinds)]


@given(st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), min_size=1, max_size=12), st.data())
def test_one_changed_word_is_reported_as_exactly_that_word(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words) - 1))
    before = " ".join(words)
    after = " ".join([*words[:place], "CHANGED", *words[place + 1 :]])

    changes = word_changes(before, after)

    assert [change for change in changes if change[0] != "equal"] == [("delete", words[place]), ("insert", "CHANGED")]


def long_text(words: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"w{int(rng.expovariate(1 / 300))}" for _ in range(words)]


@pytest.mark.parametrize("between", [" ", "\n"])
def test_a_few_words_in_a_long_text_are_found_each(between: str) -> None:
    words = long_text(20_000, 4)
    edited = list(words)
    for place in (5, 9_000, 9_002, 15_000, 19_990):
        edited[place] = f"CHANGED{place}"

    changes = word_changes(between.join(words), between.join(edited))

    assert [text for kind, text in changes if kind == "insert"] == [
        f"CHANGED{place}" for place in (5, 9_000, 9_002, 15_000, 19_990)
    ]


def test_equal_ends_of_a_long_text_are_cut_only_between_words() -> None:
    text = " ".join(long_text(3_000, 5))

    changes = word_changes(text + "x y", text + "z y")

    assert [change[0] for change in changes] == ["equal", "delete", "insert", "equal"]
    assert changes[1][1] == text.rsplit(" ", 1)[1] + "x"


@pytest.mark.parametrize("limit", [0, 40, 4_000])
@pytest.mark.parametrize("seed", range(5))
def test_texts_too_long_for_the_table_obey_the_same_laws(
    limit: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_module, "_LARGEST_TABLE", limit)
    monkeypatch.setattr(words_module, "_LONG", 100)
    monkeypatch.setattr(words_module, "_MARGIN", 20)
    rng = random.Random(seed)
    words = long_text(800, seed)
    edited = [word for word in words if rng.random() > 0.02]
    edited.insert(rng.randrange(len(edited)), "new\n words here")
    before, after = " ".join(words), " ".join(edited)

    changes = word_changes(before, after)

    assert "".join(text for kind, text in changes if kind != "insert") == before
    assert "".join(text for kind, text in changes if kind != "delete") == after
    assert all(one != other for one, other in pairwise(changes))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("la " * 40_000, "la " * 13_000 + "lu " + "la " * 20_000),
        ("la la " * 20_000, "la lu " * 20_000),
        ("x" * 300_000, "x" * 299_999 + "y"),
        ("*" * 100_000, "*" * 50_000 + "!" + "*" * 49_000),
        ("a b " * 20_000, "b a " * 20_000),
    ],
    ids=["one word", "every second", "one letter", "marks", "shifted"],
)
def test_repetitive_long_texts_end_and_are_right(before: str, after: str) -> None:
    changes = word_changes(before, after)

    assert "".join(text for kind, text in changes if kind != "insert") == before
    assert "".join(text for kind, text in changes if kind != "delete") == after
