"""Merges what has no order, or none that matters: tags as sets, lists of names as lists without repeats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def merge_sets(base: Iterable[str], ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """Return what a side added, and what neither took away, sorted by code point; there is no conflict."""
    was, left, right = set(base), set(ours), set(theirs)
    return sorted((left & right) | ((left ^ right) - was))


def merge_lists_as_sets(base: Sequence[Any], ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """Return the same for JSON values in a list: what stayed in its order, then what was added.

    What was added is ordered by a rule that does not know the sides: first what both added, then by spelling.
    """
    was, left, right = ({repr(item): item for item in side} for side in (base, ours, theirs))
    kept = [item for key, item in was.items() if key in left and key in right]
    added = {key: item for side in (left, right) for key, item in side.items() if key not in was}
    return [*kept, *(added[key] for key in sorted(added, key=lambda key: (key not in left or key not in right, key)))]
