"""Merges the versions of one answer: its text, and the `alternatives` to it.

A side that makes another version the answer deletes none, and one that edits the answer has no new version:

    base     R  (N, M)
    ours     N  (R, M)
    theirs   r  (N, M)      ->   N or r is for a person to say; with N go (M, r), with r go (N, M)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Conflict, Reason
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import UNSETTLED, settle, settle_value

_OLD = "the answer of the base"
"""Is what this answer and every edit of it are known by; any other version is known by its text."""


class Versions:
    """The versions that base, ours and theirs have of one answer; an empty base where both sides added it."""

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
