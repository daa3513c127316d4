"""Texts given as arguments: `TEXT` as it stands, `@FILE` from a file, `-` from standard input."""

from __future__ import annotations

import sys

from rolethread_vcs.cli._context import Context
from rolethread_vcs.errors import InvalidError, NotFoundError, SystemRefusedError, UsageError


class TypedTexts:
    """Reads the texts of one command; standard input can be read once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stdin_used = False

    def read(self, value: str) -> str:
        """Return the text of an argument; one final line break of a file or of standard input is not part of it.

        A text that starts with `@` itself is written with two of them.

        Raises:
            NotFoundError: there is no such file. InvalidError: it is no UTF-8. UsageError: a second `-`.
        """
        if value == "-":
            return self._decoded(self._stdin(), "standard input")
        if value.startswith("@@"):
            return value[1:]
        if value.startswith("@") and len(value) > 1:
            return self._decoded(self._file(value[1:]), value[1:])
        _refuse_half_characters(value)
        return value

    def _stdin(self) -> bytes:
        if self._stdin_used:
            raise UsageError("standard input (-) can be read once only", hint="put the other text into a file: @FILE")
        self._stdin_used = True
        return sys.stdin.buffer.read()

    def _file(self, name: str) -> bytes:
        path = self._context.path(name)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {name}", hint=f"a text that starts with @: '@@{name}'") from error
        except IsADirectoryError as error:
            raise InvalidError(f"{name} is a folder, not a file") from error
        except OSError as error:
            raise SystemRefusedError(f"{name} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise NotFoundError(f"there is no file {name!r}") from error

    @staticmethod
    def _decoded(data: bytes, name: str) -> str:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise InvalidError(f"{name} is no UTF-8 (line {line}); nothing was saved") from error
        return text.removesuffix("\n").removesuffix("\r")


def _refuse_half_characters(text: str) -> None:
    """Refuse an argument whose bytes are no UTF-8: Python hands them over as halves of surrogate pairs."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidError("this text is no UTF-8; nothing was saved", hint="give it in a file: @FILE") from error
