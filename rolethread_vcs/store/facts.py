"""What dataset-wide rules may ask about a snapshot: which entries hold a key."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.telling import Fact, Told, tell


class KeyedRule(Protocol):
    """The part of a rule that an index needs: its identity, and the keys that an entry holds."""

    @property
    def name(self) -> str:
        """The rule's name."""

    @property
    def version(self) -> int:
        """The rule's version; another version may give other keys."""

    @property
    def keys(self) -> Callable[..., Collection[str]] | None:
        """The function from an entry to its keys."""


class SnapshotFacts:
    """Answers questions about a snapshot; looks through it at the first question about a rule, then no more."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._indexes: dict[tuple[str, int], dict[str, list[str]]] = {}

    def holders(self, rule: Any, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, for each of some keys of a rule, the ids of the entries that hold it."""
        index = self._indexes.get((rule.name, rule.version))
        if index is None:
            # an entry that does not read holds no key, and is no reason to refuse work on the others
            (told,) = tell(self._snapshot, [keys_fact(rule)], skip_unreadable=True)
            index = self._indexes[rule.name, rule.version] = holders_by_key(told)
        return {key: index[key] for key in keys if key in index}


def keys_fact(rule: KeyedRule) -> Fact:
    """Return the fact that tells which keys of a rule an entry holds."""
    keys = rule.keys
    return Fact(f"rule {rule.name}", rule.version, lambda entry: () if keys is None else tuple(keys(entry)))


def holders_by_key(told: Told) -> dict[str, list[str]]:
    """Return the ids of the entries that hold each key, in the order told."""
    index: dict[str, list[str]] = {}
    for entry_id, *keys in told:
        for key in keys:
            index.setdefault(key, []).append(entry_id)
    return index
