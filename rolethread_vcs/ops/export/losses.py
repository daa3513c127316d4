"""What a clean export does not tell a trainer: keys that its rows have no place for, and columns that are uneven."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from rolethread_vcs.model.entry import CONVERSATIONS, TOOL_ROLES, Entry, kind_of
from rolethread_vcs.ops.export.masks import is_masked


class Lost(NamedTuple):
    """A key of messages (`level` is `message`) or of entries that the rows have no place for, and how many had it."""

    key: str
    level: str
    number: int


class Uneven(NamedTuple):
    """A column that only `rows` of the rows have, or whose shape is `unlike` the most frequent one in some of them."""

    column: str
    rows: int
    unlike: int


_SPOKEN = frozenset({"role", "content"})
_TEXTS = frozenset({"role", "content", "from", "value"})
_NO_LOSS = frozenset({"messages", "extra", "uuid", "origin", "alpaca"})


def lost_of(entry: Entry, carried: frozenset[str], *, has_weights: bool) -> Iterator[tuple[str, str]]:
    """Yield what an entry has and its clean row has not; how messages are masked is told otherwise."""
    for side in CONVERSATIONS:
        for message in entry.document.get(side, ()):
            if _SPOKEN.issuperset(message):
                continue
            is_told = has_weights or (side == "messages" and is_masked(message))
            for key, value in message.items():
                if key in ("train", "weight"):
                    is_carried = is_told or value == 1
                else:
                    is_carried = key in carried and (key != "name" or message["role"] in TOOL_ROLES)
                if value is not None and key not in _SPOKEN and not is_carried:
                    yield "message", key
    for key, value in {**entry.document, **entry.document.get("extra", {})}.items():
        if value is not None and key not in carried and key not in _NO_LOSS:
            yield "entry", key


class Columns:
    """The columns of clean rows, as loaders see them that infer one type for each."""

    def __init__(self) -> None:
        self._rows = 0
        self._shapes: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, row: dict[str, Any]) -> None:
        self._rows += 1
        found: dict[str, set[str]] = defaultdict(set)
        for key, value in row.items():
            if key not in ("messages", "conversations"):
                found[key].add(_shape(value))
                continue
            for message in value:
                for inner, item in message.items():
                    # of who speaks, and of nearly all that is said, there is nothing to find out
                    if type(item) is not str or inner not in _TEXTS:
                        found[f"{key}[].{inner}"].add(_shape(item))
            content = f"{key}[].content"
            if content not in found or any(type(message.get("content")) is str for message in value):
                found[content].add("text")
        for column, shapes in found.items():
            self._shapes[column][" or ".join(sorted(shapes - {"null"})) or "null"] += 1

    def uneven(self) -> tuple[Uneven, ...]:
        found = []
        for column, shapes in self._shapes.items():
            rows = shapes.total()
            known = [number for shape, number in shapes.items() if shape != "null"]
            unlike = sum(known) - max(known, default=0)
            if unlike or rows < self._rows:
                found.append(Uneven(column, rows, unlike))
        return tuple(found)


def _shape(value: Any) -> str:
    """Return the kinds and keys that a value is made of; the items of a list are of one shape, or of several."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_shape(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{' or '.join(sorted({_shape(item) for item in value}))}]"
    return kind_of(value).removeprefix("a ")
