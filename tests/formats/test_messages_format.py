"""The format of OpenAI and ChatML rows, read and written."""

import pytest

from rolethread_vcs.formats import CannotCarryError, find_format
from rolethread_vcs.model.entry import Entry

FORMAT = find_format("messages")
HELLO = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "We are closed."}]
IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}


def clean(entry):
    return FORMAT.write_clean(entry)


def entry_of(row):
    return Entry.of(FORMAT.read(row).fields)


def test_a_row_that_needs_no_change_is_taken_as_it_is():
    row = {"messages": HELLO, "source": "notebook"}

    draft = FORMAT.read(row)

    assert draft.fields is row
    assert Entry.of(draft.fields).fields == {"messages": HELLO, "extra": {"source": "notebook"}}


def test_role_names_are_mapped_and_the_mapping_is_told():
    row = {"messages": [{"role": " Human ", "content": " hi "}, {"role": "Scott", "content": "Hm.", "name": "s"}]}

    draft = FORMAT.read(row)

    assert draft.fields["messages"] == [
        {"role": "user", "content": " hi "},
        {"role": "Scott", "content": "Hm.", "name": "s"},
    ]
    assert draft.notes == ("role ' Human ' is read as user",)


@pytest.mark.parametrize(
    "messages", [None, "text", 7, {}, [], ["text"], [{"content": "no role"}], [{"role": 3}], [None, {"role": "user"}]]
)
def test_messages_that_cannot_be_understood_are_kept_as_brought(messages):
    row = {"messages": messages}

    assert FORMAT.recognise(row)
    assert FORMAT.read(row).fields["messages"] == messages


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tags", "slow burn"),
        ("tags", ["a", 7]),
        ("uuid", "row-1"),
        ("uuid", 5),
        ("origin", "scraped"),
        ("origin", ["not an id"]),
        ("chosen", "a better answer"),
        ("rejected", [{"content": "no role"}]),
        ("extra", {"a": 1}),
        ("rolethread", {"id": "not an id"}),
        ("rolethread", "yes"),
    ],
)
def test_a_key_that_is_only_named_like_ours_stays_foreign(key, value):
    entry = entry_of({"messages": HELLO, key: value, "other": 1})

    assert entry.fields == {"messages": HELLO, "extra": {key: value, "other": 1}}
    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


@pytest.mark.parametrize("key", ["tags", "uuid", "origin", "chosen", "rejected"])
def test_null_in_a_key_of_ours_says_the_same_as_no_key(key):
    assert entry_of({"messages": HELLO, key: None}).fields == {"messages": HELLO}


def test_an_entrys_own_document_is_read_back():
    entry = Entry.of(
        {"messages": HELLO, "tags": ["a"], "uuid": "27f9be4a-ebca-43e9-a02b-3a912a4c5213", "extra": {"id": "x"}}
    )

    assert entry_of(dict(entry.fields)) == entry


def test_a_single_message_as_a_preference_side_is_a_list_of_one():
    row = {"messages": HELLO[:1], "chosen": HELLO[1], "rejected": [{"role": "gpt", "content": "No."}]}

    entry = entry_of(row)

    assert entry.fields["chosen"] == [HELLO[1]]
    assert entry.fields["rejected"] == [{"role": "assistant", "content": "No."}]


def test_an_openai_preference_row_becomes_messages_with_both_sides():
    row = {
        "input": {"messages": HELLO[:1], "tools": [{"type": "function"}], "parallel_tool_calls": True, "seed": 4},
        "preferred_output": [HELLO[1]],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
        "split": "train",
    }

    assert FORMAT.recognise(row)
    assert entry_of(row).fields == {
        "messages": HELLO[:1],
        "chosen": [HELLO[1]],
        "rejected": [{"role": "assistant", "content": "No."}],
        "extra": {
            "input": {"seed": 4},
            "parallel_tool_calls": True,
            "split": "train",
            "tools": [{"type": "function"}],
        },
    }


def test_a_full_row_starts_with_our_mark_and_ends_with_foreign_keys_as_stored():
    entry = Entry.of({"messages": HELLO, "tags": ["b", "a"], "zeta": 1, "alpha": {"y": 1, "x": 2}})

    row = FORMAT.write_full(entry, IDENTITY)

    assert list(row) == ["rolethread", "messages", "tags", "alpha", "zeta"]
    assert row["rolethread"] == IDENTITY
    assert FORMAT.read(row).rolethread == IDENTITY


def test_a_row_of_ours_is_taken_word_for_word():
    entry = Entry.of({"messages": [{"role": "Bot", "content": "Hm."}]})

    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": HELLO, "tags": ["own"], "extra": {"tags": "foreign"}},
        {"messages": HELLO, "extra": {"tags": ["looks like ours"]}},
        {"messages": HELLO, "extra": {"tags": None, "extra": {"deep": 1}, "messages": 4}},
        {"messages": HELLO, "uuid": "no rfc form", "chosen": "no list", "origin": ["no id"]},
        {"messages": HELLO, "extra": {"rolethread": {"id": "00000001-00000000", "rev": "x"}}},
        {"messages": "no list", "extra": {"conversations": [], "instruction": "x", "output": "y"}},
    ],
)
def test_what_a_row_cannot_hold_under_its_own_key_travels_in_our_mark(fields):
    entry = Entry.of(fields)

    row = FORMAT.write_full(entry, IDENTITY)

    assert FORMAT.recognise(row)
    assert entry_of(row) == entry
    assert FORMAT.read(row).rolethread == IDENTITY


def test_our_mark_tells_a_row_from_an_agnai_chat():
    entry = Entry.of({"messages": [{"msg": "like Agnai"}]})

    row = FORMAT.write_full(entry, IDENTITY)

    assert FORMAT.recognise(row)
    assert not FORMAT.recognise(entry.document)


def test_an_entry_without_messages_is_known_by_our_mark():
    entry = Entry.of({"tags": ["a"]})

    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


def test_a_clean_row_has_what_a_trainer_reads_and_nothing_else():
    entry = Entry.of(
        {"messages": [{**HELLO[0], "speaker": "scott", "train": False, "name": "s"}, HELLO[1]], "tags": ["a"], "id": 3}
    )

    assert clean(entry) == {"messages": HELLO}


def test_a_message_of_a_clean_row_has_only_the_keys_that_it_came_with():
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": {}}}
    rows = [
        [HELLO[0], {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "x", "tool_call_id": "c1"}],
        [HELLO[0], {"role": "assistant", "content": None, "tool_calls": [call], "name": None}, HELLO[1]],
    ]

    for messages in rows:
        (*_, last) = messages
        assert clean(Entry.of({"messages": messages, "tools": None})) == {
            "messages": [{key: each[key] for key in each if key != "name"} for each in (*messages[:-1], last)]
        }


def test_a_clean_row_keeps_both_sides_of_a_preference():
    entry = Entry.of({"messages": HELLO[:1], "chosen": [HELLO[1]], "rejected": [{**HELLO[1], "weight": 0}]})

    assert clean(entry) == {"messages": HELLO[:1], "chosen": [HELLO[1]], "rejected": [HELLO[1]]}


@pytest.mark.parametrize("messages", ["text", ["text"], [{"content": "x"}]])
def test_messages_without_roles_have_no_clean_row(messages):
    with pytest.raises(CannotCarryError):
        clean(Entry.of({"messages": messages}))
