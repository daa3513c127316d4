"""`rtv revert`: the answer, what waits, what is skipped, and the ways on."""

from __future__ import annotations

from reading_steps import Rtv, change, said

from rolethread_vcs import Dataset


def ruin(dataset: Dataset) -> str:
    """Ruin every answer in one commit, and return it."""
    with dataset.edit("tidy up") as edit:
        for entry_id, entry in dataset.snapshot():
            edit.put(entry_id, said(entry.messages[0]["content"], "Ruined."))
    return dataset.snapshot().id


def over(dataset: Dataset, number: int) -> str:
    """Edit a ruined answer, and return the id of the entry."""
    (entry_id,) = dataset.snapshot().with_number(number)
    with dataset.edit() as edit:
        edit.put(entry_id, said(dataset.snapshot()[entry_id].messages[0]["content"], "Ruined, as I said."))
    return entry_id


def answers(dataset: Dataset) -> list[str]:
    return [entry.messages[1]["content"] for _, entry in dataset.snapshot()]


def test_a_change_is_taken_back(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)[:10]
    change(dataset, 1, "Is the cellar dry by now?")

    planned = rtv("revert", rev, "2", "3", "--dry-run")
    answer = rtv("revert", rev, "2", "3")
    again = rtv("revert", rev, "2", "3")

    tip = dataset.snapshot().id[:10]
    assert planned.out.startswith(f"would take back {rev} on main: 2 changed; nothing was changed")
    assert "Ruined." in planned.out
    assert answer.out.splitlines() == [f"took back {rev} on main: 2 changed @ {tip}", "undo with: rtv undo"]
    assert again.out == f"nothing to take back: what {rev} did is not there any more\n"
    assert dataset.snapshot().commit.subject == "revert a part of “tidy up”"


def test_what_waits_is_told_with_every_way_on(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)
    entry_id = over(dataset, 2)

    waits = rtv("revert", rev)
    listed = rtv("conflicts", "--json").json("rolethread.conflicts/v1")
    early = rtv("revert", "--continue")
    resolved = rtv("resolve", "2", "--take", "before")
    done = rtv("revert", "--continue")

    assert (waits.status, early.status, resolved.status, done.status) == (50, 50, 0, 0)
    assert entry_id in waits.out
    for way in ("rtv conflicts", "--take before", "rtv revert --continue", "--skip-conflicts", "rtv revert --abort"):
        assert way in waits.out
    assert (listed["kind"], listed["ours"], listed["theirs"]) == ("revert", "now", "before")
    assert answers(dataset) == ["Dry enough."] * 3


def test_conflicts_are_skipped_and_listed(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)[:10]
    entry_id = over(dataset, 2)

    answer = rtv("revert", rev, "--skip-conflicts")
    value = rtv("revert", rev, "--skip-conflicts", "--json").json("rolethread.merge/v1")

    assert answer.status == 0
    assert answer.out.startswith(f"took back {rev} on main: 2 changed")
    assert "1 conflict was left as it is now:" in answer.err
    assert entry_id in answer.err
    assert f"hint: to decide about them: rtv revert {rev} " in answer.err
    assert answers(dataset) == ["Dry enough.", "Ruined, as I said.", "Dry enough."]
    assert (value["state"], [each["id"] for each in value["conflicts"]], value["commit"]) == (
        "nothing",
        [entry_id],
        None,
    )


def test_the_clear_part_of_what_waits_can_be_committed(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)
    over(dataset, 2)
    rtv("revert", rev)

    done = rtv("revert", "--continue", "--skip-conflicts")

    assert done.status == 0
    assert answers(dataset) == ["Dry enough.", "Ruined, as I said.", "Dry enough."]
    assert rtv("revert", "--continue").status == 40


def test_a_revert_decided_for_what_is_there_says_that_it_is_over_and_changed_nothing(
    rtv: Rtv, dataset: Dataset
) -> None:
    rev = ruin(dataset)
    over(dataset, 2)
    head = dataset.snapshot().id
    rtv("revert", rev, "2")
    rtv("resolve", "--all", "--take", "now")

    ended = rtv("revert", "--continue")

    assert ended.out.splitlines() == [
        "the revert is over, and changed no entry; main is unchanged",
        "undo with: rtv undo",
    ]
    assert dataset.snapshot().id == head


def test_it_is_given_up(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)
    over(dataset, 2)
    head = dataset.snapshot().id
    rtv("revert", rev)

    busy = rtv("revert", rev)
    wrong = rtv("pick", "--abort")
    ended = rtv("revert", "--abort")

    assert (busy.status, wrong.status, ended.status) == (50, 40, 0)
    assert dataset.snapshot().id == head
    assert rtv("revert", "--abort").status == 40


def test_words_that_do_not_go_together_are_refused(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)

    assert rtv("revert").status == 2
    assert rtv("revert", rev, "--continue").status == 2
    assert rtv("revert", "--continue", "--where", "x").status == 2
    assert rtv("revert", "--abort", "--skip-conflicts").status == 2
    assert rtv("revert", "12").status == 2
    assert rtv("revert", "nowhere").status == 40
    assert rtv("revert", rev, "99").status == 40


def test_a_choice_that_fits_nothing_says_so(rtv: Rtv, dataset: Dataset) -> None:
    rev = ruin(dataset)

    answer = rtv("revert", rev, "--where", "tag:nowhere")

    assert answer.status == 0
    assert answer.out == f"{rev} did nothing to such entries that is left to take back; nothing changed\n"
