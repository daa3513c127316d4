"""Merges two edits of one text by words, where they do not touch."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
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
    if _move_meets_a_change(base, ours, theirs):
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


def _move_meets_a_change(base: str, ours: str, theirs: str) -> bool:
    """Whether one side moved a sentence within the text, and the other changed, deleted or moved it, too.

    Words know nothing of sentences: the edit would land in the one that stands there now, what was deleted would come
    back, and what both moved would stand twice.
    """
    for side, other in ((ours, theirs), (theirs, ours)):
        row, to_row = _sentences(side)[0], _sentences(other)[0]
        also = dict(_moved(base, other))
        for sentence, text in _moved(base, side):
            if sentence not in to_row:
                return True
            if sentence in also and row[: row.index(text)][-1:] != to_row[: to_row.index(sentence)][-1:]:
                return True
    return False


def _moved(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences that were moved, each with what it says now; of two that changed places, both."""
    (row, single), (to_row, to_single) = _sentences(before), _sentences(after)
    pairs = {sentence: sentence for sentence in single if sentence in to_single}
    went = [sentence for sentence in single if sentence not in to_row]
    came = [sentence for sentence in to_single if sentence not in row]
    if len(went) * len(came) <= _FEW_PAIRS:
        for sentence in went:
            likeness, most = max(((similarity(sentence, each), each) for each in came), default=(0.0, ""))
            if likeness >= _EDITED:
                pairs[sentence] = most
    places = [(single[one], to_single[other], _letters(one)) for one, other in pairs.items()]
    chains = (
        heaviest_chain(places),
        heaviest_chain((place, to_place, 1) for place, to_place, _ in places),
        [(-place, -to_place) for place, to_place in heaviest_chain((-one, -other, 1) for one, other, _ in places)],
    )
    for sentence, text in pairs.items():
        if any((single[sentence], to_single[text]) not in chain for chain in chains):
            yield sentence, text


def _sentences(text: str) -> tuple[list[str], dict[str, int]]:
    """Return the sentences of a text that say enough to be known again, and the places of those that stand once."""
    row, places = [], {}
    for found in _SENTENCE.finditer(text):
        if _letters(found[0]) >= _KNOWN_AGAIN:
            row.append(found[0].strip(_EDGES))
            places[row[-1]] = found.end() - len(found[0].lstrip(_EDGES))
    times = Counter(row)
    return row, {sentence: place for sentence, place in places.items() if times[sentence] == 1}
