"""Finds the entries that commits removed, each with the commit that did; reads trees only, streaming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.layout import is_id
from rolethread_vcs.model.matched import matched_by
from rolethread_vcs.store.derived import Derived, Table, commit_ids, parsed
from rolethread_vcs.store.objects.trees import LINK
from rolethread_vcs.store.tree_reader import entries_between, entry_of_blob, readable

if TYPE_CHECKING:
    from rolethread_vcs.store.objects import Objects
    from rolethread_vcs.store.objects.commits import Commit
    from rolethread_vcs.store.refs.commit_graph import CommitGraph
    from rolethread_vcs.store.repository import Repository

_TABLE = Table("removed entries", 4)
_LAST = b"last tip"
"""The one key: what was found up to the commit that was asked about last."""
_WORTH_IT = 8
"""Commits that take no longer to walk than SQLite takes to load."""


class Removal(NamedTuple):
    """An entry that a commit removed: `blob` is the 20-byte id of what it was, `parent` a commit that still had it."""

    entry_id: str
    blob: bytes
    commit: Commit
    parent: Commit


def removals(graph: CommitGraph, commits: Iterable[Commit]) -> Iterator[Removal]:
    """Yield the entries that commits, given newest first, removed; each once, as it was removed the last time."""
    found: set[str] = set()
    # An entry that a merge lacks and one of its sides lacks too was removed on that side, as a rule. It is yielded when
    # it is met there, and only when it is met nowhere else the merge itself removed it.
    by_merges: dict[str, Removal] = {}
    for commit in commits:
        parents = graph.parents(commit)
        lost = [
            {
                entry_id: old.oid
                for entry_id, old, new in entries_between(graph.objects, parent.tree, commit.tree)
                if old is not None and new is None and old.mode != LINK
            }
            for parent in parents
        ]
        for parent, blobs in zip(parents, lost, strict=True):
            for entry_id, blob in blobs.items():
                if entry_id in found:
                    continue
                removal = Removal(entry_id, blob, commit, parent)
                if all(entry_id in each for each in lost):
                    found.add(entry_id)
                    yield removal
                else:
                    by_merges.setdefault(entry_id, removal)
    yield from (each for entry_id, each in by_merges.items() if entry_id not in found)


@dataclass(frozen=True, slots=True)
class RemovedEntry:
    """An entry as it was when a commit (hex id) removed it: what its messages were matched by, its uuid or ""."""

    entry_id: str
    digests: tuple[str, ...]
    uuid: str = ""
    commit: str = ""


def removed_entries(repository: Repository, tip: str) -> list[RemovedEntry]:
    """Return every entry that a commit leading to `tip` removed, by id, also those that came back later.

    Only the commits since the last call are walked, where that was about one that leads to `tip`.
    """
    graph, objects = repository.graph, repository.objects
    derived = Derived(repository.cache_folder)
    known_tip, known = parsed(derived.find(_TABLE, [_LAST]).get(_LAST), _remembered) or (None, {})
    if known_tip is not None and not (known_tip in objects and graph.is_ancestor(known_tip, tip)):
        known_tip, known = None, {}
    if known_tip == tip:
        return list(known.values())
    newer = [commit for commit, _ in graph.children_first([tip], hide=() if known_tip is None else (known_tip,))]
    is_whole = True
    for removal in removals(graph, newer):
        # an entry that came back may have been edited before it was removed again
        entry_id = removal.entry_id
        known[entry_id] = removed_entry(objects, removal)
        is_whole &= known[entry_id].digests != ("",)
    known = dict(sorted(known.items()))
    if len(newer) > _WORTH_IT and is_whole and not graph.ends:  # else more is known once the rest was fetched
        by_commit: dict[str, list[tuple[str, ...]]] = {}
        for each in known.values():
            by_commit.setdefault(each.commit, []).append((each.entry_id, each.uuid, *each.digests))
        derived.keep(_TABLE, {_LAST: encode_line([tip, by_commit])})
    return list(known.values())


def _remembered(value: Any) -> tuple[str, dict[str, RemovedEntry]]:
    tip, by_commit = value
    entries = [
        RemovedEntry(entry_id, tuple(digests), uuid, commit)
        for commit, rows in by_commit.items()
        for entry_id, uuid, *digests in rows
    ]
    texts = {type(text) for each in entries for text in (each.uuid, *each.digests)}
    if not texts <= {str} or not all(is_id(each.entry_id) for each in entries):
        raise ValueError("these are no removed entries")
    (tip, *_) = commit_ids([tip, *by_commit])
    return tip, {each.entry_id: each for each in sorted(entries, key=lambda each: each.entry_id)}


def removed_entry(objects: Objects, removal: Removal) -> RemovedEntry:
    """Return what a removed entry is matched by; of one that cannot be read, nothing."""
    entry = readable(entry_of_blob(objects, removal.blob))
    digest, uuid, *clean = ("", "") if entry is None else matched_by(entry)
    return RemovedEntry(removal.entry_id, (digest, *clean), uuid, removal.commit.id)


def removed_by(repository: Repository, commit: str, tip: str) -> dict[str, Removal]:
    """Return what a commit removed, by entry id: nothing unless it leads to `tip` (both hex ids)."""
    graph = repository.graph
    if commit not in graph.objects or not graph.is_ancestor(commit, tip):
        return {}
    return {each.entry_id: each for each in removals(graph, [graph.objects.commit(commit)])}
