"""Finds the entries that commits removed, each with the commit that did; reads trees only, streaming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.model.matched import matched_by
from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.objects.trees import LINK
from rolethread_vcs.store.tree_reader import entries_between, entry_of_blob, readable

if TYPE_CHECKING:
    from rolethread_vcs.store.objects.commits import Commit
    from rolethread_vcs.store.refs.commit_graph import CommitGraph
    from rolethread_vcs.store.repository import Repository

_TABLE = Table("removed entries", 3)
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
    """An entry as it was when some commit removed it: its id, what its messages were matched by, its uuid or ""."""

    entry_id: str
    digests: tuple[str, ...]
    uuid: str = ""


def removed_entries(repository: Repository, tip: str) -> list[RemovedEntry]:
    """Return every entry that a commit leading to `tip` removed, also those that came back later.

    Only the commits since the last call are walked, where that was about one that leads to `tip`.
    """
    derived = Derived(repository.cache_folder)
    data = derived.find(_TABLE, [_LAST]).get(_LAST)
    remembered = {"tip": None, "removed": []} if data is None else parse(data)
    known_tip, known = (
        remembered["tip"],
        {row[0]: RemovedEntry(row[0], tuple(row[2:]), row[1]) for row in remembered["removed"]},
    )
    graph = repository.graph
    if known_tip is not None and not graph.is_ancestor(known_tip, tip):
        known_tip, known = None, {}
    if known_tip == tip:
        return list(known.values())
    newer = [commit for commit, _ in graph.children_first([tip], hide=() if known_tip is None else (known_tip,))]
    is_whole = True
    for entry_id, blob, *_ in removals(graph, newer):
        # an entry that came back may have been edited before it was removed again
        entry = readable(entry_of_blob(graph.objects, blob))
        is_whole &= entry is not None
        digest, uuid, *clean = ("", "") if entry is None else matched_by(entry)
        known[entry_id] = RemovedEntry(entry_id, (digest, *clean), uuid)
    if len(newer) > _WORTH_IT and is_whole and not graph.ends:  # else more is known once the rest was fetched
        value = {"tip": tip, "removed": [(each.entry_id, each.uuid, *each.digests) for each in known.values()]}
        derived.keep(_TABLE, {_LAST: encode_line(value)})
    return list(known.values())
