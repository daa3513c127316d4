"""The families of errors and the exit status each one means.

    RoleThreadError
    ├── UsageError            2   the words of a command do not fit
    ├── InvalidError         20   invalid input or state, a foreign or newer format
    ├── RefusedError         30   refused by the gate
    ├── NotFoundError        40   no such thing, no dataset here
    ├── ConflictError        50   a conflict, or unsaved edits in the way
    │   └── MovedError            another writer was faster (retried, then told)
    ├── BusyError            60   another process holds the lock
    ├── DamagedError         70   the store is damaged
    └── SystemRefusedError   74   disk, permission, I/O

A subclass is defined next to the code that raises it. Errors of libraries (`pygit2.GitError`, `OSError`,
`orjson.JSONDecodeError` …) never leave the file that met them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class RoleThreadError(Exception):
    """Something that a person can act on: what happened, what it means, and a command to paste.

    `message` says what happened and whether anything was saved, without a final period; `hint` is a
    command or a sentence; `saved` is true when the mutation reached its branch all the same;
    `findings` lists what the gate refused; `details` are extra lines printed under the message.
    """

    status: ClassVar[int] = 99
    code: ClassVar[str] = "bug"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        saved: bool = False,
        findings: Sequence[Any] = (),
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.saved = saved
        self.findings = tuple(findings)
        self.details = tuple(details)


class UsageError(RoleThreadError):
    """The words of a command do not fit together."""

    status = 2
    code = "usage"


class InvalidError(RoleThreadError):
    """Input or state that cannot be worked with: not JSON, a foreign repository, a newer format."""

    status = 20
    code = "invalid"


class RefusedError(RoleThreadError):
    """The gate said no; `findings` says why."""

    status = 30
    code = "refused"


class NotFoundError(RoleThreadError):
    """There is no such entry, branch, commit, operation or dataset."""

    status = 40
    code = "not_found"


class ConflictError(RoleThreadError):
    """Two changes meet: a stale edit, unsaved hand edits in the way, a ref that moved."""

    status = 50
    code = "conflict"


class MovedError(ConflictError):
    """A branch moved between being read and being written; nothing was overwritten."""

    code = "moved"


class BusyError(RoleThreadError):
    """Another process holds the lock, and did not let go in time."""

    status = 60
    code = "busy"


class DamagedError(RoleThreadError):
    """An object, ref or operation is missing or does not read."""

    status = 70
    code = "damaged"


class SystemRefusedError(RoleThreadError):
    """The operating system refused: full disk, no permission, an I/O error."""

    status = 74
    code = "system"
