"""Shares the rows of a large import out to helper processes, and brings them back in the order of the file.

    this process   cuts the file into batches ──┐                         ┌──> matches, judges, writes the pack
    helpers                                     └──> cut rows, prepare ───┘

Nothing but the time depends on the helpers: a row that comes back without an answer is prepared here. So a helper that
cannot be started, or is killed, changes nothing else.

A helper gets a batch only when its last answer has been read to the end. So neither side can wait for the other to make
room, and no more is under way than one batch for each helper.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, TypeAlias

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.formats import Batch, Format, Lines, Piece, Source
from rolethread_vcs.ops.import_.preparing import Known, Preparation, Preparer, Row
from rolethread_vcs.ops.import_.preparing_process import receive, send

WORTH_IT = 4 << 20
"""Bytes of rows from which helpers take part."""

_MOST_HELPERS = 3
_LARGEST_SHARED = 1 << 20
"""Bytes of the largest row that a helper gets: huge rows, one in each helper, would take the memory of all of them."""
_PIPE_BYTES = 1 << 20
_START = "import sys; sys.path[:] = sys.argv[1:]; from rolethread_vcs.ops.import_.preparing_process import main; main()"

_Answers: TypeAlias = Sequence[tuple[Any, ...] | None]
"""What is known of each row of a batch; of one that this process has to look at itself, None."""


def usual_helpers() -> int:
    """Return how many helpers an import has: none on one core, else one more than cores, so that no core idles."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return 0 if cores == 1 else min(cores + 1, _MOST_HELPERS)


class Helpers:
    """The helper processes of one import, until its `end`.

    The first rows are prepared in this process, since few imports are large. Helpers take part from so many bytes of
    rows as make it `worth_it`, and are started before, at a quarter of them.
    """

    def __init__(self, preparation: Preparation, *, number: int, worth_it: int = WORTH_IT) -> None:
        self._preparation = preparation
        self._preparer = Preparer(preparation)
        self._number = number
        self._worth_it = worth_it
        self._seen = 0
        self._helpers: list[_Helper] = []

    @property
    def format(self) -> Format | None:
        """The one format that rows are read in; None for any."""
        return self._preparer.format

    def end(self) -> None:
        """End the processes."""
        for helper in self._helpers:
            helper.end()

    def rows(self, source: Source) -> Iterator[Row]:
        """Return the rows of a source, prepared, in order.

        Raises: see `Source.batches`.
        """
        number = 1
        for batch, answers in self._answered(source.batches()):
            for index, known in enumerate(answers or (None,) * len(batch.pieces())):
                yield Row(batch, index, number, self._preparer, None if known is None else Known(*known))
                number += 1

    def _answered(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, _Answers | None]]:
        """Return batches with their answers; None where no helper was asked, or it is gone."""
        while not self._is_worth_it:
            batch = next(batches, None)
            if batch is None:
                return
            yield batch, None
            self._seen += batch.size
            if self._seen * 4 >= self._worth_it:
                self._start()
        self._start()
        yield from self._shared_out(batches)

    @property
    def _is_worth_it(self) -> bool:
        return self._number > 0 and self._seen >= self._worth_it

    def _start(self) -> None:
        while len(self._helpers) < self._number:
            self._helpers.append(_Helper(self._preparation))

    def _shared_out(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, _Answers | None]]:
        idle = deque(self._helpers)
        under_way: deque[tuple[_Helper, Batch]] = deque()
        failure: RoleThreadError | None = None
        try:
            for batch in batches:
                if idle:
                    helper = idle.popleft()
                    helper.share(batch)
                    under_way.append((helper, batch))
                    continue
                helper, before = under_way.popleft()
                answers = helper.answers()
                helper.share(batch)  # it goes on while this process looks at what it answered
                under_way.append((helper, batch))
                yield before, answers
        except RoleThreadError as error:
            failure = error  # of the source; the rows before it come first
        for helper, batch in under_way:
            yield batch, helper.answers()
        if failure is not None:
            raise failure


class _Helper:
    """One helper process, running or gone; one that is gone answers nothing."""

    def __init__(self, preparation: Preparation) -> None:
        self._process = _start_process()
        self._send(astuple(preparation))

    def share(self, batch: Batch) -> None:
        """Have a batch prepared."""
        if isinstance(batch, Lines):
            self._send(batch.data if batch.size <= _LARGEST_SHARED else b"")
        else:
            self._send([_shareable(piece) for piece in batch.pieces()])

    def answers(self) -> _Answers | None:
        """Return what is known of each row of the batch shared last, None where this process has to look itself."""
        if self._process is None:
            return None
        assert self._process.stdout is not None
        try:
            answers: _Answers = receive(self._process.stdout)
        except (EOFError, OSError):
            self.end()
            return None
        return answers

    def end(self) -> None:
        """End the process; it holds nothing that anybody needs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what it was not told any more is lost with it
                pipe.close()
        process.wait()

    def _send(self, message: Any) -> None:
        if self._process is None:
            return
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, message)
        except OSError:
            self.end()


def _shareable(piece: Piece) -> bytes | None:
    _, raw, problem = piece
    return raw if problem is None and len(raw) <= _LARGEST_SHARED else None


def _start_process() -> subprocess.Popen[bytes] | None:
    """Start a helper with the paths that this process imports from, or return None where that cannot be."""
    # A frozen program, or one that Python is built into, would start itself.
    program = sys.executable or ""
    if getattr(sys, "frozen", False) or not Path(program).name.lower().startswith(("python", "pypy")):
        return None
    try:
        return subprocess.Popen(
            [program, "-P", "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=_PIPE_BYTES,
        )
    except (OSError, ValueError):
        return None
