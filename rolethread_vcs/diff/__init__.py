"""The difference between two entries, as data: pure values in, pure values out.

align      which message of one list is which message of another
words      what changed inside a text, in whole words
fields     what changed inside free-form JSON
entry      all of it together: `diff_entries`, `apply`

Said here: what can happen to an entry, and the value of what is not there, which in JSON is another thing than null.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, Literal


class Absent(Enum):
    """The type of `ABSENT`; an enum, so that there is only one and `is` recognises it after a copy."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT


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
