"""A repair that finds an older state of a branch than the last says so, remembers the newer one, and goes there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest
from killing import die_at

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import BusyError
from rolethread_vcs.store import quarantine
from rolethread_vcs.store.log import OPERATIONS_REF
from rolethread_vcs.store.quarantine import Quarantine
from rolethread_vcs.store.refs import UNFINISHED

Run: TypeAlias = Callable[..., CompletedProcess[str]]


@pytest.fixture
def edited(dataset: Dataset) -> Dataset:
    """Return a dataset with a branch beside the current one, and a copy of it all in `../copy`."""
    dataset.branch("side")
    for words in ("first", "second", "third"):
        with dataset.edit(words) as change:
            change.add({"messages": [{"role": "user", "content": words}, {"role": "assistant", "content": "Yes."}]})
    shutil.copytree(dataset.folder, dataset.folder.parent / "copy")
    return dataset


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


def lose_pack(folder: Path, revision: str = "main") -> None:
    """Delete the pack that has what a revision names: a commit with all that its command wrote."""
    oid = git(folder, "rev-parse", revision)
    for index in list((folder / ".git/objects/pack").glob("*.idx")):
        with index.open("rb") as stream:
            listed = subprocess.run(["git", "show-index"], stdin=stream, capture_output=True, text=True, check=True)
        if oid in listed.stdout:
            for each in index.parent.glob(f"{index.stem}.*"):
                each.unlink()


def lose_object(folder: Path, revision: str) -> None:
    oid = git(folder, "rev-parse", revision)
    for pack in list(folder.glob(".git/objects/pack/*.pack")):
        data = pack.read_bytes()
        for each in pack.parent.glob(f"{pack.stem}.*"):
            each.unlink()
        subprocess.run(["git", "-C", str(folder), "unpack-objects", "-q"], input=data, check=True)
    (folder / ".git/objects" / oid[:2] / oid[2:]).unlink()


def operations(folder: Path) -> list[tuple[int, str]]:
    return [(each.operation.number, each.operation.verb) for each in Dataset.open(folder).operations.list()]


@pytest.mark.parametrize("loses", [lose_pack, lambda folder: lose_object(folder, "main")])
def test_a_branch_whose_newest_commit_is_lost_goes_back_and_says_so(edited, rtv, loses):
    folder = edited.folder
    tip, older = git(folder, "rev-parse", "main"), git(folder, "rev-parse", "main~1")
    numbers = operations(folder)
    loses(folder)

    mended = rtv(folder, "verify", "--repair")
    again = rtv(folder, "verify", "--repair")

    assert (mended.returncode, again.returncode, rtv(folder, "verify").returncode) == (70, 70, 70)
    assert all(part in mended.stdout for part in (older[:10], tip[:10])) and "repaired" not in again.stdout
    assert git(folder, "rev-parse", "main") == older
    assert operations(folder)[0][1] == "repair" and operations(folder)[1:][-4:] == numbers[-4:]
    assert rtv(folder, "undo").returncode in (0, 50)


@pytest.mark.parametrize("loses", [lose_pack, lambda folder: lose_object(folder, "main")])
def test_a_copy_brings_a_branch_forward_that_a_repair_left_behind(edited, rtv, loses):
    folder, tip = edited.folder, git(edited.folder, "rev-parse", "main")
    loses(folder)
    assert rtv(folder, "verify", "--repair").returncode == 70
    assert rtv(folder, "restore", "--all").returncode == 0

    forward = rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy"))

    assert forward.returncode == 0, forward.stdout
    assert git(folder, "rev-parse", "main") == tip and git(folder, "status", "--porcelain") == ""
    assert "repaired" not in rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy")).stdout
    assert "plain git" not in rtv(folder, "status").stdout
    assert rtv(folder, "undo").returncode == 0


def test_who_works_on_from_the_older_commit_is_no_longer_asked_for_the_lost_one(edited, rtv):
    folder = edited.folder
    lose_object(folder, "main")
    assert rtv(folder, "verify", "--repair").returncode == 70
    assert rtv(folder, "undo").returncode == 50

    assert rtv(folder, "commit").returncode == 0

    assert rtv(folder, "verify").returncode == 0
    assert len(Dataset.open(folder).snapshot().ids()) == 6
    assert rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy")).returncode == 0
    assert len(Dataset.open(folder).snapshot().ids()) == 6


def test_operations_keep_their_numbers_where_some_between_them_are_lost_and_come_back_with_a_copy(edited, rtv):
    folder = edited.folder
    before = operations(folder)
    lose_pack(folder, "main~1")

    rtv(folder, "verify", "--repair")

    lost = [(number, verb) for number, verb in operations(folder) if verb == "lost"]
    assert [number for number, _ in operations(folder)] == [number for number, _ in before] and len(lost) == 1
    assert rtv(folder, "ops").returncode == 0
    assert rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy")).returncode == 0
    assert operations(folder) == before
    assert rtv(folder, "undo", "2").returncode == 0


def test_a_log_without_its_newest_operations_has_those_of_the_copy_and_ends_with_the_repair(edited, rtv):
    folder, before = edited.folder, operations(edited.folder)
    for revision in ("main~1", "main"):
        lose_pack(folder, revision)
    assert rtv(folder, "verify", "--repair").returncode == 70

    assert rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy")).returncode == 0

    assert [verb for _, verb in operations(folder)[:2]] == ["repair", "repair"]
    assert operations(folder)[2:] == before
    assert git(folder, "rev-parse", "main") == git(folder.parent / "copy", "rev-parse", "main")


def test_operations_that_the_copy_made_later_are_none_of_ours(edited, rtv):
    folder, copy = edited.folder, edited.folder.parent / "copy"
    assert rtv(copy, "edit", "1", "--tag", "there").returncode == 0
    before = operations(folder)

    assert rtv(folder, "verify", "--repair", "--from", str(copy)).returncode == 0

    assert operations(folder) == before


def test_a_log_that_is_made_again_keeps_the_tags_and_commits_that_only_it_led_to(edited, rtv):
    folder = edited.folder
    edited.releases.create("v1")
    tag = git(folder, "rev-parse", "v1")
    edited.releases.delete("v1")
    edited.branch("gone")
    with edited.edit("on a branch that goes", branch="gone") as change:
        change.add({"messages": [{"role": "user", "content": "gone"}, {"role": "assistant", "content": "Yes."}]})
    gone = git(folder, "rev-parse", "gone")
    edited.branches.delete("gone")
    for revision in ("refs/rolethread/ops~5", "refs/rolethread/ops~1", "refs/rolethread/ops"):
        lose_object(folder, revision)

    assert rtv(folder, "verify", "--repair").returncode == 0
    git(folder, "reflog", "expire", "--expire=now", "--all")
    git(folder, "prune", "--expire=now")

    assert git(folder, "cat-file", "-t", gone) == "commit"
    number = min(number for number, verb in operations(folder) if verb == "release")
    assert rtv(folder, "undo", "--to", str(number)).returncode == 0
    assert git(folder, "cat-file", "-t", tag) == "tag"


def test_what_git_wrote_meanwhile_is_not_overwritten_and_its_lock_is_waited_for(edited, monkeypatch):
    folder, place = edited.folder / ".git", edited.folder / ".git/refs/heads/side"
    by_git = place.read_bytes()
    repairs = Quarantine(folder)

    assert not repairs.swap(place, b"", b"0" * 40)
    assert place.read_bytes() == by_git and repairs.folder is None

    lock = place.with_name("side.lock")
    lock.write_bytes(b"")
    monkeypatch.setattr(quarantine, "_PATIENCE", 0.1)
    with pytest.raises(BusyError):
        repairs.swap(place, by_git, b"0" * 40)
    assert place.read_bytes() == by_git and lock.exists()


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/side", "packed-refs"])
def test_a_lock_that_a_killed_repair_left_goes_with_the_next(edited, rtv, name):
    place = edited.folder / ".git" / name
    pid = os.fork()
    if not pid:
        swap = lambda: Quarantine(edited.folder / ".git").swap(place, quarantine.content(place), b"torn")  # noqa: E731
        die_at(5, swap)  # the first step with the lock in its place
    os.waitpid(pid, 0)
    assert place.with_name(f"{place.name}.lock").exists()

    assert rtv(edited.folder, "verify", "--repair").returncode == 0

    assert not list((edited.folder / ".git").rglob("*.lock"))
    assert rtv(edited.folder, "branch", "new").returncode == 0


def test_refs_whose_files_are_lost_do_not_fall_back_to_what_git_packed_long_ago(edited, rtv):
    folder = edited.folder
    git(folder, "pack-refs", "--all")
    assert rtv(folder, "edit", "2", "--tag", "later").returncode == 0
    tip, before = git(folder, "rev-parse", "main"), operations(folder)
    shutil.rmtree(folder / ".git/refs")

    assert rtv(folder, "verify").returncode == 70
    assert rtv(folder, "verify", "--repair").returncode == 0

    assert git(folder, "rev-parse", "main") == tip and operations(folder) == before
    assert "repaired" not in rtv(folder, "verify", "--repair").stdout


@pytest.fixture
def merging(edited: Dataset, rtv: Run) -> Path:
    """Return the folder of a dataset with a merge that waits for decisions; `../bundle` holds the rest of it."""
    folder = edited.folder
    for branch in ("side", "main"):
        assert rtv(folder, "switch", branch).returncode == 0
        assert rtv(folder, "edit", "1", "--message", "1", "--content", f"words of {branch}").returncode == 0
    git(folder, "bundle", "create", str(folder.parent / "bundle"), "--branches", "--tags", OPERATIONS_REF)
    assert rtv(folder, "merge", "side").returncode == 50
    return folder


@pytest.mark.parametrize("lost", [UNFINISHED, f"{UNFINISHED}*", "refs/worktree/rolethread"])
def test_an_unfinished_merge_whose_ref_is_lost_or_torn_comes_back_from_the_log(merging, rtv, lost):
    before, place = operations(merging), merging / ".git" / lost.removesuffix("*")
    waits = git(merging, "rev-parse", UNFINISHED)
    if lost.endswith("*"):
        place.write_bytes(b"")
    elif place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    assert "unfinished merge" in rtv(merging, "verify").stdout

    assert rtv(merging, "verify", "--repair").returncode == 0

    assert git(merging, "rev-parse", UNFINISHED) == waits and operations(merging) == before
    assert rtv(merging, "merge", "--abort").returncode == 0


def test_nobody_is_blamed_for_an_unfinished_merge_that_is_lost_and_the_dataset_is_whole_without_it(merging, rtv):
    before = operations(merging)
    lose_object(merging, UNFINISHED)

    mended = rtv(merging, "verify", "--repair")

    assert mended.returncode == 0, mended.stdout
    rtv(merging, "edit", "2", "--tag", "on")
    assert [verb for _, verb in operations(merging)[:2]] == ["edit", "repair"] and operations(merging)[2:] == before
    assert rtv(merging, "verify").returncode == 0
    assert rtv(merging, "undo").returncode == 0


def test_what_only_an_operation_needs_is_lost_once_and_not_damage_for_ever(merging, rtv):
    assert rtv(merging, "merge", "--abort").returncode == 0
    assert rtv(merging, "edit", "2", "--tag", "on").returncode == 0
    gone = git(merging, "rev-parse", "main")
    assert rtv(merging, "undo").returncode == 0
    lose_object(merging, gone)
    assert rtv(merging, "verify").returncode == 70

    assert rtv(merging, "verify", "--repair").returncode == 0

    assert rtv(merging, "verify").returncode == 0
    assert "repaired" not in rtv(merging, "verify", "--repair").stdout
    assert rtv(merging, "redo").returncode == 50


def test_a_bundle_brings_the_operation_log_that_it_holds(merging, rtv):
    before = operations(merging)[1:]
    for pack in (merging / ".git/objects/pack").iterdir():
        pack.unlink()

    assert rtv(merging, "verify", "--repair", "--from", str(merging.parent / "bundle")).returncode == 0

    assert rtv(merging, "status").returncode == 0
    assert [verb for _, verb in operations(merging)[: -len(before)]] == [], operations(merging)
    assert operations(merging)[-len(before) :] == before
    assert rtv(merging, "verify").returncode == 0


def test_an_operation_of_which_only_the_record_is_lost_comes_from_the_copy(edited, rtv):
    folder, before = edited.folder, operations(edited.folder)
    lose_object(folder, "refs/rolethread/ops~1:operation.json")
    rtv(folder, "verify", "--repair")

    assert rtv(folder, "verify", "--repair", "--from", str(folder.parent / "copy")).returncode == 0

    assert operations(folder) == before


@pytest.mark.parametrize("is_bare", [False, True])
def test_a_configuration_that_is_gone_is_damage_and_comes_back_with_the_notes_that_the_log_knows(edited, rtv, is_bare):
    folder, config = edited.folder, edited.folder / ".git/config"
    assert rtv(folder, "branch", "side", "--note", "warmer").returncode == 0
    assert rtv(folder, "config", "set", "checkout", "never" if is_bare else "always").returncode == 0
    before = config.read_bytes()
    config.unlink()
    assert rtv(folder, "verify").returncode == 70
    rtv(folder, "branch", "main", "--note", "saved but cut off")

    assert rtv(folder, "verify", "--repair").returncode == 0

    keys = ("core.bare", "core.logAllRefUpdates", "branch.side.description")
    mended = [git(folder, "config", key) for key in keys]
    assert mended == ["true" if is_bare else "false", "false" if is_bare else "true", "warmer"], before
    assert git(folder, "config", "branch.main.description") == "saved but cut off"
    assert rtv(folder, "verify").returncode == 0 and rtv(folder, "edit", "1", "--tag", "on").returncode == 0
    assert is_bare or git(folder, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("prepare", "leads_to"),
    [
        (lambda main, linked: None, "ref: refs/heads/side"),
        (lambda main, linked: git(linked, "switch", "-q", "-c", "third"), "ref: refs/heads/third"),
        (lambda main, linked: git(linked, "switch", "-q", "--detach", "main~1"), None),
        (lambda main, linked: (linked / "hand.txt").write_text("a note"), "ref: refs/heads/side"),
    ],
    ids=["known", "switched by git", "detached by git", "hand edits"],
)
def test_a_linked_folder_whose_head_is_lost_goes_back_to_its_branch(edited, rtv, prepare, leads_to):
    linked = edited.folder.parent / "linked"
    assert rtv(edited.folder, "workcopy", "add", str(linked), "--branch", "side").returncode == 0
    assert rtv(linked, "edit", "1", "--tag", "+side").returncode == 0
    prepare(edited.folder, linked)
    head = edited.folder / ".git/worktrees/linked/HEAD"
    head.unlink()
    assert rtv(edited.folder, "branch", "another").returncode == 0  # an operation that does not see it

    mended = rtv(edited.folder, "verify", "--repair")

    assert mended.returncode == 0
    assert head.read_text().strip() == (leads_to or git(edited.folder, "rev-parse", "main~1"))
    assert not git(linked, "status", "--porcelain", "--untracked-files=no")


def test_no_repair_puts_a_folder_on_a_branch_that_another_has(edited, rtv):
    folder, linked = edited.folder, edited.folder.parent / "linked"
    assert rtv(folder, "workcopy", "add", str(linked), "--branch", "side").returncode == 0
    side = git(folder, "rev-parse", "side")
    head = folder / ".git/worktrees/linked/HEAD"
    head.unlink()
    git(folder, "switch", "-q", "--ignore-other-worktrees", "side")

    mended = rtv(folder, "verify", "--repair")

    assert mended.returncode == 0
    assert head.read_text().strip() == side
    assert not git(linked, "status", "--porcelain")
    assert rtv(folder, "verify").returncode == 0


@pytest.mark.parametrize("name", ["commondir", "HEAD"])
@pytest.mark.parametrize("data", [b"", None, b"\0\0", b"ref: refs/heads/\xff\n"])
def test_a_linked_folder_that_git_does_not_open_is_damage_and_is_mended_from_within(edited, rtv, name, data):
    folder, linked = edited.folder, edited.folder.parent / "linked"
    assert rtv(folder, "workcopy", "add", str(linked), "--branch", "side").returncode == 0
    place = folder / ".git/worktrees/linked" / name
    before = place.read_text()
    place.unlink()
    if data is not None:
        place.write_bytes(data)

    assert rtv(folder, "verify").returncode == 70
    assert rtv(linked, "verify", "--repair").returncode == 0

    assert place.read_text() == before
    assert rtv(folder, "verify").returncode == 0
    assert not git(linked, "status", "--porcelain")
