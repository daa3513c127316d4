"""Decisions about conflicts: as values, and as the plain JSON that is kept of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Choice, Conflict, Value
from rolethread_vcs.model.canonical import encode_value
from rolethread_vcs.store.log.unfinished import Unfinished, UnreadableUnfinishedError

ENTRY = "entry"
"""The field of a decision about an entry as a whole."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for a field, and the conflict it was chosen for: a digest, "" for whatever conflicts
    there."""

    choice: Choice
    about: str = ""


Decisions = Mapping[str, Mapping[str, Decision]]
"""An entry id or a path to its decisions by field."""

NONE: Decisions = {}


def digest(conflict: Conflict) -> str:
    """Return what tells one conflict from another: its field, its reason and its three values."""
    sides = [[] if value is ABSENT else [value] for value in (conflict.base, conflict.ours, conflict.theirs)]
    data = encode_value([conflict.field, conflict.reason, *sides])
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def plain_decisions(decisions: Decisions) -> dict[str, dict[str, dict[str, Any]]]:
    """Return decisions as JSON, by id and field: `{"about", "take"}`, `{"about", "value"}`, `{"about"}` for what goes.

    What has none is left out.
    """
    return {
        name: {each: {"about": made.about, **_plain(made.choice)} for each, made in fields.items()}
        for name, fields in decisions.items()
        if fields
    }


def _plain(choice: Choice) -> dict[str, Any]:
    if not isinstance(choice, Value):
        return {"take": choice}
    return {} if choice.value is ABSENT else {"value": choice.value}


def decisions_of(unfinished: Unfinished) -> dict[str, dict[str, Decision]]:
    """Return what was decided so far.

    Raises:
        UnreadableUnfinishedError: a decision does not read.
    """
    try:
        return {
            name: {each: _read(plain) for each, plain in fields.items()} for name, fields in unfinished.decided.items()
        }
    except (KeyError, ValueError, TypeError) as error:
        raise UnreadableUnfinishedError(
            f"a decision of the unfinished {unfinished.kind} cannot be read: {error}",
            hint=f"rtv {unfinished.kind} --abort",
        ) from error


def _read(plain: Mapping[str, Any]) -> Decision:
    about = str(plain["about"])
    if plain.get("take", "ours") not in ("ours", "theirs", "base", "both"):
        raise ValueError(f"{plain['take']!r} is no choice")
    return Decision(plain.get("take") or Value(plain.get("value", ABSENT)), about)
