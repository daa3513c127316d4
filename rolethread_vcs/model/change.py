"""What one mutation wants to be different: the plan that the gate judges and the transaction writes; and its counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rolethread_vcs.model.entry import Entry


class Counts(NamedTuple):
    """How many entries a change adds, changes and removes. A plain tuple: a log makes one for each commit."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """How many entries it touches."""
        return sum(self)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change against a base snapshot; a value, so that a lost race can plan again and compare.

    `puts` holds new and changed entries by id, `removes` the ids that go. `files` holds every other tracked
    path (`rolethread.toml`, `order.json`, `tags/slow_burn.json`) with its new bytes, None when it goes.
    `origin` names, for a new id, the ids whose content it took over (split, join, copy). `made_up` are the ids that
    the plan invented, in order: a refusal must not name them, since nobody will ever see them. `stored` gives, for
    puts that lie in the store already (the other side of a merge), the 20-byte blob ids: their bytes are taken as they
    are. `summary` is the commit's message when the user gave none.
    """

    puts: Mapping[str, Entry] = field(default_factory=dict)
    removes: frozenset[str] = frozenset()
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    origin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made_up: tuple[str, ...] = ()
    stored: Mapping[str, bytes] = field(default_factory=dict)
    summary: str = ""

    def __post_init__(self) -> None:
        both = self.removes & self.puts.keys()
        if both:
            raise ValueError(f"a change cannot both put and remove {', '.join(sorted(both))}")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is put, removed or written."""
        return not (self.puts or self.removes or self.files)

    @property
    def touched(self) -> frozenset[str]:
        """The ids of all entries that are put or removed."""
        return self.removes | self.puts.keys()
