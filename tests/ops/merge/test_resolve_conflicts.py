"""Deciding conflicts: side by side, field by field, or anew; each an operation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from small_dataset import conversation
from two_branches import QUESTIONS, Branches

from rolethread_vcs import Entry
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, RoleThreadError, UsageError
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.ops.merge.resolve import open_merge, resolve, select_conflicts
from rolethread_vcs.transaction import Intent


def versions(extra: dict[str, Any], answer: str) -> dict[str, Any]:
    return {**conversation(QUESTIONS[0], answer), "extra": extra}


@pytest.fixture
def pair(tmp_path: Path) -> Branches:
    """Two conflicts in the first entry, one in the second, none in the third; the merge waits."""
    pair = Branches.in_folder(tmp_path / "inn")
    pair.put("side", 0, versions({"rating": 5}, "Bone dry."))
    pair.put("main", 0, versions({"rating": 1}, "Soaking wet."))
    pair.remove("side", 1)
    pair.answer("main", 1, "Nobody.")
    pair.answer("side", 2, "Under the mat.")
    pair.merge()
    return pair


def fields(pair: Branches) -> list[tuple[str, str]]:
    return [(conflict.id, conflict.field) for conflict in pair.dataset.merges.conflicts().conflicts]


def test_all_conflicts_are_listed_with_their_sides(pair: Branches) -> None:
    assert fields(pair) == [
        (pair.ids[0], "messages[1].content"),
        (pair.ids[0], "extra.rating"),
        (pair.ids[1], "entry"),
    ]


def test_an_entry_is_decided_wherever_it_clashes(pair: Branches) -> None:
    done = pair.dataset.merges.resolve(["1"], "side")

    assert done.settled == ((pair.ids[0], "extra.rating"), (pair.ids[0], "messages[1].content"))
    assert [conflict.id for conflict in done.left] == [pair.ids[1]]
    pair.dataset.merges.resolve(["2"], "side")
    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert (pair.said(0), dict(pair.entry(0).extra)) == ("Bone dry.", {"rating": 5})
    assert pair.ids[1] not in pair.dataset.snapshot()
    assert pair.said(2) == "Under the mat."


def test_one_field_is_decided_and_the_others_are_left(pair: Branches) -> None:
    pair.dataset.merges.resolve(["1"], "side", field="extra.rating")

    assert fields(pair) == [(pair.ids[0], "messages[1].content"), (pair.ids[1], "entry")]


def test_the_base_can_be_taken(pair: Branches) -> None:
    pair.dataset.merges.resolve(["1"], "base")
    pair.dataset.merges.resolve(["2"], "base")
    pair.dataset.merges.finish()

    assert (pair.said(0), pair.said(1)) == ("Dry enough.", "Dry enough.")


def test_what_was_decided_is_decided_again(pair: Branches) -> None:
    pair.dataset.merges.resolve(["1"], "side")

    pair.dataset.merges.resolve(["1"], "main")

    pair.dataset.merges.resolve(["2"], "main")
    pair.dataset.merges.finish()
    assert (pair.said(0), pair.said(1)) == ("Soaking wet.", "Nobody.")


@pytest.mark.parametrize(("words", "everything"), [(["1", "2"], False), ([], True)])
def test_what_was_decided_before_stays_when_the_rest_is(pair: Branches, words: list[str], everything: bool) -> None:
    pair.dataset.merges.resolve(["1"], "side", field="extra.rating")

    done = pair.dataset.merges.resolve(words, "main", everything=everything)

    assert done.settled == ((pair.ids[0], "messages[1].content"), (pair.ids[1], "entry"))
    pair.dataset.merges.finish()
    assert (pair.said(0), dict(pair.entry(0).extra)) == ("Soaking wet.", {"rating": 5})


def test_an_entry_is_given_anew(pair: Branches) -> None:
    pair.dataset.merges.give("1", Entry.of(conversation(QUESTIONS[0], "Damp.")))
    pair.dataset.merges.give("2", None)
    pair.dataset.merges.finish()

    assert (pair.said(0), pair.ids[1] in pair.dataset.snapshot()) == ("Damp.", False)


def test_each_decision_is_an_operation_that_undo_takes_back(pair: Branches) -> None:
    done = pair.dataset.merges.resolve(["1"], "side")

    pair.dataset.undo()

    assert done.committed.operation is not None
    assert len(fields(pair)) == 3


def test_the_same_decision_again_is_nothing(pair: Branches) -> None:
    pair.dataset.merges.resolve(["1"], "side")

    again = pair.dataset.merges.resolve(["1"], "side")

    assert (again.committed.operation, again.settled) == (None, ())


def test_a_dry_run_decides_nothing(pair: Branches) -> None:
    intent = Intent("resolve", "resolve --all", dry_run=True)

    done = resolve(pair.dataset.repository, [], "ours", intent, everything=True)

    assert (len(done.settled), done.left) == (3, ())
    assert len(fields(pair)) == 3


def test_conflicts_are_chosen_by_a_query(pair: Branches) -> None:
    found = open_merge(pair.dataset.repository)

    assert select_conflicts(found, [], where="soaking") == [pair.ids[0]]
    with refusal(NotFoundError, "no_conflict"):
        select_conflicts(found, [], where="supper")


@pytest.mark.parametrize(
    ("words", "family", "code"),
    [
        (["3"], NotFoundError, "no_conflict"),  # it merged cleanly
        (["99"], NotFoundError, "no_conflict"),
        (["order.json"], NotFoundError, "no_conflict"),
        ([], UsageError, "usage"),
    ],
)
def test_what_is_not_in_conflict_cannot_be_decided(
    pair: Branches, words: list[str], family: type[RoleThreadError], code: str
) -> None:
    with refusal(family, code):
        pair.dataset.merges.resolve(words, "side")


def test_a_field_without_a_conflict_is_told_with_those_that_have_one(pair: Branches) -> None:
    with refusal(NotFoundError, "no_conflict") as caught:
        pair.dataset.merges.resolve(["1"], "side", field="tags")

    assert caught.value.hint == "its conflicts are in: extra.rating, messages[1].content"


def test_an_unknown_side_is_told_with_those_that_there_are(pair: Branches) -> None:
    with pytest.raises(UsageError) as caught:
        pair.dataset.merges.resolve(["1"], "mine")

    assert caught.value.message == "mine is no side here; the sides are main, side, base and both"


def test_both_is_refused_where_two_values_cannot_stand_side_by_side(pair: Branches) -> None:
    with refusal(UsageError, "unusable_choice"):
        pair.dataset.merges.resolve(["1"], "both")

    assert len(fields(pair)) == 3


def test_an_entry_that_went_meanwhile_is_no_conflict_any_more(pair: Branches) -> None:
    pair.dataset.merges.resolve(["2"], "side")
    pair.remove("main", 1)

    with refusal(NotFoundError, "no_conflict") as caught:
        pair.dataset.merges.resolve(["2"], "side")

    assert "it is not in conflict any more, since the branch moved on" in caught.value.message


def test_what_merges_key_by_key_cannot_be_given_as_a_whole(pair: Branches) -> None:
    pair.dataset.merges.abort()
    pair.on("side").settings.set("name", "theirs")
    pair.on("main").settings.set("name", "ours")
    pair.merge()

    with pytest.raises(InvalidError):
        pair.dataset.merges.give("rolethread.toml", b"name = 'mine'\n")


def test_nothing_waits_where_no_merge_is_unfinished(pair: Branches) -> None:
    pair.dataset.merges.abort()

    with refusal(NotFoundError, "nothing_unfinished"):
        pair.dataset.merges.conflicts()
    with refusal(NotFoundError, "nothing_unfinished"):
        pair.dataset.merges.finish()
    with refusal(NotFoundError, "nothing_unfinished"):
        pair.dataset.merges.abort()


def test_an_unfinished_merge_is_not_finished_as_a_revert(pair: Branches) -> None:
    with refusal(NotFoundError, "nothing_unfinished") as caught:
        pair.dataset.merges.finish("revert")

    assert caught.value.message == "no revert is unfinished, but a merge is (merge side)"


def test_open_conflicts_keep_a_merge_from_its_end(pair: Branches) -> None:
    pair.dataset.merges.resolve(["1"], "side")

    with refusal(ConflictError, "open_conflicts") as caught:
        pair.dataset.merges.finish()

    assert caught.value.message == f"1 conflict is left to decide ({pair.ids[1]})"
    assert pair.said(0) == "Soaking wet."


def test_messages_of_both_sides_are_kept_one_after_the_other(tmp_path: Path) -> None:
    pair = Branches.in_folder(tmp_path / "messages")
    base = conversation(QUESTIONS[0])["messages"]
    for branch, more in (("side", "And the attic?"), ("main", "And the roof?")):
        pair.put(branch, 0, {"messages": [*base, {"role": "user", "content": more}]})
    (conflict,) = pair.merge().conflicts

    done = pair.dataset.merges.resolve(["1"], "both")

    assert (conflict.reason, done.left) == ("both_inserted", ())
    pair.dataset.merges.finish()
    assert {message["content"] for message in pair.entry(0).messages} >= {"And the attic?", "And the roof?"}
