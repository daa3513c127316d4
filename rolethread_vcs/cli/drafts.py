"""Drafts: forms that were opened in an editor and are not saved yet; typed text is never lost."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.cli.form import form_heads
from rolethread_vcs.cli.options import names_entry
from rolethread_vcs.cli.output import Output
from rolethread_vcs.errors import InvalidError, NotFoundError, RoleThreadError, SystemRefusedError, UsageError

RESUME = "rtv edit --resume"
_NAMES = ("add", "edit-")


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A form whose text is not saved: `ids` are the entries it is about, none for a new entry."""

    path: Path
    ids: tuple[str, ...]
    modified: float

    @property
    def name(self) -> str:
        return self.path.stem

    def is_called(self, word: str) -> bool:
        if word in (self.name, self.path.name, str(self.path)):
            return True
        return any(names_entry(word, id_) for id_ in self.ids)


def waiting_drafts(folder: Path) -> list[WaitingDraft]:
    """Return the drafts of entries that wait, the newest first."""
    drafts = []
    try:
        for path in folder.glob("*.txt"):
            if path.stem.startswith(_NAMES):
                text = path.read_bytes().decode("utf-8", "replace")
                ids = tuple(id_ for id_, _ in form_heads(text))
                drafts.append(WaitingDraft(path, ids, path.stat().st_mtime))
    except OSError as error:
        raise SystemRefusedError(f"the drafts in {folder} cannot be read: {error.strerror or error}") from error
    return sorted(drafts, key=lambda draft: (-draft.modified, draft.name))


def choose_draft(folder: Path, words: Sequence[str]) -> WaitingDraft:
    """Return the draft that words name, or the only one.

    Raises:
        NotFoundError (no_draft): there is none. UsageError: there are several; the message names them.
    """
    drafts = waiting_drafts(folder)
    if not drafts:
        raise NotFoundError("there is no unfinished draft", code="no_draft")
    fitting = [draft for draft in drafts if all(draft.is_called(word) for word in words)]
    if not fitting:
        raise NotFoundError(f"no draft is called {' '.join(words)}", details=_listed(drafts), code="no_draft")
    if len(fitting) > 1:
        raise UsageError(
            f"{len(fitting)} drafts are unfinished; say which",
            details=_listed(fitting),
            hint=f"{RESUME} {fitting[0].name}",
        )
    return fitting[0]


def resume_command(folder: Path, draft: Path) -> str:
    with contextlib.suppress(SystemRefusedError):
        if len(waiting_drafts(folder)) > 1:
            return f"{RESUME} {draft.stem}"
    return RESUME


@contextlib.contextmanager
def text_kept(draft: Path, output: Output, *, opened: bytes | None = None, resume: str | None = None) -> Iterator[None]:
    """Say, when anything in the block fails, that the typed text is kept, and how to go on with it.

    `opened` is the form as the editor was given it: a draft that still says just that holds nothing typed, and is
    not kept. `resume` is the command that takes the draft up again, if it is no draft of entries.
    """
    resume = resume or resume_command(draft.parent, draft)
    try:
        yield
    except RoleThreadError as error:
        if error.saved or _holds(draft, opened):
            with contextlib.suppress(SystemRefusedError):
                discard(draft)
        else:
            error.details = (*error.details, f"your text is kept in {draft}")
            hint = error.hint or ""
            if resume not in hint:
                # an option alone is the end of the same command
                more = f"{resume} {hint}" if hint.startswith("--") else hint
                error.hint = "\n".join(part for part in (resume, more) if part)
        raise
    except BaseException:
        if _holds(draft, opened):
            with contextlib.suppress(SystemRefusedError):
                discard(draft)
        else:
            output.warn(f"your text is kept in {draft}; go on with: {resume}")
        raise


def _holds(draft: Path, text: bytes | None) -> bool:
    if text is None:
        return False
    try:
        return draft.read_bytes() == text
    except FileNotFoundError:
        return True
    except OSError:
        return False


def discard(draft: Path, *, saved: bool = False) -> None:
    """Remove a draft whose text is saved, or is not wanted any more.

    Raises:
        SystemRefusedError: it could not be removed; `saved` says whether its text was.
    """
    try:
        draft.unlink(missing_ok=True)
    except OSError as error:
        state = "; its text was saved" if saved else ""
        raise SystemRefusedError(
            f"the draft {draft} could not be removed: {error.strerror or error}{state}", saved=saved
        ) from error


def _listed(drafts: Sequence[WaitingDraft]) -> list[str]:
    return [f"{draft.name}   {', '.join(draft.ids[:3]) or _without_ids(draft)}" for draft in drafts]


def _without_ids(draft: WaitingDraft) -> str:
    return "a new entry" if draft.name.startswith("add") else "no line '=== entry …' can be read in it"


# ---- the editor


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
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
