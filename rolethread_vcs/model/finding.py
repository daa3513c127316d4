"""A finding: one problem in the data, spoken of by rules, gate, store and command alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Identity: TypeAlias = tuple[str, str, str]
"""(code, entry id or the id of its origin, digest of the text pointed at)."""


class Severity(StrEnum):
    """How much a finding weighs: an error blocks on strict branches, the others tell."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Scope(StrEnum):
    """What a rule looks at: one entry on its own, or entries against each other."""

    ENTRY = "entry"
    DATASET = "dataset"


class RepairSafety(StrEnum):
    """Whether a problem can be repaired: keeping the meaning, only after a look, or not by a program."""

    SAFE = "safe"
    SUGGESTED = "suggested"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that one rule found.

    `index` is the number of the message, from 0, or None when no single message is at fault; `message` is a
    sentence for the writer, without a final period; `text` is the value pointed at, as text.
    """

    code: str
    name: str
    severity: Severity
    entry_id: str | None
    index: int | None
    message: str
    text: str
    repair: RepairSafety = RepairSafety.NONE

    def identity(self, subject: str | None = None) -> Identity:
        """Return what makes two findings the same debt, before and after a change.

        `subject` stands in for the entry id: the id of the entry that this one was split, joined or copied
        from. The number of the message is no part of it, so moving messages makes nothing new.
        """
        digest = hashlib.blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        return (self.code, subject or self.entry_id or "", digest)
