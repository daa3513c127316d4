"""Imports and the gate answer the same from the cache of facts, without it, and with a harmed one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rows_of_a_file import bring, edit_answer, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.store.derived import NAME
from rolethread_vcs.store.facts import WORTH_IT
from rolethread_vcs.transaction import Intent

FOLDERS = WORTH_IT + 2


def uuid(number: int) -> str:
    return f"27f9be4a-ebca-43e9-a02b-{number:012d}"


def first_rows() -> list[dict[str, object]]:
    """Return rows that bring ids along, so that their entries lie in many folders; some are equal to others."""
    rows: list[dict[str, object]] = []
    for number in range(FOLDERS):
        for place in range(4):
            own = {"rolethread": {"id": f"{number * 100 + place + 1:08d}-00000000"}}
            if place == 0:
                rows.append(row("the same everywhere", **own))
            elif place == 1:
                rows.append(row(f"named {number}", uuid=uuid(number), **own))
            else:
                rows.append(row(f"question {number} {place}", key=f"k{number}-{place}", **own))
    return rows


def without_ids(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in each.items() if key != "rolethread"} for each in rows]


def leave(path: Path) -> None:
    """Leave the cache as it is."""


def delete(path: Path) -> None:
    path.unlink(missing_ok=True)


def spoil(path: Path) -> None:
    if path.exists():
        path.write_bytes(bytes(reversed(path.read_bytes())))


def empty(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")


def lock_out(path: Path) -> None:
    """Put a folder into its place, so that there can be none."""
    path.unlink(missing_ok=True) if not path.is_dir() else None
    path.mkdir(parents=True, exist_ok=True)


def story(folder: Path, harm: Callable[[Path], None]) -> list[object]:
    """Import, edit, remove, move and import again and again; return what each step said, and what there is at last."""
    dataset = Dataset.init(folder / "tavern")
    cache = dataset.repository.private_folder / "cache" / NAME
    rows = first_rows()
    said: list[object] = []

    def take(*some: dict[str, object], **options: object) -> None:
        harm(cache)
        done = bring(dataset, write_rows(folder / "rows.jsonl", *some), **options)
        committed = done.committed
        said.append((committed.added, committed.changed, done.unchanged, done.edited_since, done.removed_before))

    take(*rows)
    ids = dataset.snapshot().ids()
    take(*without_ids(rows))
    edit_answer(dataset, ids[0], "edited")
    edit_answer(dataset, ids[6], "edited too")
    dataset.remove([ids[7], ids[9]], Intent("remove", "remove"))
    take(*without_ids(rows))
    take(*(dict(each, note="other") for each in without_ids(rows)[10:12]), key="key")
    take(*reversed(without_ids(rows)), row("new"))
    harm(cache)
    with pytest.raises(RefusedByGateError) as caught, dataset.edit() as change:
        change.add(row("twin", uuid=uuid(3)))
    said.append([str(finding.message) for finding in caught.value.findings])
    harm(cache)
    with dataset.edit() as change:
        change.add(row("single", uuid=uuid(999)))
    said.append([(entry_id, json.dumps(entry.fields)) for entry_id, entry in dataset.snapshot()])
    return said


@pytest.mark.parametrize("harm", [delete, spoil, empty, lock_out])
def test_the_same_is_said_and_saved_whatever_becomes_of_the_cache(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    assert story(tmp_path / "one", leave) == story(tmp_path / "two", harm)
    assert (tmp_path / "one" / "tavern" / ".git" / "rolethread" / "cache" / NAME).is_file()
