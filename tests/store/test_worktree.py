"""The checked-out folder: it follows the branch, and a hand edit is never overwritten."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from rolethread_vcs.errors import InvalidError, RoleThreadError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store import disk
from rolethread_vcs.store.checkout import Unsaved, UnsavedEditsError, index
from rolethread_vcs.store.libgit2 import GitLockedError
from rolethread_vcs.store.objects.trees import Difference
from rolethread_vcs.transaction import Intent, Session

CHANGED = {"messages": [{"role": "user", "content": "changed"}, {"role": "assistant", "content": "yes"}]}


def file_of(dataset, position=0):
    return dataset.folder / entry_path(dataset.snapshot().ids()[position])


def test_stock_git_sees_a_clean_folder_after_every_command(filled, git):
    ids = filled.snapshot().ids()
    with filled.edit() as change:
        change.put(ids[0], CHANGED)
        change.remove(ids[1])
        change.add(CHANGED)

    assert git(filled.folder, "status", "--porcelain") == ""
    assert file_of(filled).read_bytes() == filled.snapshot().raw(ids[0])


def test_a_command_that_was_interrupted_between_two_steps_of_a_write_does_not_stop_the_next_one(filled, monkeypatch):
    def interrupt(what: str, path: str) -> None:
        if what == "rename" and path.endswith(".json"):
            raise KeyboardInterrupt

    worktree, snapshot = filled.repository.worktree, filled.snapshot()
    wanted = [Difference("tags/ghost.json", None, snapshot.find("rolethread.toml"))]
    monkeypatch.setattr(disk, "fault_point", interrupt)
    with pytest.raises(KeyboardInterrupt):
        worktree.exchange(wanted, snapshot.tree)
    monkeypatch.setattr(disk, "fault_point", None)

    worktree.exchange(wanted, snapshot.tree)

    assert worktree.read("tags/ghost.json") == snapshot.file("rolethread.toml")
    assert list(filled.repository.scratch_folder.iterdir()) == []


def test_a_hand_edit_on_the_same_file_stops_the_command(filled):
    ids = filled.snapshot().ids()
    file_of(filled).write_bytes(b"mine\n")

    with pytest.raises(UnsavedEditsError) as caught, filled.edit() as change:
        change.put(ids[0], CHANGED)
    assert caught.value.status == 50
    assert "rtv commit" in caught.value.hint
    assert (filled.folder / entry_path(ids[0])).read_bytes() == b"mine\n"
    assert filled.repository.operations.last().number == 1


def test_a_hand_edit_on_another_file_is_left_as_it_is(filled):
    ids = filled.snapshot().ids()
    (filled.folder / entry_path(ids[1])).write_bytes(b"mine\n")

    with filled.edit() as change:
        change.put(ids[0], CHANGED)

    assert (filled.folder / entry_path(ids[1])).read_bytes() == b"mine\n"
    unsaved = filled.repository.worktree.unsaved(filled.snapshot().tree)
    assert unsaved == [Unsaved(entry_path(ids[1]), "changed")]


def test_a_file_deleted_by_hand_stands_in_the_way_too(filled):
    ids = filled.snapshot().ids()
    file_of(filled).unlink()

    with pytest.raises(UnsavedEditsError), filled.edit() as change:
        change.put(ids[0], CHANGED)
    assert not (filled.folder / entry_path(ids[0])).exists()


def test_a_file_that_already_holds_the_new_content_is_no_hand_edit(filled, git):
    from rolethread_vcs.model.canonical import encode_entry
    from rolethread_vcs.model.entry import Entry

    ids = filled.snapshot().ids()
    file_of(filled).write_bytes(encode_entry(Entry.of(CHANGED)))

    with filled.edit() as change:
        change.put(ids[0], CHANGED)

    assert git(filled.folder, "status", "--porcelain") == ""


def test_a_hand_edit_made_while_a_command_runs_is_left_alone_and_told(filled):
    repository = filled.repository
    before = filled.snapshot()
    entry_id = before.ids()[0]
    with filled.edit() as change:
        change.put(entry_id, CHANGED)
    later = filled.snapshot()
    with Session.open(repository, Intent("undo", "undo")) as session:
        session.move({"refs/heads/main": (later.id, before.id)})
    file_of(filled).write_bytes(b"mine, this very moment\n")

    left = repository.worktree.follow(before.tree, later.tree)

    assert left == [entry_path(entry_id)]
    assert (filled.folder / entry_path(entry_id)).read_bytes() == b"mine, this very moment\n"


def test_an_untracked_file_of_the_user_stays(filled):
    (filled.folder / "notes.txt").write_text("keep me")

    with filled.edit() as change:
        change.add(CHANGED)

    assert (filled.folder / "notes.txt").read_text() == "keep me"
    assert filled.repository.worktree.unsaved(filled.snapshot().tree) == [Unsaved("notes.txt", "new")]


def test_a_folder_that_is_a_symbolic_link_is_not_written_through(filled, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    leaf = filled.folder / "entries/0000/00"
    leaf.rename(elsewhere)
    leaf.symlink_to(elsewhere, target_is_directory=True)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}

    with pytest.raises(UnsavedEditsError), filled.edit() as change:
        change.put(filled.snapshot().ids()[0], CHANGED)

    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


def test_a_file_that_is_a_symbolic_link_is_not_written_through(filled, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("precious")
    file_of(filled).unlink()
    file_of(filled).symlink_to(outside)

    with pytest.raises(UnsavedEditsError), filled.edit() as change:
        change.put(filled.snapshot().ids()[0], CHANGED)

    assert outside.read_text() == "precious"


def test_a_file_where_a_folder_should_be_stops_the_command_before_it_saves(dataset):
    (dataset.folder / "entries").write_text("mine")

    with pytest.raises(UnsavedEditsError), dataset.edit() as change:
        change.add(CHANGED)

    assert (dataset.folder / "entries").read_text() == "mine"
    assert dataset.repository.operations.last() is None


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "a\\..\\x",
        ".git/config",
        ".GIT/config",
        "a/.git/x",
        ".git./x",
        "git~1/x",
        "",
        "a//b",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(dataset, path):
    worktree, tree = dataset.repository.worktree, dataset.snapshot().tree
    wanted = Difference(path, None, dataset.snapshot().find("rolethread.toml"))

    assert worktree.exchange([wanted], tree) == [path]
    with pytest.raises(InvalidError, match="would leave the dataset"):
        worktree.read(path)


def test_folders_that_become_empty_go(filled):
    ids = filled.snapshot().ids()

    with filled.edit() as change:
        for entry_id in ids:
            change.remove(entry_id)

    assert not (filled.folder / "entries").exists()


def test_a_file_that_may_be_run_keeps_its_mode(filled, git):
    script = filled.folder / "build.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    first = filled.repository.refs.head_commit()
    git(filled.folder, "add", "build.sh")
    git(filled.folder, "commit", "-q", "-m", "a script")
    second = filled.repository.refs.head_commit()
    script.unlink()
    git(filled.folder, "reset", "-q", "--hard", first)

    with Session.open(filled.repository, Intent("undo", "undo")) as session:
        session.move({"refs/heads/main": (first, second)})

    assert script.stat().st_mode & 0o111
    assert git(filled.folder, "status", "--porcelain") == ""


def test_an_index_that_another_program_holds_for_a_moment_is_waited_for(filled, git):
    lock = filled.repository.git_folder / "index.lock"
    lock.touch()

    def let_go() -> None:
        time.sleep(0.2)
        lock.unlink()

    thread = threading.Thread(target=let_go)
    thread.start()
    with filled.edit() as change:
        change.add(CHANGED)
    thread.join()

    assert git(filled.folder, "status", "--porcelain") == ""


def test_an_index_that_stays_locked_is_busy_and_the_change_is_saved(filled, monkeypatch, git):
    monkeypatch.setattr(index, "INDEX_PATIENCE", 0.05)
    lock = filled.repository.git_folder / "index.lock"
    lock.touch()

    with pytest.raises(GitLockedError) as caught, filled.edit() as change:
        change.add(CHANGED)
    assert caught.value.saved
    assert caught.value.status == 60
    lock.unlink()
    with filled.edit() as change:
        change.add(CHANGED)
    assert any("was saved but cut off; finished now" in note for note in change.result.notes)
    assert git(filled.folder, "status", "--porcelain") == ""


def test_checking_out_refuses_to_overwrite_what_is_there(filled):
    file_of(filled).write_bytes(b"mine\n")

    with pytest.raises(UnsavedEditsError, match="are in the way"):
        filled.repository.worktree.fill(filled.snapshot().tree)
    assert file_of(filled).read_bytes() == b"mine\n"


def test_going_bare_removes_only_what_equals_the_branch(filled):
    mine = file_of(filled, 2)
    mine.write_bytes(b"mine\n")

    filled.repository.worktree.empty(filled.snapshot().tree)

    left = [path.relative_to(filled.folder) for path in filled.folder.rglob("*.json")]
    assert left == [mine.relative_to(filled.folder)]


def test_a_link_that_is_committed_as_it_stands_is_no_hand_edit(filled, git):
    path = file_of(filled)
    path.unlink()
    path.symlink_to("/etc/hostname")
    git(filled.folder, "commit", "-qam", "a link")
    worktree, tree = filled.repository.worktree, filled.snapshot().tree
    name = path.relative_to(filled.folder).as_posix()
    differences = [Difference(name, filled.snapshot().find(name), None)]

    same = worktree.unsaved(tree), worktree.in_the_way(differences)
    path.unlink()
    path.symlink_to("/etc/passwd")

    assert same == ([], [])
    assert [item.change for item in worktree.unsaved(tree)] == ["changed"]


def test_a_new_folder_is_written_beside_and_renamed_in_one_step(dataset, monkeypatch):
    renamed = []
    monkeypatch.setattr(
        disk, "fault_point", lambda what, path: renamed.append(path) if what == "rename" and "entries" in path else None
    )

    with dataset.edit() as change:
        for number in range(5):
            change.add({**CHANGED, "tags": [f"number-{number}"]})

    assert renamed == [str(dataset.folder / "entries/0000/00")]
    assert list(dataset.repository.scratch_folder.iterdir()) == []


@pytest.mark.parametrize("what_comes", ["a folder with a file", "a file"])
def test_what_appears_where_a_new_folder_is_to_be_stays_as_it_is(dataset, monkeypatch, what_comes):
    place = dataset.folder / "entries/0000/00"
    theirs = place / "theirs.txt" if what_comes == "a folder with a file" else place

    def appear(what: str, path: str) -> None:
        if what == "rename" and path == str(place):
            theirs.parent.mkdir(parents=True, exist_ok=True)
            theirs.write_text("mine")

    monkeypatch.setattr(disk, "fault_point", appear)
    with contextlib.suppress(RoleThreadError), dataset.edit() as change:
        change.add(CHANGED)
    monkeypatch.setattr(disk, "fault_point", None)

    assert theirs.read_text() == "mine"
    assert len(dataset.snapshot()) == 1
    assert list(dataset.repository.scratch_folder.iterdir()) == []


def test_a_half_written_folder_of_a_dead_writer_is_swept_away(dataset):
    half = dataset.repository.scratch_folder / "999999999-ab.tmp"
    half.mkdir(parents=True)
    (half / "00000001-k2x9m3ab.json").touch()

    dataset.add([CHANGED])

    assert not half.exists()


@pytest.mark.parametrize("torn", [b"", b"DIRC\0\0", b"DIRC\0\0\0\2\0\0\0\1", bytes(500)])
def test_hand_edits_are_found_and_saved_beside_an_index_that_a_power_cut_tore(filled, git, torn):
    path = file_of(filled)
    path.write_bytes(path.read_bytes().replace(b"hello", b"by hand"))
    (filled.repository.git_folder / "index").write_bytes(torn)

    found = [each.path for each in filled.hand_edits()]
    saved = filled.commit()

    assert found == [path.relative_to(filled.folder).as_posix()]
    assert saved.changed == 1
    assert git(filled.folder, "status", "--porcelain") == ""
