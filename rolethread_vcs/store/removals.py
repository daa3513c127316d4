"""Finds, newest first, the entries that commits removed, each with the commit that did: reads trees only, streaming."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store.objects.trees import LINK
from rolethread_vcs.store.objects.walk import Blob, two_way
from rolethread_vcs.store.refs.ancestry import Ancestry, Link

if TYPE_CHECKING:
    from rolethread_vcs.store.objects.reader import Objects


class Removal(NamedTuple):
    """An entry that a commit removed: `blob` is the 20-byte id of what it was, `parent` a commit that still had it."""

    entry_id: str
    blob: bytes
    link: Link
    parent: Link


class Removals:
    """The entries that commits leading to a tip removed; an iterator, newest first, each entry once.

    Of an entry that was removed again and again the last time counts. `since` (hex id) and what leads to it are left
    out. `ends` are the commits (hex ids) behind which history is not here, as far as it was walked.
    """

    def __init__(self, objects: Objects, tip: str, *, since: str | None = None) -> None:
        self._objects = objects
        self._ancestry = Ancestry(objects)
        hidden: Collection[str] = () if since is None else self._ancestry.parents_of_all([since]).keys()
        self._links = self._ancestry.newest_first([tip], hide=hidden)
        self._told: set[str] = set()
        self._found = self._find()

    def __iter__(self) -> Iterator[Removal]:
        return self

    def __next__(self) -> Removal:
        return next(self._found)

    @property
    def ends(self) -> tuple[str, ...]:
        """The commits behind which nothing is here: of a shallow copy, or where an object is missing."""
        return tuple(self._ancestry.ends)

    def _find(self) -> Iterator[Removal]:
        # An entry that a merge lacks and one of its sides lacks too went on that side, as a rule. It is told when it is
        # met there, and only when it is met nowhere else the merge itself took it.
        by_merges: dict[str, Removal] = {}
        for link in self._links:
            parents = self._ancestry.parents(link)
            gone = [self._gone(parent, link) for parent in parents]
            for parent, lost in zip(parents, gone, strict=True):
                for entry_id, blob in lost.items():
                    if entry_id in self._told:
                        continue
                    removal = Removal(entry_id, blob.oid, link, parent)
                    if all(entry_id in each for each in gone):
                        self._told.add(entry_id)
                        yield removal
                    else:
                        by_merges.setdefault(entry_id, removal)
        yield from (each for entry_id, each in by_merges.items() if entry_id not in self._told)

    def _gone(self, parent: Link, link: Link) -> dict[str, Blob]:
        return {
            entry_id: before
            for path, before, after in two_way(parent.tree, link.tree, self._objects.tree)
            if after is None and before is not None and before.mode != LINK and (entry_id := id_of_path(path))
        }
