"""Runs things and says how long they took: medians of runs that take turns with their peer's, so that both meet the
same machine."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `ours` and `peer` are readable measurements, `value` is what is held against `target` (None: only told), both in
    the words of `unit`: a ratio, milliseconds, megabytes.
    """

    name: str
    ours: str
    peer: str
    value: float | None
    target: float | None
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the target holds; a figure without one has nothing to miss."""
        return self.value is None or self.target is None or self.value <= self.target


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: wall time in seconds, peak memory in megabytes."""

    seconds: float
    megabytes: float


def run(command: Sequence[str], *, stdin: Path | None = None, stdout: Path | None = None, **more: str) -> Run:
    """Run a program to its end, from a file, into a file (else nowhere); `more` are environment variables.

    Raises:
        RuntimeError: the program failed.
    """
    with _opened(stdin, "rb") as source, _opened(stdout, "wb") as target:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=target, stderr=subprocess.PIPE, env=os.environ | more)
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)  # the memory of this child alone
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: status {process.returncode}\n{said.decode(errors='replace')}")
    return Run(seconds, usage.ru_maxrss / 1024)


def take_turns(runs: int, *tasks: Callable[[], Run]) -> list[list[Run]]:
    """Run some tasks in turns, so many rounds; return the runs of each.

    What the one before wrote goes to the disk first, or the flushes of the next would wait for it.
    """
    results: list[list[Run]] = [[] for _ in tasks]
    for _ in range(runs):
        for result, task in zip(results, tasks, strict=True):
            os.sync()
            result.append(task())
    return results


def median(runs: Sequence[Run]) -> float:
    """Return the median wall time in seconds."""
    return statistics.median(each.seconds for each in runs)


def _opened(path: Path | None, mode: str) -> BinaryIO:
    return open(path or os.devnull, mode, buffering=0)  # type: ignore[return-value]  # noqa: PTH123  binary; closed by run
