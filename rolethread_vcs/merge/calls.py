"""Keeps the results of tools with their calls, where a person decides which calls of a message were made.

Both sides added a call and its result. The calls are a conflict, and each result goes with its call: without a choice,
and with ours, that of theirs is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conversation import role_of
from rolethread_vcs.merge.lists import SIDES, Lists, Token, only_on
from rolethread_vcs.merge.message import merge_calls
from rolethread_vcs.merge.values import UNSETTLED


class Calls:
    """The calls that nobody will have made, by their ids: as it was decided, and as the preview shows it."""

    def __init__(self, lists: Lists, tokens: Iterable[Token]) -> None:
        self._lists = lists
        self._present = {*tokens}
        self._lost: set[str] = set()
        self._lost_in_preview: set[str] = set()

    def has_call(self, message: Any, *, in_preview: bool = False) -> bool:
        """Return whether a message is anything but a result whose call is lost."""
        return _answered(message) not in (self._lost_in_preview if in_preview else self._lost)

    def results_after(self, token: Token, message: Any) -> Iterator[tuple[Token, Any, bool, bool]]:
        """Yield the results that come back with the calls of a message, whose side had them and the other deleted.

        With each stands whether it is there as it was decided, and in the preview.
        """
        base, ours, theirs = (
            each.get("tool_calls", ABSENT) if isinstance(each, dict) else ABSENT for each in self._lists.values(token)
        )
        if not (_ids(ours) or _ids(theirs)) or merge_calls(base, ours, theirs) is not UNSETTLED:
            return
        made = _ids(message.get("tool_calls"))
        every = _ids(ours) | _ids(theirs)
        self._lost |= every - made
        self._lost_in_preview |= every - _ids(ours)
        for side, calls in zip(SIDES, (_ids(ours) - _ids(theirs), _ids(theirs) - _ids(ours)), strict=True):
            number, row = token.on(side), self._lists.on(side)
            present = {each.on(side) for each in self._present}
            for place in range(len(row) if number is None else number + 1, len(row)):
                if role_of(row[place]) != "tool":
                    break
                call = _answered(row[place])
                if call in calls and place not in present:
                    yield only_on(side, place), row[place], call in made, side == "ours"


def _ids(calls: Any) -> set[str]:
    items = calls if isinstance(calls, list) else []
    return {call["id"] for call in items if isinstance(call, dict) and isinstance(call.get("id"), str)}


def _answered(message: Any) -> str | None:
    """Return the id of the call whose result a message is."""
    if not isinstance(message, dict) or role_of(message) != "tool":
        return None
    call = message.get("tool_call_id")
    return call if isinstance(call, str) else None
