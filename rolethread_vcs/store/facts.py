"""Facts of every entry of a snapshot: computed by the entry alone, and remembered by folder.

The id of a folder's tree stands for every byte below it, so a remembered row holds on every branch and for ever, and
one look-up serves about a hundred entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.tree_reader import Unreadable

WORTH_IT = 8
"""Folders from which the cache is asked, about 800 entries: fewer are read before SQLite is loaded."""

FactRows = list[list[str]]
"""The id of an entry, then the texts of the fact; entries without any are absent."""


class Readable(Protocol):
    """What facts are read from: a part of `store.snapshot.Snapshot`, which asks for them itself."""

    cache_folder: Path

    @property
    def is_reordered(self) -> bool: ...

    def __getitem__(self, entry_id: str) -> Entry: ...

    def folders(self) -> Iterator[tuple[bytes, bytes]]: ...

    def entries_of(self, prefix: bytes, tree: bytes) -> list[tuple[str, bytes]]: ...

    def read_blob(self, oid: bytes) -> Entry | Unreadable: ...

    def ids(self) -> list[str]: ...


class Fact(NamedTuple):
    """A few texts of an entry, or none; the table's version goes up when `compute` gives others."""

    table: Table
    compute: Callable[[Entry], Sequence[str]]


def read_facts(snapshot: Readable, facts: Sequence[Fact], *, skip_unreadable: bool = False) -> list[FactRows]:
    """Return the rows of each fact, in dataset order; reads only entries of folders that are not remembered.

    Raises:
        UnreadableEntryError: an entry that has to be read cannot be, and shall not be skipped.
    """
    folders = {prefix + tree: (prefix, tree) for prefix, tree in snapshot.folders()}
    derived = Derived(snapshot.cache_folder) if len(folders) >= WORTH_IT else None
    known = [derived.find(fact.table, folders) if derived is not None else {} for fact in facts]
    computed: list[dict[bytes, bytes]] = [{} for _ in facts]
    result: list[FactRows] = [[] for _ in facts]
    for folder, (prefix, tree) in folders.items():
        remembered = [each.get(folder) for each in known]
        found: list[FactRows] = [parse(each) for each in remembered if each is not None]
        if len(found) < len(facts):
            found, is_whole = _compute(snapshot, snapshot.entries_of(prefix, tree), facts, skip_unreadable)
            if is_whole:
                for new, rows in zip(computed, found, strict=True):
                    new[folder] = encode_line(rows, is_parsed=True)
        for rows, more in zip(result, found, strict=True):
            rows += more
    if derived is not None and computed and computed[0]:
        for fact, new in zip(facts, computed, strict=True):
            derived.keep(fact.table, new, in_use=folders)
    if snapshot.is_reordered:
        place = {entry_id: number for number, entry_id in enumerate(snapshot.ids())}
        for rows in result:
            rows.sort(key=lambda row: place[row[0]])
    return result


def _compute(
    snapshot: Readable, entries: Sequence[tuple[str, bytes]], facts: Sequence[Fact], skip_unreadable: bool
) -> tuple[list[FactRows], bool]:
    """Return the rows of some entries, and whether all of these could be read."""
    result: list[FactRows] = [[] for _ in facts]
    is_whole = True
    for entry_id, blob in entries:
        entry = snapshot.read_blob(blob)
        if isinstance(entry, Unreadable):
            if not skip_unreadable:
                _ = snapshot[entry_id]  # it says why
            is_whole = False
            continue
        for rows, fact in zip(result, facts, strict=True):
            texts = fact.compute(entry)
            if texts:
                rows.append([entry_id, *texts])
    return result, is_whole


def keys_fact(rule: Any) -> Fact:
    """Return the fact of the keys that an entry holds of a dataset rule."""
    keys = rule.keys
    return Fact(Table(f"rule {rule.name}", rule.version), lambda entry: () if keys is None else tuple(keys(entry)))


def holders_by_key(rows: FactRows) -> dict[str, list[str]]:
    """Return the ids of the entries that hold each key, in the order of the rows."""
    index: dict[str, list[str]] = {}
    for entry_id, *keys in rows:
        for key in keys:
            index.setdefault(key, []).append(entry_id)
    return index
