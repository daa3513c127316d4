"""A speaker renamed everywhere is one thing said of the whole scene, and no edit of each message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import pytest
from choices import chosen

from rolethread_vcs.merge.conflict import Choice, Merged, Reason
from rolethread_vcs.merge.lists import Lists
from rolethread_vcs.merge.messages import merge_conversation
from rolethread_vcs.merge.resolver import Resolver

Scene: TypeAlias = list[dict[str, Any]]


def line(speaker: str, text: str) -> dict[str, Any]:
    return {"role": "user" if speaker == "ilya" else "assistant", "content": text, "speaker": speaker}


BASE = [
    line("ilya", "I drop my coat on the hook. What did I miss?"),
    line("mara", "Two ships and an argument."),
    line("oren", "She won. She always wins."),
    line("ilya", "Which way did they steer?"),
    line("oren", "North, past the broken light, if they have any sense."),
    line("ilya", "ok"),
    line("oren", "*nods*"),
    line("ilya", "Who has a boat?"),
    line("mara", "I do. It leaks on the left side."),
]
REPLACED = [line("ilya", "And the boy?"), line("oren", "Asleep since noon, the lucky one.")]
ADDED = line("mara", "You will not find them in the dark.")


def renamed(messages: Scene, old: str = "oren", new: str = "orin") -> Scene:
    return [{**each, "speaker": new} if each["speaker"] == old else each for each in messages]


def merge(ours: Scene, theirs: Scene, choices: Mapping[str, Choice] | None = None) -> Merged[list[Any]]:
    resolver = Resolver(chosen(choices or {}))
    return resolver.merged(merge_conversation(Lists(BASE, ours, theirs), "messages", resolver))


@pytest.mark.parametrize(
    "changed",
    [
        [*BASE[:6], *BASE[7:]],
        [*BASE[:5], *BASE[7:]],
        [*BASE[:3], *BASE[5:]],
        [*BASE[:6], ADDED, *BASE[6:]],
        [*BASE[:2], {**BASE[2], "content": "She won. She always wins, you know that."}, *BASE[3:]],
        [*BASE[:2], {**BASE[2], "speaker": "mara"}, *BASE[3:]],
        [*BASE[5:7], *BASE[:5], *BASE[7:]],
        renamed(BASE, "mara", "maren"),
    ],
    ids=[
        "a line went",
        "a weak exchange went",
        "an exchange went",
        "a line inside",
        "edited",
        "corrected",
        "moved",
        "two",
    ],
)
@pytest.mark.parametrize("name", ["oren", "ilya"])
def test_a_rename_is_no_question_about_what_the_other_side_changed(name: str, changed: Scene) -> None:
    ours, expected = renamed(BASE, name, "orin"), Merged(renamed(changed, name, "orin"))

    assert merge(ours, changed) == merge(changed, ours) == merge(ours, expected.value) == expected


def test_what_replaced_an_exchange_is_asked_about_under_the_old_name() -> None:
    theirs = [*BASE[:3], *REPLACED, *BASE[5:]]
    merged = merge(renamed(BASE), theirs)

    assert [(each.field, each.reason) for each in merged.conflicts] == [("messages[4].speaker", Reason.SPEAKER_RENAMED)]
    assert merge(renamed(BASE), theirs, {"messages[4].speaker": "ours"}) == Merged(renamed(theirs))
    assert merge(renamed(BASE), theirs, {"messages[4].speaker": "theirs"}).value == [
        *renamed(BASE)[:3],
        *REPLACED,
        *renamed(BASE)[5:],
    ]


@pytest.mark.parametrize("choice", ["ours", "theirs", "both", "base"])
def test_no_decision_about_a_run_brings_the_old_name_back(choice: Choice) -> None:
    ours = renamed([*BASE[:4], line("oren", "North, past the broken light, if they have sense at all."), *BASE[5:]])
    merged = merge(ours, [*BASE[:3], *REPLACED, *BASE[5:]])

    assert [(each.field, each.reason) for each in merged.conflicts] == [("messages[3]", Reason.REPLACED_AND_EDITED)]
    decided = merge(ours, [*BASE[:3], *REPLACED, *BASE[5:]], {"messages[3]": choice})
    assert not decided.conflicts
    assert "oren" not in {each["speaker"] for each in decided.value}
    assert [note.field for note in decided.notes] == ["messages[3]"] * (choice in ("theirs", "both"))


def test_a_short_line_that_the_side_of_the_rename_edited_is_not_deleted_unseen() -> None:
    theirs = renamed([*BASE[:6], line("oren", "*nods twice*"), *BASE[7:]])

    assert [each.reason for each in merge([*BASE[:6], *BASE[7:]], theirs).conflicts] == [Reason.DELETED_AND_EDITED]


def test_two_names_for_one_speaker_are_asked_about_message_by_message() -> None:
    merged = merge(renamed(BASE), renamed(BASE, "oren", "owen"))

    assert [each.field for each in merged.conflicts] == [f"messages[{number}].speaker" for number in (2, 4, 6)]
    assert merged.conflicts[0].base == "oren"


def test_a_line_under_the_old_name_stays_where_its_own_side_renamed_the_speaker_too() -> None:
    added = [*renamed(BASE), line("ilya", "And the boy?"), line("oren", "Asleep since noon.")]

    merged = merge([*renamed(BASE[:6]), *BASE[7:]], added)
    assert merged.conflicts == () and merged.value[-1] == line("oren", "Asleep since noon.")
    swapped = renamed(renamed(renamed(BASE, "oren", "x"), "mara", "oren"), "x", "mara")
    assert merge([*swapped, line("ilya", "Well?"), line("oren", "Well.")], [*swapped[:6], *swapped[7:]]).conflicts == ()
