"""`rtv branch` and `rtv switch`."""

from __future__ import annotations

import pytest
from reading_steps import Rtv, change, edit_by_hand

from rolethread_vcs import Dataset


def test_branches_are_listed_with_a_mark(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")

    lines = rtv("branch").out.splitlines()

    tip = dataset.snapshot().id[:10]
    assert [line.split()[:2] for line in lines] == [["*", "main"], ["try", tip]]
    assert "strict" in lines[0]
    assert "report-only" in lines[1]
    assert lines[1].endswith("add 3 entries")


def test_a_branch_is_made_and_one_stays(rtv: Rtv, dataset: Dataset) -> None:
    answer = rtv("branch", "try")

    assert answer.out.splitlines() == [f"made the branch try @ {dataset.snapshot().id[:10]}", "undo with: rtv undo"]
    assert answer.err == "go to it with: rtv switch try\n"
    assert dataset.repository.branch() == "main"


def test_a_branch_starts_where_it_is_told(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try", "--from", "main~1")

    assert dataset.snapshot("try").id == dataset.snapshot("main~1").id
    assert rtv("branch", "--from", "main").status == 2
    assert rtv("branch", "other", "--from", "nowhere").status == 40
    assert rtv("branch", "12").status == 2
    assert rtv("branch", "main").status == 50


def test_switching_says_where_one_is(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")

    answer = rtv("switch", "try")
    again = rtv("switch", "try")

    assert answer.out.splitlines() == [
        f"you are on the branch try now @ {dataset.snapshot().id[:10]}",
        "undo with: rtv undo",
    ]
    assert again.out == "you are on try already\n"
    assert dataset.repository.branch() == "try"


def test_a_new_branch_and_going_there_are_one_step(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "changed")

    answer = rtv("switch", "-c", "try", "main~1")
    value = rtv("branch", "--json").json("rolethread.branches/v1")

    assert answer.out.startswith("you are on the new branch try now @ ")
    assert [(each["name"], each["current"]) for each in value["branches"]] == [("main", False), ("try", True)]
    rtv("undo")
    assert [branch.name for branch in dataset.branches()] == ["main"]


def test_the_envelope_of_a_switch(rtv: Rtv, dataset: Dataset) -> None:
    value = rtv("switch", "-c", "try", "--json").json("rolethread.commit/v1")

    assert (value["branch"], value["commit"]) == ("try", dataset.snapshot().id)
    assert value["operation"] == dataset.repository.operations.last().number  # type: ignore[union-attr]  # just made


def test_an_unknown_branch_names_the_nearest(rtv: Rtv) -> None:
    rtv("branch", "tavern")

    answer = rtv("switch", "tavren")

    assert answer.status == 40
    assert "did you mean tavern?" in answer.err


def test_a_commit_is_not_taken_for_a_mistyped_branch(rtv: Rtv) -> None:
    answer = rtv("switch", "main~1")

    assert answer.status == 40
    assert "did you mean" not in answer.err
    assert "rtv switch -c NEW-NAME main~1" in answer.err


def test_hand_edits_stop_a_switch(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")
    path = edit_by_hand(dataset, 3)
    text = path.read_bytes()

    answer = rtv("switch", "try")

    assert answer.status == 50
    assert "rtv commit" in answer.err
    assert path.read_bytes() == text


def test_a_dry_run_goes_nowhere(rtv: Rtv, dataset: Dataset) -> None:
    first = rtv("switch", "-c", "try", "--dry-run")
    second = rtv("branch", "try", "--dry-run")

    assert first.out.startswith("would go to the new branch try; nothing was changed")
    assert second.out.startswith("would make the branch try; nothing was changed")
    assert [branch.name for branch in dataset.branches()] == ["main"]


def test_a_start_without_create_is_refused(rtv: Rtv) -> None:
    answer = rtv("switch", "try", "main~1")

    assert answer.status == 2
    assert "rtv switch -c NAME main~1" in answer.err


@pytest.mark.parametrize("make", [["branch"], ["switch", "-c"]])
def test_a_strict_branch_that_begins_with_errors_is_refused_and_the_hint_makes_it(
    rtv: Rtv, dataset: Dataset, make: list[str]
) -> None:
    rtv("switch", "-c", "draft")
    rtv("add", "--user", "Anybody?", "--assistant", "")
    entry_id = dataset.snapshot().ids()[3]

    refused = rtv(*make, "release/1")
    planned = rtv(*make, "release/1", "--dry-run")
    made = rtv(*make, "release/1", "--allow", "RT104", "--because", "a known gap")

    assert (refused.status, planned.status) == (30, 30)
    assert f"RT104 empty_message   {entry_id} [1]" in refused.err
    assert 'hint: --allow RT104 --because "…"   makes it all the same' in refused.err
    assert made.status == 0, made.err
    assert dataset.snapshot("release/1").id == dataset.snapshot("draft").id


def test_going_to_a_branch_that_is_there_judges_nothing(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")

    assert rtv("switch", "try", "--allow", "RT104", "--because", "x").status == 2
