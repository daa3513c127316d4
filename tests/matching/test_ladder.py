"""Two sequences are paired step by step; what is ambiguous is guessed or left unclear, as the policy says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from rolethread_vcs.matching import Side, Signature, Step
from rolethread_vcs.matching.ladder import Ambiguity, Doubt, Matching, Policy, Unclear
from rolethread_vcs.model.entry import Entry

FIRST, NEIGHBOURS = Ambiguity.FIRST, Ambiguity.NEIGHBOURS


@dataclass
class Row:
    """A row with what it is recognised by, and what it says."""

    signature: Signature
    text: str = ""
    question: str = "Well?"


class Rows(Side):
    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.ids = [row.signature.id for row in rows]
        self.digests = [row.text for row in rows]

    def signatures(self, places: Collection[int]) -> dict[int, Signature]:
        return {place: self.rows[place].signature for place in places}

    def entry(self, place: int) -> Entry:
        row = self.rows[place]
        turns: list[Any] = [{"role": "user", "content": row.question}, {"role": "assistant", "content": row.text}]
        return Entry.of({"messages": turns})


def rows(*signatures: Signature) -> Rows:
    return Rows([Row(each) for each in signatures])


def said(*texts: str) -> Rows:
    return Rows([Row(Signature(), text) for text in texts])


@pytest.mark.parametrize("ambiguity", [FIRST, NEIGHBOURS])
def test_an_earlier_step_wins(ambiguity: Ambiguity) -> None:
    before = rows(Signature("1", uuid="u", whole="w"), Signature("2", uuid="v", whole="x"))
    after = rows(Signature("2", uuid="u", whole="w"), Signature(uuid="u", whole="x"))

    found = Matching(before, after, Policy((Step.OWN_ID, Step.UUID, Step.WHOLE), ambiguity))

    assert (found.pairs, found.steps) == ({0: 1, 1: 0}, {0: Step.OWN_ID, 1: Step.UUID})


@pytest.mark.parametrize("ambiguity", [FIRST, NEIGHBOURS])
def test_a_uuid_that_several_have_says_nothing(ambiguity: Ambiguity) -> None:
    one, two = rows(Signature(uuid="u")), rows(Signature(uuid="u"), Signature(uuid="u"))

    for before, after in ((one, two), (two, one)):
        found = Matching(before, after, Policy((Step.UUID,), ambiguity))

        assert (found.pairs, found.unclear) == ({}, {})


def test_of_several_with_one_id_the_most_alike_are_it() -> None:
    before = Rows([Row(Signature("1"), "The tide is out, and the boats lie on the sand.")])
    after = Rows([Row(Signature("1"), text) for text in ("No.", "The tide is out, and the boats lie dry.", "Perhaps.")])

    assert Matching(before, after, Policy((Step.OWN_ID,), FIRST)).pairs == {1: 0}
    assert Matching(after, before, Policy((Step.OWN_ID,), FIRST)).pairs == {0: 1}


def test_either_side_may_have_the_messages_that_the_other_one_had_at_birth() -> None:
    before = rows(Signature(birth="a", born="a"), Signature(birth="edited", born="b"))
    after = rows(Signature(birth="b"), Signature(birth="edited too", born="a"))

    assert Matching(before, after, Policy((Step.BIRTH,), FIRST)).pairs == {0: 1, 1: 0}


def test_what_carries_the_id_of_one_that_is_there_is_a_copy() -> None:
    policy = Policy((Step.BYTES, Step.OWN_ID, Step.ALIKE), NEIGHBOURS)
    before = Rows([Row(Signature("1"), "one two three four five")])
    after = Rows([Row(Signature("1"), "one two three four five"), Row(Signature("1"), "one two three four six")])

    found = Matching(before, after, policy)

    assert (found.pairs, found.unclear) == ({0: 0}, {})


def test_of_several_that_claim_one_id_none_is_chosen_when_they_are_about_as_much_alike() -> None:
    before = Rows([Row(Signature("1"), "one two three four five")])
    after = Rows([Row(Signature("1"), "one two three four six"), Row(Signature("1"), "one two three four seven")])

    found = Matching(before, after, Policy((Step.OWN_ID,), NEIGHBOURS))

    assert found.pairs == {}
    assert {each.doubt for each in found.unclear.values()} == {Doubt.SAME_ID}


def test_what_moved_is_doubted_where_one_like_it_stands_in_its_old_place() -> None:
    lines = ["alpha beta gamma delta", "one two three four", "red green blue black", "north south east west"]
    policy = Policy((Step.BYTES, Step.ALIKE), NEIGHBOURS)
    edited = [lines[0] + " epsilon", *lines[1:], lines[0]]

    found = Matching(said(*lines), said(*edited), policy)

    assert set(found.unclear) == {0, 4}
    assert {each.doubt for each in found.unclear.values()} == {Doubt.COPY}
    assert Matching(said(*lines), said(*edited), Policy(policy.steps, FIRST)).pairs == {4: 0, 1: 1, 2: 2, 3: 3}


def test_decisions_come_first_and_what_stands_apart_is_nothing() -> None:
    policy = Policy((Step.BYTES,), NEIGHBOURS)

    found = Matching(said("a", "b"), said("a", "b", "b"), policy, decided={2: 0}, apart={1})

    assert (found.pairs, found.steps) == ({2: 0}, {2: Step.DECISION})


def test_equal_ones_that_neighbours_do_not_tell_apart_are_unclear_with_what_they_could_be() -> None:
    class Different(Rows):
        def are_one(self, places: Sequence[int]) -> bool:
            return False

    before = Different(said("a", "x", "x", "b").rows)

    found = Matching(before, said("a", "x", "b"), Policy((Step.BYTES,), NEIGHBOURS))

    assert found.unclear == {1: Unclear(Doubt.EQUAL, ((1, 1.0), (2, 1.0)))}


def test_an_answer_written_anew_is_known_by_its_question_unless_the_next_one_asks_it_too() -> None:
    def asked(*questions: str, answer: str) -> Rows:
        return Rows([Row(Signature(), f"{answer} {number}", text) for number, text in enumerate(questions)])

    policy = Policy((Step.OPENING,), NEIGHBOURS)

    assert Matching(asked("Who?", answer="a"), asked("Who?", answer="b"), policy).steps == {0: Step.OPENING}
    assert Matching(asked("Who?", "Who?", answer="a"), asked("Who?", answer="b"), policy).pairs == {}
