"""What a row is recognised by; and rows that come one by one: each takes who is meant, and nobody twice."""

from __future__ import annotations

from rolethread_vcs.matching import Index, Signature, Step
from rolethread_vcs.model.entry import Entry

STEPS = (Step.UUID, Step.MESSAGES, Step.BIRTH)


def index_of(**held: list[str | None]) -> Index[int]:
    index: Index[int] = Index()
    for step in STEPS:
        values = held.get(step.name.lower(), [])
        index.add(step, zip(values, range(len(values)), strict=True))
    return index


def test_the_nth_equal_row_is_the_nth_equal_entry() -> None:
    index = index_of(messages=["a", "b", "a"])

    found = [index.find(Signature(messages="a"), STEPS) for _ in range(3)]

    assert found == [(0, Step.MESSAGES), (2, Step.MESSAGES), None]


def test_an_earlier_step_wins() -> None:
    index = index_of(uuid=[None, "u"], messages=["a", "b"])

    assert index.find(Signature(uuid="u", messages="a"), STEPS) == (1, Step.UUID)


def test_who_is_taken_by_one_step_is_not_found_by_another() -> None:
    index = index_of(uuid=["u"], messages=["a"], birth=["a"])

    assert index.find(Signature(uuid="u"), STEPS) == (0, Step.UUID)
    assert index.find(Signature(messages="a"), STEPS) is None


def test_messages_that_an_entry_had_at_birth_are_known() -> None:
    index = index_of(messages=["edited"], birth=["a"])

    assert index.find(Signature(birth="a"), STEPS) == (0, Step.BIRTH)


def test_nothing_is_no_value_to_be_found_by() -> None:
    index = index_of(uuid=[None], messages=[None])

    assert index.find(Signature(), STEPS) is None


def test_a_signature_has_what_the_steps_ask_for_and_what_is_known_already() -> None:
    entry = Entry.of({"messages": [{"role": "user", "content": "Hi", "name": "mara"}], "uuid": "ABC"})
    other = Entry.of({"messages": [{"role": "user", "content": "Hi"}]})
    own_id = "00000012-k2x9m3ab"

    known = {"messages": "known", "birth": "told"}
    asked = Signature.of(entry, own_id, (Step.UUID, Step.BIRTH, Step.MESSAGES), **known)
    spoken = [Signature.of(each, None, (Step.SPOKEN,)) for each in (entry, other)]

    assert asked == Signature(own_id, uuid="abc", messages="known", birth="told", born="k2x9m3ab")
    assert spoken[0] == spoken[1]
    assert spoken[0].spoken is not None


def test_values_in_another_order_of_keys_have_one_signature_but_for_the_suffix_of_birth() -> None:
    steps = (Step.WHOLE, Step.MESSAGES, Step.SPOKEN)
    one, other = (
        Entry.of({"messages": [{"role": "user", "content": [part]}], "extra": {"tools": [part]}})
        for part in ({"type": "text", "text": "Hi"}, {"text": "Hi", "type": "text"})
    )

    signed, other_signed = (Signature.of(each, None, steps) for each in (one, other))
    assert signed._replace(order=None) == other_signed._replace(order=None)
    assert signed.order != other_signed.order
    assert Signature.of(one, None, (Step.BIRTH,)) != Signature.of(other, None, (Step.BIRTH,))
