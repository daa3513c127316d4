"""Runs something in a child that is killed at its first step on the disk, then at its second, until it gets through."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from sweeping import KILLED

from rolethread_vcs.store import disk

Bench = TypeVar("Bench")


def killed_at_each_step(
    make: Callable[[int], Bench], run: Callable[[Bench], object], *, at_least: int = 10
) -> Iterator[Bench]:
    """Yield what each kill left of a bench, which `make` makes anew for every step; last, one that was not killed."""
    step = 0
    while True:
        step += 1
        bench = make(step)
        pid = os.fork()
        if not pid:
            _die_at(step, lambda bench=bench: run(bench))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, KILLED)
        yield bench
        if code == 0:
            assert step > at_least
            return


def _die_at(step: int, run: Callable[[], object]) -> None:
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
