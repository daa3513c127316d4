"""What holds for every merge, whatever the three sides are."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import Any

from conversations import ODD_ENTRIES, conversations, three_sides
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.diff.exchanges import ENOUGH_LETTERS
from rolethread_vcs.diff.likeness import letters
from rolethread_vcs.merge.conflict import Conflict, Merged, Reason
from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules import all_rules, find_in_entry

SIDES = st.none() | ODD_ENTRIES
ANY_THREE = st.tuples(SIDES, SIDES, SIDES) | three_sides()


@given(SIDES, SIDES)
def test_what_one_side_alone_changed_is_the_result(base: Entry | None, other: Entry | None) -> None:
    assert merge_entries(base, base, other) == Merged(other)
    assert merge_entries(base, other, base) == Merged(other)


@given(SIDES, SIDES)
def test_what_both_changed_alike_is_the_result(base: Entry | None, other: Entry | None) -> None:
    assert merge_entries(base, other, other) == Merged(other)


@settings(max_examples=100)
@given(ANY_THREE)
def test_swapping_the_sides_swaps_only_the_labels(sides: tuple[Entry | None, Entry | None, Entry | None]) -> None:
    base, ours, theirs = sides
    merged, swapped = merge_entries(base, ours, theirs), merge_entries(base, theirs, ours)

    assert [_unlabelled(conflict) for conflict in merged.conflicts] == [
        _unlabelled(_swapped(conflict)) for conflict in swapped.conflicts
    ]
    if not merged.conflicts:
        assert merged == swapped


def _swapped(conflict: Conflict) -> Conflict:
    suggestion = {"ours": "theirs", "theirs": "ours"}.get(str(conflict.suggestion), conflict.suggestion)
    return Conflict(
        conflict.field, conflict.reason, conflict.base, conflict.theirs, conflict.ours, suggestion, conflict.place
    )


def _unlabelled(conflict: Conflict) -> tuple[Any, ...]:
    """The number in a name counts messages of the preview, which has ours: a label."""
    return (
        conflict.field.partition("[")[0],
        conflict.reason,
        repr([conflict.base, conflict.ours, conflict.theirs]),
        conflict.suggestion,
    )


LINES = [
    "The miller sold his black horse before anybody woke.",
    "Nobody crosses that bridge without paying twice.",
    "She keeps seven candles under the broken stairs.",
    "Rain fell into the soup, and we ate it anyway.",
    "My brother swore he would return with the harvest.",
    "Count your coins again, stranger, and slower.",
    "A wolf slept beside the chapel door last winter.",
    "Only the ferryman knows which rope is rotten.",
    "They burned every letter except the shortest.",
    "Why is there salt on your father's coat?",
    "Seven geese walked through the hall at noon.",
    "Bring me the red scarf that the widow lost.",
    "Every stone in this wall was once a debt.",
    "He laughs like a gate that nobody oiled.",
    "Midnight is cheaper when you pay in copper.",
    "The cook insists that pepper grows on ships.",
]
OTHER_LINES = [
    "Two sailors quarrel over a painted mirror upstairs.",
    "Ask the abbot, if you dare, about ledger nine.",
    "An owl answered instead, which settled nothing.",
    "Warm bread costs more than honest words here.",
    "That key opens the cellar, this one opens graves.",
    "I dreamed of ice, and of hands below it.",
    "Let the twins decide who carries the lantern.",
    "No song survives three nights in this tavern.",
    "Half the village hid when the bell cracked.",
    "Tell me again how the smith lost his eye.",
    "Frost wrote a name on the window, and left.",
    "I would rather marry the well than that clerk.",
    "Somebody tuned the harp with a hammer again.",
    "Our map shows four rivers, and three are true.",
    "Leave your boots, your dog, and your doubts outside.",
    "Since the flood even the mice speak politely.",
]


@st.composite
def edits_of_different_messages(draw: st.DrawFn) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    # Each message says enough to be known by: of `rain` and `rain` nobody could tell which one was edited.
    lines = draw(st.permutations(LINES))
    base = [{**message, "content": lines[number]} for number, message in enumerate(draw(conversations()))]
    owner = draw(st.lists(st.sampled_from(["", "ours", "theirs"]), min_size=len(base), max_size=len(base)))
    texts = draw(st.permutations(OTHER_LINES))[: len(base)]

    def side(*names: str) -> list[Any]:
        return [
            {**message, "content": text} if who in names else message
            for message, who, text in zip(base, owner, texts, strict=True)
        ]

    return base, side("ours"), side("theirs"), side("ours", "theirs")


@settings(max_examples=100)
@given(edits_of_different_messages())
def test_edits_of_different_messages_always_merge(sides: tuple[list[Any], ...]) -> None:
    base, ours, theirs, both = (Entry.of({"messages": side}) for side in sides)

    assert merge_entries(base, ours, theirs) == Merged(both)


@settings(max_examples=100)
@given(edits_of_different_messages())
def test_taking_an_old_change_back_keeps_the_later_ones_and_picking_it_brings_it_back(
    sides: tuple[list[Any], ...],
) -> None:
    before, after, later_alone, now = (Entry.of({"messages": side}) for side in sides)

    reverted = merge_entries(after, now, before)
    assert reverted == Merged(later_alone)
    assert merge_entries(before, reverted.value, after) == Merged(now)


@settings(max_examples=100)
@given(three_sides())
def test_no_text_is_lost_in_a_clean_merge_unless_a_side_took_it_away(sides: tuple[Entry, Entry, Entry]) -> None:
    base, ours, theirs = sides
    merged = merge_entries(base, ours, theirs)

    if not merged.conflicts and merged.value is not None:
        result = _texts(merged.value)
        for one, other in ((ours, theirs), (theirs, ours)):
            # What a side added is there as it was, or as the words of both; what it kept goes only by the other's hand.
            added = _texts(one) - _texts(base)
            assert all(result[text] or _has_words(merged.value, text, base) for text in added)
            once = [text for text, count in _texts(base).items() if count == 1]
            assert all(result[text] for text in once if text in _texts(one) and text in _texts(other))


def _texts(entry: Entry) -> Counter[str]:
    return Counter(message["content"] for message in entry.turns)


def _has_words(entry: Entry, text: str, base: Entry) -> bool:
    """Whether the words that a text has and nobody had before are in the entry."""
    known = {word for message in base.turns for word in message["content"].split()}
    present = {word for message in entry.turns for word in message["content"].split()}
    return set(text.split()) - known <= present


@settings(max_examples=100)
@given(three_sides(), st.sampled_from(["ours", "theirs", "base"]))
def test_choosing_one_side_everywhere_settles_everything(sides: tuple[Entry, Entry, Entry], choice: Any) -> None:
    assert not merge_entries(*sides, lambda _: choice).conflicts


def _reads_as(text: str, other: str) -> bool:
    return text != other and SequenceMatcher(None, text.split(), other.split()).ratio() >= 0.5


@settings(max_examples=200)
@given(three_sides(), st.sampled_from(["ours", "theirs", "both"]))
def test_deciding_loses_no_text_that_both_sides_have(sides: tuple[Entry, Entry, Entry], choice: Any) -> None:
    def choose(conflict: Conflict) -> Any:
        is_run = isinstance(conflict.ours, list) and "[" in conflict.field and conflict.reason is not Reason.BOTH_MOVED
        keeps_both = is_run and choice == "both"
        return "both" if keeps_both else "ours" if choice == "both" else choice

    merged = merge_entries(*sides, choose)

    assert merged.value is not None
    base, ours, theirs, result = map(_texts, (*sides, merged.value))
    # What has fewer letters is known by its place alone, and what reads as another text reworded may be taken for it.
    others = {*base, *ours, *theirs}
    says_enough = [
        text
        for text in base
        if letters(text, ENOUGH_LETTERS) == ENOUGH_LETTERS
        and base[text] == 1
        and not any(_reads_as(text, each) for each in others)
    ]
    assert all(result[text] for text in says_enough if ours[text] and theirs[text])


@settings(max_examples=100)
@given(three_sides())
def test_a_clean_merge_breaks_no_conversation_that_both_sides_had_whole(sides: tuple[Entry, Entry, Entry]) -> None:
    merged = merge_entries(*sides)

    if not merged.conflicts and merged.value is not None and all(map(_alternates, sides[1:])):
        assert _alternates(merged.value)


@settings(max_examples=100)
@given(three_sides())
def test_a_clean_merge_passes_the_gate_where_both_sides_do(sides: tuple[Entry, Entry, Entry]) -> None:
    base, ours, theirs = sides
    merged = merge_entries(base, ours, theirs)

    if not merged.conflicts and merged.value is not None:
        assert _errors(merged.value) <= _errors(ours) | _errors(theirs)


def _errors(entry: Entry) -> set[object]:
    rules = [rule for rule in all_rules() if rule.scope is Scope.ENTRY and rule.severity is Severity.ERROR]
    return {finding.identity() for finding in find_in_entry(rules, "00000001-abcdefgh", entry)}


def _alternates(entry: Entry) -> bool:
    roles = [message["role"] for message in entry.turns]
    if roles[:1] == ["system"]:
        del roles[0]
    return roles == ["user", "assistant"] * (len(roles) // 2) and bool(roles)


@settings(max_examples=100)
@given(ANY_THREE)
def test_no_two_clashes_have_one_name(sides: tuple[Entry | None, Entry | None, Entry | None]) -> None:
    names = [conflict.field for conflict in merge_entries(*sides).conflicts]

    assert len(names) == len(set(names))
