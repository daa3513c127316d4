"""The present state."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest
from small_dataset import dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.ops.edit.status import Interrupted, interrupted_command, survey, unsaved_files
from rolethread_vcs.store import disk
from rolethread_vcs.store.checkout import Unsaved
from rolethread_vcs.store.log import journal


def test_a_fresh_dataset_has_nothing_to_tell(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "tavern")

    found = survey(dataset.repository)

    assert (found.name, found.branch, found.is_strict, found.entries) == ("tavern", "main", True, 0)
    assert (found.unsaved, found.drafts, found.interrupted) == ((), (), None)
    assert found.last_operation == dataset.repository.operations.last()
    assert found.is_checked_out


def test_hand_edits_are_told_by_entry_and_stray_files_apart(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    changed = hand_edit(dataset, ids[0])
    gone = changed.with_name(f"{ids[1]}.json")
    gone.unlink()
    new = changed.with_name("00000099-abcdefgh.json")
    new.write_text("{}")
    (tmp_path / "d" / "notes.txt").write_text("mine")
    (tmp_path / "d" / "entries" / "stray.json").write_text("{}")

    found = survey(dataset.repository)

    folder = "entries/0000/00/"
    assert found.unsaved == (
        Unsaved(f"{folder}{ids[0]}.json", "changed"),
        Unsaved(f"{folder}{ids[1]}.json", "removed"),
        Unsaved(f"{folder}00000099-abcdefgh.json", "new"),
    )
    assert [each.id for each in found.unsaved] == [*ids, "00000099-abcdefgh"]
    assert [each.path for each in found.foreign] == ["entries/stray.json", "notes.txt"]


def test_a_file_that_was_touched_and_is_the_same_is_no_hand_edit(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    path = hand_edit(dataset, ids[0])
    path.write_bytes(dataset.snapshot().raw(ids[0]))

    assert unsaved_files(dataset.repository) == []


def test_settings_edited_by_hand_are_unsaved(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    with (tmp_path / "d" / "rolethread.toml").open("a") as file:
        file.write("# a remark\n")

    assert unsaved_files(dataset.repository) == [Unsaved("rolethread.toml", "changed")]


def test_drafts_wait_and_are_named(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.repository.drafts_folder.mkdir(parents=True, exist_ok=True)
    for name in ("edit-1.txt", "edit-1.txt~", ".edit-1.txt.swp", "#edit-1.txt#", ".#edit-1.txt", "edit-1.txt.bak"):
        (dataset.repository.drafts_folder / name).write_text("typed")

    assert survey(dataset.repository).drafts == ("edit-1.txt",)


def test_a_command_that_was_cut_off_is_told_and_a_running_one_is_not(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    repository = dataset.repository
    note = journal.Pending("edit 12", int(time.time()), {}, (None, "0" * 40)).encode()
    with repository.pack() as pack:
        pack.publish(note)

    cut_off = interrupted_command(repository)
    with repository.lock("rtv edit"):
        running = interrupted_command(repository)

    assert (cut_off, running) == (Interrupted("edit 12", False), None)


def test_a_bare_dataset_has_no_hand_edits(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("checkout", "never")

    found = survey(Dataset.open(tmp_path / "d").repository)

    assert not found.is_checked_out
    assert (found.entries, found.unsaved) == (1, ())


def test_hand_edits_that_cannot_be_saved_say_why(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    paths = [dataset.folder / entry_path(entry_id) for entry_id in ids]
    paths[0].write_text("{")
    paths[1].write_text('{"messages": [], "tags": "tavern"}')
    hand_edit(dataset, ids[2])

    broken, wrong, sound = survey(dataset.repository).unsaved

    assert broken.problem.startswith(f"{broken.path}:1:2: ")
    assert "tags must be a list of text" in wrong.problem
    assert sound.problem == ""


def test_what_a_full_disk_kept_from_being_written_is_no_hand_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    hand_edit(dataset, ids[0])

    def full(_step: str, path: str) -> None:
        if "/entries/" in path:
            raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(disk, "fault_point", full)
    with pytest.raises(SystemRefusedError) as caught:
        dataset.edit_fields([ids[1]], FieldEdit(add_tags=("wet",)))
    added = [path for path in (dataset.folder / "entries").rglob("*.json") if "wet" in path.read_text()]
    monkeypatch.setattr(disk, "fault_point", None)

    found = survey(dataset.repository)
    assert (caught.value.saved, added, found.interrupted) == (True, [], Interrupted(f"edit {ids[1]}", True))
    assert [edit.id for edit in found.unsaved] == [ids[0]]
