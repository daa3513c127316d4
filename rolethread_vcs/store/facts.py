"""Facts of every entry of a snapshot: computed by the entry alone, and remembered by folder.

The id of a folder's tree stands for every byte below it, so a remembered row holds on every branch and for ever, and
one look-up serves about a hundred entries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import chain
from operator import lt
from typing import TYPE_CHECKING, Any, NamedTuple

from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Unreadable

if TYPE_CHECKING:
    from rolethread_vcs.store.derived import Table

WORTH_IT = 8
"""Folders from which the cache is asked, about 800 entries: fewer are read before SQLite is loaded."""

FactRows = list[list[str]]
"""The id of an entry, then the texts of the fact; entries without any are absent."""


class Fact(NamedTuple):
    """A few texts of an entry, or none; the table's version goes up when `compute` gives others.

    With `least` every entry has at least so many.
    """

    table: Table
    compute: Callable[[Entry], Sequence[str]]
    least: int = 0


def read_facts(snapshot: Snapshot, facts: Sequence[Fact], *, skip_unreadable: bool = False) -> list[FactRows]:
    """Return the rows of each fact, in dataset order; reads only entries of folders that are not remembered.

    Raises:
        UnreadableEntryError: an entry that has to be read cannot be, and shall not be skipped.
    """
    from rolethread_vcs.store.derived import Derived, parsed

    folders = {prefix + tree: (prefix, tree) for prefix, tree in snapshot.folders()}
    derived = Derived(snapshot.cache_folder) if len(folders) >= WORTH_IT else None
    known = [derived.find(fact.table, folders) if derived is not None else {} for fact in facts]
    computed: list[dict[bytes, bytes]] = [{} for _ in facts]
    result: list[FactRows] = [[] for _ in facts]
    for folder, (prefix, tree) in folders.items():
        entries = snapshot.entries_of(prefix, tree)
        shapes = [partial(_sound_rows, [entry_id for entry_id, _ in entries], fact.least) for fact in facts]
        remembered = [parsed(each.get(folder), shape) for each, shape in zip(known, shapes, strict=True)]
        found = [rows for rows in remembered if rows is not None]
        if len(found) < len(facts):
            found, is_whole = _compute(snapshot, entries, facts, skip_unreadable)
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


def _sound_rows(ids: list[str], least: int, rows: Any) -> FactRows:
    """Return remembered rows if they can be those of a folder with these entries.

    Raises:
        ValueError, TypeError, LookupError: they cannot.
    """
    named = [row[0] for row in rows]
    is_sound = named == ids if least else all(map(lt, named, named[1:])) and set(named) <= set(ids)
    if type(rows) is not list or not is_sound or min(map(len, rows), default=99) <= max(least, 1):
        raise ValueError("these are the facts of something else")
    if not {str}.issuperset(map(type, chain(*rows))):
        raise ValueError("these are the facts of something else")
    return rows


def _compute(
    snapshot: Snapshot, entries: Sequence[tuple[str, bytes]], facts: Sequence[Fact], skip_unreadable: bool
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
    from rolethread_vcs.store.derived import Table

    keys = rule.keys
    return Fact(Table(f"rule {rule.name}", rule.version), lambda entry: () if keys is None else tuple(keys(entry)))


class RuleKeys:
    """Which entries of a snapshot hold the keys of dataset rules: what the gate asks about a dataset.

    All entries are read at the first question about a rule, as far as that is not remembered.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[str, dict[str, list[str]]] = {}

    def holders(self, rule: Any, keys: Collection[str]) -> dict[str, list[str]]:
        """Return, for each of some keys of a rule, the ids of the entries that hold it."""
        if rule.name not in self._known:
            # an entry that cannot be read holds no key, and is no reason to refuse work on the others
            (rows,) = read_facts(self._snapshot, [keys_fact(rule)], skip_unreadable=True)
            self.learn(rule, rows)
        index = self._known[rule.name]
        return {key: index[key] for key in keys if key in index}

    def learn(self, rule: Any, rows: FactRows) -> None:
        """Take in the rows of a rule that were read with other facts."""
        index = self._known[rule.name] = {}
        for entry_id, *keys in rows:
            for key in keys:
                index.setdefault(key, []).append(entry_id)
