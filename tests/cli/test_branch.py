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


def test_a_dash_goes_back_to_the_branch_that_one_came_from(rtv: Rtv, dataset: Dataset) -> None:
    nowhere = rtv("switch", "-")
    rtv("switch", "-c", "try")
    rtv("switch", "-c", "gone")
    rtv("switch", "try")
    rtv("branch", "--delete", "gone")

    back = rtv("switch", "-")
    planned = rtv("switch", "-", "--dry-run")
    forth = rtv("switch", "-")

    assert (nowhere.status, "no branch that you came from" in nowhere.err) == (40, True)
    assert back.out.startswith("you are on the branch main now @ ")
    assert planned.out.startswith("would go to the branch try; nothing was changed")
    assert forth.out.startswith("you are on the branch try now @ ")
    assert dataset.repository.operations.last().command == "switch try"


def test_a_new_branch_and_going_there_are_one_step(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "changed")

    answer = rtv("switch", "-c", "try", "main~1")
    value = rtv("branch", "--json").json("rolethread.branches/v1")

    assert answer.out.startswith("you are on the new branch try now @ ")
    assert [(each["name"], each["current"]) for each in value["branches"]] == [("main", False), ("try", True)]
    rtv("undo")
    assert [branch.name for branch in dataset.branches.list()] == ["main"]


def test_the_envelope_of_a_switch(rtv: Rtv, dataset: Dataset) -> None:
    value = rtv("switch", "-c", "try", "--json").json("rolethread.commit/v1")

    assert (value["branch"], value["commit"]) == ("try", dataset.snapshot().id)
    assert value["operation"] == dataset.repository.operations.last().number


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
    assert [branch.name for branch in dataset.branches.list()] == ["main"]


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


# ---- notes, names, ends


def test_the_list_tells_age_distance_and_note(rtv: Rtv, dataset: Dataset) -> None:
    rtv("switch", "-c", "try", "--note", "warmer answers")
    change(dataset, 1, "changed")
    rtv("switch", "main")
    change(dataset, 2, "changed too")

    main, attempt = rtv("branch").out.splitlines()
    value = rtv("branch", "--json").json("rolethread.branches/v1")["branches"]

    assert "ahead" not in main
    assert "1 ahead, 1 behind" in attempt
    assert attempt.endswith("warmer answers")
    assert [(each["ahead"], each["behind"], each["note"]) for each in value] == [
        (0, 0, None),
        (1, 1, "warmer answers"),
    ]


def test_switching_says_how_far_apart_the_branches_are(rtv: Rtv, dataset: Dataset) -> None:
    made = rtv("switch", "-c", "try", "--note", "warmer answers")
    change(dataset, 1, "changed")
    back = rtv("switch", "main")
    value = rtv("switch", "try", "--json").json("rolethread.commit/v1")["where"]

    assert made.err == "3 entries, level with main: warmer answers\n"
    assert back.err == "3 entries, 1 commit behind try\n"
    assert (value["branch"], value["entries"], value["against"], value["ahead"]) == ("try", 3, "main", 1)


def test_a_note_is_written_and_taken_away(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")

    noted = rtv("branch", "try", "--note", "warmer answers")
    again = rtv("branch", "try", "--note", "warmer answers")
    planned = rtv("branch", "try", "--note", "", "--dry-run")
    gone = rtv("branch", "try", "--note", "")

    assert noted.out.startswith("noted on try: warmer answers @ ")
    assert again.out == "nothing changed: that is the note of try\n"
    assert planned.out.startswith("would take away the note of try; nothing was changed")
    assert gone.out.startswith("took the note of try away")
    assert rtv("switch", "try", "--note", "x").status == 2


def test_a_branch_is_renamed(rtv: Rtv, dataset: Dataset) -> None:
    rtv("switch", "-c", "try")

    answer = rtv("branch", "--rename", "try", "warm")

    assert answer.out.splitlines() == [
        f"called the branch try warm @ {dataset.snapshot().id[:10]}",
        "undo with: rtv undo",
    ]
    assert dataset.repository.branch() == "warm"
    assert rtv("branch", "--rename", "warm").status == 2
    assert rtv("branch", "--rename", "none", "other").status == 40
    assert rtv("branch", "--rename", "warm", "main").status == 50


def test_a_strict_branch_that_only_reports_by_its_new_name_is_told(rtv: Rtv, dataset: Dataset) -> None:
    rtv("branch", "try")

    disarmed = rtv("branch", "--rename", "main", "trunk")
    plain = rtv("branch", "--rename", "try", "warm")

    assert "main was strict by its name, and trunk only reports" in disarmed.err
    assert "strict" not in plain.err


def test_deleting_says_what_goes_out_of_sight(rtv: Rtv, dataset: Dataset) -> None:
    rtv("switch", "-c", "try")
    change(dataset, 1, "changed")
    rtv("switch", "main")

    planned = rtv("branch", "--delete", "try", "--dry-run")
    value = rtv("branch", "--delete", "try", "--json").json("rolethread.commit/v1")
    rtv("undo")
    deleted = rtv("branch", "--delete", "try")

    first, second, *_ = deleted.out.splitlines()
    assert first == (
        "try: 1 commit that no other branch and no release holds (entries: 1 changed); "
        "out of sight, and undo brings them back"
    )
    assert second.startswith("deleted the branch try")
    assert "would delete the branch try; nothing was changed" in planned.out
    assert value["out_of_sight"] == [{"branch": "try", "commits": 1, "added": 0, "changed": 1, "removed": 0}]
    assert rtv("branch", "--delete", "main").status == 50
    assert rtv("branch", "--delete").status == 2
    assert rtv("branch", "--delete", "--rename", "a", "b").status == 2
    assert rtv("branch", "a", "b").status == 2
