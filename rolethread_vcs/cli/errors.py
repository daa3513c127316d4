"""Shows an error: what happened, what it means, a command to paste; text on stderr or JSON on stdout."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.output import Output
from rolethread_vcs.errors import InvalidError, RoleThreadError, UsageError
from rolethread_vcs.views.findings import error_text

if TYPE_CHECKING:
    from collections.abc import Sequence


ENVELOPE = "rolethread.error/v1"


class InterruptedByUserError(RoleThreadError):
    """Ctrl-C, or the end of input at a question."""

    status = 130
    code = "interrupted"


class BugError(RoleThreadError):
    """An error that nobody foresaw; the message names the file with the traceback."""

    status = 99
    code = "bug"


def interrupted(*, saved: bool, change: str) -> InterruptedByUserError:
    return InterruptedByUserError("interrupted", saved=saved, change=change)


def from_click(error: click.ClickException) -> RoleThreadError:
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    if not isinstance(error, click.UsageError):
        return InvalidError(message)
    path = error.ctx.command_path if error.ctx is not None else "rtv"
    return UsageError(message, hint=f"{path} --help")


def show_error(error: RoleThreadError, output: Output) -> None:
    if output.json:
        output.envelope(ENVELOPE, {"message": str(error)}, error)
        output.flush()
    elif isinstance(error, InterruptedByUserError):
        output.complain(str(error))
    else:
        output.complain(error_text(error))


# ---- bugs


_PARTS = ("rolethread-vcs", "click", "orjson", "pygit2")


def bug_error(error: BaseException, arguments: Sequence[str], folder: str, *, saved: bool) -> BugError:
    cause = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    log = _write_log(_log_text(error, arguments), Path(folder))
    where = f"the details are in {log}" if log else "its details could not be written to a file"
    return BugError(
        f"a bug in rtv, not in your data: {cause}; {where}",
        hint=None if saved else "rtv log -n 1   shows whether the last change was saved",
        saved=saved,
    )


def _log_text(error: BaseException, arguments: Sequence[str]) -> str:
    versions = [f"Python {platform.python_version()} on {platform.platform()}"]
    for part in _PARTS:
        try:
            versions.append(f"{part} {metadata.version(part)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{part} is not installed")
    command = "rtv " + " ".join(repr(argument) for argument in arguments)
    return "\n".join([command, *versions, "", *traceback.format_exception(error)])


def _write_log(text: str, folder: Path) -> Path | None:
    data = text.encode("utf-8", "backslashreplace")
    for place in (_state_folder(folder), None):
        if place is None:
            place = Path(tempfile.gettempdir())
        prefix = time.strftime("rtv-bug-%Y%m%d-%H%M%S-")
        try:
            handle, name = tempfile.mkstemp(prefix=prefix, suffix=".log", dir=place)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
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
