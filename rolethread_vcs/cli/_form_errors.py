"""The error of a form that cannot be read."""

from __future__ import annotations

from rolethread_vcs.errors import InvalidError


class FormError(InvalidError):
    """A line of a form that does not fit; `line` counts from 1."""

    code = "form"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line} of the form: {reason}; nothing was saved")
        self.reason = reason
        self.line = line
