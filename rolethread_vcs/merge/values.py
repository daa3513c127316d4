"""Merges all values but messages: who alone changed one wins; else objects key by key, tags and names as sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason, SideChoice, field_name
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.model.entry import is_equal, is_same, sort_keys


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
        value = settle_value(was, left, right)
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
    return {key: merged[key] for key in merged_keys(base, ours, theirs) if key in merged}


def merged_keys(base: Iterable[str], ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """Return the keys of ours and theirs in the order of the side that changed it.

    Those which only the other side has stand behind the key that they follow there. Where no side changed the order, or
    both did, it is one that does not depend on which side is ours.
    """
    sides = sorted((list(ours), list(theirs)))
    common = [key for key in base if all(key in side for side in sides)]
    moved = [[key for key in side if key in common] != common for side in sides]
    first, second = sides[::-1] if moved == [False, True] else sides
    before = None
    for key in second:
        if key not in first:
            first.insert(0 if before is None else first.index(before) + 1, key)
        before = key
    return first


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
        {repr(sort_keys(item)): item for item in ([] if side is ABSENT else side)} for side in (base, ours, theirs)
    )
    kept = [settle_value(item, left[key], right[key]) for key, item in was.items() if key in left and key in right]
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


def settle_value(base: Any, ours: Any, theirs: Any) -> Any:
    """Settle what is not a whole conversation: who only put keys into another order leaves the value to the other."""
    value = settle(base, ours, theirs)
    if value is UNSETTLED and (is_equal(theirs, base) or is_equal(ours, theirs)):
        return _in_order(ours, base, theirs)
    return _in_order(theirs, base, ours) if value is UNSETTLED and is_equal(ours, base) else value


def _in_order(value: Any, base: Any, model: Any) -> Any:
    """Return a value with the order of keys that a model has inside it, where the value has the order of the base."""
    if isinstance(value, dict) and isinstance(model, dict):
        old = base if isinstance(base, dict) else {}
        keys = [key for key in merged_keys(old, value, model) if key in value]
        return {key: _in_order(value[key], old.get(key), model.get(key)) for key in keys}
    if not isinstance(value, list) or not isinstance(model, list):
        return value
    was = base if isinstance(base, list) and len(base) == len(model) else [None] * len(model)
    places = dict(_pair_items(value, model))
    return [
        _in_order(item, was[places[number]], model[places[number]]) if number in places else item
        for number, item in enumerate(value)
    ]


def _pair_items(one: list[Any], other: list[Any]) -> Iterator[tuple[int, int]]:
    """Yield the places of items that are equal, then of those that share most: a key has its order from what it was."""
    texts, others = ([repr(sort_keys(item)) for item in side] for side in (one, other))
    words, to_words = ([{*text.split()} for text in side] for side in (texts, others))
    ranked = sorted(
        (text != to_text, -len(words[number] & to_words[place]), number, place)
        for number, text in enumerate(texts)
        for place, to_text in enumerate(others)
    )
    taken: set[int] = set()
    to_taken: set[int] = set()
    for _, shared, number, place in ranked:
        if shared and number not in taken and place not in to_taken:
            yield number, place
            taken.add(number)
            to_taken.add(place)
