"""Entries merge field by field."""

from __future__ import annotations

from typing import Any

from choices import chosen
from refusals import refusal

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Conflict, Merged, Reason, Value
from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry


def entry(text: str = "Dry enough.", **fields: Any) -> Entry:
    messages = [{"role": "user", "content": "Is the cellar dry?"}, {"role": "assistant", "content": text}]
    return Entry.of({"messages": messages, **fields})


def test_clashes_of_all_fields_are_named_and_the_rest_merges() -> None:
    base = entry(tags=["a"], uuid="x", rating=1)
    ours, theirs = entry("Wet.", tags=["a", "b"], uuid="y", rating=2), entry("Dry.", tags=[], uuid="z", rating=3)

    merged = merge_entries(base, ours, theirs)

    assert [conflict.field for conflict in merged.conflicts] == ["messages[1].content", "uuid", "extra.rating"]
    assert merged.value == entry("Wet.", tags=["b"], uuid="y", rating=2)
    assert merge_entries(
        base, ours, theirs, chosen({"messages[1].content": Value("Damp."), "uuid": "theirs", "extra.rating": "base"})
    ) == Merged(entry("Damp.", tags=["b"], uuid="z", rating=1))


def test_one_choice_settles_all() -> None:
    base, ours, theirs = entry(uuid="x", rating=1), entry("Wet.", uuid="y", rating=2), entry("Dry.", uuid="z", rating=3)

    choices: Any = {"messages[1].content": "theirs", "uuid": "ours", "extra.rating": "theirs"}

    assert merge_entries(base, ours, theirs, chosen(choices)) == Merged(entry("Dry.", uuid="y", rating=3))
    assert merge_entries(base, ours, theirs, lambda _: "theirs") == Merged(theirs)


def test_an_entry_removed_and_edited_shows_both_and_can_be_chosen() -> None:
    base, theirs = entry(), entry("Wet.")
    conflict = Conflict("entry", Reason.DELETED_AND_EDITED, base.fields, ABSENT, theirs.fields, "theirs")

    assert merge_entries(base, None, theirs) == Merged(None, (conflict,))
    assert merge_entries(base, None, theirs, lambda _: "theirs") == Merged(theirs)
    assert merge_entries(base, None, theirs, lambda _: "ours") == Merged(None)
    assert merge_entries(base, None, theirs, lambda _: Value(entry("Damp.").fields)) == Merged(entry("Damp."))


def test_a_removed_entry_that_nobody_edited_goes() -> None:
    assert merge_entries(entry(), None, entry()) == Merged(None)
    assert merge_entries(entry(), entry(), None) == Merged(None)


def test_a_longer_text_that_holds_the_other_is_suggested() -> None:
    merged = merge_entries(entry(), entry("Dry enough. Come."), entry("Dry enough. Come. And mind the step."))

    assert [(conflict.field, conflict.suggestion) for conflict in merged.conflicts] == [
        ("messages[1].content", "theirs")
    ]


def test_a_choice_that_could_be_no_entry_is_refused() -> None:
    with refusal(UsageError, "unusable_choice", match="uuid must be text"):
        merge_entries(entry(uuid="x"), entry(uuid="y"), entry(uuid="z"), lambda _: Value(5))
