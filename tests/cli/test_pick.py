"""`rtv pick`: a change of another branch done here, all of it or as asked."""

from __future__ import annotations

import io
import sys

import pytest
from reading_steps import Rtv, change, edit_by_hand

from rolethread_vcs import Dataset


@pytest.fixture
def tried(rtv: Rtv, dataset: Dataset) -> str:
    """Change two entries on `try` in two commits, come back to main, and return the id of the second entry."""
    rtv("switch", "-c", "try")
    change(dataset, 1, "Is the cellar warm?", "warmer questions")
    changed = change(dataset, 2, "Who winds the clock?", "better questions")
    rtv("switch", "main")
    return changed


def questions(dataset: Dataset) -> list[str]:
    return [entry.messages[0]["content"] for _, entry in dataset.snapshot()]


def test_a_commit_is_picked(rtv: Rtv, dataset: Dataset, tried: str) -> None:
    planned = rtv("pick", "try", "--dry-run")
    answer = rtv("pick", "try")
    again = rtv("pick", "try")

    tip = dataset.snapshot().id[:10]
    assert planned.out.startswith("would pick try on main: 1 changed; nothing was changed")
    assert answer.out.splitlines() == [f"picked try on main: 1 changed @ {tip}", "undo with: rtv undo"]
    assert again.out == "nothing to pick: what try did is here already\n"
    assert questions(dataset) == ["Is the cellar dry?", "Who winds the clock?", "Where is the key?"]
    assert dataset.snapshot().commit.subject == "better questions"


def test_a_range_is_picked_with_the_envelope_of_a_merge(rtv: Rtv, dataset: Dataset, tried: str) -> None:
    value = rtv("pick", "main..try", "-m", "what try found", "--json").json("rolethread.merge/v1")

    assert (value["kind"], value["state"], value["changed"], value["theirs"]) == ("pick", "committed", 2, "main..try")
    assert value["commit"] == dataset.snapshot().id
    assert dataset.snapshot().commit.subject == "what try found"


def test_entries_are_asked_about_one_by_one(
    rtv: Rtv, dataset: Dataset, tried: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("s\nt\n"))

    answer = rtv("pick", "main..try", "-p")

    assert answer.out.startswith("picked main..try on main: 1 changed")
    assert "(1/2) take it?" in answer.err
    assert questions(dataset) == ["Is the cellar dry?", "Who winds the clock?", "Where is the key?"]
    assert dataset.snapshot().commit.subject == "pick a part of main..try"


def test_a_text_that_was_typed_on_the_way_in_is_kept(
    rtv: Rtv, dataset: Dataset, tried: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/warm/dusty/")
    monkeypatch.setattr(sys, "stdin", io.StringIO("e\nq\n"))

    answer = rtv("pick", "main..try", "-p")

    assert "go on with: rtv pick main..try -p" in answer.err
    assert "go on with: rtv pick REV -p" in rtv("status").out


@pytest.mark.parametrize("typed", ["q\n", "r\n", ""])
def test_taking_nothing_changes_nothing(
    rtv: Rtv, dataset: Dataset, tried: str, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    head = dataset.snapshot().id
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    answer = rtv("pick", "main..try", "-p")

    assert (answer.status, answer.out) == (0, "nothing was taken; nothing changed\n")
    assert dataset.snapshot().id == head


def test_conflicts_wait_or_are_skipped(rtv: Rtv, dataset: Dataset, tried: str) -> None:
    change(dataset, 2, "Who oils the clock?")

    waits = rtv("pick", "main..try")
    rtv("pick", "--abort")
    skipped = rtv("pick", "main..try", "--skip-conflicts")

    assert (waits.status, skipped.status) == (50, 0)
    assert tried in waits.out
    assert skipped.out.startswith("picked main..try on main: 1 changed")
    assert questions(dataset) == ["Is the cellar warm?", "Who oils the clock?", "Where is the key?"]


def test_what_cannot_begin_is_refused_before_anything_is_asked(
    rtv: Rtv, dataset: Dataset, tried: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edit_by_hand(dataset, 1)
    monkeypatch.setattr(sys, "stdin", io.StringIO("t\n" * 8))

    unsaved = [rtv(verb, word, "-p") for verb, word in (("pick", "main..try"), ("merge", "try"))]
    path.write_bytes(path.read_bytes().replace(b"Wet, by now.", b"Dry enough."))
    change(dataset, 2, "Who oils the clock?")
    rtv("pick", "main..try")
    waiting = [rtv(verb, word, "-p") for verb, word in (("pick", "main..try"), ("merge", "try"))]

    for answer in (*unsaved, *waiting):
        assert (answer.status, "take it?" in answer.out + answer.err) == (50, False)
    assert "in the way" in unsaved[0].err
    assert "a pick is unfinished here" in waiting[0].err


def test_words_that_do_not_go_together_are_refused(rtv: Rtv, tried: str) -> None:
    assert rtv("pick").status == 2
    assert rtv("pick", "try", "--abort").status == 2
    assert rtv("pick", "try", "3").status == 40
    assert rtv("pick", "try..main").status == 40
