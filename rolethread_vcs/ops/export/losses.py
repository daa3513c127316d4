"""What a clean export does not tell a trainer: keys that its rows have no place for, and columns that are uneven."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from rolethread_vcs.model.entry import CONVERSATIONS, SPOKEN_KEYS, TOOL_ROLES, Entry, kind_of
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


_SPEAKER = frozenset({"role", "from", "value"})
_PLAIN = frozenset({"messages", "tags"})
_NO_LOSS = frozenset({"messages", "extra", "uuid", "origin", "alpaca"})


class Losses:
    """What is counted of clean rows as they leave: what they lose, and how loaders see them that infer columns."""

    def __init__(self, carried: frozenset[str]) -> None:
        self._carried = carried
        self._rows = self._plain = 0
        self._lost: Counter[tuple[str, str]] = Counter()
        self._shapes: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, entry: Entry, row: dict[str, Any], *, has_weights: bool) -> None:
        """Count a row, and what its entry has besides."""
        self._rows += 1
        document = entry.document
        is_plain = len(row) == 1 and not has_weights and _PLAIN.issuperset(document)
        if is_plain and all(len(each) == 2 and type(each.get("content")) is str for each in document["messages"]):
            # nearly every entry: nothing but texts, with tags or without
            self._plain += 1
            if len(document) == 2:
                self._lost["entry", "tags"] += 1
            return
        self._lost.update(_lost_of(document, self._carried, has_weights=has_weights))
        for column, shapes in _columns_of(row).items():
            self._shapes[column][" or ".join(sorted(shapes - {"null"})) or "null"] += 1

    @property
    def lost(self) -> tuple[Lost, ...]:
        """What rows left behind, keys of messages first, each time the most frequent first."""
        ranked = sorted(self._lost.items(), key=lambda each: (each[0][0] != "message", -each[1], each[0]))
        return tuple(Lost(key, level, number) for (level, key), number in ranked)

    @property
    def uneven(self) -> tuple[Uneven, ...]:
        """The columns that are not in all rows, or not of one shape."""
        found = []
        for column, shapes in self._shapes.items():
            known = [number for shape, number in shapes.items() if shape not in ("text", "null")]
            texts = shapes["text"]
            rows = shapes.total()
            if column.endswith("[].content"):
                texts, rows = texts + self._plain, rows + self._plain
            unlike = sum(known) + texts - max(*known, texts, 0)
            if unlike or rows < self._rows:
                found.append(Uneven(column, rows, unlike))
        return tuple(found)


def _lost_of(document: dict[str, Any], carried: frozenset[str], *, has_weights: bool) -> Iterator[tuple[str, str]]:
    """Yield what an entry has and its clean row has not; how messages are masked is told otherwise."""
    for side in CONVERSATIONS:
        for message in document.get(side, ()):
            if SPOKEN_KEYS.issuperset(message):
                continue
            is_told = has_weights or (side == "messages" and is_masked(message))
            for key, value in message.items():
                if key in ("train", "weight"):
                    is_carried = is_told or value == 1
                else:
                    is_carried = key in carried and (key != "name" or message["role"] in TOOL_ROLES)
                if value is not None and key not in SPOKEN_KEYS and not is_carried:
                    yield "message", key
    for key, value in {**document, **document.get("extra", {})}.items():
        if value is not None and key not in carried and key not in _NO_LOSS:
            yield "entry", key


def _columns_of(row: dict[str, Any]) -> dict[str, set[str]]:
    """Return the columns of a row, each with the shapes of its values."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, value in row.items():
        if key not in ("messages", "conversations"):
            found[key].add(_shape(value))
            continue
        for message in value:
            for inner, item in message.items():
                if inner not in _SPEAKER:
                    found[f"{key}[].{inner}"].add(_shape(item))
    return found


def _shape(value: Any) -> str:
    """Return the kinds and keys that a value is made of; the items of a list are of one shape, or of several."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_shape(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{' or '.join(sorted({_shape(item) for item in value}))}]"
    return kind_of(value).removeprefix("a ")
