"""The rule that settles most of a merge: who alone changed a value, wins."""

from __future__ import annotations

from typing import Any, Final

from rolethread_vcs.model.entry import is_same


class _Unsettled:
    def __repr__(self) -> str:
        return "UNSETTLED"


UNSETTLED: Final = _Unsettled()
"""Both sides changed a value, and not in the same way."""


def settle(base: Any, ours: Any, theirs: Any) -> Any:
    """Return the value that one side alone made, or both alike; `UNSETTLED` when they differ.

    Values are JSON, or `ABSENT` where there is none. 1, 1.0 and true are three different values.
    """
    if is_same(ours, theirs) or is_same(theirs, base):
        return ours
    return theirs if is_same(ours, base) else UNSETTLED
