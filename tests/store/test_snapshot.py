"""What one commit holds, in dataset order."""

from __future__ import annotations

import pytest

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.layout import ORDER, entry_path, number_of
from rolethread_vcs.model.order import Order
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.store.tree_reader import UnreadableEntryError
from rolethread_vcs.transaction import ChangeSet, Counts, Intent, Planned, Session


def save(dataset, files):
    """Commit raw files, as plain git would."""
    repository = dataset.repository
    with Session.open(repository, Intent("test", "test")) as session, repository.pack() as pack:
        paths = {path: None if data is None else (mode, pack.add("blob", data)) for path, (mode, data) in files.items()}
        session.commit(pack, paths, Counts(), Planned(ChangeSet(), overwrite=True), Verdict())


def test_length_membership_and_iteration_agree(filled):
    snapshot = filled.snapshot()
    ids = [entry_id for entry_id, _ in snapshot]

    assert len(snapshot) == len(ids) == 5
    assert all(entry_id in snapshot for entry_id in ids)
    assert [number_of(entry_id) for entry_id in ids] == [1, 2, 3, 4, 5]
    assert "00000009-00000000" not in snapshot and "nonsense" not in snapshot and 7 not in snapshot


def test_an_empty_dataset_has_no_entries(dataset):
    snapshot = dataset.snapshot()

    assert len(snapshot) == 0
    assert list(snapshot) == []
    assert snapshot.last_number() is None
    assert snapshot.ids(limit=3) == []


def test_a_page_starts_behind_an_entry(filled):
    ids = filled.snapshot().ids()

    assert filled.snapshot().ids(after=ids[1], limit=2) == ids[2:4]
    assert filled.snapshot().ids(after=ids[4]) == []
    with pytest.raises(NoSuchEntryError):
        filled.snapshot().ids(after="00000009-00000000")


def test_moved_entries_come_where_the_order_file_puts_them(filled):
    ids = filled.snapshot().ids()
    order = Order().move_after([ids[4]], ids[0], next_id=ids[1])
    save(filled, {ORDER: (b"100644", order.encode())})

    snapshot = filled.snapshot()
    moved = [ids[0], ids[4], ids[1], ids[2], ids[3]]
    assert snapshot.ids() == moved
    assert [snapshot.ids(after=entry_id, limit=1) for entry_id in moved] == [[i] for i in moved[1:]] + [[]]
    assert len(snapshot) == 5


def test_a_number_finds_its_entry_and_after_a_merge_both(filled):
    first = filled.snapshot().ids()[0]
    twin = "00000001-00000000"
    save(filled, {entry_path(twin): (b"100644", filled.snapshot().raw(first))})

    snapshot = filled.snapshot()
    assert snapshot.with_number(1) == sorted([first, twin])
    assert snapshot.with_number(77) == []
    assert snapshot.with_number(-1) == snapshot.with_number(10**9) == []
    assert len(snapshot) == 6


def test_the_last_number_is_found_without_reading_everything(filled):
    entry = filled.snapshot().raw(filled.snapshot().ids()[0])
    save(filled, {entry_path("00123456-00000000"): (b"100644", entry)})

    assert filled.snapshot().last_number() == 123456


def test_a_symbolic_link_in_place_of_an_entry_is_named_and_never_followed(filled):
    entry_id = filled.snapshot().ids()[2]
    save(filled, {entry_path(entry_id): (b"120000", b"/etc/passwd")})

    snapshot = filled.snapshot()
    with pytest.raises(UnreadableEntryError, match="symbolic link"):
        list(snapshot)
    with pytest.raises(UnreadableEntryError, match=entry_id):
        snapshot[entry_id]


def test_files_that_are_no_entries_are_passed_over_and_not_counted(filled):
    raw = filled.snapshot().raw(filled.snapshot().ids()[0])
    save(
        filled,
        {
            "entries/README.json": (b"100644", b"{}"),
            "entries/0000/00/notes.json": (b"100644", b"{}"),
            "entries/0000/00/00000009-00000000.txt": (b"100644", b"{}"),
            "entries/0009/99/00000001-00000000.json": (b"100644", raw),
        },
    )

    snapshot = filled.snapshot()
    assert len(snapshot) == len(list(snapshot)) == 5
    assert "00000001-00000000" not in snapshot
    assert snapshot.last_number() == 5


@pytest.mark.parametrize("neighbour", ["notes.json", "00000002-00000000.txt", "00000002-iiiiiiii.json", "zzz"])
def test_a_foreign_file_beside_entries_changes_nothing_about_them(filled, neighbour):
    before = list(filled.snapshot().blobs())
    save(filled, {f"entries/0000/00/{neighbour}": (b"100755", b"{}")})

    assert list(filled.snapshot().blobs()) == before


def test_an_entry_that_does_not_decode_is_named_with_its_path(filled):
    entry_id = filled.snapshot().ids()[0]
    save(filled, {entry_path(entry_id): (b"100644", b'{"messages": NaN}')})

    with pytest.raises(UnreadableEntryError, match=f"{entry_id} cannot be read: entries/0000/00/{entry_id}.json"):
        filled.snapshot()[entry_id]


def test_a_snapshot_stays_what_it_was(filled):
    before = filled.snapshot()
    contents = dict(before)
    with filled.edit() as change:
        change.remove(before.ids()[0])

    assert dict(before) == contents
    assert len(filled.snapshot()) == 4


def test_paths_with_other_letters_are_found(filled):
    save(filled, {"tags/grün.json": (b"100644", b"{}\n")})

    assert filled.snapshot().file("tags/grün.json") == b"{}\n"
    assert (filled.folder / "tags" / "grün.json").read_bytes() == b"{}\n"


@pytest.mark.parametrize(
    ("path", "mode", "counted"),
    [
        ("entries/0000/00/00000009-0000000a.json", b"100644", 1),
        ("entries/0000/00/00000009-0000000a.json", b"100755", 1),
        ("entries/0000/00/00000009-0000000u.json", b"100644", 0),
        ("entries/0000/00/0000000x-0000000a.json", b"100644", 0),
        ("entries/0000/00/00000009_0000000a.json", b"100644", 0),
        ("entries/0000/00/00000109-0000000a.json", b"100644", 0),
        ("entries/0000/00/00000009-0000000a.jsom", b"100644", 0),
        ("entries/0000/00/README", b"100644", 0),
    ],
)
def test_length_counts_what_iteration_gives_whatever_else_lies_in_a_folder(filled, path, mode, counted):
    first = filled.snapshot()
    save(filled, {path: (mode, first.raw(first.ids()[0]))})

    snapshot = filled.snapshot()

    assert len(snapshot) == len(snapshot.ids()) == 5 + counted


@pytest.mark.parametrize("mode", [b"100644", b"120000"])
@pytest.mark.parametrize("data", [b"{", b"[1]", b'{"x": 5}', b'{"00000001-00000000": 5}', b"[" * 300_000, b"\xff", b""])
def test_an_order_that_does_not_read_is_named_with_a_way_back(filled, mode, data):
    save(filled, {ORDER: (mode, data)})
    snapshot = filled.snapshot()

    with pytest.raises(InvalidError, match=f"{ORDER} of {snapshot.id[:10]} cannot be read: ") as caught:
        snapshot.ids()
    assert caught.value.code == "invalid_order"
    assert caught.value.hint is not None
    assert f"rm {ORDER} && rtv commit" in caught.value.hint

    (filled.folder / ORDER).unlink()
    filled.commit()
    assert len(filled.snapshot().ids()) == 5
