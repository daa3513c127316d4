"""The difference between two entries, as data: pure values in, pure values out.

align      which message of one list is which message of another
words      what changed inside a text, in whole words
fields     what changed inside free-form JSON
entry      all of it together: `diff_entries`, `apply`

Said here: the value of what is not there, which in JSON is another thing than null.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Absent(Enum):
    """The type of `ABSENT`; an enum, so that there is only one and `is` recognises it after a copy."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
