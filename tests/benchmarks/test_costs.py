"""What speed rests on, counted rather than timed: flushes, bytes, objects read, memory held."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.formats import Source, read_drafts
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path, make_id
from rolethread_vcs.model.matched import encode_with_suffix
from rolethread_vcs.ops.settings.settings import set_setting
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects import Objects, trees
from rolethread_vcs.transaction import ChangeSet, Counts, Intent, Planned, Session


def conversation(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said {text}."}]}


def written(folder: Path, count: int) -> Dataset:
    """Return a bare dataset of so many entries of one content, in one commit."""
    set_setting(Dataset.init(folder).repository, "checkout", "never", Intent("config", "config set checkout never"))
    repository = Dataset.open(folder).repository
    data, suffix, _ = encode_with_suffix(Entry.of(conversation("hello")))
    with repository.pack() as pack:
        blob = trees.FILE, pack.add("blob", data)
        paths = {entry_path(make_id(number, suffix)): blob for number in range(1, count + 1)}
        with Session.open(repository, Intent("import", "import")) as session:
            session.commit(pack, paths, Counts(count), Planned(ChangeSet()), Verdict())
    return Dataset.open(folder)


@contextmanager
def counted_steps() -> Iterator[Counter[str]]:
    """Count the steps that change the disk, by what they do."""
    steps: Counter[str] = Counter()

    def note(what: str, _path: str) -> None:
        steps[what] += 1

    disk.fault_point = note
    try:
        yield steps
    finally:
        disk.fault_point = None


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the objects read, by kind."""
    counts: Counter[str] = Counter()
    read = Objects.read

    def counting(self: Objects, oid: str, kind: str) -> bytes:
        counts[kind] += 1
        return read(self, oid, kind)

    monkeypatch.setattr(Objects, "read", counting)
    return counts


def edit_first(dataset: Dataset, text: str) -> None:
    entry_id = dataset.snapshot().ids(limit=1)[0]
    with Dataset.open(dataset.folder).edit("edit") as change:
        change.put(entry_id, conversation(text))


def test_one_edit_flushes_seven_times_for_two_refs(tmp_path: Path) -> None:
    dataset = written(tmp_path / "tavern", 300)

    with counted_steps() as steps:
        edit_first(dataset, "changed")

    # decision 0010; tests/transaction/test_flushes.py says which ones
    assert (steps["fsync"], steps["ref"]) == (7, 2)


def test_an_edit_costs_the_same_steps_after_thirty_others(tmp_path: Path) -> None:
    dataset = written(tmp_path / "tavern", 10)
    with counted_steps() as first:
        edit_first(dataset, "0")
    for number in range(1, 30):
        edit_first(dataset, str(number))

    with counted_steps() as last:
        edit_first(dataset, "30")

    assert last == first


def test_one_edit_of_ten_thousand_entries_writes_a_few_kilobytes(tmp_path: Path) -> None:
    dataset = written(tmp_path / "tavern", 10_000)
    packs = dataset.repository.pack_folder
    before = {path.name for path in packs.iterdir()}

    edit_first(dataset, "changed")

    sizes = {path.suffix: path.stat().st_size for path in packs.iterdir() if path.name not in before}
    assert sizes.keys() == {".pack", ".idx"}
    assert sizes[".pack"] < 12_000
    assert sizes[".idx"] < 1_500


def test_one_edit_reads_what_lies_on_its_path(tmp_path: Path, reads: Counter[str]) -> None:
    dataset = written(tmp_path / "tavern", 10_000)
    entry_id = dataset.snapshot().ids(limit=1)[0]
    reads.clear()

    with Dataset.open(dataset.folder).edit("edit") as change:
        change.put(entry_id, conversation("changed"))

    assert reads["blob"] <= 8
    assert reads["tree"] <= 16


def test_a_page_of_a_list_reads_a_page(tmp_path: Path, reads: Counter[str]) -> None:
    dataset = written(tmp_path / "tavern", 10_000)
    after = dataset.snapshot().ids()[5_000]
    reads.clear()

    page = dataset.page(limit=25, after=after)

    assert len(page.rows) == 25
    assert reads.total() <= 25 + 12


def test_a_status_of_a_checked_out_dataset_reads_no_entry(tmp_path: Path, reads: Counter[str]) -> None:
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit("many") as change:
        for number in range(300):
            change.add(conversation(str(number)))
    reads.clear()

    dataset.repository.worktree.unsaved(dataset.snapshot().tree)  # type: ignore[union-attr]  # it is checked out

    assert reads["blob"] == 0


def test_a_table_of_refs_is_read_in_one_go(tmp_path: Path) -> None:
    dataset = written(tmp_path / "tavern", 1)
    commit = dataset.snapshot().id
    for number in range(20):
        dataset.repository.refs.create(f"refs/heads/branch-{number}", commit)

    table = dataset.repository.refs.table()

    assert len(table) == 22
    assert set(table.values()) == {commit, "ref: refs/heads/main"}


def test_reading_a_file_of_thirty_megabytes_holds_a_few(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = json.dumps(conversation("x" * 15_000)).encode() + b"\n"
    path.write_bytes(row * (30_000_000 // len(row)))

    tracemalloc.start()
    try:
        with Source(path) as source:
            rows = sum(1 for _ in read_drafts(source))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert rows > 900
    assert peak < 6_000_000
