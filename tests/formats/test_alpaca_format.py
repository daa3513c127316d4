"""The Alpaca format, read and written."""

import pytest

from rolethread_vcs.formats import CannotCarryError, RowProblemError, find_format
from rolethread_vcs.model.entry import Entry

FORMAT = find_format("alpaca")
IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}


def entry_of(row):
    return Entry.of(FORMAT.read(row).fields)


def written(entry):
    row = FORMAT.write_full(entry, IDENTITY)
    assert row.pop("rolethread") == IDENTITY
    return row


def clean(entry):
    return FORMAT.write_clean(entry)


def messages(*pairs):
    return [{"role": role, "content": text} for role, text in pairs]


def test_instruction_and_output_become_an_exchange():
    row = {"instruction": "Sing.", "input": "", "output": "La."}

    entry = entry_of(row)

    assert entry.fields == {"messages": messages(("user", "Sing."), ("assistant", "La."))}
    assert written(entry) == row


def test_system_and_history_come_first():
    row = {
        "instruction": "Sing.",
        "input": "",
        "output": "La.",
        "system": "Be brief.",
        "history": [["Hi", "Hello"], ["", "Hm"]],
    }

    entry = entry_of(row)

    assert [message["content"] for message in entry.messages] == ["Be brief.", "Hi", "Hello", "", "Hm", "Sing.", "La."]
    assert written(entry) == row


@pytest.mark.parametrize(
    ("instruction", "given"),
    [("Translate.", "The sea\nis calm."), ("Two\nlines", "x"), ("", "only input"), ("a", "\n")],
)
def test_the_place_where_the_input_began_is_kept_as_a_position(instruction, given):
    row = {"instruction": instruction, "input": given, "output": "x"}

    entry = entry_of(row)

    assert entry.messages[0]["content"] == (f"{instruction}\n{given}" if instruction else given)
    assert entry.extra == {"alpaca": {"split": len(instruction)}}
    assert written(entry) == row
    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


@pytest.mark.parametrize("content", ["x", "Another text\nof two lines", "", "\n"])
def test_a_position_that_an_edit_made_wrong_does_no_harm(content):
    entry = Entry.of({"messages": messages(("user", content), ("assistant", "x")), "extra": {"alpaca": {"split": 10}}})

    row = written(entry)

    assert row["instruction"] == content
    assert entry_of(row) == entry


def test_the_spelling_response_is_kept():
    row = {"instruction": "Sing.", "input": "", "response": "La."}

    entry = entry_of(row)

    assert entry.extra == {"alpaca": {"output": "response"}}
    assert written(entry) == row
    assert clean(entry) == {"instruction": "Sing.", "input": "", "output": "La."}


def test_response_beside_output_is_foreign():
    row = {"instruction": "Sing.", "input": "", "output": "La.", "response": "Lo."}

    entry = entry_of(row)

    assert entry.extra == {"response": "Lo."}
    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


def test_columns_of_another_shape_stay_foreign_and_empty_ones_say_nothing():
    row = {"instruction": "Sing.", "output": "La.", "input": {"a": 1}, "system": "", "history": [["odd"]]}

    entry = entry_of(row)

    assert entry.fields == {
        "messages": messages(("user", "Sing."), ("assistant", "La.")),
        "extra": {"history": [["odd"]], "input": {"a": 1}},
    }
    assert entry_of(FORMAT.write_full(entry, IDENTITY)) == entry


def test_a_key_called_alpaca_is_kept_beside_ours():
    row = {"instruction": "Sing.", "input": "now", "output": "La.", "alpaca": {"score": 4}}

    entry = entry_of(row)

    assert entry.extra == {"alpaca": {"score": 4, "split": 5}}
    assert written(entry) == row
    with pytest.raises(RowProblemError):
        FORMAT.read({**row, "alpaca": "text"})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"messages": "text"}, "no list"),
        ({"messages": []}, "does not end with an exchange"),
        ({"messages": messages(("user", "a"))}, "does not end with an exchange"),
        ({"messages": messages(("assistant", "a"), ("user", "b"))}, r"\[0\] has the role 'assistant'"),
        ({"messages": messages(("user", "a"), ("assistant", "b"), ("system", "c"), ("user", "d"))}, r"\[2\]"),
        ({"messages": messages(("user", None), ("assistant", "b"))}, r"\[0\] has a content"),
        ({"messages": ["text"]}, r"\[0\] has a content"),
        ({"messages": messages(("system", ""), ("user", "a"), ("assistant", "b"))}, "system message is blank"),
        ({"messages": [{"role": "user", "content": "a", "speaker": "x"}, *messages(("assistant", "b"))]}, "speaker"),
        ({"messages": messages(("user", "a"), ("assistant", "b")), "chosen": []}, "chosen"),
    ],
)
def test_what_a_row_cannot_hold_is_named(fields, reason):
    with pytest.raises(CannotCarryError, match=reason):
        written(Entry.of(fields))


def test_a_clean_row_has_a_system_prompt_and_a_history_only_where_the_entry_has():
    entry = Entry.of({"messages": messages(("user", "a"), ("assistant", "b")), "tags": ["x"]})

    assert clean(entry) == {"instruction": "a", "input": "", "output": "b"}


def test_the_clean_keys_follow_from_the_conversation():
    long = messages(("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))

    row = clean(Entry.of({"messages": long}))

    assert row == {"instruction": "c", "input": "", "output": "d", "system": "s", "history": [["a", "b"]]}
