"""Merges one message that both sides hold: its text by words, its other keys one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason, SideChoice, field_name
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.text import merge_text
from rolethread_vcs.merge.values import (
    UNSETTLED,
    merge_maps,
    merge_sets,
    merged_keys,
    settle,
    settle_value,
    value_conflict,
)


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


# ---- the versions of one answer


_OLD = "the answer of the base"
"""Is what this answer and every edit of it are known by; any other version is known by its text."""


class Versions:
    """The versions that base, ours and theirs have of one answer, the answer itself and its `alternatives`.

    The base is empty where both sides added it.

    A side that makes another version the answer deletes none, and one that edits the answer has no new version:

        base     R  (N, M)
        ours     N  (R, M)
        theirs   r  (N, M)      ->   N or r is for a person to say; with N go (M, r), with r go (N, M)
    """

    def __init__(self, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        sides = (base, ours, theirs)
        self._lists = [side.get("alternatives", ABSENT) for side in sides]
        self._texts = [repr(side.get("content", ABSENT)) for side in sides]
        old = {self._texts[0]} if base else {*self._texts}
        rows = [{repr(each): each for each in _items(of)} for of in self._lists]
        known = rows[0] if base else rows[1] | rows[2]
        self._answers = [
            text if text in known or not old.isdisjoint(row) else _OLD
            for text, row in zip(self._texts, rows, strict=True)
        ]
        self._others = [{_OLD if base and text in old else text: each for text, each in row.items()} for row in rows]
        self._versions = [
            {answer: side.get("content", ABSENT), **others}
            for answer, side, others in zip(self._answers, sides, self._others, strict=True)
        ]
        if not base:
            self._versions[0] = {}

    @property
    def are_merged(self) -> bool:
        """Whether there are versions to merge: lists of alternatives, none of which holds its answer itself."""
        return (
            any(each is not ABSENT for each in self._lists)
            and all(each is ABSENT or isinstance(each, list) for each in self._lists)
            and all(text not in map(repr, _items(of)) for text, of in zip(self._texts, self._lists, strict=True))
        )

    @property
    def have_one_answer(self) -> bool:
        """Whether both sides have the same version as the answer, perhaps edited."""
        return self._answers[1] == self._answers[2]

    def alternatives(self, content: Any, field: str, resolver: Resolver) -> Any:
        """Return the alternatives to what became the answer: every version that no side deleted."""
        was, left, right = self._versions
        kept = {key: settle_value(was[key], left[key], right[key]) for key in was if key in left and key in right}
        added = {key: value for side in (left, right) for key, value in side.items() if key not in was}
        chosen = [answer for answer, text in zip(self._answers, self._texts, strict=True) if text == repr(content)]
        answer = next(iter(chosen), self._answers[1] if self.have_one_answer else None)
        found = {
            key: value
            for key, value in {**kept, **added}.items()
            if key != answer and value is not ABSENT and repr(value) != repr(content)
        }
        whole = settle(*self._lists)
        if whole is not UNSETTLED and {*map(repr, _items(whole))} == {*map(repr, found.values())}:
            return whole
        if not found:
            return ABSENT if ABSENT in self._lists else []
        common = [key for key in self._others[0] if all(key in others for others in self._others)]
        orders = [[key for key in others if key in common] for others in self._others]
        moved = [others for others, order in zip(self._others, orders, strict=True) if order != orders[0]]
        first: Iterable[str] = moved[0] if len(moved) == 1 else self._others[0]
        if len(moved) == 2 and orders[1] == orders[2]:
            first = orders[1]
        elif len(moved) == 2:
            order = resolver.answer(Conflict(field, Reason.BOTH_MOVED, *self._lists))
            number = next((number for number, each in enumerate(self._lists) if each is order), None)
            if number is None:
                return order
            first = self._others[number]
        rest = sorted(found.keys() - {*first}, key=lambda key: (key not in left or key not in right, repr(found[key])))
        # an edit of one side may be what the other added
        return [*{repr(found[key]): found[key] for key in (*first, *rest) if key in found}.values()]


def _items(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []
