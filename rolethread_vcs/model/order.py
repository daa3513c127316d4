"""The order of a dataset: by id, except for the entries that `order.json` has moved elsewhere.

The rank of an unmoved entry is its id. The rank of a moved one is `<id>.<fraction>`: a place behind the
unmoved entry of that id, or `.<fraction>` in front of everything. Fractions are Crockford base 32, read as
digits behind a point. Dataset order is by (rank, id), compared as plain text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import encode_value, parse
from rolethread_vcs.model.layout import CROCKFORD, ORDER, is_id

T = TypeVar("T")

_RANK = re.compile(rf"(?:[0-9]{{8}}-[{CROCKFORD}]{{8}})?\.[{CROCKFORD}]+")
_BASE = len(CROCKFORD)


@dataclass(frozen=True, slots=True)
class Order:
    """Where the moved entries are: `ranks` maps their ids to rank texts; a value.

    An id that no entry has (removed by plain git) does no harm and is passed over.
    """

    ranks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, data: bytes | None) -> Order:
        """Return the order of an `order.json`; None stands for a file that is not there.

        Raises:
            JsonProblemError: not JSON.
            InvalidError (invalid_order): not a map of ids to ranks.
        """
        if data is None:
            return cls()
        value = parse(data)
        if not isinstance(value, dict):
            raise InvalidError(f"{ORDER} must be an object of entry ids and ranks", code="invalid_order")
        for entry_id, rank in value.items():
            if not is_id(entry_id):
                raise InvalidError(f"{ORDER}: {entry_id!r} is no entry id", code="invalid_order")
            if not isinstance(rank, str) or not _RANK.fullmatch(rank):
                raise InvalidError(f"{ORDER}: {rank!r} is no rank ({entry_id})", code="invalid_order")
        return cls(MappingProxyType(value))

    def encode(self) -> bytes | None:
        """Return the bytes of `order.json`, or None when nothing is moved and there should be no file."""
        return encode_value(self.ranks) if self.ranks else None

    def rank_of(self, entry_id: str) -> str:
        """Return the rank of an entry: its id when it was never moved."""
        return self.ranks.get(entry_id, entry_id)

    def key_of(self, entry_id: str) -> tuple[str, str]:
        """Return what dataset order sorts by."""
        return self.rank_of(entry_id), entry_id

    def without(self, entry_ids: Iterable[str]) -> Order:
        """Return the order after these entries went (or went back to the place of their id)."""
        gone = frozenset(entry_ids)
        return Order({entry_id: rank for entry_id, rank in self.ranks.items() if entry_id not in gone})

    def move_after(self, entry_ids: Sequence[str], anchor_id: str | None, *, next_id: str | None) -> Order:
        """Return the order with entries moved, in the sequence given, behind an anchor (None: to the front).

        `next_id` is the entry that follows the anchor now, the moved ones left out; None when the anchor is
        the last. No other entry changes place. Entries that come to stand where their ids put them are
        unmoved again. Ranks of moved neighbours change only where two of them leave no room between them.

        Raises:
            ValueError: the neighbours are among the moved, or do not stand in this order.
        """
        moved = dict.fromkeys(entry_ids)
        if anchor_id in moved or next_id in moved or len(moved) != len(entry_ids):
            raise ValueError("an entry cannot be its own neighbour, nor be moved twice at once")
        rest = self.without(moved)
        before = rest.key_of(anchor_id) if anchor_id is not None else ("", "")
        after = rest.key_of(next_id) if next_id is not None else None
        if after is not None and after <= before:
            raise ValueError(f"{next_id} does not follow {anchor_id}")
        keys = [before, *((entry_id, entry_id) for entry_id in entry_ids), *([after] if after else [])]
        if all(left < right for left, right in pairwise(keys)):
            return rest
        place, low = _split(before[0])
        high = None
        if after is not None:
            next_place, next_fraction = _split(after[0])
            # Another place lies beyond every fraction of this one.
            high = next_fraction if next_place == place else None
        fractions = _spread(low, high, len(entry_ids))
        if fractions is None:
            return rest._rebuilt(place, before, entry_ids)
        added = {entry_id: f"{place}.{fraction}" for entry_id, fraction in zip(entry_ids, fractions, strict=True)}
        return Order({**rest.ranks, **added})

    def _rebuilt(self, place: str, before: tuple[str, str], entry_ids: Sequence[str]) -> Order:
        """Return the order with the moved entries of one place ranked anew, new ones behind `before`."""
        there = sorted((rank, entry_id) for entry_id, rank in self.ranks.items() if _split(rank)[0] == place)
        split = bisect_right(there, before)
        ids = [*(key[1] for key in there[:split]), *entry_ids, *(key[1] for key in there[split:])]
        fractions = _spread("", None, len(ids)) or []
        ranks = {entry_id: f"{place}.{fraction}" for entry_id, fraction in zip(ids, fractions, strict=True)}
        return Order({**self.ranks, **ranks})

    def seek_id(self, after_id: str) -> str:
        """Return the id behind which a walk may start that goes on behind an entry ("": the start)."""
        return _split(self.rank_of(after_id))[0]

    def merge_iter(
        self,
        walk: Iterable[tuple[str, T]],
        look_up: Callable[[str], T | None],
        *,
        after_id: str | None = None,
    ) -> Iterator[tuple[str, T]]:
        """Yield ids with what belongs to them in dataset order, holding only the moved ids in memory.

        `walk` yields all entries in id order, moved ones too (they are passed over there), and may start
        behind `seek_id(after_id)`. `look_up` brings a moved entry, or None when there is none of that id.
        With `after_id`, the iteration starts behind that entry.
        """
        bound = self.key_of(after_id) if after_id is not None else ("", "")
        moved = sorted((rank, entry_id) for entry_id, rank in self.ranks.items())
        position = bisect_right(moved, bound)
        for entry_id, item in walk:
            if entry_id in self.ranks or (entry_id, entry_id) <= bound:
                continue
            while position < len(moved) and moved[position] < (entry_id, entry_id):
                yield from _found(moved[position][1], look_up)
                position += 1
            yield entry_id, item
        for _, entry_id in moved[position:]:
            yield from _found(entry_id, look_up)


def _found(entry_id: str, look_up: Callable[[str], T | None]) -> Iterator[tuple[str, T]]:
    item = look_up(entry_id)
    if item is not None:
        yield entry_id, item


def _split(rank: str) -> tuple[str, str]:
    """Return the place and the fraction of a rank; an unmoved entry stands at the start of its place."""
    place, _, fraction = rank.partition(".")
    return place, fraction


def _spread(low: str, high: str | None, count: int) -> list[str] | None:
    """Return `count` rising fractions between two, as short and as even as can be; None: there is no room.

    `low` may be empty (nought), `high` None (one).
    """
    # Cutting a bound off at a width rounds it down, so what lies strictly between still does.
    for width in range(1, max(len(low), len(high or "")) + _BASE):
        first = _digits_value(low, width)
        last = _digits_value(high, width) if high is not None else _BASE**width
        step = (last - first) // (count + 1)
        if step > 0:
            return [_digits(first + step * (index + 1), width) for index in range(count)]
    return None


def _digits_value(fraction: str, width: int) -> int:
    value = 0
    for digit in fraction[:width].ljust(width, CROCKFORD[0]):
        value = value * _BASE + CROCKFORD.index(digit)
    return value


def _digits(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, _BASE)
        digits.append(CROCKFORD[digit])
    return "".join(reversed(digits)).rstrip(CROCKFORD[0])


def runs(ids: Sequence[str], unmoved: Collection[str]) -> Iterator[tuple[str | None, list[str], str | None]]:
    """Yield (unmoved entry before, moved entries, unmoved entry behind) for each run of moved entries."""
    anchor: str | None = None
    moved: list[str] = []
    for entry_id in ids:
        if entry_id not in unmoved:
            moved.append(entry_id)
            continue
        if moved:
            yield anchor, moved, entry_id
            moved = []
        anchor = entry_id
    if moved:
        yield anchor, moved, None
