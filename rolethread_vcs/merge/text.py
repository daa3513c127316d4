"""Merges two edits of one text by words, where they do not touch."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rolethread_vcs.diff.words import word_changes

_KEPT = 0.4
"""A side that keeps less of the text than this wrote another text; a word of the other would be a stranger in it."""

_SAME_MARK = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."}
)


@dataclass(frozen=True, slots=True)
class _Edit:
    """Characters `start:stop` of the base, `old`, became `new`."""

    start: int
    stop: int
    old: str
    new: str

    @property
    def is_form(self) -> bool:
        """Whether only the spelling changed: line ends, curly quotes, composed letters."""
        return bool(self.old) and bool(self.new) and _plain(self.old) == _plain(self.new)


def merge_text(base: str, ours: str, theirs: str) -> str | None:
    """Return the text with the edits of both sides, or None when they overlap or touch.

    Edits touch when nothing but a space, or nothing at all, is left between them: `old, wise` can be edited on both
    sides of the comma, `old man` cannot. An edit that only re-encodes (line ends, curly quotes) may touch any other,
    and gives way where they overlap. Equal edits count once. A side that rewrote most of the text merges with no edit.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    first, second = _edits(base, ours), _edits(base, theirs)
    first, second = _standing(first, second), _standing(second, first)
    if not (_keeps_enough(base, first) and _keeps_enough(base, second)):
        return None
    mine, others = {*first}, {*second}
    shared = mine & others
    for left, right in pairwise(sorted((mine | others) - shared, key=_place)):
        if (left in mine) != (right in mine) and _meet(base, left, right, shared):
            return None
    parts = []
    place = 0
    for edit in sorted(mine | others, key=_place):
        parts += [base[place : edit.start], edit.new]
        place = edit.stop
    return "".join((*parts, base[place:]))


def _edits(base: str, side: str) -> list[_Edit]:
    edits: list[_Edit] = []
    place = 0
    old = new = ""
    for kind, text in (*word_changes(base, side), ("equal", "")):
        if kind == "delete":
            old = text
        elif kind == "insert":
            new = text
        else:
            if old or new:
                edits.append(_Edit(place, place + len(old), old, new))
                place += len(old)
                old = new = ""
            place += len(text)
    return edits


def _place(edit: _Edit) -> tuple[int, int]:
    return edit.start, edit.stop


def _standing(edits: Sequence[_Edit], others: Sequence[_Edit]) -> list[_Edit]:
    """Return the edits without those that only re-encode what the other side really changed."""
    starts = [other.start for other in others]

    def stands(edit: _Edit) -> bool:
        if not edit.is_form:
            return True
        first = max(0, bisect_left(starts, edit.start) - 1)
        stop = bisect_left(starts, edit.stop)
        return all(other.stop <= edit.start or other.is_form for other in others[first:stop])

    return [edit for edit in edits if stands(edit)]


def _keeps_enough(base: str, edits: Sequence[_Edit]) -> bool:
    gone = sum(_letters(edit.old) for edit in edits if not edit.is_form)
    return not gone or _letters(base) - gone >= _KEPT * _letters(base)


def _meet(base: str, left: _Edit, right: _Edit, shared: set[_Edit]) -> bool:
    """Whether two edits of different sides overlap or touch: a word, a line end, or `, ` keeps them apart."""
    if left.stop > right.start:
        return True
    if left.is_form or right.is_form:
        return False
    between = base[left.stop : right.start]
    for edit in sorted((each for each in shared if left.stop <= each.start and each.stop <= right.start), key=_place):
        # What both changed alike keeps nothing apart.
        between = between.replace(edit.old, "", 1)
    if _letters(between) > 1 or "\n" in between:
        return False
    return between.isspace() or not any(map(str.isspace, between))


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _plain(text: str) -> str:
    """Return a text without what may differ by encoding alone."""
    return " ".join(f"|{unicodedata.normalize('NFC', text).translate(_SAME_MARK)}|".split())
