"""Texts given as arguments: `TEXT` as it stands, `@FILE` from a file, `-` from standard input."""

from __future__ import annotations

import re
import sys
from datetime import datetime, timedelta
from typing import Any

import click

from rolethread_vcs.cli.context import Context
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
            if self._stdin_used:
                raise UsageError(
                    "standard input (-) can be read once only", hint="put the other text into a file: @FILE"
                )
            self._stdin_used = True
            return _decoded(sys.stdin.buffer.read(), "standard input")
        if value.startswith("@") and not value.startswith("@@") and len(value) > 1:
            name = value[1:]
            return _decoded(read_file(self._context, name, hint=f"a text that starts with @: '@@{name}'"), name)
        return value[1:] if value.startswith("@@") else value


def read_file(context: Context, name: str, *, hint: str | None = None) -> bytes:
    """Return what a file holds that the user named; `hint` is said where there is none.

    Raises:
        NotFoundError: there is no such file. InvalidError: it is a folder. SystemRefusedError: it cannot be read.
    """
    try:
        return context.path(name).read_bytes()
    except (FileNotFoundError, ValueError) as error:
        raise NotFoundError(f"there is no file {name}", hint=hint) from error
    except IsADirectoryError as error:
        raise InvalidError(f"{name} is a folder, not a file") from error
    except OSError as error:
        raise SystemRefusedError(f"{name} cannot be read: {error.strerror or error}") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidError(f"{name} is not valid UTF-8 (line {line})") from error
    return text.removesuffix("\n").removesuffix("\r")


_SPAN = re.compile(r"(?P<number>[0-9]{1,6}) *(?P<unit>[a-z]+)( *ago)?")
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_SHORT = {"min": "minute", "h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
_DAYS = {"today": 0, "yesterday": 1}


def parse_moment(text: str, *, now: float, end_of_day: bool = False) -> int:
    """Return a moment of local time in seconds since 1970.

    A day without an hour is its first second, or with `end_of_day` its last. A month counts 30 days, a year 365.

    Raises:
        UsageError (moment): the text does not read.
    """
    # `3.days.ago` is how git writes it
    words = text.strip().casefold()
    words = " ".join((words if re.search(r"[0-9]\.[0-9]", words) else words.replace(".", " ")).split())
    today = datetime.fromtimestamp(now)
    try:
        if words in _DAYS:
            return _day(today - timedelta(days=_DAYS[words]), end_of_day=end_of_day)
        span = _SPAN.fullmatch(words)
        if span is not None:
            word = span["unit"].removesuffix("s") if span["unit"] not in _SHORT else _SHORT[span["unit"]]
            if word in _UNITS:
                return int((today - int(span["number"]) * _UNITS[word]).timestamp())
        moment = datetime.fromisoformat(words.upper() if "t" in words else words)
        if re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", words):
            return _day(moment, end_of_day=end_of_day)
        return int(moment.timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{text!r} is not a valid time",
            hint="2026-11-01, '2026-11-01 21:05', yesterday, '3 days ago' or 3d   since a revision: rtv log REV..",
            code="moment",
        ) from error


def _day(moment: datetime, *, end_of_day: bool) -> int:
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((start + timedelta(days=1)).timestamp()) - 1 if end_of_day else int(start.timestamp())


class HowMany(click.IntRange):
    """A number from 1; one that no machine can count to means all there are."""

    def __init__(self) -> None:
        super().__init__(min=1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return min(int(super().convert(value, param, ctx)), sys.maxsize - 1)
