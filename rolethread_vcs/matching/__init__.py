"""What a row or an entry is recognised by, the steps that recognise it, and an index for rows that come one by one."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from rolethread_vcs.model.canonical import birth_suffix, encode_entry, encode_sorted
from rolethread_vcs.model.entry import Entry, known_role, turns_of
from rolethread_vcs.model.layout import suffix_part
from rolethread_vcs.model.matched import are_plain, match_digest, without_nulls

Holder = TypeVar("Holder")


class Step(StrEnum):
    """What two sides have in common where a step pairs them; `docs/matching.md` has the order in which each is used."""

    DECISION = "a person said so"
    BYTES = "the same bytes"
    OWN_ID = "our id"
    UUID = "the same uuid"
    KEY = "the same key"
    WHOLE = "the same values"
    MESSAGES = "the same messages"
    SPOKEN = "the same roles and contents"
    BIRTH = "the messages that the other one had at birth"
    ALIKE = "similar words"
    OPENING = "the same question, between the same neighbours"
    PLACE = "the same place, and all lines there written anew"


class Signature(NamedTuple):
    """What one row or entry is recognised by; None where it has no such thing, or nobody asks for it.

    `rev` is the beginning of the blob id that a row says it was exported from. `uuid` is in lower case. `whole` digests
    all values, `messages` the messages, and `spoken` roles and contents, in whatever order the keys inside them stand;
    `order` tells that order where any keys are inside of a value.
    `birth` is the suffix with which the messages would be born as they are, and `born` the one that they had at birth,
    which our ids tell.

    A plain tuple: there is one for each of 100,000 rows.
    """

    id: str | None = None
    rev: str = ""
    uuid: str | None = None
    key: str | None = None
    whole: Hashable = None
    order: Hashable = None
    messages: str | None = None
    spoken: Hashable = None
    birth: str | None = None
    born: str | None = None

    @classmethod
    def of(cls, entry: Entry, own_id: str | None, steps: Collection[Step], **known: Any) -> Signature:
        """Return what an entry is recognised by, as far as some steps ask; `known` are parts that the caller has.

        Raises:
            UnkeepableValueError: it holds what JSON cannot keep.
        """
        parts = {"id": own_id, **known}
        messages: Any = entry.document.get("messages")
        is_plain = False
        if (uuid := entry.uuid) is not None and Step.UUID in steps:
            parts["uuid"] = uuid.lower()
        if Step.WHOLE in steps and "whole" not in known:
            said = without_nulls(entry)
            parts["whole"] = _digest(encode_sorted(said.document))
            is_text = said is entry or without_nulls(said) is said
            parts["order"] = None if is_text else _digest(encode_entry(said))
        if Step.MESSAGES in steps and "messages" not in known:
            is_plain = are_plain(messages)
            parts["messages"] = birth_suffix(messages) if is_plain else match_digest(messages)
        if Step.SPOKEN in steps and "spoken" not in known:
            spoken = messages if isinstance(messages, list) else [messages]
            turns = [[each.get("role"), each.get("content")] if isinstance(each, dict) else each for each in spoken]
            parts["spoken"] = _digest(encode_sorted(turns))
        if Step.BIRTH in steps:
            parts["born"] = None if own_id is None else suffix_part(own_id)
            if "birth" not in known:
                parts["birth"] = parts["messages"] if is_plain else birth_suffix(messages)
        return cls(**parts)


PARTS = {
    Step.OWN_ID: "id",
    Step.UUID: "uuid",
    Step.KEY: "key",
    Step.WHOLE: "whole",
    Step.MESSAGES: "messages",
    Step.SPOKEN: "spoken",
    Step.BIRTH: "birth",
}
"""What of a signature a step compares; what it is compared with may be another part (`BIRTH`)."""


def _digest(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def places_by_value(values: Mapping[int, Hashable]) -> dict[Hashable, list[int]]:
    """Return the places that hold each value, in order."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, value in values.items():
        places[value].append(place)
    return places


class Side(ABC):
    """One of two sequences to be matched; places count from 0."""

    ids: Sequence[str | None]
    """Our own ids, as far as they are known before anything is read."""
    digests: Sequence[str] = ()
    """Digests of the bytes, known before anything is read; none where bytes say nothing."""

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def signatures(self, places: Collection[int]) -> Mapping[int, Signature]:
        """Read some places and return what they are recognised by."""

    @abstractmethod
    def entry(self, place: int) -> Entry:
        """Return what one place says."""

    def are_one(self, places: Sequence[int]) -> bool:
        """Return whether some places are the same, so that it does not matter which of them is meant."""
        first = self.entry(places[0])
        return all(self.entry(place) == first for place in places[1:])

    def is_elsewhere(self, own_id: str) -> bool:  # noqa: ARG002  a side that leaves nothing out has no such ids
        """Return whether an id is one of an entry that this side leaves out."""
        return False


class Index(Generic[Holder]):
    """Who holds what: the first in order is taken first, and each once, so that the n-th row is the n-th equal one."""

    def __init__(self) -> None:
        self._held: dict[Step, Iterable[tuple[Hashable | None, Holder]]] = {}
        self._first: dict[Step, dict[Hashable, Holder | None]] = {}
        self._rest: dict[Step, dict[Hashable, list[Holder]]] = {}
        self.taken: set[Holder] = set()

    def add(self, step: Step, held: Iterable[tuple[Hashable | None, Holder]]) -> None:
        """Add values of one step with who holds them, all at once and in order; None is no value.

        They are looked at when somebody asks for a value of this step.
        """
        self._held[step] = held

    def take(self, step: Step, value: Hashable | None) -> Holder | None:
        """Return who holds a value and was not taken yet; it cannot be taken again."""
        if value is None:
            return None
        if step not in self._first:
            self._first[step], self._rest[step] = _by_value(self._held[step])
        first, rest = self._first[step], self._rest[step]
        while (holder := first.get(value)) is not None:
            first[value] = rest[value].pop() if rest.get(value) else None
            if holder not in self.taken:
                self.taken.add(holder)
                return holder
        return None

    def find(self, row: Signature, steps: Iterable[Step]) -> tuple[Holder, Step] | None:
        """Take who is meant by a row, by the first of some steps that tells, and return which step it was."""
        for step in steps:
            holder = self.take(step, getattr(row, PARTS[step]))
            if holder is not None:
                return holder, step
        return None


def _by_value(
    held: Iterable[tuple[Hashable | None, Holder]],
) -> tuple[dict[Hashable, Holder | None], dict[Hashable, list[Holder]]]:
    """Return who holds each value first, and the others that do, backwards; nearly every value is held once."""
    first: dict[Hashable, Holder | None] = {}
    rest: dict[Hashable, list[Holder]] = {}
    for value, holder in reversed(list(held)):
        if value is not None:
            later = first.get(value)
            if later is not None:
                rest.setdefault(value, []).append(later)
            first[value] = holder
    return first, rest


def opening_of(entry: Entry) -> str | None:
    """Return the question with which a conversation begins, None when something else stands first."""
    first = next((turn for turn in turns_of(entry) if turn.get("role") != "system"), {})
    text = first.get("content")
    return text if first.get("role") == "user" and isinstance(text, str) and text.strip() else None


def shape_of(entry: Entry) -> tuple[str | None, ...]:
    """Return who speaks in turn, which is what a translation leaves of a conversation."""
    return tuple(known_role(turn.get("role")) for turn in turns_of(entry))


def text_of(entry: Entry) -> str:
    """Return the words by which a conversation is recognised: not its system message, which a hundred may share."""
    turns = [turn for turn in turns_of(entry) if turn.get("role") != "system"] or turns_of(entry)
    texts = [text for turn in turns if isinstance(text := turn.get("content"), str)]
    for side in ("chosen", "rejected"):
        answer = entry.document.get(side)
        if isinstance(answer, list):
            contents = [turn.get("content") for turn in answer if isinstance(turn, dict)]
            texts += [text for text in contents if isinstance(text, str)]
    return "\n".join(texts)
