"""Halving a history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.ops.history.bisect import count_leading, halve


def line(length: int) -> dict[str, list[str]]:
    """Return a straight history: 0 is the oldest."""
    return {str(number): [str(number - 1)] if number else [] for number in reversed(range(length))}


@st.composite
def _histories(draw: st.DrawFn) -> dict[str, list[str]]:
    size = draw(st.integers(1, 20))
    history = {
        str(number): [str(parent) for parent in draw(st.sets(st.integers(0, number - 1), max_size=3))] if number else []
        for number in range(size)
    }
    # all lead to the newest, as suspects lead to the bad one
    history[str(size)] = list(history)
    return dict(reversed(history.items()))


def leading(history: dict[str, list[str]], commit: str) -> set[str]:
    return {commit}.union(*(leading(history, parent) for parent in history[commit]))


def test_a_straight_line_is_cut_in_the_middle() -> None:
    assert halve(line(8)) == "3"


def test_one_suspect_needs_no_test() -> None:
    assert halve(line(1)) is None


def test_what_was_skipped_is_not_asked_for_again() -> None:
    assert halve(line(4), skipped={"1"}) in {"0", "2"}
    assert halve(line(2), skipped={"0"}) is None


def test_two_lines_are_cut_where_most_is_settled() -> None:
    history = {"M": ["A", "B2"], "A": [], "B2": ["B1"], "B1": []}

    assert halve(history) == "B2"


def test_a_line_of_ten_thousand_is_settled_by_fourteen_tests() -> None:
    suspects = line(10_000)
    wanted, asked = 7_321, 0
    while (test := halve(suspects)) is not None:
        asked += 1
        is_bad = int(test) >= wanted
        suspects = {
            commit: [parent for parent in above if (int(parent) <= int(test)) == is_bad]
            for commit, above in suspects.items()
            if (int(commit) <= int(test)) == is_bad
        }

    assert list(suspects) == [str(wanted)]
    assert asked <= 14


@given(_histories())
def test_counts_are_the_sizes_of_the_sets(history: dict[str, list[str]]) -> None:
    assert dict(count_leading(history)) == {commit: len(leading(history, commit)) for commit in history}


@given(_histories(), st.data())
def test_any_first_bad_commit_is_found(history: dict[str, list[str]], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(list(history)))
    suspects = history
    for _ in range(len(history)):
        test = halve(suspects)
        if test is None:
            break
        is_bad = wanted in leading(history, test)
        kept = leading(suspects, test) if is_bad else suspects.keys() - leading(suspects, test)
        suspects = {
            commit: [each for each in above if each in kept] for commit, above in suspects.items() if commit in kept
        }

    assert list(suspects) == [wanted]
