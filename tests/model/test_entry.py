"""Entries: canonical shape, its laws, and what cannot be one."""

from __future__ import annotations

import copy
import json
import pickle
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.model.canonical import (
    UnkeepableValueError,
    birth_suffix,
    decode_entry,
    encode_entry,
    encode_line,
    encode_value,
)
from rolethread_vcs.model.entry import Entry, InvalidEntryError, canonical_messages, is_equal
from rolethread_vcs.model.matched import match_digest

IN_PLACE: list[Callable[[Any], Any]] = [
    lambda entry: entry.fields["tags"].append("x"),
    lambda entry: entry.fields["tags"].__setitem__(0, 5),
    lambda entry: entry.fields.update(tags="tavern"),
    lambda entry: entry.fields.__setitem__("tags", "tavern"),
    lambda entry: entry.fields.pop("uuid"),
    lambda entry: entry.messages.clear(),
    lambda entry: entry.messages[0].__setitem__("content", 5),
    lambda entry: entry.turns[1].setdefault("weight", 0),
    lambda entry: entry.messages[1]["tool_calls"][0]["args"].__delitem__("b"),
    lambda entry: entry.messages[1]["tool_calls"].sort(),
    lambda entry: entry.extra.__ior__({"x": 1}),
    lambda entry: entry.extra["deep"]["list"].extend([1]),
    lambda entry: setattr(entry, "fields", {}),
    lambda entry: setattr(entry, "document", {}),
    lambda entry: delattr(entry, "document"),
]
TEXT = st.text(max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant"]) | VALUES,
        "content": TEXT | VALUES,
        "speaker": st.none() | TEXT,
        "train": st.booleans() | VALUES,
        "alternatives": st.lists(VALUES, max_size=2),
        "weight": VALUES,
        "name": VALUES,
    },
)
SIDES = st.lists(MESSAGES | VALUES, max_size=4) | VALUES
TAGS = st.lists(TEXT | st.sampled_from(["a", "B", "zoe\u0308", "zo\u00eb", " "]), max_size=4)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "messages": SIDES,
        "chosen": SIDES,
        "rejected": SIDES,
        "tags": st.none() | TAGS,
        "origin": st.none() | st.lists(TEXT, max_size=2),
        "uuid": st.none() | st.text(min_size=1, max_size=5),
        "extra": st.none() | st.dictionaries(TEXT, VALUES, max_size=3),
        "source": VALUES,
        "id": VALUES,
    },
).filter(lambda fields: not {"source", "id"} & (fields.get("extra") or {}).keys())


def _shuffled(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    return [_shuffled(item, draw) for item in value] if isinstance(value, list) else value


@st.composite
def _same_fields_twice(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = draw(FIELDS)
    return fields, _shuffled(fields, draw)


# ---- laws


@given(FIELDS)
def test_decoding_what_was_encoded_gives_the_entry_back(fields: dict[str, Any]) -> None:
    entry = Entry.of(fields)

    again = decode_entry(encode_entry(entry))

    assert repr(again.fields) == repr(entry.fields)


@given(FIELDS)
def test_canonical_bytes_stay_what_they_are(fields: dict[str, Any]) -> None:
    data = encode_entry(Entry.of(fields))

    assert encode_entry(decode_entry(data)) == data


@given(FIELDS)
def test_canonical_shape_of_a_canonical_document_is_the_document(fields: dict[str, Any]) -> None:
    entry = Entry.of(fields)

    assert repr(Entry.of(entry.fields).fields) == repr(entry.fields)


@given(_same_fields_twice())
def test_the_same_fields_in_another_order_of_keys_are_equal(twice: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = map(Entry.of, twice)

    assert is_equal(first.document, second.document)
    assert match_digest(first.messages) == match_digest(second.messages)


def test_only_the_keys_of_an_entry_and_of_a_message_have_an_order() -> None:
    tools = [{"type": "function", "function": {"name": "look", "arguments": {"where": 1, "how": 2}}}]
    entry = Entry.of({"tools": tools, "id": 1, "messages": [{"tool_calls": tools, "name": "x", "role": "assistant"}]})

    assert repr(entry.fields) == repr(
        {"messages": [{"role": "assistant", "name": "x", "tool_calls": tools}], "extra": {"id": 1, "tools": tools}}
    )


@given(FIELDS)
def test_nothing_a_user_brought_is_lost(fields: dict[str, Any]) -> None:
    entry = Entry.of(fields)

    foreign = {key: fields[key] for key in fields if key in ("source", "id")}
    kept = {**(fields.get("extra") or {}), **foreign}
    tags = {unicodedata.normalize("NFC", tag).strip() for tag in fields.get("tags") or () if tag.strip()}
    assert entry.extra == kept
    assert set(entry.tags) == tags
    assert entry.origin == tuple(fields.get("origin") or ())
    assert entry.uuid == fields.get("uuid")
    for side in ("messages", "chosen", "rejected"):
        assert _without_defaults(entry.fields.get(side)) == _without_defaults(fields.get(side))


def _without_defaults(side: Any) -> Any:
    if not isinstance(side, list):
        return side
    return [
        {
            key: value
            for key, value in message.items()
            if not (key == "speaker" and value is None) and not (key == "train" and value is True)
        }
        if isinstance(message, dict)
        else message
        for message in side
    ]


@given(SIDES)
def test_the_birth_suffix_is_that_of_the_stored_messages(messages: Any) -> None:
    entry = Entry.of({"messages": messages, "tags": ["a"]})

    assert birth_suffix(canonical_messages(messages)) == birth_suffix(entry.messages)


@given(VALUES)
def test_a_line_is_one_line_for_every_program_and_reads_back(value: Any) -> None:
    line = encode_line(value)

    assert len(line.decode().splitlines()) == 1
    assert repr(json.loads(line)) == repr(value)


# ---- the value


def test_an_entry_shares_nothing_with_the_fields_it_was_made_of() -> None:
    fields: dict[str, Any] = {
        "messages": [{"role": "user", "content": "Hi."}, {"role": "user", "content": ["a"], "x": {"y": 1}}],
        "tags": ["a"],
        "extra": {"x": [1]},
    }
    entry = Entry.of(fields)
    before = encode_entry(entry)

    fields["messages"][0]["content"] = "changed"
    fields["messages"][1]["content"].append("changed")
    fields["messages"][1]["x"]["y"] = 2
    fields["messages"].append("changed")
    fields["tags"].append("changed")
    fields["extra"]["x"].append(2)

    assert encode_entry(entry) == before


def test_with_fields_replaces_and_removes() -> None:
    entry = Entry.of({"messages": [], "tags": ["a"], "uuid": "u"})

    assert entry.with_fields(tags=["b", "a"], uuid=None) == Entry.of({"messages": [], "tags": ["a", "b"]})


def test_turns_are_the_well_formed_messages_only() -> None:
    entry = Entry.of({"messages": ["x", {"role": "user"}, 5]})

    assert list(entry.turns) == [{"role": "user"}]
    assert list(Entry.of({"messages": "x"}).turns) == []


def test_a_tuple_of_messages_is_a_list_of_messages() -> None:
    assert Entry.of({"messages": ({"content": "a", "role": "user"},)}).messages == [{"role": "user", "content": "a"}]


def test_a_foreign_key_may_repeat_what_extra_says() -> None:
    assert Entry.of({"id": 1, "extra": {"id": 1}}).extra == {"id": 1}


# ---- what cannot be an entry


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tags": "tavern"}, "tags must be a list of text, not text"),
        ({"tags": ""}, "tags must be a list of text, not text"),
        ({"tags": False}, "tags must be a list of text, not true or false"),
        ({"tags": {"a": 1}}, "tags must be a list of text, not an object"),
        ({"tags": ["a", None]}, "tags must be a list of text; it holds null"),
        ({"origin": 7}, "origin must be a list of text, not a number"),
        ({"uuid": 7}, "uuid must be text, not a number"),
        ({"uuid": ""}, "uuid must be text, not empty text"),
        ({"extra": []}, "extra must be an object, not a list"),
        ({"extra": "x", "id": 1}, "extra must be an object, not text"),
        ({"extra": {"id": True}, "id": 1}, "'id' stands both at the top and in extra, with different values"),
        ({"extra": {1: 2}}, "the names of fields are text, not a number"),
        ({1: 2}, "the names of fields are text, not a number"),
        ({"messages": [{"role": "user", 1: 2}]}, "the names of fields are text, not a number"),
        ({"messages": [{"role": "user", "content": {1, 2}}]}, "set is no JSON value"),
        ({"extra": {"when": b"x"}}, "bytes is no JSON value"),
    ],
)
def test_fields_that_cannot_be_carried_are_refused(fields: dict[Any, Any], message: str) -> None:
    with pytest.raises(InvalidEntryError) as caught:
        Entry.of(fields)

    assert caught.value.message == message


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), [float("-inf")], {"a": None, "b": float("nan")}, 2**64, -(2**63) - 1, "\ud83c"],
    ids=repr,
)
def test_values_that_json_cannot_keep_are_refused(value: Any) -> None:
    with pytest.raises(UnkeepableValueError):
        encode_entry(Entry.of({"extra": {"x": value}}))


def test_values_are_written_as_deep_as_they_are_read() -> None:
    deepest: Any = 1
    for _ in range(200):
        deepest = [deepest]

    assert decode_entry(encode_entry(Entry.of({"extra": {"x": deepest[0][0]}}))).extra == {"x": deepest[0][0]}
    with pytest.raises(UnkeepableValueError, match="nested deeper than 200 levels"):
        encode_entry(Entry.of({"extra": {"x": deepest[0]}}))
    with pytest.raises(UnkeepableValueError):
        encode_value([deepest])


# ---- numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_written_in_the_form_that_the_format_fixes(number: float) -> None:
    # Python's repr has the same shortest digits in another form.
    sign, digits, point = Decimal(repr(number)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    exponent = len(digits) + int(point) - 1
    if number == 0:
        written = "0.0"
    elif not -5 <= exponent <= 15:
        written = f"{text[0]}{'.' + text[1:] if text[1:] else ''}e{exponent:+d}"
    elif exponent < 0:
        written = "0." + "0" * (-exponent - 1) + text
    else:
        text = text.ljust(exponent + 1, "0")
        written = f"{text[: exponent + 1]}.{text[exponent + 1 :] or '0'}"

    assert encode_value(number).decode() == f"{'-' if sign else ''}{written}\n"


# ---- an entry is a value


def rich_entry() -> Entry:
    call = {"name": "look", "args": {"b": [1], "a": None}}
    messages = [{"role": "user", "content": "Dry?"}, {"role": "assistant", "content": "Dry.", "tool_calls": [call]}]
    return Entry({"messages": messages, "tags": ["a"], "uuid": "u", "deep": {"list": [{"x": 1}]}})


@pytest.mark.parametrize("change", IN_PLACE)
def test_nothing_that_an_entry_hands_out_can_be_changed(change: Callable[[Entry], Any]) -> None:
    entry = rich_entry()

    with pytest.raises((TypeError, AttributeError)):
        change(entry)

    assert entry == rich_entry()
    assert encode_entry(entry) == encode_entry(rich_entry())


def test_what_an_entry_was_made_of_may_change_and_the_entry_stays() -> None:
    fields = {"messages": [{"role": "user", "content": "Dry?", "parts": [1]}], "tags": ["a"], "extra": {"x": {"y": 1}}}
    entry, before = Entry(fields), Entry(copy.deepcopy(fields))

    fields["messages"][0]["parts"].append(2)  # type: ignore[index]
    fields["extra"]["x"]["y"] = 2  # type: ignore[index]
    fields["tags"].append("b")  # type: ignore[attr-defined]

    assert entry == before


def test_copies_of_what_is_frozen_are_plain() -> None:
    entry = rich_entry()

    plain = copy.deepcopy(entry.fields)
    plain["messages"][1]["tool_calls"][0]["args"]["b"].append(2)

    assert type(plain) is dict
    assert isinstance(Entry({"messages": []}).extra, dict)
    assert json.dumps(entry.fields) == json.dumps(entry.document)
    assert entry == rich_entry() == copy.deepcopy(entry) == pickle.loads(pickle.dumps(entry))
    assert Entry(entry.fields) == entry


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [], "tags": "tavern"},
        {"messages": [], "tags": [1]},
        {"messages": [], "uuid": 5},
        {"messages": [], "extra": []},
        {"messages": [{1: "x"}]},
        {"messages": [{"role": "user", "content": object()}]},
        ["messages"],
        "messages",
        None,
    ],
)
def test_what_cannot_be_an_entry_is_not_made(fields: Any) -> None:
    with pytest.raises(InvalidEntryError):
        Entry(fields)
