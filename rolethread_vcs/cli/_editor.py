"""Opens the user's editor on a draft; whatever happens, the typed text stays in the draft's file."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rolethread_vcs.errors import InvalidError, SystemRefusedError, UsageError

AT_ONCE_SECONDS = 1.0
"""An editor that returns sooner, with nothing changed, has only asked a running program to open the file."""


def editor_command(environ: Mapping[str, str]) -> str:
    """Return the command of the editor: `VISUAL`, else `EDITOR`, else what the system is known to have."""
    fallback = "notepad" if sys.platform == "win32" else "vi"
    return environ.get("VISUAL") or environ.get("EDITOR") or fallback


def write_draft(folder: Path, name: str, text: str) -> Path:
    """Write a draft durably and return its path: `<name>.txt`, or `<name>-2.txt` where that is taken.

    Raises:
        SystemRefusedError: the draft cannot be written.
    """
    data = text.encode("utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = folder / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
            with contextlib.suppress(FileExistsError), path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                break
            number += 1
    except OSError as error:
        raise SystemRefusedError(f"the draft could not be written: {error}; nothing was saved") from error
    _sync_folder(folder)
    return path


def edit_draft(path: Path, command: str, *, wait: Callable[[str], None] | None, is_resumed: bool = False) -> bytes:
    """Open a draft in an editor, and return the bytes of the draft when the user is done.

    `wait` shows a sentence and returns when the user presses Enter; None where there is no terminal. A draft that
    `is_resumed` holds typed text already, so an editor that leaves it as it is has done its work.

    Raises:
        InvalidError (editor): the editor could not be started, ended with an error, or did not wait.
        UsageError: the command of the editor cannot be read.
    """
    before = _read(path)
    started = time.monotonic()
    status = _run([*_words(command), str(path)], command)
    if status != 0:
        raise InvalidError(f"the editor ended with status {status}; nothing was saved", code="editor")
    after = _read(path)
    if is_resumed or after != before or time.monotonic() - started >= AT_ONCE_SECONDS:
        return after
    if wait is None:
        raise InvalidError(
            "the editor came back at once and nothing is changed; nothing was saved",
            hint='EDITOR="code --wait"   makes an editor with windows wait',
            code="editor",
        )
    wait("The editor came back at once. Press Enter when you have saved the text there.")
    return _read(path)


def press_enter(question: str) -> None:
    """Show a sentence on stderr and wait for Enter; the `wait` of a command at a terminal."""
    sys.stderr.write(question + " ")
    sys.stderr.flush()
    if not sys.stdin.readline():
        raise KeyboardInterrupt


def can_ask() -> bool:
    """Return whether somebody at a terminal can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the editor {command!r} cannot be read: {error}", hint="EDITOR=nano") from error
    if not words:
        raise UsageError("the name of the editor is empty", hint="EDITOR=nano")
    return words


def _run(words: list[str], command: str) -> int:
    try:
        process = subprocess.Popen(words)
    except OSError as error:
        raise InvalidError(
            f"the editor {command!r} does not start: {error.strerror}; nothing was saved",
            hint="export EDITOR=nano   names another one",
            code="editor",
        ) from error
    with _interrupts_left_to_the_editor():
        return process.wait()


@contextlib.contextmanager
def _interrupts_left_to_the_editor() -> Iterator[None]:
    """Ignore Ctrl-C for a while: the editor gets it too, and knows what it means there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidError(
            f"the draft {path} cannot be read: {error.strerror}; nothing was saved", code="editor"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file durable, where the system knows how to."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
