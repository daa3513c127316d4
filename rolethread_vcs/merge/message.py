"""Merges one message that both sides hold: its text by words, its other keys one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason, SideChoice, field_name
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.text import merge_text
from rolethread_vcs.merge.values import UNSETTLED, merge_maps, merge_sets, merged_keys, settle_value, value_conflict
from rolethread_vcs.merge.versions import Versions


def merge_message(
    base: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    field: str,
    resolver: Resolver,
) -> dict[str, Any]:
    """Return the merged message; what conflicts is named below `field` (`messages[3]`).

    `base` is None for a message that both sides added.
    """
    was: Mapping[str, Any] = base if base is not None else {}
    versions = Versions(was, ours, theirs)
    merged: dict[str, Any] = {}
    # alternatives last: which they are depends on what becomes the answer
    for key in sorted([*ours, *(key for key in theirs if key not in ours)], key="alternatives".__eq__):
        sides = (was.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT))
        name = field_name(field, key)
        if key == "alternatives" and versions.are_merged:
            value = versions.alternatives(merged.get("content", ABSENT), name, resolver)
        else:
            value = settle_value(*sides)
        if value is UNSETTLED and key == "content" and versions.are_merged and not versions.have_one_answer:
            # the words of one version are none of the other's
            value = resolver.answer(Conflict(name, Reason.BOTH_EDITED, *sides))
        elif value is UNSETTLED:
            value = _merge_key(key, sides, name, resolver)
        if value is not ABSENT:
            merged[key] = value
    return merged


def _merge_key(key: str, sides: tuple[Any, Any, Any], field: str, resolver: Resolver) -> Any:
    base, ours, theirs = sides
    if key == "content":
        return merge_content(base, ours, theirs, field, resolver)
    if key == "alternatives" and _are_lists(ours, theirs) and (base is ABSENT or isinstance(base, list)):
        return merge_sets(base, ours, theirs)  # one of them holds the answer, too
    if key == "tool_calls" and (calls := merge_calls(base, ours, theirs)) is not UNSETTLED:
        return calls
    if key != "function_call" and isinstance(base, dict) and isinstance(ours, dict) and isinstance(theirs, dict):
        return merge_maps(base, ours, theirs, field, resolver)
    return resolver.answer(value_conflict(field, base, ours, theirs))


def merge_calls(base: Any, ours: Any, theirs: Any) -> Any:
    """Return the calls of a message, each as the side has it that changed it, or UNSETTLED.

    A call is one thing: the name from one side and the arguments from the other would be a third call.
    """
    if not (_are_lists(base, ours, theirs) and len(base) == len(ours) == len(theirs)):
        return settle_value(base, ours, theirs)
    calls = [settle_value(*each) for each in zip(base, ours, theirs, strict=True)]
    return UNSETTLED if any(call is UNSETTLED for call in calls) else calls


def merge_content(base: Any, ours: Any, theirs: Any, field: str, resolver: Resolver) -> Any:
    """Return the merge of a text, or of a list of parts; all else is taken whole or conflicts."""
    if isinstance(ours, str) and isinstance(theirs, str):
        if isinstance(base, str):
            text = merge_text(base, ours, theirs)
            if text is not None:
                return text
        reason = Reason.BOTH_INSERTED if base is ABSENT else Reason.BOTH_EDITED
        return resolver.answer(Conflict(field, reason, base, ours, theirs, _fuller(ours, theirs)))
    if _are_lists(base, ours, theirs) and len(base) == len(ours) == len(theirs):
        parts = [_merge_part(*each) for each in zip(base, ours, theirs, strict=True)]
        if all(part is not UNSETTLED for part in parts):
            return parts
    if _are_lists(ours, theirs):
        return resolver.answer(Conflict(field, Reason.BOTH_EDITED, base, ours, theirs))
    return resolver.answer(value_conflict(field, base, ours, theirs))


def _merge_part(base: Any, ours: Any, theirs: Any) -> Any:
    """Return a part of a message's content (`{"type": "text", "text": …}`) with both edits, or UNSETTLED."""
    value = settle_value(base, ours, theirs)
    if value is not UNSETTLED:
        return value
    if not all(isinstance(part, dict) and part.get("type") == "text" for part in (base, ours, theirs)):
        return UNSETTLED
    merged = {}
    for key in merged_keys(base, ours, theirs):
        sides = [part.get(key, ABSENT) for part in (base, ours, theirs)]
        value = settle_value(*sides)
        if value is UNSETTLED and key == "text" and all(isinstance(side, str) for side in sides):
            text = merge_text(*sides)
            value = UNSETTLED if text is None else text
        if value is UNSETTLED:
            return UNSETTLED
        if value is not ABSENT:
            merged[key] = value
    return merged


def _fuller(ours: str, theirs: str) -> SideChoice | None:
    """Suggest the side that holds all of the other's text and more."""
    if ours.strip() in theirs:
        return "theirs"
    return "ours" if theirs.strip() in ours else None


def _are_lists(*values: Any) -> bool:
    return all(isinstance(value, list) for value in values)
