"""Merges one entry, field by field, each the way its kind is merged; a preference pair where a side swapped the two.

    base     chosen C   rejected J
    ours     chosen c   rejected J
    theirs   chosen J   rejected C      ->   a conflict, whose decision takes both answers from one side

Field by field the first would be a conflict and the second would not; what was J would be lost with the choice of c.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choose, Conflict, Merged, Reason
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import UNSETTLED, merge_maps, merge_sets, settle, settle_value, value_conflict
from rolethread_vcs.model.entry import CONVERSATIONS, ENTRY_KEYS, Entry, InvalidEntryError, is_equal

_PAIR = ("chosen", "rejected")

Fields = Mapping[str, Any]


def merge_entries(
    base: Entry | None, ours: Entry | None, theirs: Entry | None, choose: Choose | None = None
) -> Merged[Entry | None]:
    """Return the merge of an entry; None stands for a side that has no such entry, or for an entry that goes.

    The names of fields do not depend on what is chosen; only a whole-list conflict (`messages`) may come up when what
    conflicted inside the list is settled. Its preview has the merged messages, which break the conversation.

    Raises:
        UsageError (unusable_choice): a choice does not fit its conflict, or the entry could not be one with it.
    """
    resolver = Resolver(choose)
    was, left, right = (ABSENT if side is None else side.document for side in (base, ours, theirs))
    fields = _merge_whole(was, left, right, resolver)
    try:
        return resolver.merged(None if fields is ABSENT or fields is None else Entry.of(fields))
    except InvalidEntryError as error:
        raise UsageError(error.message, code="unusable_choice") from error


def _merge_whole(base: Any, ours: Any, theirs: Any, resolver: Resolver) -> Any:
    """Return the merged fields, ABSENT when the entry goes."""
    whole = settle(base, ours, theirs)
    if whole is not UNSETTLED:
        return whole
    if ours is ABSENT or theirs is ABSENT:
        if is_equal(theirs if ours is ABSENT else ours, base):
            return ABSENT
        return resolver.answer(value_conflict("entry", base, ours, theirs))
    if base is ABSENT and not _are_one_conversation(ours.get("messages"), theirs.get("messages")):
        return resolver.answer(Conflict("entry", Reason.SAME_ID, base, ours, theirs))
    was = {} if base is ABSENT else base
    was, pair = _merge_swapped(was, ours, theirs, resolver)
    merged = dict(pair)
    for key in (key for key in ENTRY_KEYS if key not in pair):
        merged[key] = _merge_field(key, was.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), resolver)
    merged |= _look_at_pair(merged, was, ours, theirs, resolver)
    return {key: value for key, value in merged.items() if value is not ABSENT}


def _are_one_conversation(ours: Any, theirs: Any) -> bool:
    """Whether two entries that both sides added are versions of one: message for message the same, or much alike."""
    if is_equal(ours, theirs):
        return True
    if not isinstance(ours, list) or not isinstance(theirs, list) or len(ours) != len(theirs):
        return False
    from rolethread_vcs.diff.align import Match, align

    pairs = align(ours, theirs)
    return len(pairs) == len(ours) and all(not pair.moved and pair.match is not Match.PLACED for pair in pairs)


def _merge_field(key: str, base: Any, ours: Any, theirs: Any, resolver: Resolver) -> Any:
    value = settle(base, ours, theirs)
    if value is not UNSETTLED:
        return value
    if key == "tags":
        return sorted(merge_sets(base, ours, theirs))
    if key == "origin":
        return merge_sets(base, ours, theirs)
    if key == "extra":
        was, left, right = ({} if side is ABSENT else side for side in (base, ours, theirs))
        return merge_maps(was, left, right, key, resolver)
    if key in CONVERSATIONS:
        from rolethread_vcs.merge.lists import Lists
        from rolethread_vcs.merge.message import merge_content
        from rolethread_vcs.merge.messages import merge_conversation

        if isinstance(ours, list) and isinstance(theirs, list) and (base is ABSENT or isinstance(base, list)):
            messages = merge_conversation(Lists([] if base is ABSENT else base, ours, theirs), key, resolver)
            return ABSENT if base is ABSENT and not messages else messages
        return merge_content(base, ours, theirs, key, resolver)
    return resolver.answer(value_conflict(key, base, ours, theirs))


# ---- a preference pair


def _merge_swapped(base: Fields, ours: Fields, theirs: Fields, resolver: Resolver) -> tuple[Fields, Fields]:
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


def _look_at_pair(merged: Fields, base: Fields, ours: Fields, theirs: Fields, resolver: Resolver) -> Fields:
    """Return the pair that a person chose instead of two equal answers, if only the merge made them equal."""
    is_open = any(conflict.field.startswith(_PAIR) for conflict in resolver.conflicts)
    if is_open or not _is_of_equals(merged) or any(map(_is_of_equals, (base, ours, theirs))):
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


def _is_of_equals(fields: Fields) -> bool:
    chosen, rejected = (fields.get(key, ABSENT) for key in _PAIR)
    return chosen is not ABSENT and is_equal(chosen, rejected)
