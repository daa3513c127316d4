"""A system prompt beside a conversation, in every format of rows."""

import pytest

from rolethread_vcs.formats import find_format
from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.model.entry import Entry

IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}
HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
TURNS = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes?"}]
ROWS = {
    "messages": {"messages": HELLO},
    "sharegpt": {"conversations": TURNS},
    "alpaca": {"instruction": "Hi", "output": "Yes?"},
}
WITH_SYSTEM = {
    "messages": {"messages": [{"role": "sys", "content": "Be kind."}, *HELLO]},
    "sharegpt": {"conversations": [{"from": "system", "value": "Be kind."}, *TURNS]},
    "alpaca": {"system": "Be kind.", "instruction": "Hi", "output": "Yes?"},
}
KEYS = ("system", "system_prompt", "system_message")
PARTS = [{"type": "text", "text": "Be brief."}]


def read(name, row):
    content = find_format(name).read(parse(encode_line(row)))
    return Entry.of(content.fields), content.notes


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prompt", ["Be brief.", PARTS])
def test_it_becomes_the_first_message(name, key, prompt):
    entry, notes = read(name, {key: prompt, **ROWS[name], "id": 7})

    assert entry.fields == {"messages": [{"role": "system", "content": prompt}, *HELLO], "extra": {"id": 7}}
    assert notes == ()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("prompt", "is_told"), [("Be brief.", True), ("Be kind.", False)])
def test_a_conversation_that_has_one_keeps_it_and_another_one_is_told(name, key, prompt, is_told):
    if (name, key) == ("alpaca", "system"):
        return
    entry, notes = read(name, {**WITH_SYSTEM[name], key: prompt})

    assert entry.fields == {"messages": [{"role": "system", "content": "Be kind."}, *HELLO], "extra": {key: prompt}}
    assert any(note.startswith(key) for note in notes) is is_told


@pytest.mark.parametrize("name", ROWS)
def test_the_second_of_two_beside_a_conversation_is_told(name):
    entry, notes = read(name, {**ROWS[name], "system": "Be brief.", "system_prompt": "Be kind."})

    assert entry.messages[0] == {"role": "system", "content": "Be brief."}
    assert entry.extra == {"system_prompt": "Be kind."}
    assert len(notes) == 1


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("prompt", ["", " ", None, 7, [], ["Be brief."], {"text": "Be brief."}])
def test_what_says_nothing_is_no_message(name, prompt):
    entry, notes = read(name, {**ROWS[name], "system_prompt": prompt})

    assert (entry.messages, entry.extra, notes) == (HELLO, {"system_prompt": prompt}, ())


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prompt", ["Be brief.", "", " ", PARTS, None])
@pytest.mark.parametrize("messages", [HELLO, [{"role": "system", "content": "Be kind."}, *HELLO]])
def test_a_foreign_key_of_that_name_comes_back_from_a_full_export(name, key, prompt, messages):
    entry = Entry.of({"messages": messages, "extra": {key: prompt}})

    assert read(name, find_format(name).write_full(entry, IDENTITY))[0] == entry
