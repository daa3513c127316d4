"""Carries the edit of a line to its entry: what the line has no place for stays, and follows its message.

A clean line has roles and contents alone. Speaker, train flag and the rest of a message stay with the message that it
is by the alignment of the line with what the line was: also when it moved, and in both parts when it was cut in two.
A conversation of which nothing is left but the roles, in the same order and number, was translated: each message is
the one in its place.

Where nobody can know which message it is, that is told: a loose pair keeps what the message before had, and what
stands in the place of a message that is gone, and is nothing like it, gets nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.align import Match, Pair, align
from rolethread_vcs.diff.exchanges import ENOUGH_LETTERS, goes_on
from rolethread_vcs.diff.likeness import letters
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.model.entry import CONVERSATIONS, ENTRY_KEYS, OPENING_ROLES, Entry, is_same


class Doubt(NamedTuple):
    """A message of the edited entry that may be another one than the one before it in its place.

    `keys` are what the line does not say of that one, and whether the message keeps them.
    """

    field: str
    number: int
    keys: tuple[str, ...]
    is_kept: bool


class LineEdit(NamedTuple):
    """An entry with the edit of its line, and which of its messages nobody can be sure of."""

    entry: Entry
    doubts: tuple[Doubt, ...] = ()


def apply_edit(stored: Entry, before: Entry, after: Entry) -> LineEdit:
    """Return the stored entry with the change from one reading of its line to another.

    `apply_edit(stored, line, line).entry` is the stored entry.
    """
    fields: dict[str, Any] = {}
    doubts: list[Doubt] = []
    for key in ENTRY_KEYS:
        own, was, now = (side.document.get(key, ABSENT) for side in (stored, before, after))
        value: Any = now
        if is_same(was, now):
            value = own
        elif key in CONVERSATIONS and all(isinstance(side, list) for side in (own, was, now)):
            edit = _MessagesEdit(own, was, now)
            value = edit.messages()
            doubts += [Doubt(key, *doubt) for doubt in edit.doubts()]
        elif key == "tags":
            held, old, new = (set() if side is ABSENT else set(side) for side in (own, was, now))
            value = sorted((held - (old - new)) | (new - old)) or ABSENT
        elif key == "extra":
            value = _edited_keys(*({} if side is ABSENT else side for side in (own, was, now))) or ABSENT
        if value is not ABSENT:
            fields[key] = value
    return LineEdit(Entry.of(fields), tuple(doubts))


class _MessagesEdit:
    """The messages of a line before and after, and those in the store that they stand for."""

    def __init__(self, stored: Sequence[Any], before: Sequence[Any], after: Sequence[Any]) -> None:
        self._stored, self._before, self._after = stored, before, after
        pairs = align(before, after)
        self._partner = {pair.after: pair.before for pair in pairs}
        self._loose = {pair.after: pair.before for pair in pairs if pair.loose}
        if _is_translated(before, after, pairs):
            self._partner = {place: place for place in range(len(after))}
            known = {pair.after for pair in pairs if not pair.loose}
            self._loose = {place: place for place in self._partner if place not in known}
        parts = dict(self._parts())
        # It stands where another one stood, and says what a third one said.
        self._new = {place for place, was in parts.items() if self._partner.get(place, was) != was}
        self._aligned = set(self._partner) - self._new
        self._partner = {place: pair.before for pair in pairs for place in pair.rest} | self._partner | parts
        for pair in pairs:
            if pair.match is Match.PLACED and self._is_rest(pair.after + 1):
                self._loose[pair.after] = pair.before  # who asks for the rest of an answer may be somebody new
        if len(stored) == len(before):  # else the line had been changed
            self._place_of = {place: place for place in range(len(before))}
        else:
            self._place_of = {pair.after: pair.before for pair in align(stored, before)}

    def _parts(self) -> Iterator[tuple[int, int]]:
        """Yield the messages that are a part of one before, or all of it, word for word, wherever they stand."""
        said = list(map(_said, self._before))
        for place, message in enumerate(self._after):
            role, text = _said(message)
            was = self._partner.get(place)
            if not isinstance(text, str) or (was is not None and said[was][1] == text):
                continue
            if letters(text, ENOUGH_LETTERS) >= ENOUGH_LETTERS:
                wholes = [
                    n for n, (by, whole) in enumerate(said) if by == role and isinstance(whole, str) and text in whole
                ]
                if len(wholes) == 1:
                    yield place, wholes[0]

    def _is_rest(self, place: int) -> bool:
        """Return whether a message is a part of one before, and not the beginning."""
        if place not in self._partner:
            return False
        whole, text = _said(self._before[self._partner[place]])[1], _said(self._after[place])[1]
        return isinstance(whole, str) and isinstance(text, str) and whole.find(text) > 0

    def messages(self) -> list[Any]:
        """Return the messages of the line, each with what its message in the store has besides."""
        result = []
        for place, message in enumerate(self._after):
            was = self._partner.get(place)
            own = None if was is None else self._place_of.get(was)
            if was is None or own is None:
                result.append(message)
            elif all(isinstance(each, dict) for each in (self._stored[own], self._before[was], message)):
                result.append(_edited_keys(self._stored[own], self._before[was], message))
            else:
                result.append(self._stored[own] if is_same(self._before[was], message) else message)
        return result

    def doubts(self) -> list[tuple[int, tuple[str, ...], bool]]:
        """Return the messages that nobody can be sure of: number, keys at stake, and whether they were kept."""
        found: dict[int, tuple[tuple[str, ...], bool]] = {}
        loose = ((place, was, True) for place, was in self._loose.items())
        for place, was, is_kept in (*loose, *self._one_of_two(), *self._repeated(), *self._replaced()):
            if keys := self._besides(was):
                found.setdefault(place, (keys, is_kept))
        return [(place, *doubt) for place, doubt in sorted(found.items())]

    def _one_of_two(self) -> Iterator[tuple[int, int, bool]]:
        """Yield messages that said the same as the one beside them, which is gone: either may be it."""
        kept, said = set(self._partner.values()), list(map(_said, self._before))
        for place, was in self._partner.items():
            for beside in (was - 1, was + 1):
                is_gone = 0 <= beside < len(said) and beside not in kept and said[beside] == said[was]
                if is_gone and not is_same(self._own(beside), self._own(was)):
                    yield from ((place, was, True), (place, beside, False))

    def _repeated(self) -> Iterator[tuple[int, int, bool]]:
        """Yield messages that say what one before said, of which nobody knows what became, and whether they are it.

        It is gone, or perhaps another one; or the same is said twice in a row, and either may be the new one.
        """
        sure = set(self._partner.values()) - set(self._loose.values())
        unsure = [(n, *_said(message)) for n, message in enumerate(self._before) if n not in sure]
        for place, message in enumerate(self._after):
            if place not in self._partner or place in self._loose:
                role, text = _said(message)
                for was, by, said in unsure:
                    if by == role and was != self._partner.get(place) and goes_on(str(said), str(text)):
                        yield place, was, False
        times = Counter(self._partner.values())
        after = [
            str(self._partner[n])
            if times[self._partner.get(n, -1)] > 1
            else repr(_said(message))  # parts are one message
            for n, message in enumerate(self._after)
        ]
        for first, last in _runs([n for n in range(len(after)) if n not in self._aligned]):
            for start in (first + first - last, last):
                if start >= 0 and after[start : start + last - first] == after[first:last]:
                    for place, other in zip(range(first, last), range(start, start + last - first), strict=True):
                        if other in self._partner and place not in self._partner:
                            yield place, self._partner[other], False
                            yield other, self._partner[other], True

    def _replaced(self) -> Iterator[tuple[int, int, bool]]:
        """Yield the new messages with those that are gone and stood in their places, role by role."""
        known = sorted((after, self._partner[after]) for after in self._aligned)
        gone = set(range(len(self._before))) - set(self._partner.values())
        for (after, before), (to_after, to_before) in pairwise(
            [(-1, -1), *known, (len(self._after), len(self._before))]
        ):
            by_role: dict[Any, list[int]] = defaultdict(list)
            for place in sorted(gone.intersection(range(before + 1, to_before)), reverse=True):
                by_role[role_of(self._before[place])].append(place)
            for place in range(after + 1, to_after):
                is_new = place in self._new or place not in self._partner
                if is_new and (places := by_role[role_of(self._after[place])]):
                    yield place, places.pop(), False

    def _own(self, place: int) -> Any:
        return self._stored[self._place_of[place]] if place in self._place_of else None

    def _besides(self, place: int) -> tuple[str, ...]:
        """Return the keys of a stored message that its line does not say."""
        own, was = self._own(place), self._before[place]
        if not isinstance(own, dict) or not isinstance(was, dict):
            return ()
        return tuple(key for key, value in own.items() if not is_same(value, was.get(key, ABSENT)))


def _is_translated(before: Sequence[Any], after: Sequence[Any], pairs: Sequence[Pair]) -> bool:
    """Return whether two conversations have nothing in common but their roles, in the same order and number.

    What has no letters (`…`) is the same in every language, and a system message may stay as it was.
    """
    if list(map(role_of, before)) != list(map(role_of, after)):
        return False
    spoken = [place for place, message in enumerate(before) if role_of(message) not in OPENING_ROLES]
    common = {pair.before for pair in pairs if not pair.loose and letters(str(_said(before[pair.before])[1]), 1)}
    return bool(spoken) and common.isdisjoint(spoken) and all(pair.before == pair.after for pair in pairs)


def _said(message: Any) -> tuple[Any, Any]:
    """Return who says what."""
    return role_of(message), message.get("content") if isinstance(message, dict) else message


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield rising numbers as runs without holes: where each starts, and stops before."""
    for _, run in groupby(enumerate(places), lambda each: each[1] - each[0]):
        numbers = [place for _, place in run]
        yield numbers[0], numbers[-1] + 1


def _edited_keys(stored: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(stored)
    for key in {**before, **after}:
        was, now = before.get(key, ABSENT), after.get(key, ABSENT)
        if is_same(was, now):
            continue
        if now is ABSENT:
            result.pop(key, None)
        else:
            result[key] = now
    return result
