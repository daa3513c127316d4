"""`rtv release`: named, listed, described, moved, deleted."""

from __future__ import annotations

from reading_steps import Rtv, change

from rolethread_vcs import Dataset


def test_a_release_is_named_and_listed(rtv: Rtv, dataset: Dataset) -> None:
    made = rtv("release", "v1", "-m", "what March was trained on")
    listed = rtv("release")

    tip = dataset.snapshot().id[:10]
    assert made.out.splitlines() == [f"named the release v1 @ {tip}", "undo with: rtv undo"]
    (line,) = listed.out.splitlines()
    assert line.split()[:2] == ["v1", tip]
    assert "3 entries" in line
    assert line.endswith("what March was trained on")


def test_without_releases_the_list_says_how_to_make_one(rtv: Rtv) -> None:
    answer = rtv("release")

    assert (answer.status, answer.out) == (0, "")
    assert "rtv release v1 -m TEXT" in answer.err
    assert rtv("release", "--json").json("rolethread.releases/v1") == {"releases": []}


def test_a_release_is_described_against_the_one_before_it(rtv: Rtv, dataset: Dataset) -> None:
    rtv("release", "v1", "-m", "first")
    change(dataset, 1, "changed")
    rtv("release", "v2", "-m", "second\n\nwith more to say")

    text = rtv("release", "--show", "v2").out
    value = rtv("release", "--show", "v2", "--json").json("rolethread.release/v1")

    assert "    second\n    \n    with more to say\n" in text
    assert "since v1: 1 changed\nsee it with: rtv diff v1 v2\n" in text
    assert (value["name"], value["previous"], value["entries"]) == ("v2", "v1", 3)
    assert value["changes"] == {"added": 0, "removed": 0, "changed": 1, "moved": 0}
    assert rtv("release", "--show", "v1", "--json").json("rolethread.release/v1")["previous"] is None


def test_an_older_version_named_later_is_still_the_release_before(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "changed")
    change(dataset, 2, "changed")
    rtv("release", "v2", "-m", "second")
    rtv("release", "v1", "main~1", "-m", "first, named too late")
    rtv("release", "v0", "main~2", "-m", "the beginning, named last")

    text = rtv("release", "--show", "v2").out
    value = rtv("release", "--show", "v1", "--json").json("rolethread.release/v1")

    assert "since v1: 1 changed\n" in text
    assert value["previous"] == "v0"


def test_a_release_moves_only_with_force(rtv: Rtv, dataset: Dataset) -> None:
    rtv("release", "v1", "-m", "first")
    change(dataset, 1, "changed")

    refused = rtv("release", "v1")
    moved = rtv("release", "v1", "--force")
    again = rtv("release", "v1", "--force")

    assert refused.status == 50
    assert "--force" in refused.err
    assert moved.out.startswith("moved the release v1 @ ")
    assert again.out == "nothing changed: v1 is there already\n"
    rtv("undo")
    assert dataset.snapshot("v1").id == dataset.snapshot("main~1").id


def test_a_release_is_deleted_and_comes_back(rtv: Rtv, dataset: Dataset) -> None:
    rtv("release", "v1", "-m", "first")

    planned = rtv("release", "--delete", "v1", "--dry-run")
    deleted = rtv("release", "--delete", "v1")
    rtv("undo")

    assert planned.out.startswith("would delete the release v1; nothing was changed")
    assert deleted.out.startswith("deleted the release v1 @ ")
    assert [each.name for each in dataset.releases.list()] == ["v1"]
    assert rtv("release", "--delete", "v9").status == 40


def test_words_that_do_not_go_together_are_refused(rtv: Rtv) -> None:
    assert rtv("release", "-m", "x").status == 2
    assert rtv("release", "--show", "--delete", "v1").status == 2
    assert rtv("release", "--delete", "v1", "main").status == 2
    assert rtv("release", "v1", "nowhere").status == 40
    assert rtv("release", "12").status == 2
