"""Turns libgit2's untyped failures (GitError here, OSError there) into ours, by what their text says."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator

import pygit2

from rolethread_vcs.errors import BusyError, DamagedError, RoleThreadError
from rolethread_vcs.store import disk

RAISED = (pygit2.GitError, OSError, ValueError, KeyError)
"""What pygit2 raises when libgit2 fails."""

_SYSTEM = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENAMETOOLONG,
)


class GitLockedError(BusyError):
    """A `.lock` file of git stands there: another git program is at work, or one died."""

    code = "git_locked"


def system_reason(error: BaseException) -> OSError | None:
    """Return the refusal of the operating system that a failure of libgit2 is about, or None when it is none."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    text = str(error).lower()
    number = next((number for number in _SYSTEM if os.strerror(number).lower() in text), None)
    return None if number is None else OSError(number, os.strerror(number))


def is_lock(error: BaseException) -> bool:
    """Return whether a failure of libgit2 says that a lock file is in the way."""
    text = str(error).lower()
    return system_reason(error) is None and "lock" in text


def from_git(doing: str, error: BaseException) -> RoleThreadError:
    """Return our error for a failure of libgit2 met while `doing` something (`updating the index`)."""
    refused = system_reason(error)
    if refused is not None:
        return disk.system_refused(doing, refused)
    if is_lock(error):
        return GitLockedError(
            f"another git program is at work here, or was killed ({error}); met while {doing}",
            hint="try again in a moment; if no other program is running: rtv doctor --unlock",
        )
    if isinstance(error, OSError):
        return disk.system_refused(doing, error)
    return DamagedError(f"git failed while {doing}: {error}", hint="rtv verify")


@contextlib.contextmanager
def git_errors(doing: str) -> Iterator[None]:
    """Turn whatever libgit2 raises inside into one of our errors.

    Raises:
        SystemRefusedError, GitLockedError, DamagedError.
    """
    try:
        yield
    except RoleThreadError:
        raise
    except RAISED as error:
        raise from_git(doing, error) from error
