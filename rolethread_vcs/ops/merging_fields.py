"""Merges an entry edited here with the same entry edited in a file, field by field, against what both started from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.model.entry import ENTRY_KEYS, Entry, is_same

_ABSENT = object()
_CONFLICT = object()


def merge_fields(base: Entry, ours: Entry, theirs: Entry) -> Entry | str:
    """Return the merged entry, or the reason why there is none: which field both sides changed differently.

    Messages are one field here; tags merge as sets, `extra` key by key.
    """
    merged: dict[str, Any] = {}
    for key in ENTRY_KEYS:
        if key == "tags":
            tags = (set(ours.tags) & set(theirs.tags)) | (set(ours.tags) ^ set(theirs.tags)) - set(base.tags)
            merged[key] = sorted(tags)
            continue
        if key == "extra":
            extra = _merge_maps(base.extra, ours.extra, theirs.extra)
            if isinstance(extra, str):
                return f"both changed {extra}"
            merged[key] = extra
            continue
        value = _trivial(*(entry.fields.get(key, _ABSENT) for entry in (base, ours, theirs)))
        if value is _CONFLICT:
            return f"both changed the {key}"
        if value is not _ABSENT:
            merged[key] = value
    return Entry.of(merged)


def _trivial(base: Any, ours: Any, theirs: Any) -> Any:
    """Return the side that changed; `_CONFLICT` when both did, differently."""
    if is_same(ours, theirs) or is_same(theirs, base):
        return ours
    return theirs if is_same(ours, base) else _CONFLICT


def _merge_maps(base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any] | str:
    """Merge key by key; return the key in conflict when there is one."""
    merged: dict[str, Any] = {}
    for key in sorted(base.keys() | ours.keys() | theirs.keys()):
        value = _trivial(*(side.get(key, _ABSENT) for side in (base, ours, theirs)))
        if value is _CONFLICT:
            return key
        if value is not _ABSENT:
            merged[key] = value
    return merged
