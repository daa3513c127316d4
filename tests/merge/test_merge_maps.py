"""JSON objects merge key by key."""

from __future__ import annotations

from typing import Any

from refusals import refusal

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.merge.conflict import Conflict, Reason, Value
from rolethread_vcs.merge.maps import MergedMap, merge_documents, merge_maps
from rolethread_vcs.merge.resolver import Resolver


def test_keys_of_nested_objects_merge() -> None:
    resolver = Resolver()

    merged = merge_maps(
        {"lore": {"place": "north", "year": 9}},
        {"lore": {"place": "south", "year": 9}, "new": None},
        {"lore": {"place": "north"}},
        "extra",
        resolver,
    )

    assert merged == {"lore": {"place": "south"}, "new": None}
    assert resolver.conflicts == []


def test_a_list_in_extra_is_one_value() -> None:
    resolver = Resolver()

    merge_maps({"stop": ["a"]}, {"stop": ["a", "b"]}, {"stop": ["a", "c"]}, "extra", resolver)

    assert [(conflict.field, conflict.reason) for conflict in resolver.conflicts] == [("extra.stop", Reason.VALUE)]


def test_keys_that_are_no_words_are_quoted_in_the_name() -> None:
    resolver = Resolver()

    merge_maps({"a.b": {"ü": 1}}, {"a.b": {"ü": 2}}, {"a.b": {"ü": 3}}, "extra", resolver)

    assert [conflict.field for conflict in resolver.conflicts] == ['extra["a.b"].ü']


def test_lists_of_names_in_a_registry_file_merge_as_sets() -> None:
    merged = merge_documents(
        {"name": "Tavern", "aliases": ["inn"]},
        {"name": "Tavern", "aliases": ["inn", "pub"]},
        {"name": "Tavern", "aliases": ["bar"], "color": "red"},
    )

    assert merged == MergedMap({"aliases": ["bar", "pub"], "color": "red", "name": "Tavern"})


def test_a_registry_file_removed_and_changed_is_one_clash() -> None:
    base: dict[str, Any] = {"name": "Tavern"}
    conflict = Conflict("file", Reason.DELETED_AND_EDITED, base, ABSENT, {"name": "Inn"}, "theirs")

    assert merge_documents(base, None, {"name": "Inn"}) == MergedMap(None, (conflict,))
    assert merge_documents(base, None, {"name": "Inn"}, {"file": "theirs"}) == MergedMap({"name": "Inn"})
    assert merge_documents(base, None, base) == MergedMap(None)


def test_a_choice_settles_a_key() -> None:
    sides = ({"name": "a"}, {"name": "b"}, {"name": "c"})

    assert merge_documents(*sides).value == {"name": "b"}
    assert merge_documents(*sides, {"name": "theirs"}) == MergedMap({"name": "c"})
    assert merge_documents(*sides, {"name": "base"}) == MergedMap({"name": "a"})
    assert merge_documents(*sides, {"name": Value("d")}) == MergedMap({"name": "d"})


def test_both_of_two_values_is_refused() -> None:
    with refusal(UsageError, "unusable_choice", match="both sides of name cannot be kept"):
        merge_documents({"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "both"})


def test_a_choice_for_what_is_not_in_conflict_is_refused_and_names_what_is() -> None:
    with refusal(NotFoundError, "unknown_conflict") as caught:
        merge_documents({"name": "a"}, {"name": "b"}, {"name": "c"}, {"nmae": "ours"})

    assert caught.value.message == "nmae is not in conflict; nothing was changed"
    assert caught.value.hint == "the conflicts are name"
