"""Applies what changed in a line to the entry: what the line had no place for stays, and follows its message.

A line is less than its entry: a clean ShareGPT row has no speakers, no train flags, no tags. So the line is compared
with what it was, not with the entry, and only the difference is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.diff.align import align
from rolethread_vcs.model.entry import ENTRY_KEYS, Entry, is_same

_CONVERSATIONS = frozenset({"messages", "chosen", "rejected"})


def apply_edit(stored: Entry, before: Entry, after: Entry) -> Entry:
    """Return the stored entry with the change from one reading of its line to another.

    `apply_edit(stored, line, line)` is the stored entry.
    """
    fields: dict[str, Any] = {}
    for key in ENTRY_KEYS:
        value = _edited_field(key, *(side.fields.get(key, ABSENT) for side in (stored, before, after)))
        if value is not ABSENT:
            fields[key] = value
    return Entry.of(fields)


def _edited_field(key: str, stored: Any, before: Any, after: Any) -> Any:
    if _is_one(before, after):
        return stored
    if key in _CONVERSATIONS and isinstance(after, list) and isinstance(before, list) and isinstance(stored, list):
        return _edited_messages(stored, before, after)
    if key == "tags":
        was, now, own = (set() if side is ABSENT else set(side) for side in (before, after, stored))
        return sorted((own - (was - now)) | (now - was)) or ABSENT
    if key == "extra":
        was, now, own = ({} if side is ABSENT else side for side in (before, after, stored))
        return _edited_keys(own, was, now) or ABSENT
    return after


def _edited_messages(stored: Sequence[Any], before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    """Return the messages of the line, each with what its message in the store has besides."""
    partner = {pair.after: pair.before for pair in align(before, after)}
    place_of = _in_store(stored, before)
    result = []
    for place, message in enumerate(after):
        was = partner.get(place)
        own = None if was is None else place_of.get(was)
        if was is None or own is None:
            result.append(message)
        elif all(isinstance(each, dict) for each in (stored[own], before[was], message)):
            result.append(_edited_keys(stored[own], before[was], message))
        else:
            result.append(stored[own] if is_same(before[was], message) else message)
    return result


def _in_store(stored: Sequence[Any], before: Sequence[Any]) -> dict[int, int]:
    """Return which stored message each message of the line was: the same place, unless the line had been changed."""
    if len(stored) == len(before):
        return {place: place for place in range(len(before))}
    return {pair.after: pair.before for pair in align(stored, before)}


def _edited_keys(stored: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its keys set and removed as they were in the line."""
    result = dict(stored)
    for key in {**before, **after}:
        was, now = before.get(key, ABSENT), after.get(key, ABSENT)
        if _is_one(was, now):
            continue
        if now is ABSENT:
            result.pop(key, None)
        else:
            result[key] = now
    return result


def _is_one(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return is_same(one, other)
