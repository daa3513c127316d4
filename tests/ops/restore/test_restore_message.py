"""One message of an entry as it was: found by what it says, and put where it belongs today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from refusals import refusal

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.ops.restore.restore import find_place
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.transaction import Intent

RESTORE = Intent("restore", "restore")


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


THEN = [
    user("Is the cellar dry this year?"),
    assistant("Dry enough for the barrels, I should say."),
    user("And what about the attic, is it safe?"),
    assistant("Mind the third board from the left."),
]


def dataset_with(folder: Path, now: list[Any]) -> tuple[Dataset, str]:
    dataset = Dataset.init(folder)
    (entry_id,) = dataset.add([{"messages": THEN, "tags": ["then"]}], Intent("add", "add")).ids
    with dataset.edit() as change:
        change.put(entry_id, {"messages": now, "tags": ["now"]})
    return dataset, entry_id


def test_an_edited_message_becomes_what_it_was_at_the_place_where_it_is_now(tmp_path: Path) -> None:
    edited = assistant("Dry enough for most of the barrels, I should say.")
    now = [{"role": "system", "content": "You keep a tavern."}, THEN[0], edited, *THEN[2:]]
    dataset, entry_id = dataset_with(tmp_path / "d", now)

    done = dataset.restore_message([entry_id], dataset.snapshot("@~1"), 1, RESTORE)

    entry = dataset.snapshot()[entry_id]
    assert entry.messages == [now[0], THEN[0], THEN[1], *THEN[2:]]
    assert entry.tags == ("now",)
    assert [(each.entry_id, each.place, each.is_new) for each in done.places] == [(entry_id, 2, False)]
    assert done.committed.changed == 1


def test_a_deleted_message_goes_back_behind_the_one_that_it_followed(tmp_path: Path) -> None:
    now = [THEN[0], THEN[1], THEN[3]]
    dataset, entry_id = dataset_with(tmp_path / "d", now)

    done = dataset.restore_message([entry_id], dataset.snapshot("@~1"), 2, RESTORE)

    assert dataset.snapshot()[entry_id].messages == THEN
    assert [(each.place, each.is_new) for each in done.places] == [(2, True)]


@pytest.mark.parametrize(
    ("then", "now", "number", "expected"),
    [
        (THEN, THEN[1:], 0, (0, True)),
        (THEN, [], 2, (0, True)),
        (THEN, THEN, 3, (3, False)),
        (THEN, [*THEN[2:], *THEN[:2]], 2, (0, False)),
    ],
)
def test_every_message_has_a_place(then: list[Any], now: list[Any], number: int, expected: tuple[int, bool]) -> None:
    assert find_place(then, now, number) == expected


def test_of_two_short_answers_the_one_under_its_question_is_restored(tmp_path: Path) -> None:
    then = [THEN[0], assistant("ok"), THEN[2], assistant("ok")]
    now = [user("Who goes there in the dark and the rain?"), assistant("ok"), THEN[0], assistant("Yes."), *then[2:]]
    dataset = Dataset.init(tmp_path / "d")
    (entry_id,) = dataset.add([{"messages": then}], Intent("add", "add")).ids
    with dataset.edit() as change:
        change.put(entry_id, {"messages": now})

    done = dataset.restore_message([entry_id], dataset.snapshot("@~1"), 1, RESTORE)

    assert dataset.snapshot()[entry_id].messages == [*now[:3], assistant("ok"), *then[2:]]
    assert [(each.place, each.is_new) for each in done.places] == [(3, False)]


def test_a_question_goes_back_behind_what_was_added_to_the_answer_before(tmp_path: Path) -> None:
    more = assistant("And dry enough for the salt, God willing.")
    dataset, entry_id = dataset_with(tmp_path / "d", [THEN[0], THEN[1], more])

    dataset.restore_message([entry_id], dataset.snapshot("@~1"), 2, RESTORE)

    assert dataset.snapshot()[entry_id].messages == [THEN[0], THEN[1], more, THEN[2]]


NODS = [user("Hm."), assistant("*nods*")]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (THEN, [*THEN[:2], user("And who is in the attic, is it safe?"), assistant("My aunt.")]),
        ([*THEN[:2], *NODS, *NODS], [*THEN[:2], *NODS]),
    ],
)
def test_a_message_of_which_nobody_knows_what_became_of_it_is_refused(
    tmp_path: Path, then: list[Any], now: list[Any]
) -> None:
    dataset = Dataset.init(tmp_path / "d")
    (entry_id,) = dataset.add([{"messages": then}], Intent("add", "add")).ids
    with dataset.edit() as change:
        change.put(entry_id, {"messages": now})
    head = dataset.snapshot().id

    with refusal(ConflictError, "unclear_message"):
        dataset.restore_message([entry_id], dataset.snapshot("@~1"), 2, RESTORE)

    assert dataset.snapshot().id == head


def test_a_message_that_is_as_it_was_changes_nothing(tmp_path: Path) -> None:
    dataset, entry_id = dataset_with(tmp_path / "d", THEN)

    done = dataset.restore_message([entry_id], dataset.snapshot("@~1"), 1, RESTORE)

    assert done.committed.is_empty


def test_a_number_that_the_entry_had_not_is_refused(tmp_path: Path) -> None:
    dataset, entry_id = dataset_with(tmp_path / "d", THEN)
    head = dataset.snapshot().id

    for number in (4, -1):
        with pytest.raises(UsageError) as caught:
            dataset.restore_message([entry_id], dataset.snapshot("@~1"), number, RESTORE)
        assert "[0] to [3]" in caught.value.message
    assert dataset.snapshot().id == head


def test_an_entry_that_is_gone_comes_back_only_as_a_whole(tmp_path: Path) -> None:
    dataset, entry_id = dataset_with(tmp_path / "d", THEN)
    dataset.remove([entry_id], Intent("remove", "remove"))

    with pytest.raises(NoSuchEntryError) as caught:
        dataset.restore_message([entry_id], dataset.snapshot("@~1"), 0, RESTORE)

    assert caught.value.hint is not None
    assert "rtv restore" in caught.value.hint
