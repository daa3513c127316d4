"""Makes the cuts of messages, which a side made, in all three lists.

    base     Q  A B              Q  A   B
    ours     Q  A  And?  B   ->  Q  A  And?  B
    theirs   Q  A b              Q  A   b

Then the parts are messages like others: what theirs changed of the whole, its speaker or a word, reaches the part it
belongs to, and a cut of theirs at another place is made as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Literal, TypeAlias

from rolethread_vcs.diff.align import Match, Pair
from rolethread_vcs.diff.words import word_changes
from rolethread_vcs.merge.lists import SIDES, Lists, Side
from rolethread_vcs.model.entry import is_same

_CALLS = ("tool_calls", "function_call")

Pairs: TypeAlias = dict[Side, list[Pair]]
_List: TypeAlias = Literal["base", "ours", "theirs"]
_LISTS: tuple[_List, ...] = ("base", *SIDES)
_Pieces: TypeAlias = dict[int, dict[int, Any]]
"""What messages become, by their numbers: pieces, by their numbers among all pieces of the message of the base."""


def cut_alike(lists: Lists, pairs: Pairs, refused: Collection[int]) -> tuple[Lists, Pairs, dict[int, int]]:
    """Return lists in which each message that a side cut is cut everywhere, with their pairs.

    A message that the other side does not have, or wrote anew, stays whole; so does a `refused` one, and what it is on
    either side is loose. The last value says of each part in the new base which message it was.
    """
    known = {side: {pair.before: pair for pair in pairs[side]} for side in SIDES}
    wholes = {pair.before for side in SIDES for pair in pairs[side] if pair.rest}
    doubtful = {*refused}
    pieces: dict[_List, _Pieces] = {each: {} for each in _LISTS}
    for base in wholes & known["ours"].keys() & known["theirs"].keys() - doubtful:
        found = None
        if all(known[side][base].match is not Match.PLACED for side in SIDES):
            found = _cut(lists, base, {side: (known[side][base].after, *known[side][base].rest) for side in SIDES})
        if found is None:
            doubtful.add(base)
        else:
            for each in _LISTS:
                pieces[each] |= found[each]
    rows = {"base": lists.base, "ours": lists.ours, "theirs": lists.theirs}
    starts = {each: [0, *accumulate(len(pieces[each].get(n, "-")) for n in range(len(rows[each])))] for each in _LISTS}
    cut = {
        each: [piece for n, message in enumerate(rows[each]) for piece in pieces[each].get(n, {0: message}).values()]
        for each in _LISTS
    }

    def renumbered(side: Side, pair: Pair) -> Iterator[Pair]:
        start = starts["base"][pair.before]
        if pair.before in pieces["base"]:
            for number in (pair.after, *pair.rest):
                for place, piece in enumerate(pieces[side][number], starts[side][number]):
                    is_equal = is_same(cut["base"][start + piece], cut[side][place])
                    yield Pair(start + piece, place, Match.EQUAL if is_equal else Match.SIMILAR, pair.moved)
        else:
            joined = tuple(starts["base"][number] for number in pair.joined)
            loose = pair.loose or pair.before in doubtful
            yield pair._replace(before=start, after=starts[side][pair.after], loose=loose, joined=joined)

    every = {side: sorted(each for pair in pairs[side] for each in renumbered(side, pair)) for side in SIDES}
    parts = {starts["base"][base] + piece: base for base, made in pieces["base"].items() for piece in made}
    return Lists(cut["base"], cut["ours"], cut["theirs"]), every, parts


def _cut(lists: Lists, base: int, numbers: Mapping[Side, Sequence[int]]) -> dict[_List, _Pieces] | None:
    """Return what a message of the base becomes, and what the sides have of it; None where it cannot be cut alike."""
    rows: dict[_List, list[tuple[int, Any]]] = {"base": [(base, lists.base[base])]}
    rows |= {side: [(number, lists.on(side)[number]) for number in numbers[side]] for side in SIDES}
    texts = {each: [_text(message) for _, message in row] for each, row in rows.items()}
    together = {each: " ".join(row) for each, row in texts.items()}
    starts = {each: [0, *accumulate(len(text) + 1 for text in row[:-1])] for each, row in texts.items()}
    whole = together["base"]
    places = [0]  # where each piece begins, in the base
    first = {(each, 0): 0 for each in _LISTS}  # the piece that each part begins with
    ends = ((side, part, start) for side in SIDES for part, start in enumerate(starts[side]) if part)
    for place, side, part in sorted(
        (_same_place(together[side], start, whole), side, part) for side, part, start in ends
    ):
        if _has_letters(whole[places[-1] : place]):
            places.append(place)
        first[side, part] = len(places) - 1
    if len({(side, piece) for (side, _), piece in first.items()}) < len(first) or not _has_letters(whole[places[-1] :]):
        return None
    # Alternatives are versions of the whole. They stay with its first part, but for those that a side gave its rest.
    has_rest = any("alternatives" in message for side in SIDES for _, message in rows[side][1:])
    shared = rows["base"][0][1].get("alternatives", ()) if has_rest else ()
    found: dict[_List, _Pieces] = {}
    for each, row in rows.items():
        own = {piece: starts[each][part] for (of, part), piece in first.items() if of == each}
        at = [own.get(piece, _same_place(whole, place, together[each])) for piece, place in enumerate(places)]
        at.append(len(together[each]) + 1)
        stops = sorted((*own, len(places)))
        found[each] = {}
        for (number, message), (piece, stop) in zip(row, pairwise(stops), strict=True):
            row_of = [at[piece], *(max(at[piece], min(at[n], at[stop] - 1)) for n in range(piece + 1, stop))]
            found[each][number] = dict(_pieces(message, sorted(n - at[piece] for n in row_of), piece, shared))
    return found


def _pieces(message: Mapping[str, Any], places: Sequence[int], first: int, shared: Any) -> Iterator[tuple[int, Any]]:
    """Yield the pieces of a message cut at some places of its text, numbered from `first`; empty ones are left out."""
    text = message["content"]
    is_first = True
    for number, (start, stop) in enumerate(pairwise([*places, len(text)]), first):
        is_last = stop == len(text)
        piece = text[start:] if is_last else text[start:stop].rstrip()
        piece = piece if number == first else piece.lstrip()
        if piece.strip():
            # what calls a tool is the end: its result comes next
            made = {key: value for key, value in message.items() if is_last or key not in _CALLS} | {"content": piece}
            if not is_first and (others := [each for each in made.pop("alternatives", ()) if each in shared]):
                made["alternatives"] = others
            is_first = False
            yield number, made


def _same_place(text: str, place: int, other: str) -> int:
    """Return the place in another text that is the same as one in a text, as far as their words are the same."""
    to_place = 0
    for kind, piece in word_changes(text, other):
        if kind == "insert":
            to_place += len(piece)
            continue
        if place <= len(piece):
            return to_place + (place if kind == "equal" else 0)
        place -= len(piece)
        to_place += len(piece) if kind == "equal" else 0
    return to_place


def _text(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


def _has_letters(text: str) -> bool:
    return any(map(str.isalnum, text))
