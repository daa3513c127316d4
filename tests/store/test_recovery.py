"""The note in a pack's `.keep`, and what the next command makes of one that a dead writer left."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import BusyError, RoleThreadError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.edit.change import add
from rolethread_vcs.ops.verify.repair import repair
from rolethread_vcs.ops.verify.verify import verify
from rolethread_vcs.store import disk, pack_folder
from rolethread_vcs.store.checkout import index
from rolethread_vcs.store.dataset_folder import find_dataset
from rolethread_vcs.store.log import journal
from rolethread_vcs.store.log.journal import FileChange, Pending, SideEffects
from rolethread_vcs.store.objects.packs import KEEP_TEXT
from rolethread_vcs.store.recovery import finish_interrupted
from rolethread_vcs.transaction import Intent, Session, run

ENTRY = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}


class Killed(BaseException):
    """Stands for a process that stops existing: nothing catches it, and no cleaning up is done after it."""


@pytest.fixture
def die_at(monkeypatch):
    """Return a function that makes the n-th step on the disk the last one, for cleaning up too."""

    def arm(number: int) -> None:
        steps = iter(range(1, 10**9))

        def fault(what: str, path: str) -> None:
            if next(steps) >= number:
                raise Killed

        monkeypatch.setattr(disk, "fault_point", fault)

    yield arm


def cut_off(dataset, die_at, monkeypatch, *, after):
    """Let an add die when a step of that name is reached the first time (`ref`, `index` …)."""

    def fault(what: str, path: str) -> None:
        if what == after[0] and path.endswith(after[1]):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed):
        add(dataset.repository, [ENTRY], Intent("add", "add one"))
    monkeypatch.setattr(disk, "fault_point", None)


def keep_of(folder, note, name="pack-1.keep"):
    """Put a `.keep` of ours with a note into a folder and return it."""
    path = folder / name
    path.write_bytes(KEEP_TEXT + b"1\n" + note)
    return path


def test_a_note_reads_back_as_it_was_published(dataset):
    moves = {"HEAD": ("ref: refs/heads/ä", None), "refs/tags/b": (None, "c" * 40)}
    pending = Pending("edit 12\nand more", 1_700_000_000, moves, (None, "d" * 40), "w")

    with dataset.repository.pack() as pack:
        pack.add("blob", b"something")
        published = pack.publish(pending.encode())

    assert journal.load(published.with_suffix(".keep")) == pending


@pytest.mark.parametrize("change", [FileChange(Path("/a/b.jsonl")), FileChange(Path("/a/b"), Path("/a/.b-1.tmp"))])
def test_a_note_without_an_operation_reads_back(tmp_path, change):
    pending = Pending("workcopy add b", 1_700_000_000, {}, None, "", SideEffects(swaps={"x": "y", "z": None}), change)

    assert journal.load(keep_of(tmp_path, pending.encode())) == pending


def test_a_file_is_not_taken_for_changed_while_its_disk_is_not_plugged_in(tmp_path):
    path, staged = tmp_path / "b", tmp_path / ".b-1.tmp"
    change = FileChange(path, staged)
    looks = [change.is_done]
    path.touch()
    staged.touch()
    looks.append(change.is_done)
    change.carry_out()

    assert [*looks, change.is_done] == [False, False, True]


@pytest.mark.parametrize("staged", ["../.b-1.tmp", "/etc/.b-1.tmp", "b.tmp", ".b-1", ".a/b.tmp"])
def test_a_note_that_names_any_other_file_as_a_staged_one_counts_as_none(tmp_path, staged):
    whole = Pending("workcopy add b", 1, {}, None, file=FileChange(Path("/a/b"), Path("/a/.b-1.tmp"))).encode()

    assert journal.load(keep_of(tmp_path, whole.replace(b".b-1.tmp", staged.encode()))) is None


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'{"command": "x"}', b'{"command":"x","time":"y"}', b"\xff"]
)
def test_a_torn_note_counts_as_none(tmp_path, data):
    assert journal.load(keep_of(tmp_path, data)) is None


def test_every_part_of_a_note_counts_as_none(tmp_path):
    whole = Pending("edit 12", 1_700_000_000, {"refs/b": (None, "c" * 40)}, (None, "d" * 40)).encode()

    read = [journal.load(keep_of(tmp_path, whole[:length])) for length in range(len(whole))]

    assert set(read) == {None}
    assert journal.load(keep_of(tmp_path, whole)) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1700000000", b"-5"),
        (b"1700000000", b"9223372036854775808"),
        (b"1700000000", b"1e300"),
        (b"1700000000", b"NaN"),
        (b'"refs/b"', b'"refs/../config"'),
        (b'"refs/b"', b'"config"'),
        (b'"refs/b"', b'"refs//b"'),
        (b"c" * 40, b"c" * 39),
        (b"c" * 40, b"ref: HEAD"),
        (b"d" * 40, b"x" * 40),
        (b'"effects": {}', b'"effects": ' + b"[" * 100_000),
        (b'"worktree": ""', b'"worktree": ' + b"[" * 1500 + b"]" * 1500),
    ],
    ids=lambda value: value[:20].decode(),
)
def test_a_forged_note_counts_as_none(tmp_path, old, new):
    whole = Pending("edit 12", 1_700_000_000, {"refs/b": (None, "c" * 40)}, (None, "d" * 40)).encode()
    assert old in whole

    assert journal.load(keep_of(tmp_path, whole.replace(old, new))) in (None, journal.load(keep_of(tmp_path, whole)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_or_a_link_in_the_place_of_a_note_is_none_and_not_opened(tmp_path):
    note = keep_of(tmp_path, Pending("edit 12", 1, {}, (None, "d" * 40)).encode())
    link, pipe = tmp_path / "link.keep", tmp_path / "pipe.keep"
    link.symlink_to(note)
    os.mkfifo(pipe)

    assert list(journal.load_all([link, pipe, note])) == [note]


def test_what_others_keep_is_no_note(tmp_path):
    foreign, folder = tmp_path / "pack-2.keep", tmp_path / "pack-3.keep"
    foreign.write_bytes(Pending("edit 12", 1, {}, (None, "d")).encode())
    folder.mkdir()

    assert journal.load_all([foreign, folder, tmp_path / "pack-4.keep"]) == {}


def test_a_keep_that_others_may_not_read_is_not_ours_and_stops_nobody(dataset):
    foreign = dataset.repository.pack_folder / "pack-2.keep"
    foreign.mkdir()

    assert dataset.add([ENTRY], Intent("add", "add one")).notes == ()
    assert foreign.exists()


def test_a_keep_with_a_torn_note_is_removed_and_told(dataset):
    keep = keep_of(dataset.repository.pack_folder, b'{"comm')

    result = dataset.add([ENTRY], Intent("add", "add one"))

    assert result.notes == ("an earlier command was cut off before anything was saved; what it left is removed",)
    assert not keep.exists()


def test_a_note_whose_pack_never_came_is_forgotten_though_somebody_moved_the_branch_there(filled, monkeypatch, git):
    def fault(what: str, path: str) -> None:
        if what == "rename" and path.endswith(".pack"):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # the dead clean nothing up
        with pytest.raises(Killed):
            filled.undo()
    monkeypatch.setattr(disk, "fault_point", None)
    assert len(list(filled.repository.pack_folder.glob("*.keep"))) == 1
    git(filled.folder, "reset", "-q", "--hard", "HEAD~1")

    result = Dataset.open(filled.folder).add([ENTRY], Intent("add", "add"))

    assert any("undo" in note and "before anything was saved" in note for note in result.notes)
    assert [operation.verb for operation in filled.repository.operations] == ["add", "external", "edit"]
    assert git(filled.folder, "status", "--porcelain") == ""


def test_an_old_note_that_a_power_cut_brought_back_changes_nothing(filled, git):
    repository = filled.repository
    first = repository.refs.head_commit()
    filled.add([ENTRY], Intent("add", "add one"))
    log = [operation.id for operation in repository.operations]
    second = repository.refs.head_commit()
    filled.add([ENTRY], Intent("add", "add two"))
    third = repository.refs.head_commit()
    for number, name in ((1, "pack-1.keep"), (2, "pack-2.keep")):
        pending = Pending(f"add {number}", number, {"refs/heads/main": (first, second)}, (log[1], log[0]))
        keep_of(repository.pack_folder, pending.encode(), name)

    result = Dataset.open(filled.folder).add([ENTRY], Intent("add", "add three"))

    assert filled.snapshot().commit.parents == (third,)
    assert [note for note in result.notes if "add 1" in note or "add 2" in note] == list(result.notes)
    assert [operation.number for operation in repository.operations] == [4, 3, 2, 1]
    assert not list(repository.pack_folder.glob("*.keep"))
    assert git(filled.folder, "status", "--porcelain") == ""


def test_death_before_the_branch_moved_is_forgotten_and_told(dataset, die_at, monkeypatch):
    before = dataset.repository.refs.head_commit()
    cut_off(dataset, die_at, monkeypatch, after=("ref", "refs/heads/main"))

    result = Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add two"))

    assert any("add one" in note and "before anything was saved" in note for note in result.notes)
    assert dataset.snapshot().commit.parents == (before,)
    assert result.operation == 1


def test_death_after_the_branch_moved_is_finished_and_told(dataset, die_at, monkeypatch, git):
    cut_off(dataset, die_at, monkeypatch, after=("ref", "refs/rolethread/ops"))
    saved = dataset.repository.refs.head_commit()

    result = Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add two"))

    assert any("add one" in note and "was saved but cut off; finished now" in note for note in result.notes)
    assert dataset.snapshot().commit.parents == (saved,)
    assert result.operation == 2
    assert git(dataset.folder, "status", "--porcelain") == ""


def test_death_while_the_folder_follows_leaves_it_for_the_next_command(dataset, die_at, monkeypatch, git):
    cut_off(dataset, die_at, monkeypatch, after=("index", ""))

    Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add two"))

    assert git(dataset.folder, "status", "--porcelain") == ""
    assert not list(dataset.repository.pack_folder.glob("*.keep"))


@pytest.mark.parametrize(("left", "status"), [(b"{}\n", " M"), (b"", "")])
def test_a_file_edited_after_a_death_is_a_hand_edit_and_an_empty_one_is_written(filled, monkeypatch, git, left, status):
    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/rolethread/ops"):
            raise Killed

    entry_id = filled.snapshot().ids()[0]
    path = filled.folder / entry_path(entry_id)
    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed), filled.edit("cut off") as change:
        change.put(entry_id, ENTRY)
    monkeypatch.setattr(disk, "fault_point", None)
    path.write_bytes(left)

    Dataset.open(filled.folder).releases.create("v1")

    assert git(filled.folder, "status", "--porcelain") == (f"{status} {entry_path(entry_id)}\n" if status else "")
    Dataset.open(filled.folder).discard_edits(None)
    assert git(filled.folder, "status", "--porcelain") == ""


def test_what_a_dead_writer_left_in_the_scratch_folder_goes_and_a_living_one_keeps_its_own(dataset):
    scratch = dataset.repository.scratch_folder
    scratch.mkdir(parents=True, exist_ok=True)
    dead, living = scratch / "999999999-ab.tmp", scratch / f"{os.getpid()}-cd.tmp"
    dead.touch()
    living.touch()

    dataset.add([ENTRY], Intent("add", "add two"))

    assert not dead.exists()
    assert living.exists()


def test_the_lock_files_of_the_dead_writer_go_and_older_ones_stay(dataset, die_at, monkeypatch):
    cut_off(dataset, die_at, monkeypatch, after=("ref", "refs/heads/main"))
    common = dataset.repository.common_folder
    dead, old = common / "refs/heads/main.lock", common / "packed-refs.lock"
    dead.touch()
    old.touch()
    os.utime(old, (time.time() - 3600, time.time() - 3600))

    Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add two"))

    assert not dead.exists()
    assert old.exists()


def test_another_branch_chosen_by_plain_git_meanwhile_does_not_block_the_recovery(filled, die_at, monkeypatch, git):
    repository = filled.repository
    main = repository.refs.head_commit()
    repository.refs.create("refs/heads/other", main)

    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "HEAD"):
            raise Killed

    moves = {"refs/heads/new": (None, main), "HEAD": ("ref: refs/heads/main", "ref: refs/heads/new")}
    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed), Session.open(repository, Intent("switch", "switch -c new")) as session:
        session.move(moves)
    monkeypatch.setattr(disk, "fault_point", None)
    git(filled.folder, "switch", "-q", "other")

    result = Dataset.open(filled.folder).add([ENTRY], Intent("add", "add"))

    assert result.branch == "other"
    assert any("HEAD was moved by somebody else meanwhile" in note for note in result.notes)
    assert repository.refs.read("refs/heads/new") == main


def test_a_switch_that_was_cut_off_after_another_switch_does_not_stop_every_command(filled, die_at, monkeypatch, git):
    repository = filled.repository
    main = repository.refs.head_commit()
    repository.refs.create("refs/heads/one", main)
    repository.refs.create("refs/heads/two", main)

    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/rolethread/ops"):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed), Session.open(repository, Intent("switch", "switch one")) as session:
        session.move({"HEAD": ("ref: refs/heads/main", "ref: refs/heads/one")})
    monkeypatch.setattr(disk, "fault_point", None)
    git(filled.folder, "switch", "-q", "two")

    assert Dataset.open(filled.folder).add([ENTRY], Intent("add", "add")).branch == "two"


def test_a_branch_that_plain_git_brought_back_stays_back(dataset, die_at, monkeypatch, git):
    before = dataset.repository.refs.head_commit()
    cut_off(dataset, die_at, monkeypatch, after=("index", ""))
    git(dataset.folder, "reset", "-q", "--hard", before)

    result = Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add two"))

    assert any("main was moved by somebody else meanwhile, and was left there" in note for note in result.notes)
    assert dataset.snapshot().commit.parents == (before,)


def test_an_undo_that_never_happened_is_not_finished_over_a_commit_of_plain_git(filled, monkeypatch, git):
    ids = filled.snapshot().ids()

    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/heads/main"):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed):
        filled.undo()
    monkeypatch.setattr(disk, "fault_point", None)
    (filled.folder / "notes.txt").write_text("mine")
    git(filled.folder, "add", "notes.txt")
    git(filled.folder, "commit", "-q", "-m", "by hand")

    result = Dataset.open(filled.folder).add([ENTRY], Intent("add", "add"))

    assert any("undo" in note and "before anything was saved" in note for note in result.notes)
    assert filled.snapshot().ids() == [*ids, *result.ids]
    assert git(filled.folder, "status", "--porcelain") == ""


def test_a_redo_of_a_new_branch_never_leaves_head_without_one(filled, monkeypatch):
    filled.branch("side", switch=True)
    filled.undo()
    reached = []

    def fault(what: str, path: str) -> None:
        if what == "ref":
            reached.append(path)
            if len(reached) == 2:
                raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed):
        filled.redo()
    monkeypatch.setattr(disk, "fault_point", None)

    result = Dataset.open(filled.folder).add([ENTRY], Intent("add", "add"))

    assert result.branch == "side"
    assert any("redo" in note and "finished now" in note for note in result.notes)


def test_finishing_twice_is_the_same_as_once(dataset, die_at, monkeypatch):
    cut_off(dataset, die_at, monkeypatch, after=("ref", "refs/rolethread/ops"))
    repository = Dataset.open(dataset.folder).repository

    first = finish_interrupted(repository)
    again = finish_interrupted(repository)

    assert len(first) == 1 and again == []
    assert [operation.number for operation in repository.operations] == [1]


def test_an_interruption_says_whether_the_change_is_saved(dataset, monkeypatch):
    said = []
    for target in ("refs/heads/main", "refs/rolethread/ops"):

        def fault(what: str, path: str, target: str = target) -> None:
            if (what, path) == ("ref", target):
                raise KeyboardInterrupt

        monkeypatch.setattr(disk, "fault_point", fault)
        with pytest.raises(KeyboardInterrupt) as caught:
            add(dataset.repository, [ENTRY], Intent("add", "add"))
        said.append(caught.value.saved)
        monkeypatch.setattr(disk, "fault_point", None)

    assert said == [False, True]


def test_a_refused_change_is_not_planned_again_once_it_is_saved(dataset, monkeypatch):
    planned = []

    def plan(base):
        planned.append(base.id)
        from rolethread_vcs.model.entry import Entry
        from rolethread_vcs.transaction import ChangeSet

        return ChangeSet(puts={"00000001-00000000": Entry.of(ENTRY)}, summary="one")

    def fault(what: str, path: str) -> None:
        if what == "index":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(RoleThreadError) as caught:
        run(dataset.repository, Intent("add", "add"), plan)

    assert caught.value.saved
    assert len(planned) == 1
    assert "00000001-00000000" in dataset.snapshot()


def test_all_that_a_recovery_needs_is_on_the_disk_before_the_first_ref_moves(dataset, monkeypatch):
    steps = []
    monkeypatch.setattr(disk, "fault_point", lambda what, path: steps.append((what, path)))

    add(dataset.repository, [ENTRY], Intent("add", "add"))

    folder = str(dataset.repository.pack_folder)
    before = steps[: next(at for at, (what, _) in enumerate(steps) if what == "ref")]
    synced = [Path(path).suffix or path for what, path in before if what == "fsync"]
    ends = [(what, Path(path).suffix) for what, path in before if what == "rename"]
    assert len(synced) == 4 and synced[-1] == folder == before[-1][1]
    assert ends == [("rename", ".keep"), ("rename", ".pack"), ("rename", ".idx")]
    assert [path for what, path in steps if what == "unlink"][-1].endswith(".keep")


def test_a_log_whose_last_move_a_power_cut_took_is_finished_with_the_one_that_was_cut_off(dataset, monkeypatch):
    repository = dataset.repository
    dataset.add([ENTRY], Intent("add", "add one"))
    before = repository.operations.head()
    dataset.add([ENTRY], Intent("add", "add two"))

    def fault(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/rolethread/ops"):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed):
        dataset.add([ENTRY], Intent("add", "add three"))
    monkeypatch.setattr(disk, "fault_point", None)
    (repository.common_folder / "refs/rolethread/ops").write_text(f"{before}\n")

    Dataset.open(dataset.folder).add([ENTRY], Intent("add", "add four"))

    assert [each.command for each in repository.operations] == ["add four", "add three", "add two", "add one"]


def test_a_log_whose_move_a_power_cut_took_leaves_an_operation_that_can_be_undone(dataset):
    repository = dataset.repository
    dataset.add([ENTRY], Intent("add", "add one"))
    before, ids = repository.operations.head(), dataset.snapshot().ids()
    dataset.add([ENTRY], Intent("add", "add two"))
    (repository.common_folder / "refs/rolethread/ops").write_text(f"{before}\n")

    undone = Dataset.open(dataset.folder).undo()

    assert [each.verb for each in undone.operations] == ["external"]
    assert dataset.snapshot().ids() == ids


def test_a_command_that_cannot_finish_the_one_before_does_not_say_that_its_own_change_is_saved(dataset, monkeypatch):
    monkeypatch.setattr(index, "INDEX_PATIENCE", 0.05)
    lock = dataset.repository.git_folder / "index.lock"
    lock.touch()
    os.utime(lock, (time.time() - 100,) * 2)  # no lock file of the command that is cut off
    with pytest.raises(BusyError) as first:
        add(dataset.repository, [ENTRY], Intent("add", "add one"))

    with pytest.raises(BusyError) as second:
        add(dataset.repository, [ENTRY], Intent("add", "add another"))

    assert (first.value.saved, second.value.saved) == (True, False)
    assert "cannot be finished before this one" in second.value.message
    assert len(dataset.snapshot()) == 1
    lock.unlink()
    assert [note for note in add(dataset.repository, [ENTRY], Intent("add", "add another")).notes if "finished" in note]
    assert len(dataset.snapshot()) == 2


def test_an_undo_that_could_not_note_what_plain_git_moved_does_not_say_that_it_is_saved(dataset, monkeypatch, git):
    dataset.add([ENTRY], Intent("add", "add one"))
    git(dataset.folder, "commit", "--allow-empty", "-qm", "by plain git")
    before = dataset.snapshot().id

    def refuse(what: str, path: str) -> None:
        if what == "unlink" and path.endswith(".keep"):
            raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(disk, "fault_point", refuse)
    with pytest.raises(RoleThreadError) as caught:
        dataset.undo()
    monkeypatch.undo()

    assert not caught.value.saved
    assert "the note of what plain git moved was cut off" in caught.value.message
    assert dataset.snapshot().id == before
    assert [each.verb for each in dataset.undo().operations] == ["external"]


@pytest.mark.parametrize("cure", ["verify --repair", "the next command"])
@pytest.mark.parametrize(("step", "is_saved"), [("refs/heads/main", False), ("refs/rolethread/ops", True)])
def test_a_saved_pack_whose_index_is_lost_stays(dataset, monkeypatch, step, is_saved, cure):
    """Killed between the move of the branch and that of the log, the pack is all there is of a saved change."""
    before = dataset.repository.refs.read("refs/heads/main")
    cut_off(dataset, None, monkeypatch, after=("ref", step))
    saved = dataset.repository.refs.read("refs/heads/main")
    assert (saved != before) == is_saved
    (keep,) = dataset.repository.pack_folder.glob("*.keep")
    keep.with_suffix(".idx").unlink()
    packs = set(dataset.repository.pack_folder.glob("*.pack"))

    if cure == "verify --repair":
        verification = repair(dataset.repository.folder)
        assert verification.ok
        assert verify(Dataset.open(dataset.repository.folder).repository).ok
    else:
        opened = find_dataset(dataset.repository.folder, check=False)
        with opened.lock("test"):
            finish_interrupted(opened)

    again = Dataset.open(dataset.repository.folder)
    assert again.repository.refs.read("refs/heads/main") == saved
    assert len(again.snapshot()) == len(dataset.snapshot(before)) + is_saved
    assert len(list(again.log())) == 1 + is_saved
    assert is_saved <= packs.issubset(again.repository.pack_folder.glob("*.pack"))
    assert not list(again.repository.pack_folder.glob("*.keep"))


def test_a_fold_cut_off_whose_index_is_lost_stays(dataset, monkeypatch):
    """The packs that it copied may be gone, and this is all there is of them."""
    for number in range(4):
        add(dataset.repository, [ENTRY | {"metadata": {"n": number}}], Intent("add", "add one"))
    saved = dataset.snapshot().ids()
    monkeypatch.setattr(pack_folder, "FOLD_AT", 2)

    def fault(what: str, path: str) -> None:
        if what == "unlink" and path.endswith(".keep"):
            raise Killed

    monkeypatch.setattr(disk, "fault_point", fault)
    with pytest.raises(Killed), dataset.repository.lock("test"):
        pack_folder.fold_if_many(dataset.repository)
    monkeypatch.setattr(disk, "fault_point", None)
    (keep,) = dataset.repository.pack_folder.glob("*.keep")
    keep.with_suffix(".idx").unlink()

    opened = find_dataset(dataset.repository.folder, check=False)
    with opened.lock("test"):
        finish_interrupted(opened)
    again = Dataset.open(dataset.repository.folder)
    assert again.snapshot().ids() == saved
    assert verify(again.repository).ok


@pytest.mark.parametrize("at", [-1, -60])
def test_a_command_whose_pack_is_torn_is_finished_with_what_can_be_read(dataset, monkeypatch, at):
    """A torn pack may get another name when it is written again, or the same; its note goes with it."""
    add(dataset.repository, [ENTRY | {"metadata": {"n": 1}}], Intent("add", "add one"))
    cut_off(dataset, None, monkeypatch, after=("ref", "refs/rolethread/ops"))
    saved = dataset.repository.refs.read("refs/heads/main")
    (keep,) = dataset.repository.pack_folder.glob("*.keep")
    (dataset.repository.common_folder / "refs/rolethread/ops.lock").touch()
    pack = keep.with_suffix(".pack")
    torn = bytearray(pack.read_bytes())
    torn[at] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(torn)

    verification = repair(dataset.repository.folder)

    assert verification.quarantine is not None
    kept = verification.quarantine.joinpath("objects/pack", pack.name)
    assert kept.read_bytes() == torn
    again = Dataset.open(dataset.repository.folder)
    assert again.repository.refs.read("refs/heads/main") == saved or not verification.ok
    assert not list(again.repository.pack_folder.glob("*.keep"))
    if at == -1:
        assert verification.ok
        assert [each.verb for each in again.repository.operations] == ["add", "add"]


def test_a_note_that_is_cut_off_costs_no_pack(dataset, monkeypatch):
    cut_off(dataset, None, monkeypatch, after=("ref", "refs/rolethread/ops"))
    saved = dataset.repository.refs.read("refs/heads/main")
    (keep,) = dataset.repository.pack_folder.glob("*.keep")
    keep.with_suffix(".idx").unlink()
    keep.write_bytes(keep.read_bytes().partition(b"\n")[0])

    assert repair(dataset.repository.folder).ok
    assert Dataset.open(dataset.repository.folder).repository.refs.read("refs/heads/main") == saved
