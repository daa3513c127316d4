"""Merges all values but messages: who alone changed one wins; else objects key by key, tags and names as sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason, SideChoice, field_name
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.model.entry import is_same


def merge_maps(
    base: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    field: str,
    resolver: Resolver,
    *,
    are_lists_sets: bool = False,
) -> dict[str, Any]:
    """Return an object whose keys are merged one by one; what conflicts is named below `field`."""
    merged: dict[str, Any] = {}
    for key in sorted(base.keys() | ours.keys() | theirs.keys()):
        was, left, right = (side.get(key, ABSENT) for side in (base, ours, theirs))
        value = settle(was, left, right)
        if value is UNSETTLED:
            name = field_name(field, key)
            if isinstance(left, dict) and isinstance(right, dict):
                inner = was if isinstance(was, dict) else {}
                value = merge_maps(inner, left, right, name, resolver, are_lists_sets=are_lists_sets)
            elif are_lists_sets and _is_names(left) and _is_names(right) and (was is ABSENT or _is_names(was)):
                value = merge_sets(was, left, right)
            else:
                value = resolver.answer(value_conflict(name, was, left, right))
        if value is not ABSENT:
            merged[key] = value
    return merged


def value_conflict(field: str, base: Any, ours: Any, theirs: Any) -> Conflict:
    """Return the conflict of a value that cannot be taken apart: removed and changed, of two kinds, or two values."""
    if base is not ABSENT and (ours is ABSENT or theirs is ABSENT):
        suggestion: SideChoice = "theirs" if ours is ABSENT else "ours"
        return Conflict(field, Reason.DELETED_AND_EDITED, base, ours, theirs, suggestion)
    reason = Reason.VALUE if _kind(ours) == _kind(theirs) else Reason.KIND
    return Conflict(field, reason, base, ours, theirs)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _kind(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def merge_sets(base: Any, ours: Any, theirs: Any) -> list[Any]:
    """Return a list of what stayed in the base's order, then what a side added; ABSENT is an empty one.

    There is no conflict. What was added is ordered by a rule that does not know the sides: first what both added, then
    by spelling.
    """
    was, left, right = (
        {repr(item): item for item in ([] if side is ABSENT else side)} for side in (base, ours, theirs)
    )
    kept = [item for key, item in was.items() if key in left and key in right]
    added = {key: item for side in (left, right) for key, item in side.items() if key not in was}
    return [*kept, *(added[key] for key in sorted(added, key=lambda key: (key not in left or key not in right, key)))]


class _Unsettled:
    def __repr__(self) -> str:
        return "UNSETTLED"


UNSETTLED: Final = _Unsettled()
"""Both sides changed a value, and not in the same way."""


def settle(base: Any, ours: Any, theirs: Any) -> Any:
    """Return the value that one side alone made, or both alike; `UNSETTLED` when they differ.

    Values are JSON, or `ABSENT` where there is none. 1, 1.0 and true are three different values.
    """
    if is_same(ours, theirs) or is_same(theirs, base):
        return ours
    return theirs if is_same(ours, base) else UNSETTLED
