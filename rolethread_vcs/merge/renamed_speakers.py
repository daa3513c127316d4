"""Finds speakers that one side renamed in every message: what the other side added still has the old name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rolethread_vcs.merge.lists import Lists, Side, Token

_AT_LEAST = 2
"""So many messages make a rename; one could be a correction of that message."""


def renamed_speakers(lists: Lists, side: Side, origins: Mapping[int, int]) -> dict[str, str]:
    """Return the new names of speakers by their old ones, as far as a side changed each of their messages alike."""
    names: dict[str, list[Any]] = defaultdict(list)
    for number, base in origins.items():
        before, after = _speaker(lists.base[base]), _speaker(lists.on(side)[number])
        if isinstance(before, str):
            names[before].append(after)
    return {
        before: after[0]
        for before, after in names.items()
        if len(after) >= _AT_LEAST
        and all(isinstance(each, str) for each in after)
        and set(after) == {after[0]} != {before}
    }


def stale_speaker(lists: Lists, token: Token, renamed: Mapping[Side, Mapping[str, str]]) -> tuple[str, str] | None:
    """Return the old and the new name, when a message that only one side added has a speaker that the other renamed."""
    if token.base is not None or None not in (token.ours, token.theirs):
        return None
    speaker = _speaker(lists.any_value(token))
    new = renamed["theirs" if token.theirs is None else "ours"].get(speaker) if isinstance(speaker, str) else None
    return None if new is None else (speaker, new)


def _speaker(message: Any) -> Any:
    return message.get("speaker") if isinstance(message, dict) else None
