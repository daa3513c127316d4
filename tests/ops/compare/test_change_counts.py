"""The figures of a comparison: entries, messages, words, by tag and by speaker."""

from __future__ import annotations

from typing import Any

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.compare.comparison import ChangeCounts, ComparedEntry, DiffStat, Spoken, count_changes

QUESTION = {"role": "user", "content": "Is the cellar dry?"}
ANSWER = {"role": "assistant", "content": "Dry enough.", "speaker": "mara"}


def counted(*sides: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> DiffStat:
    entries = [tuple(None if side is None else Entry.of(side) for side in pair) for pair in sides]
    return count_changes(ComparedEntry.of("00000001-k2x9m3ab", before, after) for before, after in entries)


def test_nothing_counts_nothing() -> None:
    assert counted() == DiffStat()


def test_messages_and_words_are_counted_by_who_says_them() -> None:
    warm = {**ANSWER, "content": "Dry enough, love."}

    stat = counted(({"messages": [QUESTION, ANSWER]}, {"messages": [QUESTION, warm, QUESTION | {"content": "Oh?"}]}))

    assert stat.entries == ChangeCounts(changed=1)
    assert stat.messages == ChangeCounts(added=1, changed=1)
    assert (stat.words.added, stat.words.removed) == (2, 0)
    assert stat.speakers == {"mara": Spoken(changed=1, words_added=1), "user": Spoken(added=1, words_added=1)}


def test_a_message_given_to_another_speaker_counts_for_the_new_one() -> None:
    stat = counted(({"messages": [ANSWER]}, {"messages": [ANSWER | {"speaker": "iris"}]}))

    assert stat.speakers == {"iris": Spoken(changed=1), "mara": Spoken()}


def test_tags_count_entries_that_gained_lost_or_kept_them() -> None:
    stat = counted(
        ({"messages": [QUESTION], "tags": ["a", "b"]}, {"messages": [QUESTION], "tags": ["b", "c"]}),
        (None, {"messages": [QUESTION], "tags": ["c"]}),
        ({"messages": [QUESTION], "tags": ["a"]}, None),
    )

    assert stat.tags == {"a": ChangeCounts(removed=2), "b": ChangeCounts(changed=1), "c": ChangeCounts(added=2)}
    assert stat.entries == ChangeCounts(added=1, removed=1, changed=1)


def test_odd_messages_are_counted_without_words() -> None:
    stat = counted((None, {"messages": ["text", {"content": [1]}, {"role": 5}]}))

    assert stat.messages == ChangeCounts(added=3)
    assert set(stat.speakers) == {"(not a message)", "(no role)"}


def test_words_of_a_message_that_is_bare_text_count_too() -> None:
    stat = counted(({"messages": ["Who is there?"]}, {"messages": []}))

    assert (stat.words.added, stat.words.removed) == (0, 3)
