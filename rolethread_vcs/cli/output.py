"""What a command says, and where: data to stdout, notes, warnings, hints and progress to stderr.

Everything printed as text passes `safe_text`, so that content never steers a terminal. Colours are set with
`styled`, which puts style marks into the text; printing turns the marks into colours, or drops them.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

from rolethread_vcs.errors import SystemRefusedError
from rolethread_vcs.views.terminal_text import (
    TO_COLORS,
    TO_NOTHING,
    Line,
    Look,
    hint_text,
    safe_but_styled,
    safe_json,
    safe_text,
    styled,
)

MAX_WIDTH = 100
"""Text is not wrapped wider than this, however wide the terminal is."""


def wants_color(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether to write colours to a stream.

    `--color always` or `never` decides; else `NO_COLOR`, `CLICOLOR_FORCE`, and whether it is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


class Output:
    """The two streams of one command; `now` is when it began, in seconds since 1970.

    `saved` is set by the command once its change is committed, so that a later trouble (a full disk behind
    stdout, Ctrl-C) does not claim that nothing was saved.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        color: str = "auto",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        self.json = json
        self.quiet = quiet
        self.saved = False
        self._now = time.time()
        self._stdout: TextIO = sys.stdout
        self._stderr: TextIO = sys.stderr
        self.color = wants_color(color, self._stdout, environ)
        self._stderr_color = wants_color(color, self._stderr, environ)

    @property
    def look(self) -> Look:
        width = max(20, min(shutil.get_terminal_size((80, 24)).columns, MAX_WIDTH))
        return Look(width, self.color, self._now, self.is_terminal)

    @property
    def is_terminal(self) -> bool:
        return self._stdout.isatty()

    # ---- stdout

    def print(self, text: str = "") -> None:
        self._write(self._stdout, text, color=self.color)

    def report(self, text: str) -> None:
        """Write what a mutating verb did; `--quiet` drops it."""
        if not self.quiet:
            self.print(text)

    def envelope(self, name: str, *sources: Any) -> None:
        """Write `{name: value}` as indented JSON, such as `rolethread.commit/v1`; keys are read from the sources."""
        from rolethread_vcs.model.canonical import UnkeepableValueError, encode_pretty
        from rolethread_vcs.views.envelopes import answer

        value = answer(name, *sources)
        try:
            data = encode_pretty({name: value})
        except UnkeepableValueError:
            # names of files may hold bytes that are no UTF-8; no entry does
            data = encode_pretty(_with_visible_surrogates({name: value}))
        self._put(self._stdout, safe_json(data.decode("utf-8")))

    def answer(self, name: str, *sources: Any, lines: Iterable[str | Line]) -> None:
        """Write an answer: as the envelope of that name, read from the sources, or else as lines."""
        if self.json:
            self.envelope(name, *sources)
        else:
            self.show(lines)

    def show(self, lines: Iterable[str | Line]) -> bool:
        """Write lines, each where its kind belongs, and return whether there were any.

        Nothing more is asked for once nobody reads it (`rtv log | head`).
        """
        line: str | Line | None = None
        raw = getattr(getattr(self._stdout, "buffer", None), "raw", None)
        for line in lines:
            if getattr(raw, "is_closed", False):
                break
            if isinstance(line, str):
                self.print(line)
            else:
                getattr(self, line.kind)(line.text)
        return line is not None

    @property
    def binary(self) -> BinaryIO:
        """The bytes behind stdout, for exports; what was printed before is written first."""
        self._stdout.flush()
        return self._stdout.buffer

    def write_rows(self, data: bytes) -> None:
        """Write whole rows of JSON: as they are, or, where a person reads them, with nothing that steers a terminal."""
        self.binary.write(safe_json(data.decode("utf-8")).encode("utf-8") if self.is_terminal else data)

    def flush(self) -> None:
        """Write out what stdout still holds.

        Raises:
            SystemRefusedError: stdout takes no more (a full disk).
        """
        try:
            self._stdout.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    # ---- stderr

    def note(self, text: str) -> None:
        """Write a remark beside the data; `--quiet` drops it."""
        if not self.quiet:
            self._write(self._stderr, text, color=self._stderr_color)

    def warn(self, text: str) -> None:
        self._write(self._stderr, f"{styled('warning:', 'warning')} {text}", color=self._stderr_color)

    def hint(self, text: str) -> None:
        """Write a hint, a command to paste as a rule; `--quiet` drops it."""
        if not self.quiet:
            self.complain(hint_text(text))

    def complain(self, text: str) -> None:
        self._write(self._stderr, text, color=self._stderr_color)

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        """Give a counter to call at every step: `with output.progress("importing") as step: step()`."""
        stream = self._stderr if self._stderr.isatty() and not self.quiet else None
        step = Progress(safe_text(label), stream)
        try:
            yield step
        finally:
            step.finish()

    # ----

    def _write(self, stream: TextIO, text: str, *, color: bool) -> None:
        table = TO_COLORS if color else TO_NOTHING
        self._put(stream, safe_but_styled(text).translate(table) + "\n")

    def _put(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> SystemRefusedError:
        return SystemRefusedError(f"the output could not be written ({error.strerror or error})", saved=self.saved)


def _with_visible_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_with_visible_surrogates(key): _with_visible_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_visible_surrogates(item) for item in value]
    return value


# ---- progress


_QUIET_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_ERASE = "\r\x1b[K"


class Progress:
    """Counts steps and draws them; a call costs next to nothing between two drawings.

    With `stream` None it counts and never draws.
    """

    def __init__(self, label: str, stream: TextIO | None) -> None:
        self.done = 0
        self._label = label
        self._stream = stream
        self._next_drawing = time.monotonic() + _QUIET_SECONDS
        self._drawn = False

    def __call__(self, amount: int = 1) -> None:
        self.done += amount
        if self._stream is None:
            return
        now = time.monotonic()
        if now < self._next_drawing:
            return
        self._next_drawing = now + _REDRAW_SECONDS
        self._drawn = True
        self._stream.write(f"{_ERASE}{self._label} {self.done:,}")
        self._stream.flush()

    def finish(self) -> None:
        if self._drawn and self._stream is not None:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._drawn = False
