"""Reads the moments that people write: `2026-11-01`, `2026-11-01 21:05`, `yesterday`, `3 days ago`, `2w`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from rolethread_vcs.errors import UsageError

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
        unit = None if span is None else _unit(span["unit"])
        if span is not None and unit is not None:
            return int((today - int(span["number"]) * unit).timestamp())
        moment = datetime.fromisoformat(words.upper() if "t" in words else words)
        if re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", words):
            return _day(moment, end_of_day=end_of_day)
        return int(moment.timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{text!r} is no moment",
            hint="2026-11-01, '2026-11-01 21:05', yesterday, '3 days ago' or 3d",
            code="moment",
        ) from error


def _unit(word: str) -> timedelta | None:
    return _UNITS.get(_SHORT.get(word, word.removesuffix("s")))


def _day(moment: datetime, *, end_of_day: bool) -> int:
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((start + timedelta(days=1)).timestamp()) - 1 if end_of_day else int(start.timestamp())
