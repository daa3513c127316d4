"""Differences of entries: told in the words of a writer, and lossless both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.entry import EntryDiff, FieldChange, MessageChange, Placed, apply, diff_entries
from rolethread_vcs.diff.fields import ValueChange
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.model.entry import Entry, is_same

SYSTEM = {"role": "system", "content": "You are the keeper of a tavern."}
ASK = {"role": "user", "content": "Is the cellar dry?"}
ANSWER = {"role": "assistant", "content": '*She laughs.* "Dry enough."', "speaker": "emma"}
THEN = {"role": "user", "content": "Then show me the barrels down there."}
TAVERN = Entry.of({"messages": [SYSTEM, ASK, ANSWER, THEN], "tags": ["tavern", "slow_burn"], "extra": {"rating": 4}})

TEXTS = st.sampled_from(["", "Yes.", "Is it dry?", "Is it wet?", "Dry enough, she says.", "猫が好き\n", "é", "e\u0301"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, "a", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = (
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXTS | st.text(max_size=6) | VALUES},
        optional={"speaker": st.sampled_from(["emma", "mara"]), "train": st.booleans(), "weight": VALUES},
    )
    | VALUES
)
SIDES = st.lists(MESSAGES, max_size=6) | VALUES
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": SIDES,
        "chosen": SIDES,
        "rejected": SIDES,
        "tags": st.lists(st.sampled_from(["a", "b", "tavern"]), max_size=3),
        "origin": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        "uuid": st.sampled_from(["1", "2"]),
        "extra": st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    },
).map(Entry.of)


def changed(**fields: Any) -> Entry:
    return TAVERN.with_fields(**fields)


def test_a_replaced_exchange_went_and_the_other_came() -> None:
    before = [*TAVERN.fields["messages"][:3], THEN, {"role": "assistant", "content": "Mind the third step."}]
    after = [SYSTEM, {"role": "user", "content": "Who drowned here?"}, {"role": "assistant", "content": "My father."}]

    difference = diff_entries(changed(messages=before), changed(messages=[*after, *before[3:]]))

    assert difference.messages == (
        MessageChange("remove", Placed(1, ASK), None),
        MessageChange("remove", Placed(2, ANSWER), None),
        MessageChange("insert", None, Placed(1, after[1])),
        MessageChange("insert", None, Placed(2, after[2])),
    )


def test_one_changed_word_is_exactly_one_edit_with_exactly_that_word() -> None:
    after = {**ASK, "content": "Is the cellar wet?"}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, after, ANSWER, THEN]))

    words = (("equal", "Is the cellar "), ("delete", "dry"), ("insert", "wet"), ("equal", "?"))
    assert difference == EntryDiff(messages=(MessageChange("edit", Placed(1, ASK), Placed(1, after), words),))


def test_an_inserted_message_is_one_insertion_though_all_after_it_have_new_numbers() -> None:
    new = {"role": "user", "content": "Any rats?"}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, new, ASK, ANSWER, THEN]))

    assert difference == EntryDiff(messages=(MessageChange("insert", None, Placed(1, new)),))


def test_a_removed_message_is_one_removal() -> None:
    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, ASK, ANSWER]))

    assert difference == EntryDiff(messages=(MessageChange("remove", Placed(3, THEN), None),))


def test_a_moved_message_is_one_move() -> None:
    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, ANSWER, THEN, ASK]))

    assert difference == EntryDiff(messages=(MessageChange("move", Placed(1, ASK), Placed(3, ASK)),))


def test_a_moved_and_edited_message_is_a_move_with_its_words() -> None:
    after = {**ASK, "content": "Is the old cellar dry?"}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, ANSWER, THEN, after]))

    words = (("equal", "Is the "), ("insert", "old "), ("equal", "cellar dry?"))
    assert difference == EntryDiff(messages=(MessageChange("move", Placed(1, ASK), Placed(3, after), words),))


def test_a_changed_speaker_and_train_flag_are_attributes() -> None:
    after = {**ANSWER, "speaker": "mara", "train": False}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, ASK, after, THEN]))

    assert difference == EntryDiff(
        messages=(MessageChange("attributes", Placed(2, ANSWER), Placed(2, after), (), ("speaker", "train")),)
    )


def test_content_that_is_no_text_on_one_side_is_an_edit_without_words() -> None:
    after = {**ASK, "content": [{"text": "Is the cellar dry?", "type": "text"}]}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, after, ANSWER, THEN]))

    assert difference == EntryDiff(messages=(MessageChange("edit", Placed(1, ASK), Placed(1, after)),))


def test_removals_stand_where_the_message_would_stand() -> None:
    new = {"role": "assistant", "content": "A storm comes up over the hills."}

    difference = diff_entries(TAVERN, changed(messages=[SYSTEM, new, ANSWER, THEN]))

    assert [change.op for change in difference.messages] == ["remove", "insert"]


def test_tags_extra_and_other_fields_are_told_apart() -> None:
    after = changed(tags=["tavern", "ghost"], extra={"rating": 5, "source": "x"}, uuid="u", messages="lost")

    difference = diff_entries(TAVERN, after)

    assert difference == EntryDiff(
        tags_added=("ghost",),
        tags_removed=("slow_burn",),
        fields=(FieldChange("messages", TAVERN.messages, "lost"), FieldChange("uuid", ABSENT, "u")),
        extra=(ValueChange(("rating",), 4, 5), ValueChange(("source",), ABSENT, "x", place=1)),
    )


def test_both_sides_of_a_preference_pair_are_compared_message_by_message() -> None:
    before = Entry.of({"messages": [ASK], "chosen": [ANSWER], "rejected": [ANSWER]})
    after = Entry.of({"messages": [ASK], "chosen": [ANSWER, THEN], "rejected": []})

    difference = diff_entries(before, after)

    assert [change.op for change in difference.chosen] == ["insert"]
    assert [change.op for change in difference.rejected] == ["remove"]
    assert difference.messages == ()


def test_the_summary_counts_what_a_line_can_say() -> None:
    after = changed(
        messages=[
            SYSTEM,
            {**ASK, "content": "Is the cellar really dry?"},
            {**ANSWER, "train": False},
            THEN,
            {"role": "user", "content": "Hm. A word more."},
        ],
        tags=["tavern"],
        extra=None,
    )

    assert diff_entries(TAVERN, after).summary() == {
        "inserted": 1,
        "removed": 0,
        "edited": 1,
        "moved": 0,
        "attributes": 1,
        "words_added": 5,
        "words_removed": 0,
        "tags_added": 0,
        "tags_removed": 1,
        "fields": 0,
        "extra": 1,
    }


@given(ENTRIES, ENTRIES)
def test_applied_to_the_one_it_gives_the_other(before: Entry, after: Entry) -> None:
    assert apply(before, diff_entries(before, after)) == after


@given(ENTRIES, ENTRIES)
def test_a_difference_is_empty_exactly_between_equal_entries(before: Entry, after: Entry) -> None:
    assert diff_entries(before, before).is_empty
    assert diff_entries(before, after).is_empty == (before == after)


@given(ENTRIES, ENTRIES)
def test_nothing_equal_is_shown(before: Entry, after: Entry) -> None:
    difference = diff_entries(before, after)

    for change in (*difference.messages, *difference.chosen, *difference.rejected):
        if change.before is not None and change.after is not None and change.op != "move":
            assert not is_same(change.before.message, change.after.message)
    for field in difference.fields:
        assert not is_same(field.before, field.after)


LINES = [
    "The miller sold his black horse before anybody woke.",
    "Nobody crosses that bridge without paying twice.",
    "She keeps seven candles under the broken stairs.",
    "Count your coins again, stranger, and slower.",
    "A wolf slept beside the chapel door last winter.",
    "Only the ferryman knows which rope is rotten.",
    "Why is there salt on your father's coat?",
]


@given(st.lists(st.sampled_from(["system", "user", "assistant"]), min_size=1, max_size=7), st.integers(0, 6))
def test_one_message_put_in_is_one_insertion(roles: list[str], place: int) -> None:
    # Of messages that say enough: of empty ones nobody knows which one came.
    (_, message), *others = ((role, {"role": role, "content": LINES[number]}) for number, role in enumerate(roles))
    messages = [each for _, each in others]
    before, after = (
        Entry.of({"messages": messages}),
        Entry.of({"messages": [*messages[:place], message, *messages[place:]]}),
    )

    assert [change.op for change in diff_entries(before, after).messages] == ["insert"]


@pytest.mark.parametrize(
    "other",
    [
        changed(messages=[SYSTEM, ASK]),
        changed(messages=[SYSTEM, ASK, {**ANSWER, "train": False}, THEN]),
        changed(messages="lost"),
        changed(tags=["tavern"]),
        changed(tags=["tavern", "slow_burn", "ghost"]),
        changed(uuid="other"),
        changed(extra={"rating": 1}),
    ],
)
def test_a_difference_of_another_entry_is_refused(other: Entry) -> None:
    after = changed(messages=[SYSTEM, ASK, ASK, THEN], tags=["tavern", "ghost"], extra={"rating": 5}, uuid="u")
    difference = diff_entries(TAVERN, after)

    with refusal(ConflictError, "difference_does_not_fit"):
        apply(other, difference)


def test_the_entries_stay_as_they_were() -> None:
    before, after = changed(extra={"a": [1, {"b": 1}]}), changed(extra={"a": [1, {"b": 2}, 3]}, messages=[ASK, SYSTEM])
    copies = repr(before), repr(after)

    apply(before, diff_entries(before, after))

    assert (repr(before), repr(after)) == copies
