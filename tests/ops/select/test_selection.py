"""Resolver entries by number, id or query."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.ops.select import Selection, find_entry, select
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.transaction import Intent


def test_numbers_and_ids_name_entries_in_the_order_given_and_once(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")

    chosen = select(dataset.repository, ("3", "00000001", ids[2].upper()))

    assert chosen == [ids[2], ids[0]]


def test_a_query_chooses_in_dataset_order(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "the cellar", "the attic", "a cellar")

    assert select(dataset.repository, (), "cellar") == [ids[0], ids[2]]


def test_ids_and_a_query_together_are_refused(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(UsageError, match="not by both"):
        select(dataset.repository, ("1",), "one")


def test_nothing_chosen_is_refused(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(UsageError, match="no entry is named"):
        select(dataset.repository, ())


def test_a_query_that_nothing_fits_is_not_found(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with refusal(NotFoundError, "nothing_fits", match="tag:tavern"):
        select(dataset.repository, (), "tag:tavern")


def test_a_number_of_two_entries_is_answered_with_both(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    with dataset.edit() as change:
        other = change.add(conversation("elsewhere"))
        dataset.add([conversation("here")], Intent("add", "add"))

    with refusal(UsageError, "ambiguous") as caught:
        find_entry(dataset.snapshot(), "2")

    both = dataset.snapshot().with_number(2)
    assert len(both) == 2
    assert all(entry_id in caught.value.message for entry_id in (*both, other))


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("00000001-zzzzzzzz", "did you mean {0}?"),
        ("00000009-{suffix}", "did you mean {0}?"),
        ("00000009-zzzzzzzz", "see them with: rtv list"),
        ("7", "rtv list"),
    ],
)
def test_an_unknown_entry_names_the_nearest(tmp_path: Path, word: str, hint: str) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")

    with pytest.raises(NoSuchEntryError) as caught:
        find_entry(dataset.snapshot(), word.format(suffix=ids[0][9:]))

    assert caught.value.hint == hint.format(*ids)


def test_a_removed_number_points_at_its_neighbours(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    dataset.remove([ids[1]], Intent("remove", "remove 2"))

    with pytest.raises(NotFoundError) as caught:
        find_entry(dataset.snapshot(), "2")

    assert caught.value.hint == "its life, if it had one: rtv log 2\nthose around it: rtv list id:0..7"


def test_an_empty_dataset_says_so(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.remove(ids, Intent("remove", "remove 1"))

    with pytest.raises(NotFoundError, match="the dataset is empty"):
        find_entry(dataset.snapshot(), "1")


def test_a_word_that_is_no_entry_points_at_queries(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(UsageError) as caught:
        find_entry(dataset.snapshot(), "tavern")

    assert "--where 'tavern'" in (caught.value.hint or "")


def test_matching_reads_no_entry_that_its_id_decides(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")

    found = list(Selection.of(where="id:2..3").matching(dataset.snapshot()))

    assert found == [(ids[1], None), (ids[2], None)]
