"""A helper process of an import: prepares the rows that come in on its standard input, and answers on its output.

It keeps nothing, writes nowhere else, and ends when its input does: when the import is over, or its process gone. A
Ctrl-C is for the process that started it, which decides. `ops.import_.sharing_out` starts it and speaks with it.

Both sides speak in messages: a byte that tells the kind, eight bytes of length, then that many bytes, as they are or
of `marshal`. The first says how to prepare, each further one is the bytes of some lines, or a list of rows. The answer
has an item for each row: what is `Known` of a sound one, or None for any other. Those the import prepares itself, and
so finds the words for what is wrong with them.
"""

from __future__ import annotations

import gc
import marshal
import signal
import sys
from collections.abc import Sequence
from typing import IO, Any

from rolethread_vcs.formats import rows_in_lines
from rolethread_vcs.ops.import_.preparing import Known, Preparation, Preparer

_BYTES, _VALUES = b"b", b"v"
_HEAD = 9
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Rows are trees and freed as they go; looking for circles among them takes time and finds none."""


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message: bytes, or plain values."""
    is_raw = isinstance(message, bytes)
    data = message if is_raw else marshal.dumps(message)
    pipe.write((_BYTES if is_raw else _VALUES) + len(data).to_bytes(_HEAD - 1, "big"))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Return the next message.

    Raises:
        EOFError: the other side has ended, perhaps in the middle of a message.
    """
    head = pipe.read(_HEAD)
    size = int.from_bytes(head[1:], "big")
    data = pipe.read(size) if len(head) == _HEAD else b""
    if len(head) < _HEAD or len(data) < size:
        raise EOFError
    return data if head[:1] == _BYTES else marshal.loads(data)


def answer(preparer: Preparer, rows: bytes | Sequence[bytes | None]) -> list[tuple[Any, ...] | None]:
    """Return what is known of the sound ones among some rows, as plain tuples."""
    answers: list[tuple[Any, ...] | None] = []
    for raw in rows_in_lines(rows) if isinstance(rows, bytes) else rows:
        told = None if raw is None else preparer.prepare((1, raw, None), 1)[0]
        answers.append(tuple(told) if isinstance(told, Known) and told.is_sound else None)
    return answers


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        preparer = Preparer(Preparation(*receive(given)))
        while True:
            send(answers, answer(preparer, receive(given)))
    except (EOFError, BrokenPipeError):
        # the import is over; whatever is left in the pipe is for nobody
        return
