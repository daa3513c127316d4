"""Entries and commits as some revision holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_dataset import conversation, dataset_of

from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.ops.history.show import (
    ShownCommit,
    ShownEntry,
    preview_of,
    raw_bytes,
    show,
    show_commit,
)
from rolethread_vcs.transaction import Intent


def test_an_entry_is_shown_as_it_was_at_a_revision(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "old words")
    with dataset.edit() as change:
        change.put(ids[0], conversation("new words"))

    now, before = show(dataset.repository, "1", "1@main~1")

    assert isinstance(now, ShownEntry)
    assert isinstance(before, ShownEntry)
    assert (now.id, before.id) == (ids[0], ids[0])
    assert [each.entry.turns[0]["content"] for each in (now, before)] == ["new words", "old words"]
    assert raw_bytes(dataset.repository, before) == dataset.snapshot("@~1").raw(ids[0])


def test_no_word_shows_the_current_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    (shown,) = show(dataset.repository)

    assert isinstance(shown, ShownCommit)
    assert shown.commit.id == dataset.snapshot().id


def test_a_commit_names_what_it_added_changed_and_removed(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    with dataset.edit() as change:
        new = change.add(conversation("four"))
        change.put(ids[0], conversation("one, again"))
        change.remove(ids[1])

    shown = show_commit(dataset.repository)

    assert [(each.id, each.change) for each in shown.entries] == [
        (ids[0], "changed"),
        (ids[1], "removed"),
        (new, "added"),
    ]
    assert [preview_of(dataset.repository, each) for each in shown.entries] == ["one, again", "two", "four"]
    assert shown.files == ()


def test_the_first_commit_is_compared_with_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    shown = show_commit(dataset.repository, "@~1")

    assert shown.entries == ()
    assert shown.files == ((".gitattributes", "added"), ("rolethread.toml", "added"))


def test_a_number_is_an_entry_and_commit_colon_a_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    commit = _commit_like_a_number(dataset)

    with pytest.raises(NotFoundError) as caught:
        next(show(dataset.repository, commit[:4]))
    (shown,) = show(dataset.repository, f"commit:{commit[:6]}")

    with pytest.raises(NotFoundError) as told:
        dataset.history.entry(commit[:4])

    assert caught.value.hint == f"the commit is: rtv show commit:{commit[:4]}"
    assert told.value.hint == f"the commit is: rtv log commit:{commit[:4]}"
    assert dataset.history.range(commit[:4]).after == commit
    assert isinstance(shown, ShownCommit)
    assert shown.commit.id == commit


def test_where_a_commit_is_wanted_the_hint_at_an_entry_works(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")

    for word, hint in (("1", f"rtv log {ids[0]}"), (ids[0], f"rtv log {ids[0]}"), ("77", "rtv log")):
        with pytest.raises(UsageError) as caught:
            dataset.revert(word)
        assert caught.value.hint == hint


def _commit_like_a_number(dataset) -> str:  # type: ignore[no-untyped-def]  # a helper of one test
    for number in range(200):
        dataset.add([conversation(f"entry {number}")], Intent("add", "add"))
        commit = str(dataset.snapshot().id)
        if commit[:4].isdigit() and commit[0] != "0" and dataset.repository.find_commit(f"commit:{commit[:4]}"):
            return commit
    raise AssertionError("no commit of 200 began with four digits")
