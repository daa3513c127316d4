"""Remembers how many entries some trees hold, so that the next count costs what differs and not what is there.

A cache in `.git/rolethread/cache/`; it follows from the trees alone, and may be thrown away at any time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from rolethread_vcs.errors import DamagedError, RoleThreadError
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.trees import LINK
from rolethread_vcs.store.objects.walk import Blob, two_way
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

_CACHE: Final = "lengths.json"
_VERSION: Final = 1
_KEPT: Final = 32
_WORTH_IT: Final = 5_000
"""Entries from which counting takes longer than looking into the cache."""


def count_entries(repository: Repository, snapshot: Snapshot) -> int:
    """Return how many entries a snapshot holds, the same as its `len`."""
    path = repository.private_folder / "cache" / _CACHE
    known = _load(path)
    tree = snapshot.tree.hex()
    count = known.pop(tree, None)
    is_new = count is None
    if count is None:
        count = _from_another(repository, known, snapshot)
    if count is None:
        count = len(snapshot)
    if is_new and count >= _WORTH_IT:
        kept = dict(list(known.items())[-(_KEPT - 1) :])
        _save(repository, path, {**kept, tree: count})
    return count


def _from_another(repository: Repository, known: dict[str, int], snapshot: Snapshot) -> int | None:
    """Return the count by the difference to the tree that was counted last, None where there is none."""
    for tree, count in reversed(known.items()):
        try:
            for path, before, after in two_way(bytes.fromhex(tree), snapshot.tree, repository.objects.tree):
                if id_of_path(path) is not None:
                    count += _is_file(after) - _is_file(before)
        except (DamagedError, ValueError):  # a collection may have taken that tree
            continue
        return count
    return None


def _is_file(blob: Blob | None) -> bool:
    return blob is not None and blob.mode != LINK


def _load(path: Path) -> dict[str, int]:
    try:
        cache = json.loads(path.read_bytes())
        if cache["version"] != _VERSION:
            return {}
        return {str(tree): int(count) for tree, count in cache["lengths"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _save(repository: Repository, path: Path, lengths: dict[str, int]) -> None:
    """Write down what was counted; a cache that cannot be written is no reason to stop."""
    data = json.dumps({"version": _VERSION, "lengths": lengths}).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        repository.scratch_folder.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, data, durable=False, scratch=repository.scratch_folder)
    except (OSError, RoleThreadError):
        return
