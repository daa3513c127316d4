"""Shows an error: what happened, what it means, a command to paste; text on stderr or JSON on stdout."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.output import Output
from rolethread_vcs.errors import (
    SYSTEM,
    InvalidError,
    RoleThreadError,
    SystemRefusedError,
    UsageError,
    shortage,
    way_out,
)
from rolethread_vcs.views.findings import error_text

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import GlobalOptions

_SYSTEM_TROUBLE = frozenset({*SYSTEM, errno.ELOOP})
"""What stdout, or a path that somebody typed, can meet; any other error of the system is a bug."""


class InterruptedByUserError(RoleThreadError):
    """Ctrl-C, or the end of input at a question."""

    status = 130
    code = "interrupted"


class BugError(RoleThreadError):
    """An error that nobody foresaw; the message names the file with the traceback."""

    status = 99
    code = "bug"


def show_error(error: BaseException, given: GlobalOptions, arguments: Sequence[str]) -> int:
    """Show whatever ended a command, and return the exit status."""
    output = given.output
    if output is None:
        # the words could not be read to their end, so what they ask for is looked up in them
        words = list(arguments)
        words = words[: words.index("--")] if "--" in words else words
        output = Output(json=given.json or "--json" in words, quiet=given.quiet, color=given.color)
    shown = _as_ours(error, given, arguments, is_saved=output.saved)
    if output.json:
        with suppress(RoleThreadError):  # when stdout takes no more, stderr still tells
            output.envelope("rolethread.error/v1", {"message": str(shown)}, shown)
            output.flush()
            return shown.status
    output.complain(str(shown) if isinstance(shown, InterruptedByUserError) else error_text(shown))
    return shown.status


def _as_ours(
    error: BaseException, given: GlobalOptions, arguments: Sequence[str], *, is_saved: bool
) -> RoleThreadError:
    if isinstance(error, RoleThreadError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        is_saved = is_saved or getattr(error, "saved", False) is True
        return InterruptedByUserError("interrupted", saved=is_saved, change=given.change)
    if isinstance(error, click.ClickException):
        message = error.format_message().rstrip(".")
        message = message[:1].lower() + message[1:]
        if not isinstance(error, click.UsageError):
            return InvalidError(message)
        path = error.ctx.command_path if error.ctx is not None else "rtv"
        return UsageError(message, hint=f"{path} --help")
    short = shortage(error)
    error = short or error
    if isinstance(error, OSError) and error.errno in _SYSTEM_TROUBLE:
        what = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        code = "exhausted" if short else None
        message, hint = f"the system refused: {what}", None if is_saved else way_out(error.errno)
        return SystemRefusedError(message, hint=hint, saved=is_saved, change=given.change, code=code)
    import traceback

    cause = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    log = _write_log(error, arguments, Path(given.folder))
    where = f"the details are in {log}" if log else "its details could not be written to a file"
    return BugError(
        f"a bug in rtv, not in your data: {cause}; {where}",
        hint=None if is_saved else "rtv log -n 1   shows whether the last change was saved",
        saved=is_saved,
    )


def _write_log(error: BaseException, arguments: Sequence[str], folder: Path) -> Path | None:
    import platform
    import tempfile
    import time
    import traceback
    from importlib import metadata

    lines = [f"rtv {' '.join(map(repr, arguments))}", f"Python {platform.python_version()} on {platform.platform()}"]
    for part in ("rolethread-vcs", "click", "orjson", "pygit2"):
        try:
            lines.append(f"{part} {metadata.version(part)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{part} is not installed")
    text = "\n".join([*lines, "", *traceback.format_exception(error)])
    prefix = time.strftime("rtv-bug-%Y%m%d-%H%M%S-")
    for place in filter(None, (_state_folder(folder), Path(tempfile.gettempdir()))):
        try:
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=".log", dir=place)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError:
            continue
        return Path(name)
    sys.stderr.write(text)
    return None


def _state_folder(folder: Path) -> Path | None:
    try:
        folder = folder.absolute()
        for parent in (folder, *folder.parents):
            git = parent / ".git"
            if git.is_file():
                own = parent / git.read_text("utf-8").removeprefix("gitdir:").strip()
                git = own / (own / "commondir").read_text("utf-8").strip()
            if (git / "rolethread").is_dir():
                return (git / "rolethread").resolve()
    except (OSError, UnicodeDecodeError):
        return None
    return None
