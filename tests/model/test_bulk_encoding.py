"""The bulk path encodes an entry as the careful one does."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.model.canonical import (
    birth_suffix,
    decode_entry,
    encode_entry,
    encode_line,
)
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.matched import encode_with_suffix, match_digest

scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.recursive(
    scalars | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
messages = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": texts,
            "content": texts,
            "speaker": st.none() | texts,
            "train": st.booleans(),
            "name": values,
        },
    )
    | values,
    max_size=4,
)
fields = st.fixed_dictionaries(
    {}, optional={"messages": messages | values, "tags": st.lists(texts), "extra": st.dictionaries(texts, values)}
)


@given(fields)
def test_bytes_and_suffix_are_those_of_the_careful_path(document: dict[str, Any]) -> None:
    entry = Entry.of(document)

    assert encode_with_suffix(entry) == (
        encode_entry(entry),
        birth_suffix(entry.messages),
        match_digest(entry.messages),
    )


@given(fields)
def test_an_owned_document_becomes_the_same_entry(document: dict[str, Any]) -> None:
    entry = Entry.of(document)

    assert Entry.of(json.loads(json.dumps(document)), is_owned=True) == entry


@given(fields)
def test_what_was_stored_comes_back_and_lines_are_equal(document: dict[str, Any]) -> None:
    entry = Entry.of(document)

    back = decode_entry(encode_entry(entry))

    assert encode_entry(back) == encode_entry(entry)
    assert encode_line(back.fields, is_parsed=True) == encode_line(entry.fields)
