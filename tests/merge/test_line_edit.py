"""An edit of a line is carried to its entry, and what the line has no place for stays and follows its message."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.merge.line_edit import apply_edit
from rolethread_vcs.model.entry import Entry

WORDS = st.sampled_from(
    ["the cellar is dry", "who mends the clock", "far out at sea", "*nods* yes", "ring the bell twice"]
)
MESSAGES = st.lists(
    st.builds(
        lambda role, text, number, speaker, train: (
            {"role": role, "content": f"{text} {number}"}
            | ({"speaker": speaker} if speaker else {})
            | ({} if train else {"train": False})
        ),
        st.sampled_from(["system", "user", "assistant"]),
        WORDS,
        st.integers(0, 999),
        st.sampled_from([None, "mara", "scott"]),
        st.booleans(),
    ),
    max_size=6,
)
ENTRIES = st.builds(
    lambda messages, tags, extra: Entry.of({"messages": messages, "tags": tags, "extra": extra}),
    MESSAGES,
    st.lists(st.sampled_from(["tavern", "draft"]), unique=True),
    st.dictionaries(st.sampled_from(["id", "rating"]), st.integers(0, 9)),
)


def line_of(entry: Entry) -> Entry:
    """Return what a clean row says of an entry: roles and contents."""
    messages = [{"role": each["role"], "content": each["content"]} for each in entry.messages]
    return Entry.of({"messages": messages})


def said(entry: Entry) -> list[tuple[Any, Any]]:
    return [(each["role"], each["content"]) for each in entry.messages]


@given(ENTRIES)
def test_a_line_that_did_not_change_changes_nothing(entry: Entry) -> None:
    assert apply_edit(entry, line_of(entry), line_of(entry)).entry == entry
    assert apply_edit(entry, entry, entry).entry == entry


@given(ENTRIES, ENTRIES)
def test_the_entry_says_what_the_line_says_and_keeps_the_rest(entry: Entry, other: Entry) -> None:
    after = apply_edit(entry, line_of(entry), line_of(other)).entry

    assert said(after) == said(other)
    assert (after.tags, after.extra) == (entry.tags, entry.extra)


@given(ENTRIES, ENTRIES)
def test_a_full_line_becomes_the_entry(entry: Entry, other: Entry) -> None:
    assert apply_edit(entry, entry, other).entry == other


@given(ENTRIES, st.data())
def test_a_message_that_goes_takes_its_attributes_and_no_others(entry: Entry, data: st.DataObject) -> None:
    texts = said(entry)
    if not texts or len(set(texts)) != len(texts):
        return
    gone = data.draw(st.integers(0, len(texts) - 1))
    line = line_of(entry)
    messages = [each for number, each in enumerate(line.messages) if number != gone]

    after = apply_edit(entry, line, Entry.of({"messages": messages})).entry

    assert after.messages == [each for number, each in enumerate(entry.messages) if number != gone]


def test_tags_in_a_line_are_added_and_taken_one_by_one() -> None:
    stored = Entry.of({"messages": [], "tags": ["a", "b", "branch"]})
    before, after = Entry.of({"messages": [], "tags": ["a", "b"]}), Entry.of({"messages": [], "tags": ["b", "c"]})

    assert apply_edit(stored, before, after).entry.tags == ("b", "branch", "c")
