"""Finds the tag in use that a new one was perhaps meant to be."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import islice

from rolethread_vcs.model.entry import canonical_tags
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Unreadable

TAGS_READ_FROM = 20_000
"""Entries that are read, the first ones, to find tags that look like a new one."""

_ALIKE = 0.8
_SHORTEST_ALIKE = 4


def similar_tags(repository: Repository, tags: Sequence[str]) -> dict[str, str]:
    """Return, for each tag that no entry has yet, the tag in use that looks most like it, where one does.

    Alike are tags that differ in case, in `-`, `_` and spaces, or in a letter or two. Reading stops as soon as every
    tag was met, and after `TAGS_READ_FROM` entries at the latest.
    """
    snapshot = repository.head_snapshot()
    unmet = set(canonical_tags(tags))
    known: set[str] = set()
    for _, oid in islice(snapshot.blobs(), TAGS_READ_FROM):
        if not unmet:
            return {}
        found = set(_tags_in(snapshot, oid))
        unmet -= found
        known |= found
    nearest = {tag: _nearest(tag, sorted(known)) for tag in sorted(unmet)}
    return {tag: near for tag, near in nearest.items() if near is not None}


def _tags_in(snapshot: Snapshot, oid: bytes) -> tuple[str, ...]:
    found = snapshot.read_blob(oid)
    return () if isinstance(found, Unreadable) else found.tags


def _nearest(tag: str, known: Sequence[str]) -> str | None:
    best, best_ratio = None, 0.0
    for other in known:
        ratio = _likeness(tag, other)
        if ratio > best_ratio:
            best, best_ratio = other, ratio
    return best if best_ratio >= _ALIKE else None


def _likeness(one: str, two: str) -> float:
    one, two = _bare(one), _bare(two)
    if one == two:
        return 1.0
    if min(len(one), len(two)) < _SHORTEST_ALIKE:
        return 0.0
    # chapter_1 and chapter_2 are meant to be alike
    if [c for c in one if c.isdigit()] != [c for c in two if c.isdigit()]:
        return 0.0
    return SequenceMatcher(None, one, two, autojunk=False).ratio()


def _bare(tag: str) -> str:
    return "".join(character for character in tag.casefold() if character not in "-_ ")
