"""What dataset-wide rules may ask about a snapshot: which entries hold a key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from rolethread_vcs.store.snapshot import Snapshot


class KeyedRule(Protocol):
    """The part of a rule that an index needs: its identity, and the keys that an entry holds."""

    @property
    def name(self) -> str:
        """The rule's name."""

    @property
    def version(self) -> int:
        """The rule's version; another version may give other keys."""

    @property
    def keys(self) -> Callable[..., Iterable[str]] | None:
        """The function from an entry to its keys."""


class SnapshotFacts:
    """Answers questions about a snapshot; reads all of it at the first question about a rule, then no more."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._indexes: dict[tuple[str, int], dict[str, list[str]]] = {}

    def holders(self, rule: Any, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, for each of some keys of a rule, the ids of the entries that hold it."""
        index = self._indexes.get((rule.name, rule.version))
        if index is None:
            index = self._indexes[rule.name, rule.version] = self._read(rule)
        return {key: index[key] for key in keys if key in index}

    def _read(self, rule: KeyedRule) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        if rule.keys is not None:
            # an entry that does not read holds no key, and is no reason to refuse work on the others
            for entry_id, entry in self._snapshot.whole():
                for key in rule.keys(entry):
                    index.setdefault(key, []).append(entry_id)
        return index
