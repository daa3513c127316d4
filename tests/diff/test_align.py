"""Alignment: which message is which, told the way a writer would tell it."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolethread_vcs.diff import exchange_pairs
from rolethread_vcs.diff.align import Match, Pair, align
from rolethread_vcs.model.entry import canonical_messages, is_same

EQUAL, SIMILAR, PLACED = Match.EQUAL, Match.SIMILAR, Match.PLACED
TEXTS = ["Yes.", "No.", "Is the cellar dry?", "Is the cellar wet?", "Dry enough, she says, and laughs at him.", ""]
MESSAGES = (
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant"]), "content": st.sampled_from(TEXTS)},
        optional={"speaker": st.sampled_from(["emma", "mara"]), "train": st.just(False), "weight": st.just(1)},
    )
    | st.sampled_from([1, 1.0, True, None, "a text", [], {"role": "user"}, {"content": [{"text": "a"}]}])
).map(lambda message: canonical_messages([message])[0])
LISTS = st.lists(MESSAGES, max_size=8)


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


TAVERN = [
    {"role": "system", "content": "You are the keeper of a tavern."},
    user("Is the cellar dry?"),
    assistant("Dry enough, she says, and laughs."),
    user("Then show me the barrels down there."),
    assistant("Follow me, and mind the third step."),
]


def swapped(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(sorted((pair.turned for pair in pairs), key=lambda pair: pair.after))


def shown(before: list[Any], after: list[Any]) -> list[tuple[int, int, Match, bool]]:
    """Return the pairs that are not merely equal and in their order."""
    return [pair[:4] for pair in align(before, after) if pair.match is not EQUAL or pair.moved]


def test_the_first_part_of_a_message_cut_in_two_is_the_message() -> None:
    answer = "Dry enough, she says. Last spring the river came in, and for weeks we slept among the barrels."
    before = [TAVERN[1], assistant(answer), *TAVERN[3:]]
    after = [TAVERN[1], assistant(answer[:21]), assistant(answer[22:]), *TAVERN[3:]]

    assert shown(before, after) == [(1, 1, SIMILAR, False)]
    assert shown(after, before) == [(1, 1, SIMILAR, False)]
    assert [pair.rest for pair in align(before, after) if pair.rest] == [(2,)]
    assert [pair.joined for pair in align(after, before) if pair.joined] == [(2,)]


def test_lines_of_a_group_that_change_places_are_a_move() -> None:
    lines = [
        user("We would like a room."),
        assistant("Two beds left, and one of them is damp.", speaker="mara"),
        assistant("*nods*", speaker="emma"),
        user("Then we take it."),
        assistant("*nods*", speaker="emma"),
    ]

    assert shown(lines, [lines[0], lines[2], lines[1], *lines[3:]]) == [(2, 1, EQUAL, True)]


def test_a_line_that_changes_places_is_known_though_it_was_flagged_or_goes_on() -> None:
    before = [user("And?"), assistant("Hm.", speaker="jon"), assistant("A widow from the south.", speaker="kim")]
    after = [before[0], before[2], assistant('Hm. "So they say."', speaker="jon", train=False)]

    assert shown(before, after) == [(1, 2, Match.SIMILAR, True)]


def test_what_stands_in_its_place_as_it_was_is_not_taken_for_another_that_is_like_it() -> None:
    before = [
        user("The cellar is dry, one."),
        assistant("The cellar is dry, two."),
        user("The cellar is dry, three."),
        assistant("The cellar is dry, four."),
        assistant("The cellar is dry, five."),
    ]

    assert [pair[:2] for pair in align(before, [*before[:2], *before[3:]])] == [(0, 0), (1, 1), (3, 2), (4, 3)]


def test_a_short_question_is_no_part_of_a_longer_one_for_its_mark() -> None:
    before = [user("How often have they dreamed of the keys near the old mill?"), assistant("On the ice.")]
    after = [
        user("How often have they quietly of the keys near the old mill?"),
        before[1],
        user("And?"),
        assistant("*nods*"),
    ]

    assert align(before, after) == (Pair(0, 0, SIMILAR), Pair(1, 1, EQUAL))


def test_an_equal_message_stays_where_one_of_another_role_said_the_same() -> None:
    before = [assistant("Who mends the clock?"), user("Who mends the clock?"), assistant("The cellar is dry.")]

    assert [pair[:3] for pair in align(before, [before[0], before[2]])] == [(0, 0, EQUAL), (2, 1, EQUAL)]


def loose(before: list[Any], after: list[Any]) -> list[tuple[int, int]]:
    """Return the pairs that may be wrong, and those that are not certain to be one."""
    return [(pair.before, pair.after) for pair in align(before, after) if pair.loose]


@pytest.mark.parametrize("between", [[], [assistant("Hm.", speaker="tom")]], ids=["beside", "with a line between"])
def test_of_two_equal_lines_of_which_one_went_neither_is_known(between: list[Any]) -> None:
    nod = assistant("*nods*", speaker="emma")
    one = [user("We would like a room."), nod, assistant("Two beds left, and one is damp.", speaker="mara")]
    two = [*one[:2], *between, *one[1:]]

    assert loose(two, one) == [(1, 1)]
    assert [pair[:2] for pair in align(one, two)] == [(0, 0), (1, 1), (2, len(two) - 1)]
    assert loose(one, two) == []


def test_an_equal_exchange_that_stands_behind_the_one_in_doubt_is_in_doubt() -> None:
    said, other = [user("Go on."), assistant("ok")], [user("Go on."), assistant("Two sailors never came home.")]
    before = [TAVERN[0], user("Since when have we slept in barrels?"), assistant("Yes."), *said]

    assert loose(before, [TAVERN[0], *said, *other, *said]) == [(3, 5), (4, 6)]


def test_equal_exchanges_of_which_both_sides_have_as_many_keep_their_turn() -> None:
    wait = [user("*waits*"), assistant("She laughs. The abbot waited for their own shadow, up the hill.")]
    said, other = [user("Hm."), assistant("ok")], [user("…"), assistant("...")]

    pairs = align([*wait, *said, *other, *said], [*said, *other, *wait, *said])

    assert [pair[:2] for pair in pairs if not pair.moved] == [(2, 0), (3, 1), (4, 2), (5, 3), (6, 6), (7, 7)]


def test_a_question_that_was_written_on_moved_with_its_answer() -> None:
    asked = "How often have they found the coat near the old mill?"
    first, last = (
        [user("ok"), assistant("She laughs. Two sailors stole the bridge.")],
        [user(asked), assistant("*nods*")],
    )
    written_on = [user(f"{asked} For no reason at all the captain counted letters."), assistant("*nods* Indeed.")]

    moved = {pair[:2] for pair in align([*first, *last], [*written_on, *first])}

    assert moved == {(2, 0), (3, 1), (0, 2), (1, 3)}


def test_an_exchange_of_which_a_message_is_the_same_but_for_a_word_was_reworded() -> None:
    rest = [user("And the harvest?"), assistant("The bell ringer never waited for it.")]
    before = [user("Since when have we returned a crooked knife for no reason?"), assistant("*She laughs.* So it is.")]
    after = [user("Since when have we returned a crooked spoon for no reason?"), assistant("Nobody named the bridge.")]

    pairs = align([*before, *rest], [*after, *rest])

    assert [(pair[:2], pair.is_replacement) for pair in pairs[:2]] == [((0, 0), False), ((1, 1), False)]


def test_an_answer_that_is_a_little_like_one_of_another_exchange_may_be_another() -> None:
    before = [
        user("Tell me who found the north door for no reason."),
        assistant("*She laughs.* her brother hid the ledger?"),
    ]
    after = [
        before[0],
        assistant("No. No honest man ever counted the bell rope."),
        user("Why?"),
        assistant("*She laughs.* the miller sold those wolves?"),
    ]

    assert [(pair[:2], pair.loose) for pair in align(before, after) if pair.before == 1] == [((1, 3), True)]


def test_an_inserted_exchange_leaves_every_other_message_equal() -> None:
    after = [*TAVERN[:3], user("Any rats?"), assistant("Not since the cat came."), *TAVERN[3:]]

    pairs = align(TAVERN, after)

    assert [(pair.before, pair.after) for pair in pairs] == [(0, 0), (1, 1), (2, 2), (3, 5), (4, 6)]
    assert shown(TAVERN, after) == []


def test_a_changed_word_makes_a_similar_message() -> None:
    after = [*TAVERN[:2], assistant("Dry enough, she says, and smiles."), *TAVERN[3:]]

    assert shown(TAVERN, after) == [(2, 2, SIMILAR, False)]


def test_an_edited_message_is_found_behind_an_insertion() -> None:
    after = [
        *TAVERN[:3],
        user("Any rats?"),
        assistant("Not since the cat came."),
        user("Then show me the barrels down there, quickly."),
        TAVERN[4],
    ]

    assert shown(TAVERN, after) == [(3, 5, SIMILAR, False)]


def test_a_message_written_anew_is_the_one_in_its_place() -> None:
    after = [*TAVERN[:2], assistant("A shrug is all he gets."), *TAVERN[3:]]

    assert shown(TAVERN, after) == [(2, 2, PLACED, False)]


def test_a_message_of_another_role_is_another_message() -> None:
    assert align([user("Wait here until I am back.")], [assistant("A storm comes up over the hills.")]) == ()


def test_attributes_do_not_hide_a_message() -> None:
    after = [dict(message, speaker="emma") if message["role"] == "assistant" else message for message in TAVERN]
    after[2]["train"] = False

    assert shown(TAVERN, after) == [(2, 2, SIMILAR, False), (4, 4, SIMILAR, False)]


def test_a_message_given_to_another_role_stays_itself() -> None:
    after = [*TAVERN[:4], user(TAVERN[4]["content"])]

    assert shown(TAVERN, after) == [(4, 4, SIMILAR, False)]


def test_a_message_that_has_nothing_in_common_with_two_others_is_none_of_them() -> None:
    before = [assistant("One thing.", speaker="emma"), assistant("Something else.", speaker="mara")]
    after = [assistant("Hush now, all of you!", speaker="mara")]

    assert align(before, after) == ()


def test_a_message_taken_elsewhere_moved() -> None:
    after = [TAVERN[0], *TAVERN[2:], TAVERN[1]]

    assert shown(TAVERN, after) == [(1, 4, EQUAL, True)]


def test_a_message_taken_elsewhere_and_edited_moved() -> None:
    after = [TAVERN[0], *TAVERN[2:], user("Is the old cellar dry?")]

    assert shown(TAVERN, after) == [(1, 4, SIMILAR, True)]


def test_a_short_answer_that_comes_elsewhere_did_not_move() -> None:
    before = [user("Yes."), *TAVERN]
    after = [*TAVERN, user("Yes.")]

    assert [pair for pair in align(before, after) if pair.moved] == []
    assert len(align(before, after)) == len(TAVERN)


def test_repeated_answers_stay_in_place() -> None:
    before = [user("Go on."), assistant("Hm."), user("Go on."), assistant("Hm."), user("Go on.")]
    after = [*before[:2], user("Stop it, please."), *before[3:]]

    assert shown(before, after) == [(2, 2, PLACED, False)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], ()),
        ([], [1], ()),
        ([1], [1.0], (Pair(0, 0, SIMILAR, False),)),
        ([True, 1], [1], (Pair(1, 0, EQUAL, False),)),
        (["a plain text of old"], ["a plain text of now"], (Pair(0, 0, SIMILAR, False),)),
        (
            [assistant([{"type": "text", "text": "Look at this ship."}])],
            [assistant("Look at this ship!")],
            (Pair(0, 0, SIMILAR, False),),
        ),
        (
            [assistant(None, tool_calls=[{"id": "1", "name": "look"}])],
            [assistant(None, tool_calls=[{"id": "1", "name": "see"}])],
            (Pair(0, 0, PLACED, False),),
        ),
    ],
)
def test_odd_messages_are_aligned_too(before: list[Any], after: list[Any], expected: tuple[Pair, ...]) -> None:
    assert align(before, after) == expected


@example([*[1] * 5, user("Is the cellar dry?"), 1], [*[1] * 5, assistant("Is the cellar dry?"), 1])
@given(LISTS, LISTS)
def test_swapped_sides_give_swapped_pairs(before: list[Any], after: list[Any]) -> None:
    there, back = align(before, after), align(after, before)

    assert [pair[:4] for pair in back] == [pair[:4] for pair in swapped(there)]


@given(LISTS, LISTS)
def test_each_message_has_one_partner_and_the_unmoved_ones_rise(before: list[Any], after: list[Any]) -> None:
    pairs = align(before, after)

    assert [pair.after for pair in pairs] == sorted({pair.after for pair in pairs})
    assert len({pair.before for pair in pairs}) == len(pairs)
    stayed = [pair.before for pair in pairs if not pair.moved]
    assert all(one < other for one, other in pairwise(stayed))
    assert all((pair.match is EQUAL) == is_same(before[pair.before], after[pair.after]) for pair in pairs)


@given(LISTS, LISTS)
def test_what_moved_crosses_something_that_did_not(before: list[Any], after: list[Any]) -> None:
    pairs = align(before, after)

    stayed = [pair for pair in pairs if not pair.moved]
    for moved in (pair for pair in pairs if pair.moved):
        assert any((moved.before < each.before) != (moved.after < each.after) for each in stayed)


@given(LISTS)
def test_a_list_is_equal_to_itself_message_by_message(messages: list[Any]) -> None:
    assert align(messages, messages) == tuple(Pair(index, index, EQUAL, False) for index in range(len(messages)))


def long_talk(size: int, seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    words = [f"w{rng.randrange(10**6)}" for _ in range(3_000)]
    return [(assistant if index % 2 else user)(" ".join(rng.choices(words, k=12)) + ".") for index in range(size)]


def test_every_one_of_600_edited_messages_is_found_behind_an_insertion() -> None:
    before = long_talk(600, 1)
    edited = [dict(message, content=message["content"].replace(".", " indeed!")) for message in before]
    after = [*edited[:300], user("New."), assistant("Newer."), *edited[300:]]

    pairs = align(before, after)

    assert [(pair.before, pair.after) for pair in pairs] == [
        (index, index if index < 300 else index + 2) for index in range(600)
    ]
    assert {(pair.match, pair.moved) for pair in pairs} == {(SIMILAR, False)}


def test_edited_messages_far_from_their_place_are_found_in_a_long_talk() -> None:
    before = long_talk(600, 2)
    edited = [dict(message, content=message["content"].replace(".", " indeed!")) for message in before]

    pairs = align(before, [*edited[500:], *edited[:500]])

    assert sorted((pair.before, pair.after) for pair in pairs) == [(index, (index + 100) % 600) for index in range(600)]
    assert sum(pair.moved for pair in pairs) == 100


def test_a_long_talk_is_aligned_as_if_all_of_it_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pick = random.Random(7)
    words = [f"word{number}" for number in range(900)]

    def said(role: str) -> dict[str, Any]:
        return {"role": role, "content": "*nods*" if pick.random() < 0.3 else " ".join(pick.choices(words, k=8))}

    before = [said(("user", "assistant")[number % 2]) for number in range(400)]
    after = [*before[:60], *before[200:204], *before[60:200], *before[206:]]
    after[100] = {**after[100], "content": after[100]["content"] + " and more"}
    after[300:300] = [user("A question that nobody asked."), assistant("*nods*")]

    quick = align(before, after)
    monkeypatch.setattr("rolethread_vcs.diff.align._LONG", 1_000_000)

    assert quick == align(before, after)
    assert [pair.before for pair in quick if pair.moved] == [200, 201, 202, 203]


def test_who_moved_past_a_long_unchanged_stretch_is_the_lesser() -> None:
    talk = [
        message
        for number in range(60)
        for message in (
            user(f"{number} What is in barrel {number} of this row?"),
            assistant(f"{number} It holds the wine of year {number}."),
        )
    ]

    assert {pair.before for pair in align(talk, [*talk[100:], *talk[:100]]) if pair.moved} == set(range(100, 120))


def test_a_talk_too_long_for_the_table_is_aligned_by_what_stands_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_pairs, "ALL_PAIRS", 100)
    before = [*long_talk(60, 3), *[user("Hm.")] * 3]
    after = [user("First."), *before[:20], *before[22:], assistant("Last.")]

    pairs = align(before, after)

    assert {(pair.before, pair.after) for pair in pairs if pair.match is EQUAL} == {
        (index, index + 1 if index < 20 else index - 1) for index in range(63) if index not in (20, 21)
    }


@pytest.mark.parametrize("size", [60, 300])
def test_a_long_scene_of_a_group_keeps_its_short_lines_behind_an_insertion(size: int) -> None:
    pick = random.Random(7)
    said = [pick.choice(["*nods*", "ok", "Hm."]) if pick.random() < 0.4 else str(pick.random()) for _ in range(size)]
    before = [user("Go on."), *(assistant(text, speaker=pick.choice(["emma", "mara"])) for text in said)]
    after = [
        *before[:1],
        *(assistant(f"New line {number} of hers.", speaker="emma") for number in range(10)),
        *before[1:],
    ]

    pairs = align(before, after)

    assert [(pair.before, pair.after, pair.match) for pair in pairs] == [
        (index, index + 10 if index else 0, EQUAL) for index in range(size + 1)
    ]


def test_equal_exchanges_keep_their_order_when_one_of_them_moved() -> None:
    exchanges = {
        name: [{"role": "user", "content": asks}, {"role": "assistant", "content": says}]
        for name, asks, says in [("h", "Hm.", "*nods*"), ("o", "ok", "*waits*"), ("g", "Go on.", "No, not tonight.")]
    }
    before, after = ([message for name in names for message in exchanges[name]] for names in ("hogho", "oghho"))

    pairs = {(pair.before, pair.after) for pair in align(before, after)}

    assert {(0, 4), (1, 5), (6, 6), (7, 7)} <= pairs


@pytest.mark.parametrize("mark", [{"train": False}, {"speaker": "kim"}])
def test_of_exchanges_that_say_the_same_the_one_that_stayed_is_known_by_its_flags_or_speaker(mark: Any) -> None:
    first, second = ([user("Go on."), {**assistant("*nods*"), **more}] for more in (mark, {}))
    before = [*TAVERN[:3], *first, *second, *TAVERN[3:]]

    assert [pair[:2] for pair in align(before, [*TAVERN[:3], *second, *TAVERN[3:]]) if not pair.loose][3:5] == [
        (5, 3),
        (6, 4),
    ]
    assert not any(pair.loose for pair in align(before, [*TAVERN[:3], *first, *TAVERN[3:]]))
