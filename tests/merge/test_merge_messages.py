"""Conversations merge message by message; choices settle what conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from choices import chosen
from refusals import refusal

from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choice, Merged, Note, Reason, Value
from rolethread_vcs.merge.lists import Lists
from rolethread_vcs.merge.messages import merge_conversation
from rolethread_vcs.merge.resolver import Resolver


def merge_messages(
    base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any], choices: Mapping[str, Choice] | None = None
) -> Merged[list[Any]]:
    """Return the merge of three lists of messages in canonical shape; fields are named `messages[3].content` …"""
    resolver = Resolver(chosen(choices or {}))
    return resolver.merged(merge_conversation(Lists(base, ours, theirs), "messages", resolver))


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def answer(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


SYSTEM = {"role": "system", "content": "You keep a tavern on the north road."}
FIRST = [user("Is the cellar dry?"), answer("Dry enough for those who pay in silver.")]
SECOND = [user("Then show me the way down."), answer("Mind the third step, it is rotten.")]
THIRD = [user("What is behind the barrels?"), answer("A door nobody has opened since the flood.")]
BASE = [SYSTEM, *FIRST, *SECOND]


@pytest.mark.parametrize("is_turned", [False, True])
def test_an_exchange_replaced_here_and_moved_there_is_noted(is_turned: bool) -> None:
    base, new = [*FIRST, *SECOND, *THIRD], [user("Who rang the bell?"), answer("Nobody that lives here.")]
    sides = [[*new, *SECOND, *THIRD], [*SECOND, *THIRD, *FIRST]]

    merged = merge_messages(base, *(reversed(sides) if is_turned else sides))

    assert merged.value == sides[0]
    assert [note.field for note in merged.notes] == ["messages[0]"]


def test_a_place_where_both_added_is_noted() -> None:
    merged = merge_messages(BASE, [*BASE, *THIRD], [*BASE, user("Who is there?"), answer("Only rats.")])

    assert merged.value == [*BASE, *THIRD, user("Who is there?"), answer("Only rats.")]
    assert merged.notes == (Note("messages[5]", "both sides added messages here; messages[5] to [8] keep both"),)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("ours", [SYSTEM, *FIRST]),
        ("theirs", [SYSTEM, *FIRST, SECOND[0], answer("Mind the last step, it is rotten.")]),
        ("base", BASE),
        ("both", [SYSTEM, *FIRST, SECOND[0], answer("Mind the last step, it is rotten.")]),
        (Value([user("And?"), answer("No.")]), [SYSTEM, *FIRST, user("And?"), answer("No.")]),
        (Value([]), [SYSTEM, *FIRST]),
    ],
)
def test_a_run_of_messages_can_be_chosen(choice: Any, expected: list[Any]) -> None:
    theirs = [SYSTEM, *FIRST, SECOND[0], answer("Mind the last step, it is rotten.")]

    merged = merge_messages(BASE, [SYSTEM, *FIRST], theirs, {"messages[3]": choice})

    assert merged == Merged(expected)


def test_both_answers_can_be_kept_by_somebody_who_wants_them() -> None:
    ours, theirs = [*BASE, THIRD[0], answer("Nothing.")], [*BASE, THIRD[0], answer("A door.")]

    assert merge_messages(BASE, ours, theirs).conflicts[0].reason == Reason.BOTH_INSERTED
    assert merge_messages(BASE, ours, theirs, {"messages[6]": "both"}) == Merged(
        [*BASE, THIRD[0], answer("A door."), answer("Nothing.")]
    )


def test_a_value_that_breaks_the_conversation_is_said_and_can_be_kept() -> None:
    theirs = [SYSTEM, *FIRST, SECOND[0], answer("Mind the last step, it is rotten.")]
    choices: dict[str, Any] = {"messages[3]": Value([answer("She says nothing more.")])}

    merged = merge_messages(BASE, [SYSTEM, *FIRST], theirs, choices)

    assert [(conflict.field, conflict.reason, conflict.place) for conflict in merged.conflicts] == [
        ("messages", Reason.TURNS_TOUCH, 3)
    ]
    assert merge_messages(BASE, [SYSTEM, *FIRST], theirs, {**choices, "messages": "both"}) == Merged(
        [SYSTEM, *FIRST, answer("She says nothing more.")]
    )


def test_names_do_not_depend_on_choices() -> None:
    ours = [SYSTEM, FIRST[0], SECOND[0], answer("Mind the fourth step, it is rotten.")]
    theirs = [
        SYSTEM,
        FIRST[0],
        answer("Dry enough for all who pay in silver."),
        SECOND[0],
        answer("Mind the last step, it is rotten."),
    ]

    names = [conflict.field for conflict in merge_messages(BASE, ours, theirs).conflicts]
    after = merge_messages(BASE, ours, theirs, {"messages[2]": "theirs"})

    assert names == ["messages[2]", "messages[3].content"]
    assert [conflict.field for conflict in after.conflicts] == ["messages[3].content"]


def test_two_orders_hold_the_edits_of_both_sides() -> None:
    base = [*BASE, *THIRD, user("Who is there?"), answer("Only rats, I hope.")]
    rats, there = base[7:9], answer("A door nobody has opened since the war.")
    ours = [SYSTEM, *rats, *FIRST, *SECOND, *THIRD]
    theirs = [SYSTEM, *FIRST, *rats, *SECOND, THIRD[0], there]

    merged = merge_messages(base, ours, theirs)

    assert [(conflict.field, conflict.reason) for conflict in merged.conflicts] == [("messages[1]", Reason.BOTH_MOVED)]
    assert merged.conflicts[0].ours == [*rats, *FIRST]
    assert merge_messages(base, ours, theirs, {"messages[1]": "theirs"}) == Merged(theirs)


def test_a_conflict_about_a_run_shows_what_a_side_wrote_in_it() -> None:
    asked, rain = user("rain"), [answer("rain"), answer("rain rain")]

    for ours in (rain, rain[::-1]):
        for conflict in merge_messages([asked, asked, rain[0]], ours, [rain[1]]).conflicts:
            assert conflict.ours or conflict.theirs


def test_only_the_run_that_both_moved_apart_is_in_conflict() -> None:
    rats, coat = (
        [user("Who is there?"), answer("Only rats, I hope.")],
        [user("May I hang my coat here?"), answer("By the fire.")],
    )
    warm = [coat[0], answer("By the fire, it is wet.")]
    base = [SYSTEM, *FIRST, *SECOND, *THIRD, *rats, *coat]
    cats = [rats[0], answer("Only cats, I hope.")]
    ours = [SYSTEM, *FIRST, *THIRD, *SECOND, *cats, *coat]
    theirs = [SYSTEM, *FIRST, *SECOND, *rats, *THIRD, *warm]

    [conflict] = merge_messages(base, ours, theirs).conflicts

    assert (conflict.field, conflict.reason) == ("messages[3]", Reason.BOTH_MOVED)
    assert (conflict.ours, conflict.theirs) == ([*THIRD, *SECOND, *cats], [*SECOND, *cats, *THIRD])
    taken = merge_messages(base, ours, theirs, {conflict.field: "theirs"})
    assert taken == Merged([SYSTEM, *FIRST, *SECOND, *cats, *THIRD, *warm])


def test_what_goes_on_from_an_exchange_that_moved_away_can_go_along() -> None:
    new = [user("Why silver?"), answer("Gold is for dragons."), user("Are there any?"), answer("One.")]
    rats = [user("Who is there?"), answer("Only rats, I hope.")]
    base = [SYSTEM, *FIRST, *SECOND, *THIRD, *rats]
    ours, theirs = [SYSTEM, *FIRST, *new, *SECOND, *THIRD, *rats], [SYSTEM, *SECOND, *THIRD, *FIRST, *rats]

    for sides in ((ours, theirs), (theirs, ours)):
        [conflict] = merge_messages(base, *sides).conflicts
        assert (conflict.reason, conflict.suggestion) == (Reason.CONTINUES_MOVED, "both")
        [here, there] = (merge_messages(base, *sides, {conflict.field: each}) for each in ("ours", "theirs"))
        assert sorted((here.value, there.value), key=len) == [theirs, [SYSTEM, *new, *SECOND, *THIRD, *FIRST, *rats]]
        along = merge_messages(base, *sides, {conflict.field: "both"})
        assert along == Merged([SYSTEM, *SECOND, *THIRD, *FIRST, *new, *rats])


def test_moves_that_fit_one_by_one_and_not_together_clash() -> None:
    base = [SYSTEM, *FIRST, *SECOND, *THIRD]
    ours, theirs = [SYSTEM, *SECOND, *FIRST, *THIRD], [SYSTEM, *FIRST, *THIRD, *SECOND]

    assert [conflict.reason for conflict in merge_messages(base, ours, theirs).conflicts] == [Reason.BOTH_MOVED]


def test_a_message_under_an_old_name_can_be_kept_without_one() -> None:
    def emma(text: str, name: str) -> dict[str, Any]:
        return {**answer(text), "speaker": name}

    base = [SYSTEM, FIRST[0], emma("Dry enough.", "emma"), SECOND[0], emma("Mind the third step.", "emma")]
    ours = [SYSTEM, FIRST[0], emma("Dry enough.", "mara"), SECOND[0], emma("Mind the third step.", "mara")]
    theirs = [*base, THIRD[0], emma("A door.", "emma")]

    assert [each.reason for each in merge_messages(base, ours, theirs).conflicts] == [Reason.SPEAKER_RENAMED]
    kept = merge_messages(base, ours, theirs, {"messages[6].speaker": "base"})
    assert kept == Merged([*ours, THIRD[0], answer("A door.")])


def test_a_choice_that_is_no_list_of_messages_is_refused() -> None:
    ours, theirs = [SYSTEM, *FIRST], [SYSTEM, *FIRST, SECOND[0], answer("Mind the last step, it is rotten.")]

    with refusal(UsageError, "unusable_choice", match=r"messages\[3\] takes a list of messages"):
        merge_messages(BASE, ours, theirs, {"messages[3]": Value("text")})


def test_lists_of_two_thousand_messages_merge() -> None:
    base = [
        SYSTEM,
        *(turn for number in range(1000) for turn in (user(f"Question {number}?"), answer(f"No {number}."))),
    ]
    ours = [*base[:100], answer("Another answer altogether."), *base[101:]]
    theirs = [*base[:1501], *base[1503:], *THIRD]

    assert merge_messages(base, ours, theirs) == Merged(
        [*base[:100], answer("Another answer altogether."), *base[101:1501], *base[1503:], *THIRD]
    )


def test_a_conversation_does_not_lose_all_its_answers_between_two_sides() -> None:
    base = [
        user("Does it rain?"),
        answer("All night long."),
        user("And who goes there?"),
        answer("Only the wind does."),
    ]

    merged = merge_messages(base, base[:3], [base[0], base[2], base[3]])

    assert [(conflict.field, conflict.reason) for conflict in merged.conflicts] == [("messages", Reason.NO_ANSWER_LEFT)]


LONG = "The lighthouse was built by three brothers who never spoke."
REST = "It burned every night for ninety years without a single miss."


def test_what_both_changed_alike_stands_once_where_one_of_them_also_moved_it() -> None:
    asks = user("What do they keep down in the lower cellar, and why?")
    base = [asks, answer("Barrels of herring for the winter. A door that nobody ever opens at night.")]
    swapped = answer("A door that nobody ever opens at night. Barrels of herring for the winter.")

    merged = merge_messages(base, [swapped, asks], [asks, swapped])

    assert merged.conflicts or merged.value in ([asks, swapped], [swapped, asks])


def test_a_call_stands_once_where_the_other_side_cut_its_message_in_two() -> None:
    asks = user("Tell me all about the old lighthouse on the cape, please.")
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "c1", "content": "lit"}
    theirs = [asks, answer(f"{LONG} {REST}") | {"tool_calls": [call]}, result, answer("It is lit tonight as well.")]

    merged = merge_messages(
        [asks, answer(f"{LONG} {REST}")], [asks, answer(LONG), user("And then?"), answer(REST)], theirs
    )

    assert merged.conflicts or [message.get("content") for message in merged.value if "tool_calls" in message] == [REST]


def test_an_answer_that_one_side_joined_to_another_and_the_other_deleted_needs_a_decision() -> None:
    asks = user("Tell me all about the old lighthouse on the cape, please.")

    merged = merge_messages([asks, answer(LONG), answer(REST)], [asks, answer(f"{LONG} {REST}")], [asks, answer(LONG)])

    assert [conflict.reason for conflict in merged.conflicts] == [Reason.DELETED_AND_EDITED]


def test_what_may_be_another_message_on_both_sides_and_is_the_same_there_is_told_once() -> None:
    line, last = answer("No. Two sailors never returned every window."), [user("And?"), answer("Hm.")]
    base = [user("Why?"), answer("ok"), user("Why?"), line, *last]
    ours = [user("Why?"), line, user("…"), answer("Yes."), *last, answer("No.")]
    theirs = [*base[:5], answer("If that liar feared warm bread, then I am a fish."), base[5]]

    merged = merge_messages(base, ours, theirs)

    assert merged == Merged([*ours[:5], theirs[5], *ours[5:]])


def test_an_exchange_that_asks_in_the_same_words_for_something_else_inherits_nothing() -> None:
    base = [
        user("Is it true that you lost those wolves by the well?"),
        answer("If the twins hid it, then I am a fish."),
    ]
    theirs = [
        user("Is it true that you dreamed of those wolves on the ice?"),
        answer("The abbot broke the black horse."),
    ]

    merged = merge_messages(base, [base[0], {**base[1], "train": False}], theirs)

    assert [conflict.reason for conflict in merged.conflicts] == [Reason.REPLACED_AND_EDITED]


def test_a_line_of_a_group_is_added_where_the_other_side_deletes_the_next_one() -> None:
    mara, jon, kim, emma = (
        {**answer(text), "speaker": name}
        for name, text in [
            ("mara", "Not me, I lost them long ago."),
            ("jon", "The priest has had them since winter."),
            ("kim", "*nods*"),
            ("emma", "Ask the girl at the well."),
        ]
    )
    asked, last = user("Who keeps the keys of the cellar?"), [user("And then?"), answer("Then we wait.")]
    base = [asked, mara, jon, kim, *last]

    for ours, theirs, expected in [
        ([asked, mara, emma, jon, kim, *last], [asked, mara, kim, *last], [asked, mara, emma, kim, *last]),
        ([asked, emma, mara, jon, kim, *last], [asked, jon, kim, *last], [asked, emma, jon, kim, *last]),
        ([asked, mara, jon, emma, kim, *last], [asked, mara, jon, *last], [asked, mara, jon, emma, *last]),
    ]:
        assert merge_messages(base, ours, theirs) == merge_messages(base, theirs, ours) == Merged(expected)
    # What was added behind the deleted line may answer it.
    behind = merge_messages(base, [asked, mara, jon, emma, kim, *last], [asked, mara, kim, *last])
    assert [conflict.reason for conflict in behind.conflicts] == [Reason.CONTINUES_DELETED]


def test_a_new_exchange_behind_one_that_lost_its_last_line_stands_there_without_it() -> None:
    asked, jon = user("Who keeps the keys of the cellar?"), answer("The priest has had them.", speaker="jon")
    nods, new = answer("*nods*", speaker="kim"), [user("Since when?"), answer("Since the winter.", speaker="jon")]
    base = [SYSTEM, *FIRST, asked, jon, nods, *THIRD]
    longer, shorter = [*base[:6], *new, *THIRD], [*base[:5], *THIRD]

    expected = Merged([*base[:5], *new, *THIRD])
    assert merge_messages(base, longer, shorter) == merge_messages(base, shorter, longer) == expected
    # what is left has to be an answer
    assert merge_messages(base, longer, [SYSTEM, *FIRST, asked, *THIRD]).conflicts
    conflicts = merge_messages(base, longer, [SYSTEM, *FIRST, *THIRD]).conflicts
    assert [conflict.reason for conflict in conflicts] == [Reason.CONTINUES_DELETED]


def test_a_speaker_whose_messages_were_renamed_or_rewritten_is_renamed() -> None:
    says = {"speaker": "mara"}
    base = [FIRST[0], {**FIRST[1], **says}, SECOND[0], {**SECOND[1], **says}]
    theirs = [
        FIRST[0],
        {**answer("Ask the priest."), "speaker": "the elder"},
        SECOND[0],
        {**base[3], "speaker": "the elder"},
    ]

    merged = merge_messages(base, [*base, THIRD[0], {**THIRD[1], **says}], theirs)

    assert [conflict.reason for conflict in merged.conflicts] == [Reason.SPEAKER_RENAMED]


def test_a_short_exchange_that_both_have_as_new_and_each_edited_asks() -> None:
    base = [user("Why?"), answer("Hm.")]
    ours = [*base, user('And? "She painted a jar of salt."'), answer("Yes.")]
    theirs = [*base, user("And?"), answer('Yes. "Three soldiers named every window."')]

    for one, other in [(ours, theirs), (theirs, ours)]:
        assert merge_messages(base, one, other).conflicts


def test_a_question_reworded_like_a_deleted_one_is_not_the_deleted_one() -> None:
    asked, other = (
        user("Since when have we forgot the map by the well?"),
        user("Swear that nobody waited for the coins?"),
    )
    base = [
        asked,
        answer("No. My mother never returned the ledger."),
        other,
        answer("Nobody polished the cracked mirror."),
    ]
    ours = [user("Since when have we hid the map up the hill?"), base[3]]
    theirs = [user("Since when outside we forgot the map by the well?"), *base[1:]]

    assert merge_messages(base, ours, theirs).conflicts
    assert merge_messages(base, theirs, ours).conflicts


def test_a_conflict_tells_which_messages_it_stands_between() -> None:
    edited = [SYSTEM, FIRST[0], answer("Dry, mostly."), *SECOND]
    other = [SYSTEM, FIRST[0], answer("Wet as the sea."), *SECOND, *THIRD]

    (conflict,) = merge_messages(BASE, edited, other).conflicts

    assert conflict.field == "messages[2].content"
    assert conflict.previous == (SYSTEM, FIRST[0])
    assert conflict.next == tuple(SECOND)


def test_a_conflict_about_a_run_stands_between_what_is_beside_the_run() -> None:
    edited = [*BASE[:3], SECOND[0], answer("Mind the third step, it is rotten. And the fourth."), *THIRD]
    shorter = [*BASE[:3], *THIRD]

    (conflict,) = merge_messages([*BASE, *THIRD], edited, shorter).conflicts

    assert (conflict.previous, conflict.next) == (tuple(FIRST), tuple(THIRD))


def test_a_question_that_asks_alike_elsewhere_and_has_another_answer_gets_nothing_unasked() -> None:
    asks, asks_too = (f"Why would anyone say that somebody carried {what} for no reason?" for what in ("it", "coins"))
    base = [*FIRST, *SECOND, user(asks), answer("No. The pedlar never carried the last barrel.")]
    edited = [*FIRST, *SECOND, {**user(asks), "reasoning": "He counts them."}, base[-1]]
    replaced = [*FIRST, user(asks_too), answer("The cook hid a crooked knife behind the chapel."), *SECOND]

    merged = merge_messages(base, edited, replaced)

    assert Reason.DELETED_AND_EDITED in [conflict.reason for conflict in merged.conflicts]


def test_the_only_question_that_says_little_is_not_the_old_one_whose_beginning_it_says() -> None:
    base = [SYSTEM, user('Go on. "If the twins paid for the north door, then I am a fish."'), answer("Yes.")]
    replaced = [SYSTEM, user("Go on."), answer("*She laughs.* Three soldiers burned the bell rope?")]
    edited = [SYSTEM, user("Go on."), answer("Yes.")]

    assert merge_messages(base, replaced, edited).conflicts


REWORDED = [SECOND[0], answer("Mind the third step, it is rotten. And the fourth.")]
NEW = [user("Who rings the bell at night?"), answer("Nobody has rung it since the abbot died.")]
LINE = answer("*From the kitchen.* Do not listen to her, the cellar floods each spring.", speaker="kim")


@pytest.mark.parametrize(
    ("ours", "theirs", "kept"),
    [
        # an exchange that the same side added behind the run
        ([*BASE[:3], *REWORDED, *NEW, *THIRD], [*BASE[:3], *THIRD], NEW),
        # a line of the exchange before the run, by either side
        ([*BASE[:3], *REWORDED, *THIRD], [*BASE[:3], LINE, *THIRD], [LINE]),
        ([*BASE[:3], LINE, *REWORDED, *THIRD], [*BASE[:3], *THIRD], [LINE]),
    ],
)
def test_what_was_added_beside_a_run_stays_whichever_side_is_taken(ours: Any, theirs: Any, kept: Any) -> None:
    base = [*BASE, *THIRD]
    (conflict,) = merge_messages(base, ours, theirs).conflicts

    taken = {
        choice: merge_messages(base, ours, theirs, {conflict.field: choice}).value
        for choice in ("ours", "theirs", "base", "both")
    }

    assert (conflict.base, conflict.ours, conflict.theirs) == (SECOND, REWORDED, [])
    assert all(message in messages for messages in taken.values() for message in (*BASE[:3], *kept, *THIRD))
    assert taken["theirs"] == [*BASE[:3], *kept, *THIRD]
    assert all(message in taken["ours"] for message in REWORDED)


def test_an_exchange_that_nobody_disputes_stays_out_of_the_conflict_about_the_next_one() -> None:
    base = [*BASE, *THIRD, *NEW]
    ours, theirs = [*BASE[:3], *REWORDED, *THIRD, *NEW], [*BASE[:3], *NEW]

    (conflict,) = merge_messages(base, ours, theirs).conflicts
    merged = merge_messages(base, ours, theirs, {conflict.field: "ours"})

    assert (conflict.base, conflict.ours) == (SECOND, REWORDED)
    assert merged.value == [*BASE[:3], *REWORDED, *NEW]


@pytest.mark.parametrize(
    ("ours", "theirs", "asks"),
    [
        ([user("Go on. Please."), answer("*nods*")], [user("Go on. Tell me all."), answer("*nods* And?")], True),
        ([user("Go on. Please."), answer("*nods*")], [user("Why would she?"), answer("*nods*")], False),
    ],
)
def test_short_exchanges_that_may_be_one_which_was_picked_are_asked_about(ours: Any, theirs: Any, asks: bool) -> None:
    merged = merge_messages(BASE, [*BASE, *ours], [*BASE, *theirs])

    assert [conflict.reason for conflict in merged.conflicts] == [Reason.BOTH_INSERTED] * asks


def test_a_message_that_both_rewrote_alike_is_one_whatever_else_a_side_edited() -> None:
    texts = ['"We are closed."', '"I can wait."', '"Then wait."']
    base, theirs, ours = (
        [{"role": ("assistant", "user")[n % 2], "content": text} for n, text in enumerate(row)]
        for row in (texts, ['"We are full."', *texts[1:]], ['"We are full."', texts[1], '"Then wait here."'])
    )

    assert merge_messages(base, ours, theirs) == merge_messages(base, theirs, ours) == Merged(ours)
