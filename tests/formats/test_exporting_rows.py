"""An export is the same bytes for the same entries, and names the entry that does not fit."""

import hashlib
import io
import json
from pathlib import Path

import pytest

from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats import (
    CannotCarryError,
    Source,
    find_format,
    joined,
    read_drafts,
    row_formats,
    write_line,
)
from rolethread_vcs.model.entry import Entry

ENTRIES = [
    Entry.of(fields)
    for fields in json.loads((Path(__file__).parents[2] / "fixtures/formats/entries.json").read_bytes())
]
CARRIED = {"messages": ENTRIES, "sharegpt": ENTRIES[:4], "alpaca": ENTRIES[:3]}
GOLDEN = {
    ("messages", "full"): "7c1be1e50ada148457f6031be8e09b7358a2b09fec486626c5ab1e54c3235e53",
    ("messages", "clean"): "6e0467714fb4ad2a5689cd77fcc0b0c17c4d82d71ce521ed2d437b51fb4e8b8d",
    ("sharegpt", "full"): "47def9ecd2b3a7d3762c1f025eea598e0315cc6c93e3fef76e7bb7582a1f3e9b",
    ("sharegpt", "clean"): "d4141ce2011559e52b241be78ae8aa5713d30a8251acd1c92ab4df54dc1eafcc",
    ("alpaca", "full"): "3ec6a3702fb831306f0ea707d00cb457460b7c094946ca58943d6aca4ffed2a4",
    ("alpaca", "clean"): "b0ff3b6dff752318e73d99538a7f90a7660c6bd0b5cef86e841cbf535058dc29",
}


def numbered(entries):
    return [
        (f"{number:08d}-k2x9m3ab", number.to_bytes(6, "big") + bytes(14), entry)
        for number, entry in enumerate(entries, start=1)
    ]


def export(name, entries, *, clean=False, container="jsonl"):
    lines = (write_line(find_format(name), each, clean=clean) for each in numbered(entries))
    return b"".join(joined(lines, container))


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
def test_a_clean_row_has_no_key_without_a_value_and_none_of_ours(name):
    rows = [json.loads(line) for line in export(name, CARRIED[name], clean=True).split(b"\n")[:-1]]
    conversations = [row.get("messages", row.get("conversations", ())) for row in rows]

    assert not any("rolethread" in row or "tags" in row or None in row.values() for row in rows)
    for stored, written in zip(CARRIED[name], conversations, strict=True):
        for message, turn in zip(stored.messages, written, strict=False):
            assert not {key for key, value in turn.items() if value is None and message.get(key, 0) is not None}


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
