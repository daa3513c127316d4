"""Finds the long stretches of two conversations in which nothing changed, so that nobody has to look at them again.

    before   A  b  C  d  E  f  G              A, C, E, G say enough and stand once on both sides: b to d stay out of the
    after    A  b  C  d  E  X  f  G           search, which sees A E f G and A E X f G

A stretch lies between two exchanges that are known anywhere, with as many between them on both sides, all equal; or at
an edge, where the last ones before the first change are looked at even if they say little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff.exchanges import ENOUGH_LETTERS, common, identity
from rolethread_vcs.model.entry import known_role, questions

_AT_AN_EDGE = 16
"""Exchanges beside the first and the last change that are looked at, whatever they say."""


class Stretch(NamedTuple):
    """Equal messages: where they start in both lists, how many they are, and how many exchanges."""

    start: int
    to_start: int
    size: int
    exchanges: int


def unchanged(one: Sequence[Any], other: Sequence[Any]) -> list[Stretch]:
    """Return the stretches of two lists of messages that are one another for certain, sorted by the first list."""
    starts, to_starts = _starts(one, other)
    row, to_row = (
        [tuple(map(_said, side[start:stop])) for start, stop in pairwise(places)]
        for side, places in ((one, starts), (other, to_starts))
    )

    def equal(place: int, to_place: int) -> bool:
        first = one[starts[place] : starts[place + 1]]
        second = other[to_starts[to_place] : to_starts[to_place + 1]]
        return row[place] == to_row[to_place] and common(first, second) == len(first)

    if set(row).isdisjoint(to_row):
        return []
    times, to_times, to_places = Counter(row), Counter(to_row), {said: place for place, said in enumerate(to_row)}
    ends = {
        (place, to_places[said])
        for place, said in enumerate(row)
        if times[said] == to_times[said] == 1 and sum(len(text) for _, text in said) >= 2 * ENOUGH_LETTERS
    }
    ends = {(place, to_place) for place, to_place in ends if equal(place, to_place)}
    fewest = min(len(row), len(to_row))
    start = next((place for place in range(fewest) if not equal(place, place)), fewest)
    stop = next(
        (step for step in range(fewest - start) if not equal(len(row) - 1 - step, len(to_row) - 1 - step)),
        fewest - start,
    )
    ends |= {(start - _AT_AN_EDGE,) * 2} if start > _AT_AN_EDGE else set()
    ends |= {(len(row) - stop + _AT_AN_EDGE, len(to_row) - stop + _AT_AN_EDGE)} if stop > _AT_AN_EDGE else set()
    found = []
    first = last = (-1, -1)
    for end in [*sorted(ends), (len(row), len(to_row)), (len(row) + 1, -1)]:
        step = end[0] - last[0]
        if step != end[1] - last[1] or not all(equal(last[0] + by, last[1] + by) for by in range(1, step)):
            if last[0] - first[0] > 1:
                begin = starts[first[0] + 1]
                found.append(Stretch(begin, to_starts[first[1] + 1], starts[last[0]] - begin, last[0] - first[0] - 1))
            first = end
        last = end
    return found


def _starts(*sides: Sequence[Any]) -> Iterator[list[int]]:
    """Yield where exchanges begin on each side, and the end; what comes before the first question is one here."""
    rows = [[known_role(each.get("role")) if isinstance(each, dict) else None for each in side] for side in sides]
    asks = any("user" in roles for roles in rows)
    for roles in rows:
        yield sorted({0, *(questions(roles) if asks else range(len(roles))), len(roles)})


def _said(message: Any) -> tuple[str, str]:
    if not isinstance(message, dict):
        return "", repr(message)
    return repr(message.get("role")), str(message.get("content") or identity(message))
