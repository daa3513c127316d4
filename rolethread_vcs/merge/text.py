"""Merges two edits of one text by words, where they do not touch."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rolethread_vcs.diff.words import word_changes

_KEPT = 0.4
"""A side that keeps less of the text than this wrote another text; a word of the other would be a stranger in it."""

_SENTENCE = re.compile(r"[^.!?…。！？\n]+")
_BEGINS = re.compile(r"(?:^|\n|[.!?…。！？][\"'*”’»]*\s*)\Z")
_KNOWN_AGAIN = 8
"""Letters from which a sentence that went here and came there is one that was moved."""

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
    if any(_meets_a_move(edits, there, shared) for edits, there in ((first, second), (second, first))):
        return None
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
                low = edits[-1].stop + 1 if edits else 0
                edits.append(_from_sentence(base, _Edit(place, place + len(old), old, new), low))
                place += len(old)
                old = new = ""
            place += len(text)
    return edits


def _from_sentence(base: str, edit: _Edit, low: int) -> _Edit:
    """Return an edit that puts in or takes out as it begins with a sentence, where the same can be said so.

    `[sheep. She counts the ]coins` put in behind `She counts the ` is `[She counts the sheep. ]` put in before it.
    """
    text, start = edit.old or edit.new, edit.start
    if not (edit.old and edit.new):
        while not _BEGINS.search(base[:start]) and start > low and base[start - 1] == text[-1]:
            start, text = start - 1, text[-1] + text[:-1]
        if start != edit.start and _BEGINS.search(base[:start]):
            return _Edit(start, start + len(edit.old), text if edit.old else "", text if edit.new else "")
    return edit


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


def _meets_a_move(edits: Sequence[_Edit], others: Sequence[_Edit], shared: set[_Edit]) -> bool:
    """Whether one side moved a sentence within the text, and the other touched it where it stood."""
    for edit in edits:
        put = {text for each in edits if each != edit and each not in shared for text in _sentences(each.new)}
        moved = put and put.intersection(_sentences(edit.old))
        if moved and any(other.start < edit.stop and edit.start < other.stop for other in others):
            return True
    return False


def _sentences(text: str) -> set[str]:
    """Return the sentences of a text, as far as they say enough to be known again."""
    return {found.strip() for found in _SENTENCE.findall(text) if _letters(found) >= _KNOWN_AGAIN}
