"""Datasets to be hard on, and the command as a real process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sweeping import conversation

from rolethread_vcs.cli.main import main
from rolethread_vcs.dataset import Dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Return a dataset of three entries, checked out."""
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit("add three") as change:
        for number in range(3):
            change.add(conversation(f"hello {number}"))
    return dataset


@pytest.fixture
def fsck(environment: dict[str, str]) -> Callable[[Path], str]:
    """Return a function that gives what `git fsck --strict` complains about."""

    def run(folder: Path) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), "fsck", "--strict", "--no-dangling"],
            capture_output=True,
            text=True,
            env=environment,
        )
        return done.stderr if done.returncode else ""

    return run


@pytest.fixture
def rtv(tmp_path: Path, environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command in a folder, as a real process: a fork, where the system has it.

    A fork need not import the program again. What takes longer than a minute is ended by a signal. Further variables
    of its environment can be given by name, and how many more files it can open.
    """

    def run(folder: Path, *words: str, files: int | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        command, variables = [*PROGRAM, "-C", str(folder), *words], {**environment, **variables}
        if not hasattr(os, "fork"):
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=variables, timeout=LONGEST
            )
        out, err = tmp_path / "stdout", tmp_path / "stderr"
        pid = os.fork()
        if not pid:
            _become(command[len(PROGRAM) :], variables, out, err, files)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return subprocess.CompletedProcess(command, status, out.read_text("utf-8"), err.read_text("utf-8"))

    return run


def _become(words: list[str], environment: dict[str, str], out: Path, err: Path, files: int | None) -> None:
    """Be the command from here on, as its own process would be: with these streams, and nothing left of the tests."""
    status = 1
    signal.alarm(LONGEST)
    try:
        for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
            os.dup2(os.open(path, flags | (os.O_CREAT | os.O_TRUNC if number else 0)), number)
        sys.stdin, sys.stdout, sys.stderr = (open(n, "w" if n else "r", encoding="utf-8") for n in range(3))  # noqa: SIM115, PTH123
        os.environ.clear()
        os.environ.update(environment)
        if files is not None:
            import resource

            gc.collect()  # what the tests before held open is closed now, and not later
            opened = {path.name for path in Path("/proc/self/fd").iterdir()}
            most = [number for number in range(1024) if str(number) not in opened][files]
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        main(words)
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


LONGEST = 60  # seconds, of a command that may well be slow on a busy machine
PROGRAM = (sys.executable, "-m", "rolethread_vcs.cli.main")
