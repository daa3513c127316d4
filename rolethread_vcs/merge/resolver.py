"""Collects the conflicts of a merge, and settles those for which a choice was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.merge.conflict import Choice, Conflict, Note, Value


class Resolver:
    """The one thing in a merge that is written to: conflicts and notes as they are met, choices as they are used."""

    def __init__(self, choices: Mapping[str, Choice] | None = None) -> None:
        self._choices = choices or {}
        self._used: set[str] = set()
        self.conflicts: list[Conflict] = []
        self.notes: list[Note] = []

    def choice(self, field: str) -> Choice | None:
        """Return what was chosen for a field, None when nothing was."""
        return self._choices.get(field)

    def answer(self, conflict: Conflict, *, both: Any = ABSENT, preview: Any = ABSENT) -> Any:
        """Return the value chosen for a conflict; without a choice the conflict stays open and the preview is returned.

        The preview is ours where none is given.

        Raises:
            UsageError (unusable_choice): `both` was chosen, and there is no such thing here.
        """
        choice = self._choices.get(conflict.field)
        if choice is None:
            self.conflicts.append(conflict)
            return conflict.ours if preview is ABSENT else preview
        self._used.add(conflict.field)
        if isinstance(choice, Value):
            return choice.value
        if choice == "both":
            if both is ABSENT:
                raise UsageError(
                    f"both sides of {conflict.field} cannot be kept; nothing was changed",
                    hint="take one side, or give the value yourself",
                    code="unusable_choice",
                )
            return both
        return {"ours": conflict.ours, "theirs": conflict.theirs, "base": conflict.base}[choice]

    def finish(self) -> None:
        """Check that every choice was about something.

        Raises:
            NotFoundError (unknown_conflict): a choice names a field that is not in conflict.
        """
        unknown = sorted(self._choices.keys() - self._used)
        if unknown:
            known = sorted({conflict.field for conflict in self.conflicts} | self._used)
            listed = f"the conflicts are {', '.join(known)}" if known else "there is no conflict"
            raise NotFoundError(
                f"{', '.join(unknown)} is not in conflict; nothing was changed", hint=listed, code="unknown_conflict"
            )
