"""What happened to something between two states."""

from __future__ import annotations

from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to an entry; `MOVED` means that nothing but its place in the order changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @classmethod
    def between(cls, before: object, after: object) -> ChangeKind:
        """Return what happened to something that differs and is None where it is absent."""
        if before is None:
            return cls.ADDED
        return cls.REMOVED if after is None else cls.CHANGED
