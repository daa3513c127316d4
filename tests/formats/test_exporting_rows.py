"""An export is the same bytes for the same entries, and names the entry that does not fit."""

import hashlib
import io
import json
from pathlib import Path

import pytest

from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats import (
    CannotCarryError,
    CleanKeys,
    Source,
    clean_keys,
    export_rows,
    find_format,
    read_drafts,
    row_formats,
)
from rolethread_vcs.model.entry import Entry

ENTRIES = [
    Entry.of(fields)
    for fields in json.loads((Path(__file__).parents[2] / "fixtures/formats/entries.json").read_bytes())
]
CARRIED = {"messages": ENTRIES, "sharegpt": ENTRIES[:4], "alpaca": ENTRIES[:3]}
GOLDEN = {
    ("messages", "full"): "7c1be1e50ada148457f6031be8e09b7358a2b09fec486626c5ab1e54c3235e53",
    ("messages", "clean"): "b470ab5ed430a28087450464da1f64fee4b38cf3bcb6c627558e7c6568e80892",
    ("sharegpt", "full"): "47def9ecd2b3a7d3762c1f025eea598e0315cc6c93e3fef76e7bb7582a1f3e9b",
    ("sharegpt", "clean"): "8fd4c295fe4dff66d5620987875b574203822a3eaed0852703eae21a3f6e602e",
    ("alpaca", "full"): "3ec6a3702fb831306f0ea707d00cb457460b7c094946ca58943d6aca4ffed2a4",
    ("alpaca", "clean"): "25c1dee8549a5ed69e0dd4f818419bc54248d418f4edc5e9aff359d60a68c46e",
}


def numbered(entries):
    return [
        (f"{number:08d}-k2x9m3ab", number.to_bytes(6, "big") + bytes(14), entry)
        for number, entry in enumerate(entries, start=1)
    ]


def export(name, entries, *, clean=False, container="jsonl"):
    format = find_format(name)
    keys = clean_keys(format, entries) if clean else None
    return b"".join(export_rows(format, numbered(entries), keys, container=container))


@pytest.mark.parametrize("name", [each.name for each in row_formats()])
@pytest.mark.parametrize("kind", ["full", "clean"])
def test_the_bytes_of_an_export_are_fixed(name, kind):
    data = export(name, CARRIED[name], clean=kind == "clean")

    assert hashlib.sha256(data).hexdigest() == GOLDEN[name, kind]


@pytest.mark.parametrize("name", [each.name for each in row_formats()])
@pytest.mark.parametrize("container", ["jsonl", "json"])
def test_a_full_export_comes_back_exactly_with_its_ids(name, container):
    data = export(name, CARRIED[name], container=container)

    found = list(read_drafts(Source(io.BytesIO(data))))

    assert [Entry.of(draft.fields) for draft in found] == CARRIED[name]
    assert [draft.rolethread for draft in found] == [
        {"id": entry_id, "rev": blob[:6].hex()} for entry_id, blob, _ in numbered(CARRIED[name])
    ]
    assert all(next(iter(json.loads(draft.raw))) == "rolethread" for draft in found)


@pytest.mark.parametrize("name", [each.name for each in row_formats()])
def test_every_row_of_a_clean_export_has_the_same_keys(name):
    rows = [json.loads(line) for line in export(name, CARRIED[name], clean=True).split(b"\n")[:-1]]

    assert len({tuple(row) for row in rows}) == 1
    assert not any("rolethread" in row or "tags" in row for row in rows)
    if name == "messages":
        assert len({tuple(message) for row in rows for message in row["messages"]}) == 1


def test_a_json_export_is_one_array_with_a_row_a_line():
    data = export("messages", ENTRIES[:2], clean=True, container="json")

    lines = data.split(b"\n")
    assert (lines[0], lines[-2:]) == (b"[", [b"]", b""])
    assert len(lines) == 5
    assert json.loads(data) == [{"messages": entry.messages} for entry in ENTRIES[:2]]
    assert export("messages", [], container="json") == b"[]\n"
    assert export("messages", []) == b""


def test_line_breakers_of_other_programs_are_escaped():
    assert b"\\u2028" in export("messages", ENTRIES)


def test_an_entry_that_does_not_fit_is_named():
    with pytest.raises(CannotCarryError) as caught:
        export("sharegpt", ENTRIES)

    assert caught.value.entry_id == "00000005-k2x9m3ab"
    assert caught.value.message == (
        "entry 00000005-k2x9m3ab cannot be written as ShareGPT: message [1] has tool calls instead of text"
    )


def test_an_unknown_container_is_refused():
    with pytest.raises(UsageError, match="no container"):
        export("messages", ENTRIES, container="xml")


def test_the_clean_keys_are_those_that_any_entry_needs():
    assert clean_keys(find_format("messages"), ENTRIES) == CleanKeys(
        ("chosen", "rejected", "tools"), ("tool_call_id", "tool_calls")
    )
    assert clean_keys(find_format("sharegpt"), ENTRIES[:3]) == CleanKeys()
    assert clean_keys(find_format("alpaca"), ENTRIES[:3]) == CleanKeys(("history", "system"))
