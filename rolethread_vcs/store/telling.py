"""Tells facts of every entry of a snapshot, and reads only the entries of folders that nothing is remembered of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError

WORTH_IT = 8
"""Folders from which the cache is asked, about 800 entries: fewer are read before SQLite is loaded."""

Told = list[list[str]]
"""The id of an entry, then what is told of it; entries that there is nothing to tell of are absent."""


class Fact(NamedTuple):
    """Something to tell of an entry, by the entry alone: a few texts, or none.

    What was told is remembered under `name` and `version`, so the version goes up when `tell` tells something else.
    """

    name: str
    version: int
    tell: Callable[[Entry], Sequence[str]]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def tell(snapshot: Snapshot, facts: Sequence[Fact], *, skip_unreadable: bool = False) -> list[Told]:
    """Return what each fact tells of the entries of a snapshot, in dataset order.

    Raises:
        UnreadableEntryError: an entry that has to be read does not read, and shall not be skipped.
    """
    folders = {prefix + tree: (prefix, tree) for prefix, tree in snapshot.folders()}
    cache = snapshot.facts_cache if len(folders) >= WORTH_IT else None
    known = [cache.find(str(fact), folders) if cache is not None else {} for fact in facts]
    learned: list[dict[bytes, bytes]] = [{} for _ in facts]
    result: list[Told] = [[] for _ in facts]
    for folder, (prefix, tree) in folders.items():
        remembered = [each.get(folder) for each in known]
        told = [parse(each) for each in remembered if each is not None]
        if len(told) < len(facts):
            told, is_whole = _read(snapshot, snapshot.entries_of(prefix, tree), facts, skip_unreadable)
            if is_whole and cache is not None:
                for new, rows in zip(learned, told, strict=True):
                    new[folder] = encode_line(rows, is_parsed=True)
        for rows, more in zip(result, told, strict=True):
            rows += more
    if cache is not None and learned and learned[0]:
        for fact, new in zip(facts, learned, strict=True):
            cache.keep(str(fact), new, folders)
    if snapshot.order.ranks:
        place = {entry_id: number for number, entry_id in enumerate(snapshot.ids())}
        for rows in result:
            rows.sort(key=lambda row: place[row[0]])
    return result


def _read(
    snapshot: Snapshot, entries: Sequence[tuple[str, bytes]], facts: Sequence[Fact], skip_unreadable: bool
) -> tuple[list[Told], bool]:
    """Return what the facts tell of some entries, and whether all of them read."""
    result: list[Told] = [[] for _ in facts]
    is_whole = True
    for entry_id, blob in entries:
        try:
            entry = snapshot.entry(entry_id, blob)
        except UnreadableEntryError:
            if not skip_unreadable:
                raise
            is_whole = False
            continue
        for rows, fact in zip(result, facts, strict=True):
            texts = fact.tell(entry)
            if texts:
                rows.append([entry_id, *texts])
    return result, is_whole
