"""Runs something in a child that is killed at its first step on the disk, then at its second, until it gets through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from sweeping import KILLED

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.store import disk

Bench: TypeAlias = tuple[Dataset, Path]
"""A dataset, and the file copy or the folder copy that it is about."""


def killed_at_each_step(
    folder: Path, make: Callable[[Path], Bench], run: Callable[[Bench], object], *, at_least: int = 10
) -> Iterator[Bench]:
    """Yield what each kill left of a bench, the dataset opened anew; last, one that was not killed.

    `make` makes the bench in a folder, once: what lies there is put back before every step, at the same place.
    """
    prepared = folder.with_name(f"{folder.name}-prepared")
    folder.mkdir(exist_ok=True)
    made, path = make(folder)
    shutil.copytree(folder, prepared, symlinks=True)
    step = 0
    while True:
        step += 1
        shutil.rmtree(folder)
        shutil.copytree(prepared, folder, symlinks=True)
        pid = os.fork()
        if not pid:
            dataset = Dataset.open(made.folder)
            die_at(step, lambda dataset=dataset: run((dataset, path)))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, KILLED)
        yield Dataset.open(made.folder), path
        if code == 0:
            assert step > at_least
            return


def die_at(step: int, run: Callable[[], object]) -> None:
    """Be a process that ends with `KILLED` at the step of that number on the disk, or with 0 after them all."""
    count = 0

    def fault(_what: str, _path: str) -> None:
        nonlocal count
        count += 1
        if count == step:
            os._exit(KILLED)

    disk.fault_point = fault
    try:
        run()
    except BaseException:
        os._exit(1)
    os._exit(0)
