"""Many small packs become one, and nothing is lost on the way."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store import disk, pack_folder
from rolethread_vcs.store.pack_folder import FOLD_AT, fold_if_many, leftovers
from rolethread_vcs.transaction import Intent


class Killed(BaseException):
    """Stands for a process that stops existing."""


def _packs(dataset):
    return sorted(dataset.repository.pack_folder.glob("*.pack"))


def _write_packs(dataset, number):
    ids = []
    for at in range(number):
        with dataset.repository.pack() as pack:
            ids.append(pack.add("blob", f"small {at}".encode()))
            pack.publish().with_suffix(".keep").unlink()
    return ids


def test_fifty_packs_are_folded_into_one_that_holds_everything(filled, git):
    before = dict(filled.snapshot())
    ids = _write_packs(filled, FOLD_AT)

    folded = fold_if_many(filled.repository)

    assert folded >= FOLD_AT
    assert len(_packs(filled)) == 1
    assert not list(filled.repository.pack_folder.glob("*.keep"))
    again = Dataset.open(filled.folder)
    assert dict(again.snapshot()) == before
    assert all(again.repository.objects.check(oid.hex())[0] == "blob" for oid in ids)
    git(filled.folder, "fsck", "--strict")


def test_fewer_packs_are_left_alone(dataset):
    _write_packs(dataset, 10)
    before = _packs(dataset)

    assert fold_if_many(dataset.repository) == 0
    assert _packs(dataset) == before


def test_packs_that_somebody_keeps_are_left_alone(dataset):
    _write_packs(dataset, FOLD_AT)
    kept = _packs(dataset)[3]
    kept.with_suffix(".keep").write_text("a backup needs it")

    fold_if_many(dataset.repository)

    assert kept in _packs(dataset)
    assert len(_packs(dataset)) == 2


def test_commands_fold_as_they_go(dataset, git):
    for number in range(FOLD_AT + 5):
        with dataset.edit() as change:
            change.add({"messages": [{"role": "user", "content": str(number)}, {"role": "assistant", "content": "x"}]})

    assert len(_packs(dataset)) < FOLD_AT
    assert len(Dataset.open(dataset.folder).snapshot()) == FOLD_AT + 5
    git(dataset.folder, "fsck", "--strict")


def test_a_damaged_object_is_not_folded_away(dataset, git):
    good = _write_packs(dataset, FOLD_AT)
    victim = dataset.repository.pack_folder / "pack-bad.pack"
    source = _packs(dataset)[0]
    shutil.copy(source, victim)
    index = bytearray(source.with_suffix(".idx").read_bytes())
    oid = bytes(index[1032:1052])
    index[8 : 8 + 1024] = b"".join((1 if byte >= (oid[0] ^ 0) else 0).to_bytes(4, "big") for byte in range(256))
    index[1051] ^= 1  # the index promises an object that the pack does not hold
    index[-20:] = hashlib.sha1(index[:-20]).digest()
    victim.with_suffix(".idx").write_bytes(index)
    before = set(_packs(dataset))

    assert fold_if_many(Dataset.open(dataset.folder).repository) == 0
    assert set(_packs(dataset)) == before
    assert len(good) == FOLD_AT


def test_folding_gives_way_to_a_collection_that_took_the_packs_meanwhile(filled, git, monkeypatch):
    _write_packs(filled, FOLD_AT)
    before = dict(filled.snapshot())
    listing = pack_folder.read_index

    def collect_first(index):
        git(filled.folder, "gc", "--quiet")
        return listing(index)

    monkeypatch.setattr(pack_folder, "read_index", collect_first)
    fold_if_many(filled.repository)

    assert dict(Dataset.open(filled.folder).snapshot()) == before
    git(filled.folder, "fsck", "--strict")


def test_a_reader_goes_on_while_packs_are_folded(filled):
    reader = Dataset.open(filled.folder)
    first = dict(reader.snapshot())
    _write_packs(filled, FOLD_AT)

    fold_if_many(filled.repository)

    assert dict(reader.snapshot()) == first


def test_who_was_killed_while_folding_had_saved_and_nobody_says_otherwise(filled, monkeypatch):
    _write_packs(filled, FOLD_AT)
    before = dict(filled.snapshot())

    def fault(what: str, path: str) -> None:
        if what == "unlink":
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed):
        fold_if_many(filled.repository)
    monkeypatch.setattr(disk, "fault_point", None)
    (filled.repository.pack_folder / "tmp_rtv_999999999_ab_fold").touch()  # what another one left
    assert {path.suffix for path in leftovers(filled.repository)} == {".keep", ""}
    question, answer = {"role": "user", "content": "what now"}, {"role": "assistant", "content": "nothing"}
    result = Dataset.open(filled.folder).add([{"messages": [question, answer]}], Intent("add", "add"))

    assert result.notes == ()
    assert leftovers(filled.repository) == []
    assert len(Dataset.open(filled.folder).snapshot()) == len(before) + 1


@pytest.mark.parametrize(
    "data", [b"", b"\xfftOc\0\0\0\1" + b"\0" * 1100, b"\xfftOc\0\0\0\2" + b"\0\0\0\2" * 256 + b"\0" * 60]
)
def test_an_index_that_does_not_read_is_refused(tmp_path, data):
    index = tmp_path / "pack-1.idx"
    index.write_bytes(data)

    with pytest.raises(ValueError, match=r"pack-1\.idx"):
        pack_folder.read_index(index)


def test_stock_git_reads_on_after_folding(filled, git, environment):
    _write_packs(filled, FOLD_AT)
    fold_if_many(filled.repository)

    log = subprocess.run(["git", "-C", str(filled.folder), "log", "-p"], capture_output=True, env=environment)
    assert log.returncode == 0
    assert log.stderr == b""
