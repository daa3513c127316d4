"""Queries: the grammar, the keywords, and words that could be read in two ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.query import parse_query, parse_span

ID = "00000012-k2x9m3ab"
TAVERN = Entry.of(
    {
        "messages": [
            {"role": "system", "content": "You keep a TAVERN."},
            {"role": "user", "content": "Is the cellar dry, or wet?", "speaker": "Scott"},
            {"role": "assistant", "content": [{"type": "text", "text": "Dry as straße :)"}], "speaker": "mara"},
        ],
        "tags": ["slow burn", "tavern", "zo\u00eb"],
    }
)
BARE = Entry.of({"messages": [{"role": "user", "content": "hi"}, "odd", {"role": "assistant", "content": None}]})
PAIR = Entry.of({"messages": [], "chosen": [{"role": "assistant", "content": "Gladly."}], "rejected": "odd"})


def _found(query: str | list[str], entry: Entry = TAVERN) -> bool:
    return parse_query(query).matches(ID, entry)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tavern", True),
        ("CELLAR", True),
        ("cell", True),
        ("cellar tavern", True),
        ("cellar attic", False),
        ("attic or cellar", True),
        ("attic OR cellar", True),
        ("cellar and attic", False),
        ("not attic", True),
        ("not not attic", False),
        ("not attic cellar", True),
        ("not (attic or cellar)", False),
        ("(attic or cellar) (dry)", True),
        ("attic or cellar dungeon", False),
        ('"cellar dry, or wet"', True),
        ('"dry cellar"', False),
        ('"or"', True),
        ("STRASSE", True),
        ("scott", True),
        ("tag:tavern", True),
        ("TAG:Tavern", True),
        ("tag:tav", False),
        ('tag:"slow burn"', True),
        ("tag:zoe\u0308", True),
        ("tag:ZO\u00cb", True),
        ("untagged", False),
        ("not untagged", True),
        ("speaker:mara", True),
        ("speaker:scott", True),
        ("speaker:sco", False),
        ("role:system", True),
        ("role:tool", False),
        ("id:12", True),
        ("id:00000012", True),
        ("id:00000012-k2x9m3ab", True),
        ("id:00000012-K2X9M3AB", True),
        ("id:00000012-00000000", False),
        ("id:12..", True),
        ("id:13..", False),
        ("id:..12", True),
        ("id:10..11", False),
        ("id:12..12 tag:tavern", True),
        ('"tag:tavern"', False),
        ("12:30", False),
        ("tag", False),
    ],
)
def test_a_query_finds_what_it_says(query: str, expected: bool) -> None:
    assert _found(query) is expected


@pytest.mark.parametrize(
    ("query", "entry", "expected"),
    [
        ("untagged", BARE, True),
        ("odd", BARE, False),
        ("gladly", PAIR, True),
        ("hi", PAIR, False),
        ("x", Entry.of({"messages": "x"}), False),
        ("speaker:x", Entry.of({"messages": [{"role": "user", "speaker": 5}]}), False),
    ],
)
def test_entries_of_any_shape_can_be_asked(query: str, entry: Entry, expected: bool) -> None:
    assert _found(query, entry) is expected


@pytest.mark.parametrize(
    ("query", "decided"),
    [
        ("id:12", True),
        ("id:1..5 or not id:7", True),
        ("id:12 cellar", None),
        ("id:13 cellar", False),
        ("id:12 or cellar", True),
        ("not (id:12 or cellar)", False),
        ("cellar", None),
    ],
)
def test_a_query_knows_when_ids_alone_decide(query: str, decided: bool | None) -> None:
    assert parse_query(query).decide(ID) is decided


# ---- words of a command


def test_no_words_choose_every_entry() -> None:
    query = parse_query([])

    assert (query.matches(ID, BARE), query.decide(ID)) == (True, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["tag:tavern", "not", "tag:b"], True),
        (["cellar", "dry"], True),
        (["tag:slow burn", "cellar"], True),
        (["cellar", "cellar dry"], True),
        (["cellar", "dry cellar"], False),
        (["dry cellar"], True),
        (["tag:slow", "burn"], False),
        (["tag:tavern or tag:b"], True),
        (["(tag:b or tag:tavern)", "cellar"], True),
        (["(tag:b", "or", "tag:tavern)"], True),
        (['"cellar dry"', "mara"], True),
    ],
)
def test_words_may_come_one_by_one_from_a_shell(words: list[str], expected: bool) -> None:
    assert _found(words) is expected


# ---- what does not read


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("", "an empty query could mean every entry or none", "leave it away to choose every entry"),
        ("  ", "an empty query could mean every entry or none", "leave it away to choose every entry"),
        (
            "cellar or",
            "'or' could be the operator or with a side missing or a word to search for",
            "tag:a or tag:b, not tag:c; for the word: '\"or\"'",
        ),
        (
            "AND cellar",
            "'AND' could be the operator and with a side missing or a word to search for",
            "tag:a or tag:b, not tag:c; for the word: '\"AND\"'",
        ),
        (
            "a or or b",
            "'or' could be the operator or with a side missing or a word to search for",
            "tag:a or tag:b, not tag:c; for the word: '\"or\"'",
        ),
        (
            "not",
            "'not' could be the operator not with a side missing or a word to search for",
            "tag:a or tag:b, not tag:c; for the word: '\"not\"'",
        ),
        (
            "(a or) b",
            "'or' could be the operator or with a side missing or a word to search for",
            "tag:a or tag:b, not tag:c; for the word: '\"or\"'",
        ),
        (
            "untagged:",
            "'untagged:' could be the keyword untagged or a word to search for",
            "untagged, without the colon; for the word: '\"untagged:\"'",
        ),
        (
            "tag:",
            "'tag:' could be the keyword tag: without a value or a word to search for",
            "for example tag:slow_burn; for the word: '\"tag:\"'",
        ),
        (
            "tags:a",
            "there is no keyword tags:",
            "did you mean tag:a?  To search for the text itself, quote it: '\"tags:a\"'",
        ),
        (
            "https://a.example",
            "there is no keyword https:",
            "the keywords are tag:, id:, speaker:, role:, untagged  To search for the text itself, quote it: "
            "'\"https://a.example\"'",
        ),
        ("(cellar", "a parenthesis is never closed", None),
        ("cellar)", "a parenthesis is closed that was never opened", None),
        ("()", "there is nothing between two parentheses", None),
        ('""', '"" holds nothing to search for', None),
        (
            'say "hi',
            "a quotation mark has no partner in 'say \"hi', or stands inside a word",
            '"the whole phrase", or tag:"two words"',
        ),
        ("id:x", "id:x is no number and no span of numbers", "id:4..9"),
        ("id:..", "id:.. is no number and no span of numbers", "id:4..9"),
        ("id:-4", "id:-4 is no number and no span of numbers", "id:4..9"),
        ("id:9..4", "id:9..4 ends before it starts", "id:4..9"),
    ],
)
def test_a_query_that_does_not_read_says_why(query: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(query)

    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_word_with_spaces_beside_others_that_reads_like_a_query_is_refused() -> None:
    with refusal(UsageError, "query") as caught:
        parse_query(["cellar", "tag:a or tag:b"])

    assert caught.value.message == (
        "'tag:a or tag:b' beside other words could be a phrase to search for or a query of its own"
    )


@given(st.text(max_size=20))
def test_any_text_is_a_query_or_is_refused_in_plain_words(text: str) -> None:
    try:
        query: Any = parse_query(text)
    except UsageError:
        return
    assert query.matches(ID, TAVERN) in (True, False)


@given(st.lists(st.sampled_from(["a", "id:12", "id:13", "(", ")", "or", "and", "not", "tag:tavern"]), max_size=9))
def test_deciding_by_the_id_never_contradicts_reading_the_entry(words: list[str]) -> None:
    try:
        query = parse_query(" ".join(words))
    except UsageError:
        return
    decided = query.decide(ID)

    assert decided in (None, query.matches(ID, TAVERN))


@pytest.mark.parametrize(
    ("value", "span"), [("4", (4, 4)), ("4..9", (4, 9)), ("4..", (4, None)), ("..9", (None, 9)), ("4..4", (4, 4))]
)
def test_a_span_has_both_ends_included(value: str, span: tuple[int | None, int | None]) -> None:
    assert parse_span("words", value) == span
