"""`rtv list`."""

from __future__ import annotations

from reading_steps import Rtv, said

from rolethread_vcs import Dataset
from rolethread_vcs.transaction import Intent


def test_a_row_shows_number_exchanges_tags_and_the_first_words(rtv: Rtv) -> None:
    answer = rtv("list")

    assert answer.out.splitlines() == [
        "1  1 exchange  #tavern  Is the cellar dry?",
        "2  1 exchange           Who mends the clock?",
        "3  1 exchange           Where is the key?",
    ]
    assert answer.err == "3 entries\n"


def test_a_page_says_how_to_see_more_with_the_same_query(rtv: Rtv, dataset: Dataset) -> None:
    first = dataset.snapshot().ids()[0]

    answer = rtv("list", "--limit", "1", "the")

    assert len(answer.out.splitlines()) == 1
    assert answer.err == f"Show more: rtv list the --limit 1 --after {first}\n"


def test_the_next_page_goes_on_behind_an_entry(rtv: Rtv) -> None:
    assert rtv("list", "--after", "2").out.split("  ")[0] == "3"
    assert rtv("list", "--after", "3").err.startswith("no entry comes behind 3")
    assert rtv("list", "--after", "9").status == 40


def test_a_query_chooses(rtv: Rtv) -> None:
    assert rtv("list", "not", "tag:tavern", "clock").out.startswith("2  ")
    nothing = rtv("list", "dragon")
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "no entry matches\n")


def test_a_query_with_two_readings_is_refused(rtv: Rtv) -> None:
    answer = rtv("list", "tag:")

    assert answer.status == 2
    assert "could be the keyword tag: without a value or a word to search for" in answer.err


def test_the_envelope_counts_all_that_fit(rtv: Rtv, dataset: Dataset) -> None:
    value = rtv("list", "--json", "--limit", "1").json("rolethread.list/v1")

    assert value == {
        "total": 3,
        "more": True,
        "entries": [
            {
                "id": dataset.snapshot().ids()[0],
                "messages": 2,
                "exchanges": 1,
                "tags": ["tavern"],
                "preview": "Is the cellar dry?",
            }
        ],
    }


def test_another_commit_is_listed(rtv: Rtv) -> None:
    answer = rtv("list", "--rev", "@~1")

    assert (answer.status, answer.out) == (0, "")


def test_an_empty_dataset_says_what_to_do(rtv: Rtv) -> None:
    assert "rtv import FILE" in rtv("list", "--rev", "@~1").err


def test_content_never_steers_the_terminal_and_a_row_is_one_line(rtv: Rtv, dataset: Dataset) -> None:
    dataset.add([said("\x1b[31mred\u202e\n" + "wide " * 100, tags=["\x1b]0;x\x07"])], Intent("add", "add"))

    lines = rtv("list", "--after", "3").out.splitlines()

    assert len(lines) == 1
    assert "\x1b" not in lines[0]
    assert "\\x1b[31mred\\u202e" in lines[0]
    assert len(lines[0]) <= 100


def test_two_entries_of_one_number_are_told_apart(rtv: Rtv, dataset: Dataset) -> None:
    with dataset.edit() as edit:
        edit.add(said("mine"))
        dataset.add([said("yours")], Intent("add", "add"))
    both = dataset.snapshot().with_number(4)

    lines = rtv("list", "--after", "3").out.splitlines()

    assert [line.split()[0] for line in lines] == both
