"""Branches and tags: whoever comes second is told so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from refusals import refusal

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import BusyError, DamagedError, InvalidError, SystemRefusedError
from rolethread_vcs.store.refs import HEAD, RefMovedError
from rolethread_vcs.transaction import Intent

MAIN = "refs/heads/main"


@pytest.fixture
def two_commits(filled):
    """Return the dataset, its first commit and its second one."""
    commit = filled.snapshot().commit
    return filled, commit.parents[0], commit.id


def test_a_held_swap_moves_the_branch(two_commits):
    dataset, first, second = two_commits
    held = dataset.repository.refs.hold(MAIN)

    held.swap(first, "back")

    assert held.target == second
    assert dataset.repository.refs.read(MAIN) == first


def test_a_held_swap_refuses_when_the_branch_moved(two_commits, git):
    dataset, first, second = two_commits
    held = dataset.repository.refs.hold(MAIN)
    git(dataset.folder, "update-ref", MAIN, first)

    with pytest.raises(RefMovedError, match="main moved while this command was working"):
        held.swap(second, "too late")
    assert dataset.repository.refs.read(MAIN) == first


def test_a_held_swap_refuses_also_after_the_refs_were_packed(two_commits, git):
    dataset, first, second = two_commits
    held = dataset.repository.refs.hold(MAIN)
    git(dataset.folder, "update-ref", MAIN, first)
    git(dataset.folder, "pack-refs", "--all")

    with pytest.raises(RefMovedError):
        held.swap(second, "too late")


def test_deleting_refuses_when_the_branch_moved(two_commits, git):
    dataset, first, second = two_commits
    dataset.repository.refs.create("refs/heads/side", second)
    held = dataset.repository.refs.hold("refs/heads/side")
    git(dataset.folder, "update-ref", "refs/heads/side", first)

    with pytest.raises(RefMovedError):
        held.delete()
    assert dataset.repository.refs.read("refs/heads/side") == first


def test_a_ref_is_created_once(two_commits):
    dataset, first, second = two_commits
    dataset.repository.refs.create("refs/heads/new", second)

    with pytest.raises(RefMovedError, match="exists already"):
        dataset.repository.refs.create("refs/heads/new", first)
    assert dataset.repository.refs.read("refs/heads/new") == second


def test_a_lock_file_of_git_is_busy_and_names_the_way_out(two_commits):
    dataset, first, _ = two_commits
    (dataset.repository.common_folder / "refs/heads/main.lock").touch()

    with refusal(BusyError, "ref_locked", match="locked by another git program") as caught:
        dataset.repository.refs.hold(MAIN).swap(first, "no")
    assert caught.value.status == 60
    assert "rtv doctor --unlock" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_full_disk_is_not_taken_for_a_lock(two_commits):
    dataset, first, _ = two_commits
    code = (
        "import os, resource, sys\n"
        "from pathlib import Path\n"
        "from rolethread_vcs.store.dataset_folder import open_dataset\n"
        "held = open_dataset(Path(sys.argv[1])).refs.hold('refs/heads/main')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "try:\n    held.swap(sys.argv[2], 'no')\n"
        "except Exception as error:\n    os._exit(getattr(error, 'status', 1))\n"
        "os._exit(0)\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(dataset.folder), first])

    assert done.returncode == SystemRefusedError.status
    assert dataset.repository.refs.read(MAIN) != first


def test_a_torn_ref_is_damage_and_not_absence(two_commits):
    dataset, _, _ = two_commits
    (dataset.repository.common_folder / MAIN).write_bytes(b"")

    with pytest.raises(DamagedError, match="main cannot be read"):
        dataset.repository.refs.read(MAIN)


def test_torn_packed_refs_are_damage(two_commits):
    dataset, _, _ = two_commits
    (dataset.repository.common_folder / "packed-refs").write_text("nonsense\n")

    with pytest.raises(DamagedError, match="branches and releases cannot be read"):
        dataset.repository.refs.table()


def test_the_table_holds_head_branches_and_tags_and_nothing_else(two_commits, git):
    dataset, first, second = two_commits
    git(dataset.folder, "tag", "v1", first)
    git(dataset.folder, "update-ref", "refs/remotes/origin/main", first)

    assert dataset.repository.refs.table() == {HEAD: f"ref: {MAIN}", MAIN: second, "refs/tags/v1": first}


def test_head_follows_a_branch_or_holds_a_commit(two_commits):
    dataset, first, _ = two_commits
    refs = dataset.repository.refs

    refs.set_head(first, before=f"ref: {MAIN}")
    detached = refs.head()
    refs.set_head(f"ref: {MAIN}", before=first)

    assert detached == first
    assert refs.head() == f"ref: {MAIN}"


def test_head_stays_when_it_is_not_where_it_was(two_commits, git):
    dataset, first, _ = two_commits
    git(dataset.folder, "update-ref", "refs/heads/side", first)

    with pytest.raises(RefMovedError, match="HEAD moved"):
        dataset.repository.refs.set_head(f"ref: {MAIN}", before="ref: refs/heads/side")

    assert dataset.repository.refs.head() == f"ref: {MAIN}"


def test_another_name_for_a_branch_is_no_branch_and_its_branch_is_never_moved_or_deleted_by_it(two_commits, git):
    dataset, _, second = two_commits
    git(dataset.folder, "symbolic-ref", "refs/heads/master", MAIN)
    dataset.branch("side", switch=True)
    refs = dataset.repository.refs

    with refusal(InvalidError, "alias", match="master is another name for main"):
        dataset.branches.delete("master")
    with refusal(InvalidError, "alias"):
        dataset.switch("master")

    assert refs.read("refs/heads/master") == refs.read(MAIN) == second
    assert sorted(refs.branches()) == ["main", "side"]
    assert refs.head() == "ref: refs/heads/side"


def test_who_stands_on_another_name_for_a_branch_saves_to_the_branch(two_commits, git):
    dataset, _, second = two_commits
    git(dataset.folder, "symbolic-ref", "refs/heads/master", MAIN)
    git(dataset.folder, "symbolic-ref", "HEAD", "refs/heads/master")
    dataset = Dataset.open(dataset.folder)

    for text in ("good evening", "good night"):
        dataset.add(
            [{"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]}],
            Intent("add", "add"),
        )

    assert dataset.repository.refs.read(MAIN) not in (None, second)
    assert [operation.verb for operation in dataset.repository.operations][:2] == ["add", "add"]
    assert git(dataset.folder, "status", "--porcelain") == ""


def test_another_name_that_leads_nowhere_is_no_branch(two_commits, git):
    dataset, _, second = two_commits
    git(dataset.folder, "symbolic-ref", "refs/heads/master", "refs/heads/gone")

    assert dataset.repository.refs.read("refs/heads/master") is None
    assert dataset.repository.refs.branches() == {"main": second}


def test_swaps_of_several_processes_are_never_lost(two_commits):
    dataset, _, second = two_commits
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rolethread_vcs.errors import BusyError, MovedError\n"
        "from rolethread_vcs.store.objects import commits\n"
        "from rolethread_vcs.store.dataset_folder import open_dataset\n"
        "repository = open_dataset(Path(sys.argv[1]))\n"
        "who = commits.Signature('a', 'b', 1, 0)\n"
        "done = 0\n"
        "while done < 15:\n"
        "    held = repository.refs.hold('refs/heads/race')\n"
        "    base = repository.objects.commit(held.target)\n"
        "    with repository.pack() as pack:\n"
        "        text = f'{sys.argv[2]} {done}'\n"
        "        new = pack.add_commit(base.tree, [base.id], who, text)\n"
        "        pack.publish()\n"
        "    try:\n        held.swap(new, 'race')\n"
        "    except (MovedError, BusyError):\n        continue\n"
        "    done += 1\n"
    )
    dataset.repository.refs.create("refs/heads/race", second)

    children = [
        subprocess.Popen([sys.executable, "-c", code, str(dataset.folder), str(number)], env=os.environ.copy())
        for number in range(3)
    ]

    assert [child.wait() for child in children] == [0, 0, 0]
    tip = dataset.repository.refs.read("refs/heads/race")
    messages = [commit.message for commit in dataset.repository.graph.newest_first([tip], hide=(second,))]
    assert sorted(messages) == sorted(f"{a} {b}" for a in range(3) for b in range(15))
