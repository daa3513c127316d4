"""A message that a side cut in two is cut on all sides; what cannot be merged so is decided as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from choices import chosen

from rolethread_vcs.merge.conflict import Choice, Merged, Reason
from rolethread_vcs.merge.lists import Lists
from rolethread_vcs.merge.messages import merge_conversation
from rolethread_vcs.merge.resolver import Resolver

Messages = list[dict[str, Any]]

DOOR = "The old door has been locked since the winter."
KEY = "Nobody in the house remembers who has the key."
LADDER = "The priest keeps a ladder behind the altar."
SWIPES = ["I know nothing.", "Ask the cook."]


def user(content: str) -> dict[str, Any]:
    return {"role": "user", "content": content}


def answer(content: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


ASKS = user("Tell me about the door in the cellar, please.")
OTHER = [user("And who owns the lighthouse?"), answer("A widow from the south, they say, and her seven sons.")]
WHOLE = answer(f"{DOOR} {KEY}")
BASE = [ASKS, WHOLE, *OTHER]


def cut(first: str = DOOR, second: str = KEY, says: str = "And?", **more: Any) -> Messages:
    return [ASKS, answer(first, **more), user(says), answer(second, **more)]


def merge(
    base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any], choices: Mapping[str, Choice] | None = None
) -> Merged[list[Any]]:
    """Return a merge, and see that it is the same with its sides swapped."""
    merges = []
    for sides in ((ours, theirs), (theirs, ours)):
        resolver = Resolver(chosen(choices or {}))
        merges.append(resolver.merged(merge_conversation(Lists(base, *sides), "messages", resolver)))
    reasons = [[conflict.reason for conflict in merged.conflicts] for merged in merges]
    assert reasons[0] == reasons[1]
    if not (reasons[0] or choices):
        assert merges[0] == merges[1]
    return merges[0]


def test_a_message_cut_and_moved_here_and_deleted_there_needs_a_decision() -> None:
    merged = merge(BASE, [*OTHER, *cut()], OTHER)

    (conflict,) = merged.conflicts
    assert (conflict.reason, conflict.base) == (Reason.DELETED_AND_EDITED, [ASKS, WHOLE])
    assert (conflict.ours, conflict.theirs) == (cut(), [])
    assert merge(BASE, [*OTHER, *cut()], OTHER, {conflict.field: "base"}).value == [*OTHER, ASKS, WHOLE]


@pytest.mark.parametrize("between", [[user("And?")], []], ids=["with a word between", "with nothing between"])
def test_a_message_cut_here_and_deleted_there_needs_a_decision(between: Messages) -> None:
    merged = merge(BASE, [ASKS, answer(DOOR), *between, answer(KEY), *OTHER], OTHER)

    assert [(conflict.reason, conflict.base) for conflict in merged.conflicts] == [
        (Reason.DELETED_AND_EDITED, [ASKS, WHOLE])
    ]


def test_cuts_of_both_sides_are_made_also_where_one_side_swapped_the_exchanges() -> None:
    base = [ASKS, answer(f"{DOOR} {KEY} {LADDER}"), *OTHER]
    ours = [*OTHER, *cut(DOOR, f"{KEY} {LADDER}")]
    theirs = [*cut(f"{DOOR} {KEY}", LADDER, "Hm."), *OTHER]

    assert merge(base, ours, theirs).value == [*OTHER, *cut(), user("Hm."), answer(LADDER)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"{DOOR} She sighs, and looks away.", f"Well. {KEY}"),
        (f"Well, well. {DOOR}", f"{KEY} And that is all."),
        (f"*She sighs.* {DOOR}", KEY),
        (DOOR, f"{KEY} Perhaps the venerable churchwarden remembers."),
    ],
)
def test_a_cut_to_which_words_were_added_is_a_cut(first: str, second: str) -> None:
    theirs = [ASKS, {**WHOLE, "speaker": "mara"}, *OTHER]

    merged = merge(BASE, [*cut(first, second), *OTHER], theirs)

    assert merged == Merged([*cut(first, second, speaker="mara"), *OTHER])


def test_what_has_other_words_in_the_place_of_a_part_gets_nothing_of_the_whole_unasked() -> None:
    other = "They say the captain counted the bridge, and so it was."
    base = [answer(f"{DOOR} They say three soldiers polished the bridge, and so it was."), *OTHER]
    ours = [answer(DOOR), user("Do you know who returned a cracked mirror?"), answer(other)]

    merged = merge(base, ours, [{**base[0], "train": False}, *OTHER])

    assert merged.conflicts
    assert all("train" not in message for message in merged.value if message["content"] == other)


def test_a_message_cut_in_three_is_a_cut() -> None:
    whole = answer(f"{DOOR} {KEY} {LADDER}")
    parts = [*cut(), user("So?"), answer(LADDER)]

    merged = merge([ASKS, whole, *OTHER], [*parts, *OTHER], [ASKS, {**whole, "train": False}, *OTHER])

    flagged = [{**each, "train": False} if each["role"] == "assistant" else each for each in parts]
    assert merged == Merged([*flagged, *OTHER])


@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.parametrize(
    ("parts", "theirs"),
    [
        (cut(DOOR.replace("winter", "flood")), answer(WHOLE["content"].replace("winter", "summer"))),
        (cut(), answer("I never speak of such things after dark, stranger.")),
        (cut(speaker="kim"), {**WHOLE, "speaker": "mara"}),
    ],
    ids=["one word", "rewritten", "speaker"],
)
def test_what_a_cut_cannot_be_merged_with_is_decided_about_the_whole(
    parts: Messages, theirs: dict[str, Any], is_moved: bool
) -> None:
    ours = [*OTHER, *parts] if is_moved else [*parts, *OTHER]
    sides = (BASE, ours, [ASKS, theirs, *OTHER])

    (conflict,) = merge(*sides).conflicts

    assert (conflict.reason, conflict.base) == (Reason.BOTH_EDITED, [WHOLE])
    assert (conflict.ours, conflict.theirs) == (parts[1:], [theirs])
    for choice, expected in (("ours", parts[1:]), ("theirs", [theirs]), ("base", [WHOLE])):
        scene = [[ASKS, *expected], OTHER]
        assert merge(*sides, {conflict.field: choice}).value == [
            each for part in (reversed(scene) if is_moved else scene) for each in part
        ]


@pytest.mark.parametrize("rest", [[], ["I know nothing."]], ids=["on the first part", "on both parts"])
def test_alternatives_added_to_the_whole_stay_with_its_first_part(rest: list[str]) -> None:
    base = [ASKS, {**WHOLE, "alternatives": SWIPES[:1]}]
    parts = cut()
    parts[1]["alternatives"] = SWIPES[:1]
    if rest:
        parts[3]["alternatives"] = rest

    merged = merge(base, parts, [ASKS, {**WHOLE, "alternatives": SWIPES}])

    assert merged == Merged([parts[0], {**parts[1], "alternatives": SWIPES}, *parts[2:]])


def test_hundreds_of_cuts_are_all_made() -> None:
    questions = [user(f"What do you know about house {n}, and about the {n * 7919} steps to it?") for n in range(300)]
    halves = [(f"House {n} has {n * 31} windows.", f"Its {n * 17} steps are all of wood {n}.") for n in range(300)]
    base = [each for ask, text in zip(questions, halves, strict=True) for each in (ask, answer(" ".join(text)))]
    ours = [each for ask, text in zip(questions, halves, strict=True) for each in (ask, *map(answer, text))]
    theirs = [{**each, "speaker": "mara"} if each["role"] == "assistant" else each for each in base]

    merged = merge(base, ours, theirs)

    assert merged == Merged([{**each, "speaker": "mara"} if each["role"] == "assistant" else each for each in ours])


def test_a_number_and_a_text_added_in_two_places_are_two_things() -> None:
    sides: list[list[Any]] = [[ASKS, WHOLE], [ASKS, 5, WHOLE], [ASKS, WHOLE, "a text that is long enough"]]

    assert merge(*sides).value == [ASKS, 5, WHOLE, "a text that is long enough"]


def test_a_short_answer_joined_to_a_long_one_is_known_in_it() -> None:
    base = [ASKS, answer("Hm."), user("Well?"), answer(DOOR), *OTHER]
    joined = [ASKS, answer(f"Hm. {DOOR}"), *OTHER]

    assert merge(base, joined, [*OTHER, *base[:4]]).value == [*OTHER, *joined[:2]]


def test_a_part_that_moved_away_takes_what_the_other_side_changed_of_the_whole() -> None:
    theirs = [ASKS, {**WHOLE, "speaker": "mara"}, *OTHER]
    parts = cut(says="And the key?", speaker="mara")

    merged = merge(BASE, [ASKS, answer(DOOR), *OTHER, user("And the key?"), answer(KEY)], theirs)

    assert merged == Merged([*parts[:2], *OTHER, *parts[2:]])


def test_a_message_moved_far_and_cut_and_edited_on_both_sides_stands_in_one_place() -> None:
    more = [
        user("Which of the three roads leads to the chapel?"),
        answer("The one that nobody mended since the flood."),
    ]
    ours = [*OTHER, *more, *cut(DOOR.replace("winter", "flood"))]
    theirs = [ASKS, answer(WHOLE["content"].replace("winter", "summer")), *OTHER, *more]

    (conflict,) = merge([*BASE, *more], ours, theirs).conflicts

    assert (conflict.field, conflict.reason) == ("messages[5]", Reason.BOTH_EDITED)
    assert (conflict.base, conflict.ours, conflict.theirs) == ([WHOLE], ours[5:], theirs[1:2])


def test_the_lines_behind_a_message_that_was_cut_are_known_however_little_they_say() -> None:
    base = [*BASE[:2], answer("*shrugs*", speaker="jon"), answer("Yes.", speaker="kim"), *OTHER]
    edited = [*base[:3], answer('Yes. "They say so in the village."', speaker="kim"), *OTHER]

    assert [c.reason for c in merge(base, [*cut(), *edited[2:]], [*base[:3], *OTHER]).conflicts] == [
        Reason.DELETED_AND_EDITED
    ]
    assert merge(base, [*cut(), *base[2:]], edited) == Merged([*cut(), *edited[2:]])


def test_a_message_cut_here_and_perhaps_replaced_there_needs_a_decision() -> None:
    theirs = [user("Who polished an oath without a word?"), answer(f"{DOOR[:-11]}flood. The widow burned it all.")]

    merged = merge([*OTHER, ASKS, WHOLE], [*OTHER, *cut()], [*OTHER, *theirs])

    assert [(conflict.base, conflict.theirs) for conflict in merged.conflicts] == [([WHOLE], theirs[1:])]


def test_alternatives_that_are_no_list_stay_with_the_first_part() -> None:
    base, parts = [ASKS, {**WHOLE, "alternatives": 5}], cut()
    parts[1]["alternatives"] = 5

    assert merge(base, parts, [ASKS, {**base[1], "train": False}]) == Merged(
        [ASKS, {**parts[1], "train": False}, parts[2], {**parts[3], "train": False}]
    )


def test_a_line_between_the_parts_that_shares_some_words_with_the_whole_is_no_part() -> None:
    parts = [*cut()[:3], answer("The old crow has been in the village since May.", speaker="jon"), *cut()[2:]]
    flagged = [{**each, "train": False} if each in (parts[1], parts[-1]) else each for each in parts]

    assert merge(BASE, [*parts, *OTHER], [ASKS, {**WHOLE, "train": False}, *OTHER]) == Merged([*flagged, *OTHER])


def test_what_was_reworded_and_cut_is_no_question_to_who_left_it_as_it_was() -> None:
    asks, also = user("Is it true, then?"), user("What else do they say?")
    base = [ASKS, WHOLE, *OTHER, asks, answer(f"{LADDER} {KEY}"), also, answer("Little.")]
    reworded = DOOR.replace("winter", "flood")
    theirs = [ASKS, answer(reworded), answer(KEY), *OTHER, asks, answer(LADDER), answer(KEY), also, answer("Little.")]

    assert merge(base, [*base[:-1], answer("Much.")], theirs) == Merged([*theirs[:-1], answer("Much.")])
