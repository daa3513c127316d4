"""The verb `doctor`: it looks at everything, changes nothing, and unlocks only when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store.log.journal import Pending


@pytest.fixture
def dataset(tmp_path):
    return Dataset.init(tmp_path / "tavern")


def doctor(folder, capsys, *words):
    """Run the verb; return status, text and envelope."""
    status = run(["-C", str(folder), "doctor", *words])
    text = capsys.readouterr()
    run(["-C", str(folder), "doctor", "--json"])
    return status, text.out + text.err, json.loads(capsys.readouterr().out)["rolethread.doctor/v1"]


def lock_of(dataset, name, age):
    path = dataset.repository.common_folder / name
    path.touch()
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_a_healthy_dataset(dataset, capsys):
    dataset.repository.config.set({"user.name": "Scott"})
    dataset.repository.config.set({"user.email": "s@example.org"})

    status, text, value = doctor(dataset.folder, capsys)

    assert status == 0
    assert set(value["versions"]) >= {"rolethread-vcs", "Python", "pygit2", "libgit2", "orjson", "git"}
    assert value["dataset"] | {"packs": 0} == {
        "checked_out": True,
        "durability": "safe",
        "identity": "Scott <s@example.org>",
        "holder": None,
        "pending": None,
        "unwritable": [],
        "git_locks": [],
        "leftovers": [],
        "damaged_refs": [],
        "branch": "main",
        "branches": 1,
        "releases": 0,
        "operations": 1,
        "packs": 0,
        "loose": 0,
    }
    assert value["advice"] == [] and value["trouble"] is None
    assert "nothing is in the way" in text


def test_outside_a_dataset_it_tells_of_the_machine(tmp_path, capsys):
    status, text, value = doctor(tmp_path, capsys)

    assert status == 0
    assert value["dataset"] is None
    assert value["trouble"].startswith("there is no dataset in")
    assert "rtv init" in text and "libgit2" in text


def test_a_cloud_folder_is_warned_of(tmp_path, capsys):
    dataset = Dataset.init(tmp_path / "Dropbox" / "tavern")

    _, text, value = doctor(dataset.folder, capsys)

    assert value["cloud"] == "Dropbox"
    assert "copies files behind our back" in text


def test_an_interrupted_command_is_told_and_finished_by_unlock(dataset, capsys):
    repository = dataset.repository
    head, log = repository.refs.head_commit(), repository.operations.head()
    moves = {"refs/heads/main": (head, "1" * 40)}
    with repository.pack() as pack:
        keep = pack.publish(Pending("edit 12", 1_700_000_000, moves, (log, "2" * 40)).encode()).with_suffix(".keep")

    _, text, value = doctor(dataset.folder, capsys)
    status, after, _ = doctor(dataset.folder, capsys, "--unlock")

    assert value["dataset"]["pending"] == "edit 12"
    assert "(edit 12) was cut off before anything was changed" in text
    assert status == 0
    assert "the last command (edit 12, " in after and "cut off before anything was saved" in after
    assert not keep.exists()


def test_unlock_removes_old_locks_of_git_and_says_which(dataset, capsys):
    old = lock_of(dataset, "refs/heads/main.lock", 3600)
    young = lock_of(dataset, "index.lock", 5)

    status, text, _ = doctor(dataset.folder, capsys, "--unlock")

    assert status == 0
    assert f"removed {old}" in text and "60 minutes old" in text
    assert f"left    {young}" in text and "rtv doctor --unlock --yes" in text
    assert not old.exists() and young.exists()


def test_unlock_with_yes_removes_the_young_ones_too(dataset, capsys):
    young = lock_of(dataset, "index.lock", 5)

    status, _, value = doctor(dataset.folder, capsys, "--unlock", "--yes")

    assert status == 0
    assert not young.exists()
    assert value["dataset"]["git_locks"] == []


def test_without_unlock_nothing_is_removed(dataset, capsys):
    old = lock_of(dataset, "packed-refs.lock", 3600)

    _, text, value = doctor(dataset.folder, capsys)

    assert old.exists()
    assert [lock["path"] for lock in value["dataset"]["git_locks"]] == [str(old)]
    assert "rtv doctor --unlock" in text


def test_yes_alone_is_a_usage_error(dataset, capsys):
    assert run(["-C", str(dataset.folder), "doctor", "--yes"]) == 2


def test_while_a_command_is_writing_the_holder_is_named_and_unlock_refuses(dataset, capsys):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rolethread_vcs.store.lock import hold\n"
        "with hold(Path(sys.argv[1]), 'rtv import', patience=15):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(dataset.repository.lock_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        young = lock_of(dataset, "index.lock", 3600)

        _, text, value = doctor(dataset.folder, capsys)
        refused = run(["-C", str(dataset.folder), "doctor", "--unlock"])
        child.stdin.close()

    assert f"process {child.pid} on " in value["dataset"]["holder"] and "rtv import" in text
    assert refused == 60
    assert young.exists()


def test_a_damaged_dataset_is_looked_at_all_the_same(dataset, capsys):
    (dataset.repository.common_folder / "refs/heads/main").write_text("")

    status, text, value = doctor(dataset.folder, capsys)

    assert status == 0
    assert "main cannot be read" in value["trouble"]
    assert "rtv verify" in text


def test_what_git_is_told_to_do_and_rtv_does_not_is_named(dataset, capsys, monkeypatch, tmp_path):
    hooks = dataset.repository.common_folder / "hooks"
    elsewhere = tmp_path / "home" / "my hooks"
    for folder, name, mode in (
        (hooks, "commit-msg", 0o755),
        (hooks, "pre-commit", 0o755),
        (hooks, "post-commit", 0o644),
        (hooks, "pre-commit.sample", 0o755),
        (elsewhere, "prepare-commit-msg", 0o755),
    ):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(mode)
    dataset.repository.config.set({"commit.gpgsign": "yes"})
    dataset.gate.install_hooks()

    _, _, value = doctor(dataset.folder, capsys)
    dataset.repository.config.set({"core.hooksPath": "~/my hooks"})
    _, _, followed = doctor(dataset.folder, capsys)

    told = [line for line in value["advice"] if "git" in line and "neutral" not in line]
    assert [line.partition(",")[0] for line in told] == [
        "git is told to sign (commit.gpgSign)",
        "rtv runs no hooks of git",
    ]
    assert told[1].endswith(f": commit-msg, pre-commit in {hooks}")
    assert followed["advice"][-1].endswith(f": prepare-commit-msg in {elsewhere}")
