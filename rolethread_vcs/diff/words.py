"""What changed inside a text: whole words deleted and inserted, in an order that reads well."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, count, pairwise
from operator import ne
from typing import Literal

from rolethread_vcs.diff.chain import longest_chain
from rolethread_vcs.diff.likeness import is_word, tokens

WordChange = tuple[Literal["equal", "delete", "insert"], str]
"""A piece of text that stayed, went or came."""

_LARGEST_TABLE = 100_000_000  # 10,000 tokens against 10,000: the search takes a bit a pair of tokens, 12 MB
_LONG = 4_000  # characters; from here equal ends are cut off first
_MARGIN = 400  # characters of them that stay
_GAP = re.compile(r"\s(?=\S)")
_SAMPLE = 4
_RUN = 8  # tokens in a row that recognise a place in a text too long for the table


@dataclass(slots=True)
class _Edit:
    """A place where the two texts differ: tokens `start:stop` before became tokens `to_start:to_stop` after."""

    start: int
    stop: int
    to_start: int
    to_stop: int


def word_changes(before: str, after: str) -> tuple[WordChange, ...]:
    """Return how one text becomes the other, in whole words, made to be read.

    What is equal and what was deleted, joined, is `before`; what is equal and what was inserted is `after`. A deletion
    stands before the insertion in its place; empty pieces and two of one kind in a row do not occur. A few equal
    words lost between larger changes are shown as changed, too.
    """
    head, tail = _equal_ends(before, after)
    first, second = tokens(before[head : len(before) - tail]), tokens(after[head : len(after) - tail])
    edits: list[_Edit] = []
    place = to_place = 0
    for start, to_start, size in [*_equal_runs(first, second), (len(first), len(second), 0)]:
        if start > place or to_start > to_place:
            edits.append(_Edit(place, start, to_place, to_start))
        place, to_place = start + size, to_start + size
    edits = _joined(first, edits, second)
    for number, edit in enumerate(edits):
        # One equal token stays on each side, or two changes would touch.
        low = edits[number - 1].stop + 1 if number else 0
        high = edits[number + 1].start - 1 if number + 1 < len(edits) else len(first)
        _slide(first, second, edit, low, high)
    result: list[WordChange] = []
    place = 0
    equal = before[:head]
    for edit in edits:
        result.append(("equal", equal + "".join(first[place : edit.start])))
        result.append(("delete", "".join(first[edit.start : edit.stop])))
        result.append(("insert", "".join(second[edit.to_start : edit.to_stop])))
        place, equal = edit.stop, ""
    result.append(("equal", equal + "".join(first[place:]) + before[len(before) - tail :]))
    return tuple(change for change in result if change[1])


def _equal_ends(before: str, after: str) -> tuple[int, int]:
    """Return how many characters at the start and at the end of two long texts are equal and need not be cut up.

    Both ends are at the start of a word, so that the rest has the tokens that it has in the whole text; and some
    equal text is left, for the changes to be seen in their place.
    """
    shorter = min(len(before), len(after))
    if shorter < _LONG:
        return 0, 0
    head = _common_length(shorter, lambda size: before[:size] == after[:size])
    head = max(
        (place.end() for place in _GAP.finditer(before, max(0, head - 2 * _MARGIN), max(0, head - _MARGIN))), default=0
    )
    rest = shorter - head
    tail = _common_length(rest, lambda size: before[len(before) - size :] == after[len(after) - size :])
    start = len(before) - tail
    found = _GAP.search(before, start + _MARGIN, min(start + 2 * _MARGIN, len(before))) if tail > _MARGIN else None
    return head, len(before) - found.end() if found else 0


def _common_length(longest: int, is_common: Callable[[int], bool]) -> int:
    """Return the largest size that is common, by halving: comparing a slice costs next to nothing."""
    low, high = 0, longest
    while low < high:
        middle = (low + high + 1) // 2
        if is_common(middle):
            low = middle
        else:
            high = middle - 1
    return low


Run = tuple[int, int, int]  # a place before, a place after, and how many tokens are equal from there


def _equal_runs(one: Sequence[str], other: Sequence[str]) -> list[Run]:
    """Return runs of equal tokens that rise on both sides."""
    start = _common(one, other)
    stop = _common(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - stop], other[start : len(other) - stop]
    runs = [(0, 0, start)]
    if left and right:
        if len(left) * len(right) > _LARGEST_TABLE:
            found = _around_anchors(left, right)
        elif len(left) == 1 or len(right) == 1:  # a word for some others
            found = [(place, right.index(token), 1) for place, token in enumerate(left) if token in right][:1]
        else:
            from rapidfuzz.distance import Indel

            blocks = Indel.opcodes(left, right).as_matching_blocks()
            found = [(place, to_place, size) for place, to_place, size in blocks]
        runs += [(start + place, start + to_place, size) for place, to_place, size in found]
    runs.append((len(one) - stop, len(other) - stop, stop))
    return [run for run in runs if run[2]]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many tokens both begin with."""
    differs = map(ne, one, other)
    return next(compress(count(), differs), min(len(one), len(other)))


def _around_anchors(one: Sequence[str], other: Sequence[str]) -> list[Run]:
    """Return equal runs of two long texts: first those around passages that stand once in each, then between them.

    Lines would do where a text has lines; a message of a megabyte may be a single one. What lies between two anchors
    and is still too long for the table counts as changed from end to end.
    """
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    passages, to_passages = (_passages(list(map(numbers.__getitem__, side))) for side in (one, other))
    anchors = longest_chain((place, to_passages[key]) for key, place in passages.items() if key in to_passages)
    runs: list[Run] = []
    place = to_place = 0
    for anchor, to_anchor in [*anchors, (len(one), len(other))]:
        if anchor < place or to_anchor < to_place:
            continue  # inside the passage before it
        left, right = one[place:anchor], other[to_place:to_anchor]
        if left and right and len(left) * len(right) <= _LARGEST_TABLE:
            runs += [(place + start, to_place + to_start, size) for start, to_start, size in _equal_runs(left, right)]
        size = _common(one[anchor : anchor + _RUN], other[to_anchor : to_anchor + _RUN])
        runs.append((anchor, to_anchor, size))
        place, to_place = anchor + size, to_anchor + size
    return [run for run in runs if run[2]]


def _passages(numbers: Sequence[int]) -> dict[tuple[int, ...], int]:
    """Return the place of runs of tokens that stand in the text once; of those that begin with every fourth word."""
    runs = {
        place: tuple(numbers[place : place + _RUN])
        for place in range(len(numbers) - _RUN + 1)
        if not numbers[place] % _SAMPLE
    }
    times = Counter(runs.values())
    return {run: place for place, run in runs.items() if times[run] == 1}


# To be read, not only to be right.


def _joined(first: list[str], edits: list[_Edit], second: list[str]) -> list[_Edit]:
    """Join changes with so little between them that it only disturbs; twice, for what joining made larger."""
    if all(_is_far(first, last, edit) for last, edit in pairwise(edits)):
        return edits  # nothing to join, as nearly always; then nothing need be counted
    for _ in range(2):
        sizes = [
            max(_count(first[edit.start : edit.stop]), _count(second[edit.to_start : edit.to_stop])) for edit in edits
        ]
        joined, joined_size = [edits[0]], sizes[0]
        for edit, size in zip(edits[1:], sizes[1:], strict=True):
            last = joined[-1]
            is_far = _is_far(first, last, edit)
            if not is_far and 2 * (between := _count(first[last.stop : edit.start])) <= min(joined_size, size):
                joined[-1] = _Edit(last.start, edit.stop, last.to_start, edit.to_stop)
                joined_size += between + size
            else:
                joined.append(edit)
                joined_size = size
        edits = joined
    return edits


def _count(tokens: list[str]) -> int:
    return sum(map(is_word, tokens))


def _is_far(first: list[str], last: _Edit, following: _Edit) -> bool:
    """Whether a line end, or too much, lies between two changes for them to be one."""
    between = first[last.stop : following.start]
    return len(between) > 2 * _RUN or any("\n" in token for token in between)


def _slide(first: list[str], second: list[str], edit: _Edit, low: int, high: int) -> None:
    """Move a mere insertion or deletion to where it begins like a sentence or a word, if the text allows it.

    Where the word before it is also its last one, or its first one follows it, the same change can stand further left
    or right: `the [cat and the] dog` is also `[the cat and] the dog`.
    """
    if edit.start == edit.stop:
        text, start, stop = second, edit.to_start, edit.to_stop
    elif edit.to_start == edit.to_stop:
        text, start, stop = first, edit.start, edit.stop
    else:
        return
    left = 0
    while left < min(edit.start - low, _RUN) and text[start - left - 1] == text[stop - left - 1]:
        left += 1
    right = 0
    while right < min(high - edit.stop, _RUN) and text[start + right] == text[stop + right]:
        right += 1
    shifts = range(-left, right + 1)
    best = max(shifts, key=lambda shift: (_reads_well(text, start + shift, stop + shift), -abs(shift), shift))
    edit.start += best
    edit.stop += best
    edit.to_start += best
    edit.to_stop += best


def _reads_well(text: list[str], start: int, stop: int) -> int:
    """Return how natural an edit looks: whole lines, then sentences, then words with the space after them."""
    before = text[start - 1] if start else "\n"
    if "\n" in before and ("\n" in text[stop - 1] or stop == len(text)):
        return 4
    if text[start].isspace():
        return 1 if stop == len(text) or "\n" in text[stop] else 0
    if not text[stop - 1].isspace():
        return 1
    if start and is_word(before) and not is_word(text[start]):
        return 0  # a mark torn off the word that it follows
    return 3 if start < 2 or (before.isspace() and text[start - 2] in '.!?…"”*') else 2
