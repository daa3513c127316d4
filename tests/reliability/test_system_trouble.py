"""Full disks, failing disks, read-only folders, and kills in the middle of system calls: never a false success."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sweeping import conversation

from rolethread_vcs.dataset import Dataset

EDITING = str(Path(__file__).with_name("editing.py"))
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
CALLS = "write,pwrite64,rename,renameat,renameat2,link,linkat,fsync,fdatasync"


def _can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "-e", "trace=none", "true"], capture_output=True).returncode == 0


traced = pytest.mark.skipif(not _can_trace(), reason="needs strace, and the right to trace")


def edit(folder: Path, *more: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*before, sys.executable, EDITING, str(folder), *more], capture_output=True, text=True)


def trace(inject: str, log: Path) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={CALLS}", "-e", f"inject={inject}")


def check(folder: Path, old: str, done: subprocess.CompletedProcess[str], fsck) -> str:
    """Hold the promises after an edit that may have ended in any way; return the branch's commit."""
    assert fsck(folder) == "", done.stderr
    again = Dataset.open(folder)
    tip = again.repository.refs.head_commit()
    parents = again.repository.objects.commit(tip).parents
    assert tip == old or parents == (old,), done.stderr
    if done.stdout:
        assert done.stdout == f"saved {tip}\n"
    if "not saved" in done.stderr:
        assert tip == old, done.stderr
    elif done.stderr.startswith("saved"):
        assert tip != old, done.stderr
    with again.edit("the next command", branch="probe") as change:
        change.put(again.snapshot("probe").ids()[1], conversation("next"))
    assert again.upkeep.verify().ok
    status = subprocess.run(["git", "-C", str(folder), "status", "--porcelain"], capture_output=True, text=True)
    assert status.stdout == "", done.stderr
    return tip


@pytest.fixture
def template(dataset):
    dataset.branch("probe")
    return dataset.folder


@pytest.mark.parametrize("limit", [0, 1, 40, 41, 60, 150, 400, 1000, 1072, 1500, 2000, 4000, 6000, 9000])
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_full_disk_is_never_a_success(template, fsck, limit):
    old = Dataset.open(template).repository.refs.head_commit()

    done = edit(template, str(limit))

    tip = check(template, old, done, fsck)
    assert done.returncode == (0 if done.stdout else 74), done.stderr
    assert done.stdout or tip == old or "is saved" in done.stderr
    if limit < 1000:
        assert "beyond the limit" in done.stderr


@traced
@pytest.mark.parametrize("checkout", ["always", "never"])
def test_an_edit_flushes_as_often_as_we_say_and_nothing_below_us_does(template, tmp_path, checkout):
    Dataset.open(template).settings.set("checkout", checkout)
    log = tmp_path / "log"

    edit(template, before=("strace", "-f", "-qq", "-o", str(log), "-e", "trace=fsync,fdatasync"))

    assert len(log.read_text().splitlines()) == 7


@traced
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", ["fsync", "write", "rename"])
def test_a_failing_disk_is_never_a_false_success(template, fsck, tmp_path, call, error):
    old = Dataset.open(template).repository.refs.head_commit()

    done = edit(template, before=trace(f"{call}:error={error}:when=1+", tmp_path / "log"))

    check(template, old, done, fsck)
    assert done.stdout == "" or done.returncode == 0


@traced
@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "write", "rename"])
def test_each_single_error_of_the_disk_is_never_a_false_success(template, fsck, tmp_path, call):
    copy = tmp_path / "copy"
    for when in range(1, 14):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(template, copy, symlinks=True)
        old = Dataset.open(copy).repository.refs.head_commit()

        done = edit(copy, before=trace(f"{call}:error=EIO:when={when}", tmp_path / "log"))

        check(copy, old, done, fsck)


@traced
@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS.split(","))
def test_killed_in_a_system_call_it_is_old_or_new(template, fsck, tmp_path, call):
    copy = tmp_path / "copy"
    for when in range(1, 40):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(template, copy, symlinks=True)
        old = Dataset.open(copy).repository.refs.head_commit()

        done = edit(copy, before=trace(f"{call}:signal=SIGKILL:when={when}", tmp_path / "log"))

        check(copy, old, done, fsck)
        if done.returncode == 0:
            break
    assert done.returncode == 0


@pytest.fixture
def humble(dataset, environment):
    """Return a function that runs a command in the dataset as one whom permissions stop."""
    if IS_ROOT and shutil.which("setpriv") is None:
        pytest.skip("nothing stops root here")
    before = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if IS_ROOT else ()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*before, sys.executable, "-m", "rolethread_vcs.cli.main", "-C", str(dataset.folder), *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture
def git(dataset, environment):
    def run(*words: str) -> str:
        command = ["git", "-C", str(dataset.folder), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    return run


PRIVATE_PLACES = (
    "objects/??/*",
    "objects/??",
    "objects/pack/*.pack",
    "objects/pack/*.idx",
    "objects/pack",
    "refs/heads/main",
    "refs/heads",
    "refs/rolethread/ops",
    "packed-refs",
    "HEAD",
    "config",
)


@pytest.mark.parametrize("place", PRIVATE_PLACES)
def test_what_this_user_may_not_read_is_not_taken_for_damaged(dataset, humble, git, place):
    entry = next(dataset.folder.glob("entries/**/*.json"))
    entry.write_text(entry.read_text().replace("hello", "hullo"))
    git("commit", "--quiet", "--all", "--message", "by hand")
    git("pack-refs", "--all")
    with dataset.edit() as change:
        change.add(conversation("more"))
    refs = git("for-each-ref")
    denied = next((dataset.folder / ".git").glob(place))
    mode = denied.stat().st_mode
    denied.chmod(0)

    answers = [humble("verify", "--repair"), humble("verify")]
    denied.chmod(mode)

    assert [answer.returncode for answer in answers] == [74, 74], answers
    assert git("for-each-ref") == refs
    assert humble("verify").returncode == 0


def test_a_read_only_folder_can_be_read_and_says_why_it_is_not_written(dataset, humble):
    paths = [dataset.folder, *dataset.folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)

    listed, verified, looked = humble("list"), humble("verify"), humble("doctor")
    refused = humble("add", "--user", "a", "--assistant", "b")
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)

    assert listed.returncode == 0, listed.stderr
    assert verified.returncode == 0, verified.stdout
    assert looked.returncode == 0, looked.stderr
    assert f"{dataset.folder} and " in looked.stdout and "cannot be written to" in looked.stdout
    assert "nothing can be saved" in looked.stdout and "nothing is in the way" not in looked.stdout
    assert refused.returncode == 74, refused.stderr
    assert "permission denied" in refused.stderr.lower()


def test_a_pruning_collection_between_commands_leaves_every_undo(template):
    dataset = Dataset.open(template)
    before = dict(dataset.snapshot())
    steps = [before]
    for number in range(3):
        with dataset.edit() as change:
            change.put(dataset.snapshot().ids()[number], conversation(f"v{number}"))
        steps.append(dict(dataset.snapshot()))
        collect(template)
    while len(steps) > 1:
        steps.pop()
        Dataset.open(template).undo()
        collect(template)

        assert dict(Dataset.open(template).snapshot()) == steps[-1]
    for _ in range(3):
        Dataset.open(template).redo()
        collect(template)
    assert [e.messages[0]["content"] for _, e in Dataset.open(template).snapshot()] == ["v0", "v1", "v2"]


def collect(folder: Path) -> None:
    for words in (["reflog", "expire", "--expire=now", "--all"], ["gc", "--quiet", "--prune=now"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of other systems are others")
@pytest.mark.parametrize("limit", ["-n 7", "-n 10", "-n 20", "-v 24000", "-v 31000", "-v 36000", "-v 45000"])
@pytest.mark.parametrize("words", ["verify", "clone . ../copy", "edit 2 --tag +x"])
def test_what_runs_out_while_the_program_is_still_loaded_is_called_that(dataset, environment, limit, words):
    words = f"ulimit {limit}; exec {sys.executable} -m rolethread_vcs {words}"
    folder, old = dataset.folder, dataset.repository.refs.head_commit()

    done = subprocess.run(["sh", "-c", words], cwd=folder, env=environment, capture_output=True, text=True)

    if done.returncode == -signal.SIGSEGV and limit.startswith("-v"):
        pytest.skip("orjson does not ask, while it is loaded, whether it got its memory")
    assert done.returncode == 74 or (done.returncode == 0 and limit.startswith("-n")), (done.returncode, done.stderr)
    assert done.returncode == 0 or (len(done.stderr.splitlines()) < 3 and "Traceback" not in done.stderr)
    assert done.returncode == 0 or dataset.repository.refs.head_commit() == old
