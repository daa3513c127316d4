"""Numbers, names and ages, in words."""

from __future__ import annotations

import pytest

from rolethread_vcs.phrases import age, count, counted_words, listed, signed_counts
from rolethread_vcs.store.tree_reader import Counts


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-60, "in the future"),
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (7_200, "2 hours ago"),
        (86_400, "1 day ago"),
        (604_799, "6 days ago"),
        (1_209_600, "2 weeks ago"),
        (5_184_000, "2 months ago"),
        (70_000_000, "2 years ago"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: int, said: str) -> None:
    assert age(1_000_000_000 - seconds, now=1_000_000_000) == said


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("entry",), "1 entry"),
        (1_203, ("entry",), "1,203 entries"),
        (0, ("branch",), "0 branches"),
        (2, ("more file",), "2 more files"),
        (2, ("row is", "rows are"), "2 rows are"),
    ],
)
def test_a_number_has_its_noun(number: int, words: tuple[str, ...], said: str) -> None:
    assert count(number, *words) == said


def test_counts_name_only_what_there_is() -> None:
    counts = Counts(added=1_000, removed=2)

    assert counted_words(counts) == "1,000 added, 2 removed"
    assert signed_counts(counts) == "+1,000 -2"
    assert counted_words(Counts()) == signed_counts(Counts()) == ""


def test_a_long_list_of_names_is_cut() -> None:
    assert listed(["12", "14"], 2) == "12, 14"
    assert listed(["12", "14", "15"], 2) == "12, 14 …"
