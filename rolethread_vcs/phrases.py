"""Says numbers and times the way people read them: `1,203 entries`, entry `12`, `21:05`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 entry`, `1,203 entries`; `many` is for a plural that is not a plain one."""
    return f"{number:,} {one if number == 1 else many or plural(one)}"


def plural(noun: str) -> str:
    """Return the plain plural of a noun: `entries`, `branches`, `lines`."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("ch", "s")) else f"{noun}s"


def counted_words(counts: object, *words: str) -> str:
    """Return the counts of a value that are not zero, each with its word: `3 added, 1 removed`; "" for none.

    A word is the name of an attribute; `added`, `changed`, `removed` are meant where none is given.
    """
    numbers = [(getattr(counts, word), word) for word in words or ("added", "changed", "removed")]
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number)


def signed_counts(counts: object) -> str:
    """Return how many entries were added, changed and removed in short: `+3 ~1 -2`; "" for none."""
    pairs = zip("+~-", ("added", "changed", "removed"), strict=True)
    return " ".join(f"{sign}{number:,}" for sign, word in pairs if (number := getattr(counts, word)))


def listed(names: Sequence[str], most: int) -> str:
    """Return names behind each other, at most so many: `12, 14, 15 …`."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def first_few(lines: Sequence[str], most: int, noun: str = "") -> list[str]:
    """Return the first lines, and one that says how many there are besides."""
    return [*lines[:most], *rest_line(len(lines), most, noun)]


def rest_line(total: int, shown: int, noun: str = "") -> list[str]:
    """Return the line behind the first of many that says how many there are besides: `… and 12 more entries`."""
    hidden = total - shown
    if hidden <= 0:
        return []
    return [f"… and {count(hidden, f'more {noun}') if noun else f'{hidden:,} more'}"]


def file_text(path: str | os.PathLike[str]) -> str:
    """Return a path as text that can be kept and shown; a byte that is not UTF-8 is written as `\\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def entry_number(entry_id: str) -> str:
    """Return the number of an entry as people type it: `12` of `00000012-k2x9m3ab`."""
    return entry_id.partition("-")[0].lstrip("0") or "0"


def short_time(seconds: float, *, now: float) -> str:
    """Return a moment in local time: `21:05` on the day of `now`, else `2026-11-22 21:05`.

    Both are seconds since 1970 in UTC.
    """
    moment, today = datetime.fromtimestamp(seconds), datetime.fromtimestamp(now)
    return moment.strftime("%H:%M" if moment.date() == today.date() else "%Y-%m-%d %H:%M")


def long_time(seconds: float) -> str:
    """Return a moment in local time with its date: `2026-11-22 21:05`."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


_AGES = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


def age(seconds: float, *, now: float) -> str:
    """Return how long ago a moment was, in its largest whole unit: `5 minutes ago`; a clock may be ahead.

    Both are seconds since 1970.
    """
    passed = int(now - seconds)
    for unit, length in _AGES:
        if passed >= length:
            return f"{count(passed // length, unit, f'{unit}s')} ago"
    return "in the future" if passed <= -60 else "just now"
