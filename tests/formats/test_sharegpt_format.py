"""The ShareGPT format, read and written."""

import pytest

from rolethread_vcs.formats import CannotCarryError, find_format
from rolethread_vcs.model.entry import Entry

FORMAT = find_format("sharegpt")
IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}


def entry_of(row):
    return Entry.of(FORMAT.read(row).fields)


def turns(*pairs):
    return [{"from": label, "value": text} for label, text in pairs]


def written(entry):
    row = FORMAT.write_full(entry, IDENTITY)
    assert row.pop("rolethread") == IDENTITY
    return row


def clean(entry):
    return FORMAT.write_clean(entry)


def messages(*pairs):
    return [{"role": role, "content": text} for role, text in pairs]


def test_turns_become_messages_in_their_order():
    row = {"id": "x", "conversations": turns(("human", "Hi "), ("gpt", ""), ("system", "Now rain."), ("Scott", "Hm"))}

    assert entry_of(row).fields == {
        "messages": messages(("user", "Hi "), ("assistant", ""), ("system", "Now rain."), ("Scott", "Hm")),
        "extra": {"id": "x"},
    }


def test_every_label_of_the_known_dirty_row_is_read():
    labels = ["SYSTEM", "human", "USER", "gpt", "Assistant", "bot", "model", "uesr", "ASSITANT"]

    draft = FORMAT.read({"conversations": turns(*((label, "x") for label in labels))})

    assert [message["role"] for message in draft.fields["messages"]] == [
        *("system", "user", "user", "assistant", "assistant", "assistant", "assistant", "user", "assistant")
    ]
    assert "role 'uesr' is read as user" in draft.notes


@pytest.mark.parametrize("role_key", ["from", "role", "speaker"])
@pytest.mark.parametrize("content_key", ["value", "content", "text"])
@pytest.mark.parametrize("list_key", ["conversations", "conversation"])
def test_other_spellings_of_the_keys_are_read(role_key, content_key, list_key):
    row = {list_key: [{role_key: "human", content_key: "Hi"}]}

    assert FORMAT.recognise(row)
    assert entry_of(row).messages == messages(("user", "Hi"))


def test_a_null_value_gives_way_to_the_next_spelling():
    assert entry_of({"conversations": [{"from": "human", "value": None, "text": "Hi"}]}).messages == [
        {"role": "user", "content": "Hi", "value": None}
    ]


@pytest.mark.parametrize("conversations", ["text", None, ["text"], [{"weight": 1}], [[]], [{"from": 3, "value": {}}]])
def test_turns_that_cannot_be_understood_are_kept(conversations):
    entry = entry_of({"conversations": conversations})

    expected = [{"role": 3, "content": {}}] if conversations == [{"from": 3, "value": {}}] else conversations
    assert entry.messages == expected


def test_other_keys_of_a_turn_stay_in_the_message():
    row = {"conversations": [{"from": "gpt", "value": "Hi", "weight": 0, "train": False, "speaker": "mara"}]}

    entry = entry_of(row)

    assert entry.messages == [
        {"role": "assistant", "content": "Hi", "speaker": "mara", "train": False, "weight": 0},
    ]
    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


def test_a_second_role_beside_from_is_kept_and_comes_back():
    row = {"conversations": [{"from": "human", "value": "Hi", "role": "narrator"}]}

    entry = entry_of(row)

    assert entry.messages == [{"role": "user", "content": "Hi", "sharegpt": {"role": "narrator"}}]
    assert written(entry) == row


def test_a_row_level_system_prompt_becomes_the_first_message():
    row = {"conversations": turns(("human", "Hi")), "system": "Be brief."}

    assert entry_of(row).fields == {"messages": messages(("system", "Be brief."), ("user", "Hi"))}


@pytest.mark.parametrize(
    ("system", "first"), [("Be brief.", ("system", "Be kind.")), ("", ("human", "Hi")), (None, ("human", "Hi"))]
)
def test_a_row_level_system_that_adds_nothing_or_comes_second_stays_foreign(system, first):
    row = {"conversations": turns(first), "system": system}

    entry = entry_of(row)

    assert entry.extra == {"system": system}
    assert written(entry) == row


def test_preference_turns_become_messages_and_are_written_as_one_turn_again():
    row = {
        "conversations": turns(("human", "Hi")),
        "chosen": {"from": "gpt", "value": "Hello."},
        "rejected": {"from": "gpt", "value": "No."},
    }

    entry = entry_of(row)

    assert entry.fields["chosen"] == messages(("assistant", "Hello."))
    assert written(entry) == row
    assert clean(entry) == row


def test_a_tool_answer_is_written_as_an_observation():
    entry = Entry.of({"messages": messages(("function_call", "{}"), ("tool", "2 m"))})

    row = written(entry)

    assert row == {"conversations": turns(("function_call", "{}"), ("observation", "2 m"))}
    assert entry_of(row) == entry


def test_a_row_of_ours_keeps_labels_that_would_be_synonyms_elsewhere():
    entry = Entry.of({"messages": messages(("bot", "Hm."), ("user", "Hi"))})

    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("text", "is no object"),
        ({"content": "x"}, "has no role"),
        ({"role": "user", "content": None}, "a content that is no text"),
        ({"role": "user", "content": [{"type": "text"}]}, "a content that is no text"),
        ({"role": "assistant", "content": None, "tool_calls": []}, "tool calls instead of text"),
        ({"role": "human", "content": "x"}, "reads as another"),
        ({"role": "user", "content": "x", "from": "y"}, "called from or value"),
    ],
)
def test_what_a_turn_cannot_hold_is_named(message, reason):
    with pytest.raises(CannotCarryError, match=r"message \[0\].*" + reason):
        written(Entry.of({"messages": [message]}))


def test_messages_that_are_no_list_cannot_be_written():
    with pytest.raises(CannotCarryError, match="no list"):
        written(Entry.of({"messages": "text"}))


def test_a_clean_row_has_only_the_conversation():
    entry = Entry.of({"messages": [{"role": "user", "content": "Hi", "speaker": "x"}], "tags": ["a"], "id": 1})

    assert clean(entry) == {"conversations": turns(("human", "Hi"))}


def test_tool_calls_beside_text_have_no_clean_row():
    entry = Entry.of({"messages": [{"role": "assistant", "content": "Hi", "tool_calls": [{}]}]})

    with pytest.raises(CannotCarryError, match="tool calls"):
        clean(entry)


def test_foreign_keys_that_would_be_read_as_the_conversation_travel_in_our_mark():
    entry = Entry.of(
        {"messages": messages(("user", "Hi")), "extra": {"messages": [], "conversation": [1], "system": "Be brief."}}
    )

    row = FORMAT.write_full(entry, IDENTITY)

    assert set(row) == {"rolethread", "conversations"}
    assert entry_of(row) == entry
