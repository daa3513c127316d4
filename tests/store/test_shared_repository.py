"""A repository that several users of one machine write to: git's `core.sharedRepository`; and how files are flushed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rolethread_vcs import Dataset

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions of users and groups")


def modes_after_work(folder: Path, shared: str | None, umask: int) -> dict[str, int]:
    """Return the permissions of all that lies in `.git` after some commands, hooks and loose objects left out."""
    before = os.umask(umask)
    try:
        dataset = Dataset.init(folder)
        if shared is not None:
            dataset.repository.config.set({"core.sharedRepository": shared})
        done = dataset.add([{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}])
        dataset.branch("one/two", switch=True)
        dataset.remove(done.ids)
        dataset.releases.create("v1")
        dataset.undo()
        git = dataset.folder / ".git"
        return {
            path.relative_to(git).as_posix(): stat.S_IMODE(path.stat().st_mode)
            for path in git.rglob("*")
            if not path.is_relative_to(git / "hooks")
        }
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("shared", "umask", "file", "folder"),
    [
        ("group", 0o022, 0o664, 0o2775),
        ("true", 0o077, 0o660, 0o2770),
        ("1", 0o077, 0o660, 0o2770),
        ("all", 0o077, 0o664, 0o2775),
        ("0660", 0o022, 0o660, 0o2770),
        ("0640", 0o022, 0o640, 0o2750),
    ],
)
def test_what_is_written_belongs_to_the_group_too(
    tmp_path: Path, shared: str, umask: int, file: int, folder: int
) -> None:
    modes = modes_after_work(tmp_path / "d", shared, umask)

    packs = {mode for name, mode in modes.items() if name.endswith((".pack", ".idx"))}
    folders = {modes[name] for name in ("refs", "refs/heads/one", "rolethread", "rolethread/drafts", "objects/pack")}
    files = {modes[name] for name in ("refs/heads/main", "refs/heads/one/two", "HEAD", "config", "rolethread/lock")}
    logs = {mode for name, mode in modes.items() if name.startswith("logs/") and "." not in name}
    assert (packs, folders, files) == ({file & 0o444}, {folder}, {file})
    assert logs == {file, folder}


@pytest.mark.parametrize("shared", [None, "false", "umask", "0", "nonsense"])
def test_elsewhere_the_umask_decides(tmp_path: Path, shared: str | None) -> None:
    modes = modes_after_work(tmp_path / "d", shared, 0o077)

    assert {mode & 0o7077 for mode in modes.values()} == {0}


@pytest.mark.parametrize("works", [True, False])
def test_a_disk_that_holds_bytes_back_is_told_to_write_them(tmp_path: Path, works: bool) -> None:
    code = """
import fcntl, sys
from pathlib import Path
from rolethread_vcs.store import disk
disk.FULL_FLUSH = fcntl.F_GETFD if {works} else 9999  # stands for F_FULLFSYNC, which macOS alone has
sys.addaudithook(lambda event, args: print(event, args[1]) if event == "fcntl.fcntl" else None)
disk.replace_file(Path(sys.argv[1]), b"x", durable=True)
"""
    words = [sys.executable, "-c", code.replace("{works}", str(works)), str(tmp_path / "file")]

    done = subprocess.run(words, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(done.stdout.splitlines())) == 1
    assert done.stdout.count("fcntl.fcntl") == 2  # the file, and its name
    assert (tmp_path / "file").read_bytes() == b"x"
