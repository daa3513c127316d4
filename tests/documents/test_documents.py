"""Kinds of files: which paths are whose, and how three versions become one, whatever conflicted."""

from __future__ import annotations

import json

import pytest
from choices import chosen
from refusals import refusal

from rolethread_vcs.documents import UnreadableDocumentError, all_kinds, find_kind, kind_of
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choice, Merged, Reason, Value
from rolethread_vcs.model.canonical import decode_entry, encode_entry
from rolethread_vcs.model.entry import Entry

PATH = "entries/0000/00/00000001-k2x9m3ab.json"


def entry(answer: str, *tags: str) -> bytes:
    messages = [{"role": "user", "content": "Is it dry?"}, {"role": "assistant", "content": answer}]
    return encode_entry(Entry.of({"messages": messages, "tags": list(tags)}))


def test_edits_and_tags_of_both_sides_are_merged() -> None:
    merged = kind_of(PATH).merge(entry("Dry enough."), entry("Dry as bone.", "a"), entry("Dry enough.", "b"))

    assert merged.conflicts == ()
    assert merged.value == entry("Dry as bone.", "a", "b")


def test_what_clashes_keeps_ours_and_all_the_rest_is_merged() -> None:
    merged = kind_of(PATH).merge(entry("Dry."), entry("Wet.", "a"), entry("Damp.", "b"))

    assert [conflict.field for conflict in merged.conflicts] == ["messages[1].content"]
    assert decode_entry(merged.value) == decode_entry(entry("Wet.", "a", "b"))


def test_an_entry_that_both_added_is_a_clash_that_keeps_ours() -> None:
    merged = kind_of(PATH).merge(None, entry("Dry."), entry("Damp."))

    assert merged.conflicts != ()
    assert merged.value == entry("Dry.")


def test_registries_and_the_order_are_merged_key_by_key() -> None:
    card = [
        json.dumps(value).encode()
        for value in ({"name": "A", "color": 1}, {"name": "B", "color": 1}, {"name": "A", "color": 2})
    ]

    tag = kind_of("tags/a.json").merge(*card)
    order = kind_of("order.json").merge(None, b'{"00000001-k2x9m3ab": ".x1"}', b'{"00000002-k2x9m3ab": ".x2"}')

    assert json.loads(tag.value or b"") == {"name": "B", "color": 2}
    assert json.loads(order.value or b"") == {"00000001-k2x9m3ab": ".x1", "00000002-k2x9m3ab": ".x2"}


def test_an_order_of_which_each_side_took_one_back_is_no_file() -> None:
    one, other = b'{"00000001-k2x9m3ab": ".x1"', b'"00000002-k2x9m3ab": ".x2"'

    merged = kind_of("order.json").merge(one + b"," + other + b"}", one + b"}", b"{" + other + b"}")

    assert merged == Merged(None)


def test_a_file_that_one_side_removed_and_the_other_changed_is_one_clash() -> None:
    base, theirs = b'{"name": "A"}', b'{\n  "name": "B"\n}\n'
    kind = kind_of("tags/a.json")

    merged = kind.merge(base, None, theirs)

    assert merged.value is None
    assert [(conflict.field, conflict.reason, conflict.theirs) for conflict in merged.conflicts] == [
        ("file", Reason.DELETED_AND_EDITED, theirs.decode())
    ]
    assert kind.merge(base, None, theirs, lambda _: "theirs") == Merged(theirs)
    assert kind.merge(base, theirs, None, lambda _: Value('{"name":"C"}')) == Merged(b'{\n  "name": "C"\n}\n')
    with pytest.raises(UnreadableDocumentError):
        kind.merge(base, theirs, None, lambda _: Value("no card"))


def test_lists_of_names_in_a_registry_merge_as_sets() -> None:
    sides = (
        b'{"name": "Tavern", "aliases": ["inn"]}',
        b'{"name": "Tavern", "aliases": ["inn", "pub"]}',
        b'{"name": "Tavern", "aliases": ["bar"], "color": "red"}',
    )

    merged = kind_of("tags/tavern.json").merge(*sides)

    assert json.loads(merged.value or b"") == {"aliases": ["bar", "pub"], "color": "red", "name": "Tavern"}
    assert merged.conflicts == ()


@pytest.mark.parametrize(
    ("choices", "name"),
    [({}, "b"), ({"name": "theirs"}, "c"), ({"name": "base"}, "a"), ({"name": Value("d")}, "d")],
)
def test_a_choice_settles_a_key(choices: dict[str, Choice], name: str) -> None:
    merged = kind_of("tags/a.json").merge(b'{"name": "a"}', b'{"name": "b"}', b'{"name": "c"}', chosen(choices))

    assert json.loads(merged.value or b"") == {"name": name}
    assert [each.field for each in merged.conflicts] == ([] if choices else ["name"])


def test_a_choice_that_fits_no_conflict_is_refused() -> None:
    sides = (b'{"name": "a"}', b'{"name": "b"}', b'{"name": "c"}')

    with refusal(UsageError, "unusable_choice"):
        kind_of("tags/a.json").merge(*sides, lambda _: "both")


def test_a_card_that_cannot_be_read_is_taken_or_removed_as_a_whole() -> None:
    kind = kind_of("tags/a.json")

    (conflict,) = kind.merge(b"{}", None, b"[").conflicts

    assert (conflict.field, conflict.theirs) == ("file", "[")
    assert kind.merge(b"{}", None, b"[", lambda _: "ours") == Merged(None)


def test_a_file_that_only_got_another_layout_was_not_changed() -> None:
    assert kind_of("tags/a.json").merge(b'{"name": "A"}', None, b'{ "name": "A" }') == Merged(None)


@pytest.mark.parametrize("path", [PATH, "tags/a.json", "order.json", "rolethread.toml"])
def test_a_version_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(UnreadableDocumentError):
        kind_of(path).merge(None, b"[1", b"= 2")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("rolethread.toml", "settings"),
        ("order.json", "order"),
        (".gitattributes", "attributes"),
        ("entries/0001/23/00012345-k2x9m3ab.json", "entry"),
        ("entries/0001/24/00012345-k2x9m3ab.json", "file"),
        ("entries/notes.json", "file"),
        ("tags/tavern.json", "tag"),
        ("characters/emma.json", "registry"),
        ("tags/.tavern.json", "file"),
        ("tags/old/tavern.json", "file"),
        ("tags/tavern.txt", "file"),
        ("train.jsonl", "file"),
    ],
)
def test_a_path_is_of_one_kind_and_only_foreign_files_are_no_part_of_a_dataset(path: str, kind: str) -> None:
    assert [each.name for each in all_kinds() if each.owns(path)] == ([] if kind == "file" else [kind])
    assert (kind_of(path).name, kind_of(path).is_part) == (kind, kind != "file")
    assert find_kind(kind) is kind_of(path)
