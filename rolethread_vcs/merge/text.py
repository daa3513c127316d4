"""Merges two edits of one text by words, where they do not touch."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rolethread_vcs.diff.chain import heaviest_chain
from rolethread_vcs.diff.likeness import similarity
from rolethread_vcs.diff.words import word_changes

_KEPT = 0.4
"""A side that keeps less of the text than this wrote another text; a word of the other would be a stranger in it."""

_SENTENCE = re.compile(r"[^.!?…。！？\n]+")
_BEGINS = re.compile(r"(?:^|\n|[.!?…。！？][\"'*”’»]*\s*)\Z")
_KNOWN_AGAIN = 8
"""Letters from which a sentence that went here and came there is one that was moved."""
_EDITED = 0.6
"""Likeness from which it is one that was moved and edited."""
_DELETED = 0.3
"""Likeness below which it is not there any more."""
_FEW_PAIRS = 400
_EDGES = " \t\u00a0\u3000*_\"'“”„«»‘’「」『』()（）"

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
    result = "".join((*parts, base[place:]))
    return result if _has_each_sentence(base, ours, theirs, result) else None


def _has_each_sentence(base: str, ours: str, theirs: str, result: str) -> bool:
    """Whether no sentence was lost that nobody touched, came back that a side deleted or rewrote, or stands twice.

    Words know nothing of sentences: where one side moved a sentence and the other changed, deleted or moved it, too,
    the edit would land in the one that stands there now.
    """
    was, one, other, now = (Counter(_sentences(text)[0]) for text in (base, ours, theirs, result))
    for sentence in was | one | other:
        before, here, there = was[sentence], one[sentence], other[sentence]
        if not min(before, here, there) <= now[sentence] <= max(0, here + there - before):
            return False
    gone, new = was.keys() - one.keys() - other.keys(), [side.keys() - was.keys() for side in (one, other)]
    if len(gone) * (len(new[0]) + len(new[1])) > _FEW_PAIRS:
        return True
    # One that is gone from both was edited by both, or deleted here, and moved and edited there.
    likest = ([max((similarity(each, to) for to in side), default=0.0) for side in new] for each in gone)
    return not any(min(each) < _DELETED and max(each) >= _EDITED for each in likest)


def _edits(base: str, side: str) -> list[_Edit]:
    """Return how a side changed the text; words are compared between sentences that stand once in both."""
    single, to_single = (_sentences(text)[1] for text in (base, side))
    anchors = heaviest_chain(
        (place, to_single[sentence], _letters(sentence)) for sentence, place in single.items() if sentence in to_single
    )
    edits: list[_Edit] = []
    place = to_place = 0
    sizes = {place: len(sentence) for sentence, place in single.items()}
    for start, to_start in [*anchors, (len(base), len(side))]:
        old = new = ""
        for kind, text in (*word_changes(base[place:start], side[to_place:to_start]), ("equal", "")):
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
        size = sizes.get(start, 0)
        place, to_place = start + size, to_start + size
    return edits


def _from_sentence(base: str, edit: _Edit, low: int) -> _Edit:
    """Return an edit that puts in or takes out as it begins with a sentence, where the same can be said so.

    `[sheep. She counts the ]coins` put in behind `She counts the ` is `[She counts the sheep. ]` put in before it.
    """
    text, start = edit.old or edit.new, edit.start
    if not (edit.old and edit.new):
        while not _begins(base, start, text) and start > low and base[start - 1] == text[-1]:
            start, text = start - 1, text[-1] + text[:-1]
        if start != edit.start and _begins(base, start, text):
            return _Edit(start, start + len(edit.old), text if edit.old else "", text if edit.new else "")
    return edit


def _begins(base: str, place: int, text: str) -> bool:
    """Whether a text at a place begins a sentence; in `*She laughs.* that liar` it does so once."""
    return _BEGINS.search(base[:place]) is not None and not text.lstrip(_EDGES)[:1].islower()


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


def _sentences(text: str) -> tuple[list[str], dict[str, int]]:
    """Return the sentences of a text that say enough to be known again, and the places of those that stand once."""
    row, places = [], {}
    for found in _SENTENCE.finditer(text):
        if _letters(found[0]) >= _KNOWN_AGAIN:
            row.append(found[0].strip(_EDGES))
            places[row[-1]] = found.end() - len(found[0].lstrip(_EDGES))
    times = Counter(row)
    return row, {sentence: place for sentence, place in places.items() if times[sentence] == 1}
