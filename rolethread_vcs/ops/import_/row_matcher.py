"""Finds, for each row of a source, the entry that it already is: so that importing a file again adds nothing.

In this order, the first that fits: our own id, a uuid, a field named by `--key`, equal messages, equal messages at
birth. The n-th equal row matches the n-th equal entry; an entry is matched once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.ids import is_id, suffix_part
from rolethread_vcs.ops.import_.preparing import Known, key_value
from rolethread_vcs.store.facts import holders_by_key, keys_fact
from rolethread_vcs.store.removed import RemovedEntry
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.telling import Fact, tell


class Outcome(StrEnum):
    """What a row is to the dataset; `OTHER_FIELDS` has the messages of an entry, and other tags or foreign keys."""

    NEW = "new"
    UNCHANGED = "unchanged"
    EDITED_SINCE = "edited since"
    OTHER_FIELDS = "other fields"
    CHANGED = "changed"
    REMOVED = "removed here before"
    CONFLICT = "conflict"


_HERE = frozenset({Outcome.UNCHANGED, Outcome.EDITED_SINCE, Outcome.OTHER_FIELDS, Outcome.CHANGED, Outcome.CONFLICT})
"""Outcomes that name an entry of the dataset as it is."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a row is, and to which entry; `entry` is what to save when it is `CHANGED`: a new one is saved as it is.

    `entry_id` of a new row is set when the row brings its own id along. `reason` explains a conflict.
    """

    outcome: Outcome
    entry_id: str | None = None
    entry: Entry | None = None
    reason: str = ""


_NEW = Match(Outcome.NEW)


_Stacks: TypeAlias = dict[str, list[str]]
"""Ids by a key, the first in dataset order on top, because the n-th equal row takes the n-th entry."""


@dataclass(slots=True)
class _Index:
    """Ids by what rows are matched with."""

    by_uuid: _Stacks = field(default_factory=dict)
    by_key: _Stacks = field(default_factory=dict)
    by_messages: _Stacks = field(default_factory=dict)
    by_birth: _Stacks = field(default_factory=dict)
    rule_keys: dict[str, dict[str, list[str]]] = field(default_factory=dict)


class Matcher:
    """Matches rows against one snapshot, and answers what dataset rules ask about it.

    Looking through the snapshot happens once, here; an empty one costs nothing. `three_way` merges (base, ours,
    theirs) into an entry, or returns the reason why it cannot.
    """

    def __init__(
        self,
        base: Snapshot,
        removed: Callable[[], Collection[RemovedEntry]],
        *,
        three_way: Callable[[Entry, Entry, Entry], Entry | str],
        old_entry: Callable[[str], Entry | None],
        key: str | None = None,
        again: bool = False,
        rules: Iterable[Any] = (),
    ) -> None:
        self._base = base
        self._key = key
        self._again = again
        self._three_way = three_way
        self._old_entry = old_entry
        self._used: set[str] = set()
        self._matched = 0
        self._load_removed = removed
        self._removed: _Removed | None = None
        self._index = _read(base, key, [rule for rule in rules if rule.keys is not None])

    def holders(self, rule: Any, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, for each of some keys of a dataset rule, the ids of the entries that hold it."""
        index = self._index.rule_keys.get(rule.name, {})
        return {key: index[key] for key in keys if key in index}

    def match(self, row: Known, entry: Callable[[], Entry]) -> Match:
        """Return what a row is; `entry` is asked for only where what is known of the row does not tell."""
        if row.identity is not None:
            own_id = row.identity.get("id", "")
            if is_id(own_id) and own_id not in self._used:
                return self._take(self._match_own(own_id, row.identity.get("rev", ""), row, entry))
        return self._take(self._match_content(row, entry))

    def _match_content(self, row: Known, entry: Callable[[], Entry]) -> Match:
        """Match a row by what it holds, with no id of ours to go by."""
        if self._is_blank:
            return _NEW
        for found in (self._by_uuid(row), self._by_key(row)):
            if found is not None:
                return self._compare(found, entry(), row.suffix)
        found = self._pop(self._index.by_messages, row.suffix)
        if found is not None:
            # a file that was written by hand holds an equal entry in other bytes
            is_same = self._blobs[found] == row.packed[0] or self._base[found] == entry()
            return Match(Outcome.UNCHANGED if is_same else Outcome.OTHER_FIELDS, found)
        found = self._pop(self._index.by_birth, row.suffix)
        if found is not None:
            return Match(Outcome.EDITED_SINCE, found)
        return self._match_removed(row)

    @cached_property
    def _is_blank(self) -> bool:
        """Whether there is nothing to match with, here or among what was removed."""
        return not self._index.by_birth and self._removed_entries().is_empty

    @cached_property
    def _blobs(self) -> dict[str, bytes]:
        """The blob id of each entry: a file that comes again asks for nearly all of them."""
        return dict(self._base.blobs())

    def unmatched(self) -> int:
        """Return how many entries of the snapshot no row was matched with."""
        return len(self._base) - self._matched

    def _take(self, match: Match) -> Match:
        if match.entry_id is not None:
            self._used.add(match.entry_id)
            self._matched += match.outcome in _HERE
        return match

    def _pop(self, index: _Stacks, key: str) -> str | None:
        stack = index.get(key)
        while stack:
            entry_id = stack.pop()
            if entry_id not in self._used:
                return entry_id
        return None

    def _by_uuid(self, row: Known) -> str | None:
        return None if row.uuid is None else self._pop(self._index.by_uuid, row.uuid.lower())

    def _by_key(self, row: Known) -> str | None:
        return None if row.key is None else self._pop(self._index.by_key, row.key)

    def _match_own(self, own_id: str, rev: str, row: Known, entry: Callable[[], Entry]) -> Match:
        """Match a row that carries our id: against the very content that it was exported from.

        An id that was never here comes from another dataset, which may hold the same conversation under another id.
        """
        if own_id in self._base and self._base.blob_id(own_id) == row.packed[0].hex():
            return Match(Outcome.UNCHANGED, own_id)
        ours = self._base.get(own_id)
        if ours is None:
            if not self._again and self._removed_entries().has_id(own_id):
                return Match(Outcome.REMOVED, own_id)
            match = self._match_content(row, entry)
            is_unknown = match.outcome is Outcome.NEW and match.entry_id is None
            return replace(match, entry_id=own_id) if is_unknown else match
        theirs = entry()
        if ours == theirs:
            return Match(Outcome.UNCHANGED, own_id)
        if rev and self._base.blob_id(own_id).startswith(rev):
            return Match(Outcome.CHANGED, own_id, theirs)
        before = self._old_entry(rev) if rev else None
        if before is None:
            return Match(
                Outcome.CONFLICT,
                own_id,
                reason=f"it says that it is {own_id}, but comes from content that this dataset never had (same_id)",
            )
        if before == theirs:
            return Match(Outcome.EDITED_SINCE, own_id)
        merged = self._three_way(before, ours, theirs)
        if isinstance(merged, str):
            return Match(Outcome.CONFLICT, own_id, reason=f"{own_id} was edited here and in the file: {merged}")
        return Match(Outcome.UNCHANGED if merged == ours else Outcome.CHANGED, own_id, merged)

    def _compare(self, entry_id: str, theirs: Entry, suffix: str) -> Match:
        """Decide about a row matched by uuid or key; without a revision only birth tells who edited what."""
        ours = self._base[entry_id]
        if birth_suffix(ours.messages) == suffix:
            return Match(Outcome.UNCHANGED if ours == theirs else Outcome.OTHER_FIELDS, entry_id)
        born = suffix_part(entry_id)
        if suffix == born:
            return Match(Outcome.EDITED_SINCE, entry_id)
        if birth_suffix(ours.messages) == born:
            merged = ours.with_fields(messages=theirs.messages)
            return Match(Outcome.CHANGED, entry_id, merged)
        return Match(Outcome.CONFLICT, entry_id, reason=f"the messages of {entry_id} were edited here and in the file")

    def _match_removed(self, row: Known) -> Match:
        removed = self._removed_entries().take(row.suffix, row.uuid)
        if removed is None:
            return _NEW
        return Match(Outcome.NEW if self._again else Outcome.REMOVED, removed)

    def _removed_entries(self) -> _Removed:
        if self._removed is None:
            self._removed = _Removed(self._load_removed(), self._base)
        return self._removed


class _Removed:
    """Entries that history holds and the snapshot does not."""

    def __init__(self, removed: Iterable[RemovedEntry], base: Snapshot) -> None:
        self._ids: dict[str, list[str]] = {}
        self._known: set[str] = set()
        self.is_empty = True
        for entry in removed:
            if entry.entry_id in base:
                continue
            self._known.add(entry.entry_id)
            self.is_empty = False
            for key in {suffix_part(entry.entry_id), entry.digest, f"uuid:{entry.uuid}" if entry.uuid else ""} - {""}:
                self._ids.setdefault(key, []).append(entry.entry_id)

    def has_id(self, entry_id: str) -> bool:
        return entry_id in self._known

    def take(self, suffix: str, uuid: str | None) -> str | None:
        for key in (f"uuid:{uuid.lower()}" if uuid else "", suffix):
            for entry_id in self._ids.get(key, ()):
                if entry_id in self._known:
                    self._known.discard(entry_id)
                    return entry_id
        return None


def _tell(entry: Entry) -> tuple[str, str]:
    """Return what an entry is matched by: the digest of its messages, and its uuid or nothing."""
    return birth_suffix(entry.messages), (entry.uuid or "").lower()


_MATCHING = Fact("matching", 1, _tell)


def _key_fact(key: str) -> Fact:
    def tell_key(entry: Entry) -> tuple[str, ...]:
        value = key_value(entry, key)
        return () if value is None else (value,)

    return Fact(f"key {key!a}", 1, tell_key)


def _read(base: Snapshot, key: str | None, rules: list[Any]) -> _Index:
    index = _Index()
    facts = [_MATCHING, *map(keys_fact, rules), *([] if key is None else [_key_fact(key)])]
    matching, *others = tell(base, facts)
    for entry_id, digest, uuid in reversed(matching):
        index.by_messages.setdefault(digest, []).append(entry_id)
        index.by_birth.setdefault(suffix_part(entry_id), []).append(entry_id)
        if uuid:
            index.by_uuid.setdefault(uuid, []).append(entry_id)
    for rule, told in zip(rules, others, strict=False):
        index.rule_keys[rule.name] = holders_by_key(told)
    if key is not None:
        index.by_key = holders_by_key(others[-1][::-1])
    return index
