"""Stretches of history in which nothing happened near an entry, found and remembered."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.ids import make_id
from rolethread_vcs.ops.history.blame import blame
from rolethread_vcs.ops.history.entry_history import life
from rolethread_vcs.store.refs.ancestry import Ancestry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.stretches import Stretches
from rolethread_vcs.transaction import Intent


def said(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A dataset of entries in three folders of ten thousand, and edits that come in turns of twelve to each."""
    dataset = Dataset.init(tmp_path / "d")
    path = tmp_path / "rows.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in (*range(1, 20), *range(10_090, 10_110), *range(20_000, 20_003)):
            row = said(f"entry {number}")
            file.write(json.dumps(row | {"rolethread": {"id": make_id(number, birth_suffix(row["messages"]))}}) + "\n")
    dataset.import_files([path])
    ids = dataset.snapshot().ids()
    for number in range(72):
        with dataset.edit() as change:
            change.put(ids[(0, 20, 40)[number // 12 % 3] + number % 2], said(f"edit {number}"))
    dataset.remove([ids[3]], Intent("remove", "remove"))
    return dataset


def cache(dataset: Dataset) -> Path:
    return dataset.folder / ".git/rolethread/cache/stretches.json"


def lives(dataset: Dataset, ids: list[str]) -> list[list[object]]:
    repository = Repository.open(dataset.folder)
    return [list(life(repository, entry_id)) for entry_id in ids]


def commits_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that each commit goes into whose bytes are read."""
    read: list[str] = []
    plain = repository.objects.commit_bytes
    monkeypatch.setattr(repository.objects, "commit_bytes", lambda oid: read.append(oid) or plain(oid))
    return read


def test_a_life_is_the_same_with_and_without_what_is_remembered(dataset: Dataset) -> None:
    ids = [*dataset.snapshot().ids()[::3], dataset.snapshot("@~1").ids()[3]]
    fresh = []
    for entry_id in ids:
        cache(dataset).unlink(missing_ok=True)
        fresh += lives(dataset, [entry_id])

    assert cache(dataset).exists()
    assert lives(dataset, ids) == fresh


def test_a_life_is_told_with_the_commits_around_it_alone(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = dataset.snapshot().ids()[30]
    repository = Repository.open(dataset.folder)
    read = commits_read(repository, monkeypatch)

    steps = list(life(repository, quiet))

    assert len(steps) == 1
    assert len(read) < 60


def test_a_life_is_the_same_where_objects_are_loose(dataset: Dataset) -> None:
    ids = dataset.snapshot().ids()[::7]
    expected = lives(dataset, ids)
    cache(dataset).unlink()
    for pack in sorted((dataset.folder / ".git/objects/pack").glob("*.pack")):
        moved = dataset.folder / pack.name
        pack.rename(moved)
        for path in pack.parent.glob(f"{pack.stem}.*"):
            path.unlink()
        with moved.open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], stdin=file, cwd=dataset.folder, check=True)

    assert lives(dataset, ids) == expected


def test_lines_of_history_that_meet_are_walked_once(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = dataset.snapshot().ids()[30]
    repository = Repository.open(dataset.folder)
    ancestry, stretches = Ancestry(repository.objects), Stretches(repository)
    newest, older = (ancestry.link(repository.resolve(word)) for word in ("@", "@~4"))
    end = stretches.pass_over(ancestry, newest, quiet)
    monkeypatch.setattr(stretches, "_packs", lambda: pytest.fail("walked again"))

    assert end != older
    assert stretches.pass_over(ancestry, older, quiet) == end


def test_blame_is_the_same_with_and_without_what_is_remembered(dataset: Dataset) -> None:
    ids = dataset.snapshot().ids()[::5]
    fresh = []
    for entry_id in ids:
        cache(dataset).unlink(missing_ok=True)
        fresh.append(blame(Repository.open(dataset.folder), entry_id))

    assert [blame(Repository.open(dataset.folder), entry_id) for entry_id in ids] == fresh


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{ torn",
        "[]",
        '{"version": 99, "stretches": {}}',
        '{"version": 1, "stretches": []}',
        '{"version": 1, "stretches": {"000000": {"a": 1}}}',
    ],
    ids=["empty", "torn", "list", "newer", "no table", "no ids"],
)
def test_a_cache_that_does_not_read_is_made_anew(dataset: Dataset, text: str) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    expected = lives(dataset, [entry_id])
    cache(dataset).write_text(text)

    assert lives(dataset, [entry_id]) == expected
    assert json.loads(cache(dataset).read_text())["stretches"]["000000"]


@pytest.mark.parametrize("end", ["0" * 40, "no id"])
def test_a_stretch_that_ends_nowhere_is_walked_step_by_step(dataset: Dataset, end: str) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    expected = lives(dataset, [entry_id])
    known = json.loads(cache(dataset).read_text())
    known["stretches"]["000000"] = dict.fromkeys(known["stretches"]["000000"], end)
    cache(dataset).write_text(json.dumps(known))

    assert lives(dataset, [entry_id]) == expected


def test_a_commit_that_was_lost_since_ends_history_where_it_is(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    list(life(dataset.repository, entry_id))
    subprocess.run(
        ["git", "clone", "-q", "--depth", "4", f"file://{dataset.folder}", str(tmp_path / "shallow")], check=True
    )
    there = tmp_path / "shallow/.git/rolethread/cache/stretches.json"
    there.parent.mkdir(parents=True)
    there.write_bytes(cache(dataset).read_bytes())
    repository = Repository.open(tmp_path / "shallow")

    steps = life(repository, entry_id)

    assert [step.commit.id for step in steps] == [repository.resolve("@~3")]
    assert steps.ends == (repository.resolve("@~3"),)


def test_a_move_in_the_order_is_never_passed_over(dataset: Dataset) -> None:
    ids = dataset.snapshot().ids()
    order = dataset.snapshot().order.move_after(ids[0], ids[-1], next_id=None).encode()
    assert order is not None
    (dataset.folder / "order.json").write_bytes(order)
    for words in (["add", "-A"], ["commit", "-qm", "move"]):
        subprocess.run(["git", *words], cwd=dataset.folder, check=True)
    repository = Repository.open(dataset.folder)
    list(life(repository, ids[-1]))

    ancestry = Ancestry(repository.objects)
    newest = ancestry.link(repository.resolve("@"))

    assert Stretches(repository).pass_over(ancestry, newest, ids[-1]) == newest
    assert next(life(repository, ids[0])).is_moved


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_stop(dataset: Dataset) -> None:
    (entry_id,) = dataset.snapshot().ids(limit=1)
    folder = dataset.folder / ".git/rolethread/cache"
    folder.parent.mkdir(exist_ok=True)
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    folder.write_text("in the way")

    assert len(list(life(dataset.repository, entry_id))) == 13
