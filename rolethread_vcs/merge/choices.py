"""Collects the clashes of a merge, and settles those for which a choice was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.merge.conflict import Choice, Clash, Note, Value


class Choosing:
    """The one thing in a merge that is written to: clashes and notes as they are met, choices as they are used."""

    def __init__(self, choices: Mapping[str, Choice] | None = None) -> None:
        self._choices = choices or {}
        self._used: set[str] = set()
        self.clashes: list[Clash] = []
        self.notes: list[Note] = []

    def choice(self, field: str) -> Choice | None:
        """Return what was chosen for a field, None when nothing was."""
        return self._choices.get(field)

    def answer(self, clash: Clash, *, both: Any = ABSENT, preview: Any = ABSENT) -> Any:
        """Return the value chosen for a clash; without a choice the clash stays open and the preview is returned.

        The preview is ours where none is given.

        Raises:
            UsageError (unusable_choice): `both` was chosen, and there is no such thing here.
        """
        choice = self._choices.get(clash.field)
        if choice is None:
            self.clashes.append(clash)
            return clash.ours if preview is ABSENT else preview
        self._used.add(clash.field)
        if isinstance(choice, Value):
            return choice.value
        if choice == "both":
            if both is ABSENT:
                raise UsageError(
                    f"both sides of {clash.field} cannot be kept; nothing was changed",
                    hint="take one side, or give the value yourself",
                    code="unusable_choice",
                )
            return both
        return {"ours": clash.ours, "theirs": clash.theirs, "base": clash.base}[choice]

    def finish(self) -> None:
        """Check that every choice was about something.

        Raises:
            NotFoundError (unknown_conflict): a choice names a field that is not in conflict.
        """
        unknown = sorted(self._choices.keys() - self._used)
        if unknown:
            known = sorted({clash.field for clash in self.clashes} | self._used)
            listed = f"the conflicts are {', '.join(known)}" if known else "there is no conflict"
            raise NotFoundError(
                f"{', '.join(unknown)} is not in conflict; nothing was changed", hint=listed, code="unknown_conflict"
            )
