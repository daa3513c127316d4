"""What a format writes it reads back: the same entry, for every entry that the format can carry."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rolethread_vcs.formats import CannotCarryError, detect, row_formats
from rolethread_vcs.model import canonical
from rolethread_vcs.model.entry import Entry

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "messages",
        "conversations",
        "conversation",
        "instruction",
        "input",
        "output",
        "response",
        "system",
        "history",
        "alpaca",
        "tags",
        "uuid",
        "origin",
        "chosen",
        "rejected",
        "extra",
        "rolethread",
        "preferred_output",
        "text",
        "id",
        "source",
    ]
)
ROLES = st.sampled_from(
    ["system", "user", "assistant", "tool", "Scott", "function_call", "human", "gpt", "observation", "Bot", ""]
)
ROUND_ROLES = st.sampled_from(["system", "user", "assistant", "tool", "Scott", "function_call", "developer"])
MESSAGE = st.fixed_dictionaries(
    {"role": ROLES, "content": TEXT | VALUE},
    optional={
        "speaker": TEXT | st.none(),
        "train": st.booleans() | st.integers(0, 1),
        "alternatives": st.lists(TEXT, max_size=2),
        "name": TEXT,
        "weight": st.integers(0, 1),
        "from": TEXT,
        "text": TEXT,
        "sharegpt": VALUE | st.fixed_dictionaries({}, optional={"role": TEXT}),
    },
)
PLAIN = st.builds(lambda role, text: {"role": role, "content": text}, ROUND_ROLES, TEXT)
EXCHANGES = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3).map(
    lambda pairs: [
        {"role": role, "content": text}
        for pair in pairs
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
)
ALTERNATING = st.builds(
    lambda system, turns: system + turns,
    TEXT.map(lambda text: [{"role": "system", "content": text}]) | st.just([]),
    EXCHANGES,
)
CONVERSATION = (
    st.lists(MESSAGE, max_size=4) | st.lists(PLAIN, min_size=1, max_size=4) | ALTERNATING | ALTERNATING | VALUE
)
ENTRY = st.fixed_dictionaries(
    {"messages": CONVERSATION},
    optional={
        "tags": st.lists(TEXT, max_size=3),
        "uuid": st.uuids().map(str) | TEXT.filter(bool),
        "origin": st.lists(st.sampled_from(["00000001-k2x9m3ab", "no id"]), max_size=2),
        "chosen": st.lists(PLAIN, max_size=2) | VALUE.filter(lambda value: value is not None),
        "rejected": st.lists(MESSAGE, max_size=2),
        "extra": st.dictionaries(NAMES | TEXT, VALUE | st.lists(PLAIN, max_size=2), max_size=4)
        | st.fixed_dictionaries({"alpaca": st.fixed_dictionaries({"split": st.integers(0, 9)})}),
    },
).map(Entry.of)
IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}


@pytest.mark.parametrize("format", row_formats(), ids=lambda format: format.name)
@given(entry=ENTRY)
def test_a_full_row_with_its_id_comes_back_exactly(format, entry):
    try:
        row = format.write_full(entry, IDENTITY)
    except CannotCarryError:
        assume(format.name != "messages")
        return

    value = canonical.parse(canonical.encode_line(row))
    draft = format.read(value)

    assert detect(value) is format
    assert Entry.of(draft.fields) == entry
    assert draft.rolethread == IDENTITY


@given(conversation=CONVERSATION, tags=st.lists(TEXT, max_size=3))
def test_a_row_of_messages_and_tags_is_written_as_any_other_row(conversation, tags):
    (messages, *_) = row_formats()
    entry = Entry.of({"messages": conversation, "tags": tags})
    with_more = Entry.of({**entry.fields, "uuid": "27f9be4a-ebca-43e9-a02b-3a912a4c5213"})

    row, longer = messages.write_full(entry, IDENTITY), messages.write_full(with_more, IDENTITY)

    assert list(row.items()) == [(key, value) for key, value in longer.items() if key != "uuid"]


@given(entry=ENTRY)
def test_the_format_messages_carries_every_entry_with_messages(entry):
    (messages, *_) = row_formats()

    assert messages.write_full(entry, IDENTITY)["messages"] == entry.messages


@pytest.mark.parametrize("format", row_formats(), ids=lambda format: format.name)
@given(turns=ALTERNATING, tags=st.lists(TEXT, max_size=2))
def test_a_clean_row_of_plain_turns_has_the_same_messages(format, turns, tags):
    assume(turns[0]["content"].strip() or format.name != "alpaca")
    entry = Entry.of({"messages": turns, "tags": tags})

    row = format.write_clean(entry)

    assert Entry.of(format.read(row).fields).fields == {"messages": turns}
