"""Goes through the gaps of three lists: what merges becomes a row of messages, the rest a dispute.

In the example of `gaps` both sides asked something new between A1 and Q2. Question and answer of one read on from
question and answer of the other, so the gap becomes `Joined(4)` and four messages: Roof Leaks Rats Two (which comes
first does not depend on who is ours). A2, which theirs deleted and ours left alone, simply goes.

Had theirs edited A2, and ours deleted Q2 and A2, nothing could be joined:

    base     Q1 A1 Q2 A2
    ours     Q1 A1
    theirs   Q1 A1 Q2 a2        ->   Q1 A1 Dispute(deleted_and_edited, base=Q2 A2, ours=nothing, theirs=Q2 a2)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise, takewhile

from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.merge.gaps import Alignment, Gap
from rolethread_vcs.merge.insertions import Row, breaks, kept_both, one_after_the_other, pair_up
from rolethread_vcs.merge.lists import SIDES, Side, Token, other_side
from rolethread_vcs.model.entry import ANSWERING_ROLES, OPENING_ROLES, is_equal


@dataclass(frozen=True, slots=True)
class Dispute:
    """A run of messages that is one thing on one side and another on the other; `both` is what keeping both gives.

    What is `along` stands then behind the messages that it was written behind, wherever they were moved.
    """

    reason: Reason
    base: tuple[int, ...]
    ours: Row
    theirs: Row
    both: Row
    along: Row = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Stands before messages that both sides added in one place, and that were put one after the other."""

    count: int


Piece = Token | Dispute | Joined

_OF_THE_RUN = (Reason.BOTH_EDITED, Reason.REPLACED_AND_EDITED, Reason.DELETED_AND_EDITED)


def pieces_of(alignment: Alignment) -> list[Piece]:
    """Return the merged conversation in pieces; where the moves of both sides clash, one dispute about the run that
    stands in another order as one side or the other has its way."""
    pieces = _pieces_as(alignment, "ours")
    if not alignment.has_clash:
        return pieces
    rows = (pieces, _pieces_as(alignment, "theirs"))
    ours, theirs = ([piece for piece in row if not isinstance(piece, Joined)] for row in rows)
    start = _equal_count(ours, theirs)
    while start and isinstance(ours[start - 1], Dispute):
        start -= 1  # two conflicts would have one name
    stop = _equal_count(ours[:start:-1], theirs[:start:-1])
    runs = [row[start : len(row) - stop] for row in (ours, theirs)]
    here = tuple(token for each in runs[0] for token in (each.ours if isinstance(each, Dispute) else (each,)))
    there = tuple(token for each in runs[1] for token in (each.theirs if isinstance(each, Dispute) else (each,)))
    base = {token.base for token in (*here, *there) if token.base is not None}
    return [*ours[:start], Dispute(Reason.BOTH_MOVED, tuple(sorted(base)), here, there, ()), *ours[len(ours) - stop :]]


def _equal_count(one: Sequence[Piece], other: Sequence[Piece]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _pieces_as(alignment: Alignment, mover: Side) -> list[Piece]:
    pieces: list[Piece] = []
    for gap in alignment.gaps(mover):
        pieces += _merge_gap(alignment, gap)
        if gap.right != alignment.lists.last:
            pieces.append(gap.right)
    return pieces


def _merge_gap(alignment: Alignment, gap: Gap) -> list[Piece]:
    if not (gap.base or gap.ours or gap.theirs):
        return []
    lists = alignment.lists
    # Of several reasons the first of the list, so that it does not depend on whose side is looked at first.
    reason = min(_objections(alignment, gap), key=list(Reason).index, default=None)
    found: list[Piece] = []
    if reason is None:
        # what the other side deleted goes
        ours, theirs = (tuple(token for token in gap.on(side) if token.base is None) for side in SIDES)
        found = _weave(alignment, gap._replace(ours=ours, theirs=theirs))
        if any(isinstance(piece, Dispute) for piece in found):
            return found  # each about what both sides added in one place
        rows = [piece for piece in found if isinstance(piece, Token)]
        breaks = (lists.new_break(left, right) for left, right in pairwise((gap.left, *rows, gap.right)))
        reason = next(filter(None, breaks), None)
        if reason is None:
            return found
    if reason in _OF_THE_RUN:
        before, inner, behind = _apart(alignment, gap)
        runs = _disputed(alignment, inner)
        if runs != [gap]:
            row = [piece for run in runs for piece in _merge_gap(alignment, run)]
            return [*_weave(alignment, before), *row, *_weave(alignment, behind)]
    both = tuple(piece for piece in found if isinstance(piece, Token))
    both = both or kept_both(lists, gap.left, gap.ours, gap.theirs, gap.right)
    is_along = reason is Reason.CONTINUES_MOVED
    each = ((side, token) for side in SIDES for token in gap.on(side) if is_along)
    along = tuple(token for side, token in each if _follows_moved(alignment, gap, side, token))
    return [Dispute(reason, gap.base, gap.ours, gap.theirs, both, along)]


def _objections(alignment: Alignment, gap: Gap) -> Iterator[Reason]:
    """Yield why what one side deleted or moved away cannot simply go: the other side built on it."""
    lists = alignment.lists
    for side, other in (SIDES, SIDES[::-1]):
        for base in gap.base:
            is_gone = base not in alignment.numbers[side] and base not in alignment.numbers[other]
            if is_gone and base in alignment.joined[side]:
                yield Reason.DELETED_AND_EDITED
            # perhaps edited here, perhaps replaced: as long as the other side left it alone, it is the same
            number, to_number = alignment.loose[side].get(base), alignment.loose[other].get(base)
            if number is None:
                continue
            if to_number is not None:
                if not is_equal(lists.on(side)[number], lists.on(other)[to_number]):
                    yield Reason.BOTH_EDITED
            elif base not in alignment.numbers[other]:
                yield Reason.DELETED_AND_EDITED
        for token in gap.on(side):
            if token.base is not None:
                if token.on(other) is None and (token.base in alignment.loose[other] or lists.is_edited(token, side)):
                    replaced = alignment.is_replaced(token.base, gap.on(other))
                    yield Reason.REPLACED_AND_EDITED if replaced else Reason.DELETED_AND_EDITED
                continue
            number = token.on(side)
            assert number is not None
            before = alignment.predecessor(side, number)
            if before is None or lists.role(Token(before)) in OPENING_ROLES:
                continue
            if before not in alignment.numbers[other]:
                is_followed = before + 1 in alignment.numbers[side] or before + 1 == len(lists.base)
                if is_followed and not _has_answer_left(alignment, gap, side, before):
                    yield Reason.CONTINUES_DELETED  # else it is written over what came behind
            elif _follows_moved(alignment, gap, side, token):
                yield Reason.CONTINUES_MOVED


def _follows_moved(alignment: Alignment, gap: Gap, side: Side, token: Token) -> bool:
    """Return whether a side put a new message behind one that the other side moved away."""
    number = token.on(side)
    if token.base is not None or number is None or number in alignment.written_over[side]:
        return False
    before = alignment.predecessor(side, number)
    return before in alignment.moved[other_side(side)] - alignment.moved[side] and before != gap.left.base


def _has_answer_left(alignment: Alignment, gap: Gap, side: Side, base: int) -> bool:
    """Return whether a side went on with a new exchange behind the end of one that is still answered without it."""
    lists, there = alignment.lists, alignment.numbers[other_side(side)]
    asks = role_of(lists.on(side)[alignment.numbers[side][base] + 1]) == "user"
    if not asks or gap.on(other_side(side)) or role_of(lists.base[base]) not in ANSWERING_ROLES:
        return False
    exchange = takewhile(lambda number: role_of(lists.base[number]) != "user", range(base - 1, -1, -1))
    last = next((number for number in exchange if number in there), None)
    return last is not None and role_of(lists.base[last]) in ANSWERING_ROLES


def _apart(alignment: Alignment, gap: Gap) -> tuple[Gap, Gap, Gap]:
    """Return what new messages stand before the run of a gap, the run, and what stands behind it.

    Before it are lines of the exchange before, behind it the exchanges that a side added to the run as it has it.
    """
    rows: list[tuple[Row, Row, Row]] = []
    role = alignment.lists.role
    for side in SIDES:
        row, own = gap.on(side), alignment.rests[side] | {*alignment.loose[side].values()}
        known = [place for place, token in enumerate(row) if token.base is not None or token.on(side) in own]
        asks = [place for place, token in enumerate(row) if token.base is None and role(token) == "user"]
        start, stop = 0, len(row)
        if gap.base and role(Token(gap.base[0])) == "user":
            start = min([*known, *asks], default=stop)
        if known and gap.base[-1] in (token.base for token in row):
            stop = min((place for place in asks if place > known[-1]), default=stop)
        rows.append((row[:start], row[start:stop], row[stop:]))
    (before, inner, behind) = zip(*rows, strict=True)
    return (
        gap._replace(base=(), ours=before[0], theirs=before[1], right=Token()),
        gap._replace(ours=inner[0], theirs=inner[1]),
        gap._replace(base=(), ours=behind[0], theirs=behind[1], left=Token()),
    )


def _disputed(alignment: Alignment, gap: Gap) -> list[Gap]:
    """Return the exchanges of a run that the sides dispute, those side by side together; all where something is new."""
    if any(token.base is None for token in (*gap.ours, *gap.theirs)):
        return [gap]
    starts = [place for place, base in enumerate(gap.base) if alignment.lists.role(Token(base)) == "user"]

    def part(*units: tuple[int, ...]) -> Gap:
        base = tuple(chain(*units))
        ours, theirs = (tuple(token for token in gap.on(side) if token.base in base) for side in SIDES)
        return gap._replace(base=base, ours=ours, theirs=theirs)

    units = (gap.base[start:stop] for start, stop in pairwise(sorted({0, *starts, len(gap.base)})))
    groups = groupby(units, lambda unit: next(_objections(alignment, part(unit)), None) is not None)
    return [part(*group) for is_disputed, group in groups if is_disputed]


def _weave(alignment: Alignment, gap: Gap) -> list[Piece]:
    """Return the new messages of both sides in a gap as pieces."""
    lists, ours, theirs = alignment.lists, gap.ours, gap.theirs
    found: list[Piece] = []
    left: Token | None = gap.left
    for first, second, same in pair_up(lists, ours, theirs):
        row = alignment.in_places(gap, first, second)
        if row is not None and not breaks(lists, left, row, same or gap.right):
            found += row
        elif first and second:
            row = one_after_the_other(lists, left, first, second, same or gap.right)
            if row is None:
                both = kept_both(lists, left or gap.left, first, second, same or gap.right)
                found.append(Dispute(Reason.BOTH_INSERTED, (), first, second, both))
                left = None
            else:
                found += [Joined(len(row)), *row]
        else:
            found += first or second
        if found and isinstance(found[-1], Token):
            left = found[-1]
        if same is not None:
            found.append(same)
            left = same
    return found
