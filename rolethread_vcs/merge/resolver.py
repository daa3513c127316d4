"""Collects the conflicts of a merge, and settles those for which something is chosen."""

from __future__ import annotations

from typing import Any, TypeVar

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Choose, Conflict, Merged, Note, Value

T = TypeVar("T")


class Resolver:
    """The one thing in a merge that is written to: conflicts and notes as they are met.

    `choose` is asked about each conflict, those too that come up only when others are settled.
    """

    def __init__(self, choose: Choose | None = None) -> None:
        self.choose: Choose = choose or (lambda _: None)
        self.conflicts: list[Conflict] = []
        self.notes: list[Note] = []

    def answer(self, conflict: Conflict, *, both: Any = ABSENT, preview: Any = ABSENT) -> Any:
        """Return the value chosen for a conflict; without a choice the conflict stays open and the preview is returned.

        The preview is ours where none is given.

        Raises:
            UsageError (unusable_choice): `both` was chosen, and there is no such thing here.
        """
        choice = self.choose(conflict)
        if choice is None:
            self.conflicts.append(conflict)
            return conflict.ours if preview is ABSENT else preview
        if isinstance(choice, Value):
            return choice.value
        if choice == "both":
            if both is ABSENT:
                raise UsageError(
                    f"both sides of {conflict.field} cannot be kept",
                    hint="take one side, or give the value yourself",
                    code="unusable_choice",
                )
            return both
        return {"ours": conflict.ours, "theirs": conflict.theirs, "base": conflict.base}[choice]

    def merged(self, value: T) -> Merged[T]:
        """Return what the merge came to, with the conflicts and notes that were met."""
        return Merged(value, tuple(self.conflicts), tuple(self.notes))
