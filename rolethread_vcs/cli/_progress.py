"""Shows that a long command is alive: one line on the terminal that erases itself."""

from __future__ import annotations

import time
from typing import TextIO

_QUIET_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_ERASE = "\r\x1b[K"


class Progress:
    """Counts steps and draws them; a call costs next to nothing between two drawings.

    `total` is None when nobody knows how much there is. With `stream` None it counts and never draws.
    """

    def __init__(self, label: str, total: int | None, stream: TextIO | None) -> None:
        self.done = 0
        self._label = label
        self._total = total
        self._stream = stream
        self._next_drawing = time.monotonic() + _QUIET_SECONDS
        self._drawn = False

    def __call__(self, amount: int = 1) -> None:
        """Count `amount` more steps as done."""
        self.done += amount
        if self._stream is None:
            return
        now = time.monotonic()
        if now < self._next_drawing:
            return
        self._next_drawing = now + _REDRAW_SECONDS
        self._drawn = True
        self._stream.write(f"{_ERASE}{self._label} {self._state()}")
        self._stream.flush()

    def finish(self) -> None:
        """Erase the line, if one was drawn."""
        if self._drawn and self._stream is not None:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._drawn = False

    def _state(self) -> str:
        if not self._total:
            return f"{self.done:,}"
        share = min(100, 100 * self.done // self._total)
        return f"{self.done:,} of {self._total:,} ({share} %)"
