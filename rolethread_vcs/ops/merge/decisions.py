"""Decisions about conflicts: as values, as plain JSON to be kept, and put to a merge as far as they still fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Choice, Choose, Conflict, Merged, Value
from rolethread_vcs.model.canonical import encode_value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for a field, and the conflict it was chosen for: a digest, "" for whatever conflicts
    there."""

    choice: Choice
    about: str = ""

    def fits(self, about: str) -> bool:
        """Return whether the conflict is still the one that was decided."""
        return self.about in ("", about)


Decisions = Mapping[str, Mapping[str, Decision]]
"""An entry id or a path to its decisions by field."""

NONE: Decisions = {}


def decide(merge: Callable[[Choose], Merged[T]], decisions: Mapping[str, Decision]) -> tuple[Merged[T], frozenset[str]]:
    """Return a merge with every decision that fits, and the fields of those that fit no more."""
    used: set[str] = set()

    def choose(conflict: Conflict) -> Choice | None:
        decision = decisions.get(conflict.field)
        if decision is None or not decision.fits(digest(conflict)):
            return None
        used.add(conflict.field)
        return decision.choice

    return merge(choose), frozenset(decisions.keys() - used)


def digest(conflict: Conflict) -> str:
    """Return what tells one conflict from another: its field, its reason and its three values."""
    sides = [[] if value is ABSENT else [value] for value in (conflict.base, conflict.ours, conflict.theirs)]
    return _digest(encode_value([conflict.field, conflict.reason, *sides]))


def digest_of_blobs(*oids: bytes | None) -> str:
    """Return what tells one conflict of whole entries or files from another."""
    return _digest(b" ".join(b"-" if oid is None else oid.hex().encode() for oid in oids))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def to_plain(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON: `{"about", "take"}`, `{"about", "value"}`, or `{"about"}` for what goes."""
    if not isinstance(decision.choice, Value):
        return {"about": decision.about, "take": decision.choice}
    if decision.choice.value is ABSENT:
        return {"about": decision.about}
    return {"about": decision.about, "value": decision.choice.value}


def plain_decisions(decisions: Decisions) -> dict[str, dict[str, dict[str, Any]]]:
    """Return decisions as JSON, by id and field; what has none is left out."""
    return {
        name: {each: to_plain(decision) for each, decision in fields.items()}
        for name, fields in decisions.items()
        if fields
    }


def from_plain(plain: Mapping[str, Any]) -> Decision:
    """Return the decision of what `to_plain` gave.

    Raises:
        KeyError, ValueError: it is none.
    """
    about = str(plain["about"])
    if "take" in plain:
        if plain["take"] not in ("ours", "theirs", "base", "both"):
            raise ValueError(f"{plain['take']!r} is no choice")
        return Decision(plain["take"], about)
    return Decision(Value(plain.get("value", ABSENT)), about)
