"""Finds what became of what: entries split off, joined, or given a new id in one commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rolethread_vcs.model.entry import Entry, is_same
from rolethread_vcs.model.ids import is_id
from rolethread_vcs.model.layout import ENTRIES, SUFFIX, id_of_path
from rolethread_vcs.store.objects.trees import FOLDER, Blob, parse, two_way
from rolethread_vcs.store.refs.commit_graph import Ancestry, Link
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import entry_of_blob, find_folder

_COMPARED = 200
"""Entries of one commit that are read to see which of them became another."""


class Origin(NamedTuple):
    """What an entry was made from; `is_renumbered` when it is the same conversation under a new id."""

    ids: tuple[str, ...] = ()
    is_renumbered: bool = False


UNRELATED = Origin()


def origins(repository: Repository, above: list[Link], link: Link, entry_id: str, blob: bytes | None) -> Origin:
    """Return what an entry that a commit added was made from; `above` are the commit's parents.

    Its `origin` names what it was split or joined from. Without one, an entry that was the same conversation, and went
    or was given another in this very commit, is where it comes from.
    """
    entry = entry_of(repository, blob)
    if entry is None or blob is None:
        return UNRELATED
    named = tuple(origin for origin in entry.origin if is_id(origin) and origin != entry_id)
    if named:
        return Origin(named)
    for parent in above:
        twin = _renumbered(repository, parent, link, blob, entry)
        if twin is not None and twin != entry_id:
            return Origin((twin,), is_renumbered=True)
    return UNRELATED


def _renumbered(repository: Repository, parent: Link, link: Link, blob: bytes, entry: Entry) -> str | None:
    before, after = (find_folder(repository.objects, each.tree, ENTRIES) for each in (parent, link))
    lost = _lost(repository, before, after, 2)
    for number, (other_id, before) in enumerate(lost):
        if before == blob:
            return other_id
        other = entry_of(repository, before) if number < _COMPARED else None
        if other is not None and is_same(other.messages, entry.messages):
            return other_id
    return None


def _lost(repository: Repository, before: bytes | None, after: bytes | None, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield (id, blob id) of what is no longer there as it was; folders that are only new are not looked into."""
    if before is None or before == after:
        return
    objects = repository.objects
    now = {} if after is None else objects.items(after)
    for item in parse(objects.tree(before)):
        other = now.get(item.name)
        if other == item:
            continue
        if depth and item.mode == FOLDER:
            below = other.oid if other is not None and other.mode == FOLDER else None
            yield from _lost(repository, item.oid, below, depth - 1)
        elif not depth:
            entry_id = item.name.decode("utf-8", "replace").removesuffix(SUFFIX)
            if is_id(entry_id):
                yield entry_id, item.oid


def successors(repository: Repository, commit: str, entry_id: str) -> tuple[str, ...]:
    """Return the ids that a commit (hex id) made from an entry: split off, joined into, or given a new id.

    Looked for among the first few hundred entries that the commit added.
    """
    objects = repository.objects
    ancestry = Ancestry(objects)
    link = ancestry.link(commit)
    above = ancestry.parents(link)
    if not above:
        return ()
    added: dict[str, Blob] = {}
    before_blob = after_blob = None
    for path, before, after in two_way(above[0].tree, link.tree, objects.tree):
        found_id = id_of_path(path)
        if found_id == entry_id:
            before_blob, after_blob = before, after
        elif found_id is not None and before is None and after is not None and len(added) < _COMPARED:
            added[found_id] = after
    found = []
    for found_id, blob in added.items():
        entry = entry_of(repository, blob.oid)
        is_twin = before_blob is not None and after_blob is None and blob.oid == before_blob.oid
        if entry is not None and (entry_id in entry.origin or is_twin):
            found.append(found_id)
    return tuple(found)


def entry_of(repository: Repository, blob: bytes | None) -> Entry | None:
    """Return the entry of a 20-byte blob id, or None when there is none, it does not read or is not here."""
    entry = None if blob is None else entry_of_blob(repository.objects, blob)
    return entry if isinstance(entry, Entry) else None
