"""Masked answers: those that nobody shall be trained on, said by `train: false`, or by `weight: 0` as OpenAI does."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Any

from rolethread_vcs.model.entry import ANSWERING_ROLES, OPENING_ROLES, TOOL_ROLES, Entry, questions, written_role


class Masks(StrEnum):
    """What a clean export does with masked answers: train on them, give each answer a weight, or leave them out."""

    TRAIN = "train"
    WEIGHT = "weight"
    DROP = "drop"


def is_masked(message: Any) -> bool:
    """Return whether a message is an answer that is masked; of what others say, nothing is trained anyway."""
    if type(message) is not dict or len(message) < 3 or message.get("role") not in ANSWERING_ROLES:
        return False
    return message.get("train") is False or message.get("weight") == 0


def add_weights(row: dict[str, Any], entry: Entry) -> None:
    """Give each answer of a clean row a weight: 0 where it is masked, else the number that it came with, or 1."""
    for message, stored in zip(row["messages"], entry.document["messages"], strict=True):
        if stored["role"] in ANSWERING_ROLES:
            weight = stored.get("weight")
            is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
            message["weight"] = 0 if is_masked(stored) else weight if is_number else 1


def without_masked(entry: Entry) -> Entry | None:
    """Return an entry without its masked answers, None where no answer is left.

    The results of their calls go with them, and so does a question that nothing answers any more. The messages of a
    preference pair are what both of its answers follow: they stay.
    """
    messages = entry.document.get("messages")
    if "chosen" in entry.document or not isinstance(messages, list) or not any(map(is_masked, messages)):
        return entry
    starts = sorted({0, *questions(list(map(written_role, messages))), len(messages)})
    kept = [message for start, stop in pairwise(starts) for message in _without_masked(messages[start:stop])]
    return entry.with_fields(messages=kept) if any(written_role(each) in ANSWERING_ROLES for each in kept) else None


def _without_masked(exchange: list[Any]) -> list[Any]:
    if not any(map(is_masked, exchange)):
        return exchange
    kept = []
    goes = False
    for message in exchange:
        goes = is_masked(message) or (goes and written_role(message) in TOOL_ROLES)
        if not goes:
            kept.append(message)
    if any(written_role(message) in ANSWERING_ROLES for message in kept):
        return kept
    return [message for message in kept if written_role(message) in OPENING_ROLES]
