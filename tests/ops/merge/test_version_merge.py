"""The merge that git asks for: three versions in, bytes that read out, whatever conflicted."""

from __future__ import annotations

import json

import pytest

from rolethread_vcs.model.canonical import decode_entry, encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.merge.version_merge import UnreadableVersionError, merge_versions

PATH = "entries/0000/00/00000001-k2x9m3ab.json"


def entry(answer: str, *tags: str) -> bytes:
    messages = [{"role": "user", "content": "Is it dry?"}, {"role": "assistant", "content": answer}]
    return encode_entry(Entry.of({"messages": messages, "tags": list(tags)}))


def test_edits_and_tags_of_both_sides_are_merged() -> None:
    merged = merge_versions(PATH, entry("Dry enough."), entry("Dry as bone.", "a"), entry("Dry enough.", "b"))

    assert merged.conflicts == ()
    assert merged.data == entry("Dry as bone.", "a", "b")


def test_what_clashes_keeps_ours_and_all_the_rest_is_merged() -> None:
    merged = merge_versions(PATH, entry("Dry."), entry("Wet.", "a"), entry("Damp.", "b"))

    assert [conflict.field for conflict in merged.conflicts] == ["messages[1].content"]
    assert decode_entry(merged.data) == decode_entry(entry("Wet.", "a", "b"))


def test_an_entry_that_both_added_is_a_clash_that_keeps_ours() -> None:
    merged = merge_versions(PATH, b"", entry("Dry."), entry("Damp."))

    assert merged.conflicts != ()
    assert merged.data == entry("Dry.")


def test_other_files_are_merged_key_by_key() -> None:
    card = [
        json.dumps(value).encode()
        for value in ({"name": "A", "color": 1}, {"name": "B", "color": 1}, {"name": "A", "color": 2})
    ]

    assert json.loads(merge_versions("tags/a.json", *card).data) == {"name": "B", "color": 2}
    order = merge_versions("order.json", b"", b'{"00000001-k2x9m3ab": ".x1"}', b'{"00000002-k2x9m3ab": ".x2"}')
    assert json.loads(order.data) == {"00000001-k2x9m3ab": ".x1", "00000002-k2x9m3ab": ".x2"}


@pytest.mark.parametrize("path", [PATH, "tags/a.json", "order.json", "rolethread.toml"])
def test_a_version_that_does_not_read_is_named(path: str) -> None:
    with pytest.raises(UnreadableVersionError, match=path):
        merge_versions(path, b"", b"[1", b"= 2")
