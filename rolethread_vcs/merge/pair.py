"""Merges a preference pair, chosen and rejected, as one thing where a side swapped the two.

    base     chosen C   rejected J
    ours     chosen c   rejected J
    theirs   chosen J   rejected C      ->   a conflict, whose decision takes both answers from one side

Field by field the first would be a conflict and the second would not; what was J would be lost with the choice of c.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import UNSETTLED, settle_value
from rolethread_vcs.model.entry import is_equal

_PAIR = ("chosen", "rejected")

Fields = Mapping[str, Any]


def merge_swapped(base: Fields, ours: Fields, theirs: Fields, resolver: Resolver) -> tuple[Fields, Fields]:
    """Return the base to merge the rest with, and the pair by its keys, empty where its fields merge one by one.

    What both sides swapped counts as swapped before them.
    """
    crossed = [_crossed(base, side) for side in (ours, theirs)]
    if all(crossed) and all(
        not is_equal(side.get(key, ABSENT), base.get(key, ABSENT)) for side in (ours, theirs) for key in _PAIR
    ):
        return {**base, "chosen": base.get("rejected", ABSENT), "rejected": base.get("chosen", ABSENT)}, {}
    if not any(crossed):
        return base, {}
    for key in _PAIR:
        if settle_value(*(side.get(key, ABSENT) for side in (base, ours, theirs))) is UNSETTLED:
            return base, _decide(key, Reason.PAIR_SWAPPED, base, ours, theirs, resolver)
    return base, {}


def look_at_pair(merged: Fields, base: Fields, ours: Fields, theirs: Fields, resolver: Resolver) -> Fields:
    """Return the pair that a person chose instead of two equal answers, if only the merge made them equal."""
    is_open = any(conflict.field.startswith(_PAIR) for conflict in resolver.conflicts)
    if is_open or not _is_equal(merged) or any(map(_is_equal, (base, ours, theirs))):
        return {}
    return _decide("chosen", Reason.PAIR_EQUAL, base, ours, theirs, resolver)


def _decide(key: str, reason: Reason, base: Fields, ours: Fields, theirs: Fields, resolver: Resolver) -> Fields:
    """Return both answers of the side that is chosen for one of them."""
    conflict = Conflict(key, reason, *(side.get(key, ABSENT) for side in (base, ours, theirs)))
    side = {"base": base, "theirs": theirs}.get(str(resolver.choose(conflict)), ours)
    return {**{each: side.get(each, ABSENT) for each in _PAIR}, key: resolver.answer(conflict)}


def _crossed(base: Fields, side: Fields) -> bool:
    """Whether a side put an answer of the base on the other side of the pair."""
    chosen, rejected = (base.get(key, ABSENT) for key in _PAIR)
    if is_equal(chosen, rejected):
        return False
    crossings = ((rejected, side.get("chosen", ABSENT)), (chosen, side.get("rejected", ABSENT)))
    return any(before is not ABSENT and is_equal(before, after) for before, after in crossings)


def _is_equal(fields: Fields) -> bool:
    chosen, rejected = (fields.get(key, ABSENT) for key in _PAIR)
    return chosen is not ABSENT and is_equal(chosen, rejected)
