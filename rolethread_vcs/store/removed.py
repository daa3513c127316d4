"""Which entries history holds that are gone: found by walking commits once, then only the newer ones."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.model.canonical import birth_suffix, decode_entry
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.walk import two_way

if TYPE_CHECKING:
    from rolethread_vcs.store.objects.reader import Objects
    from rolethread_vcs.store.repository import Repository

_CACHE = "removed.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class RemovedEntry:
    """An entry as it was when some commit removed it: its id, the digest of its messages then, its uuid or ""."""

    entry_id: str
    digest: str
    uuid: str = ""


def removed_entries(repository: Repository, tip: str) -> Collection[RemovedEntry]:
    """Return every entry that a commit leading to `tip` removed, also those that came back later.

    What was found is kept in a cache, so that the next call walks only newer commits.
    """
    path = repository.private_folder / "cache" / _CACHE
    known_tip, found = _load(path)
    if known_tip is not None and not repository.is_ancestor(known_tip, tip):
        known_tip, found = None, {}
    if known_tip == tip:
        return list(found.values())
    objects = repository.objects
    newer: dict[str, RemovedEntry] = {}
    for commit in repository.walk(tip, hide=known_tip):
        after = commit.tree
        for parent in commit.parents:
            before = objects.commit(parent).tree
            for difference in two_way(before, after, objects.tree):
                entry_id = id_of_path(difference.path)
                if entry_id is None or difference.before is None or difference.after is not None:
                    continue
                if entry_id not in newer:
                    newer[entry_id] = _describe(objects, entry_id, difference.before.oid)
    found |= newer  # an entry that came back may have been edited before it went again
    _save(repository, tip, found)
    return list(found.values())


def _describe(objects: Objects, entry_id: str, oid: bytes) -> RemovedEntry:
    try:
        entry = decode_entry(objects.blob(oid))
    except RoleThreadError:
        return RemovedEntry(entry_id, "")
    return RemovedEntry(entry_id, birth_suffix(entry.messages), (entry.uuid or "").lower())


def _load(path: Path) -> tuple[str | None, dict[str, RemovedEntry]]:
    try:
        cache = json.loads(path.read_bytes())
        if cache["version"] != _VERSION:
            return None, {}
        return cache["tip"], {row[0]: RemovedEntry(*row) for row in cache["removed"]}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None, {}


def _save(repository: Repository, tip: str, found: dict[str, RemovedEntry]) -> None:
    """Keep what was found; a cache that cannot be written is no reason to stop."""
    folder = repository.private_folder / "cache"
    cache = {"version": _VERSION, "tip": tip, "removed": [astuple(entry) for entry in found.values()]}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        disk.replace_file(folder / _CACHE, json.dumps(cache).encode(), durable=False, scratch=repository.scratch_folder)
    except OSError:
        return
