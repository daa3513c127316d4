"""Finds damaged entries whose checked-out files still hold what was saved, so that it can be written again."""

from __future__ import annotations

from collections.abc import Collection

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.worktree import blob_id


def whole_files(repository: Repository, base: Snapshot, ids: Collection[str] | None) -> dict[str, bytes]:
    """Return the files of damaged entries (of some, or with None of all) that are byte for byte what was saved."""
    found = {}
    for entry_id, oid in base.damaged(ids):
        data = file_of_blob(repository, entry_path(entry_id), oid)
        if data is not None:
            found[entry_id] = data
    return found


def file_of_blob(repository: Repository, path: str, oid: bytes) -> bytes | None:
    """Return the bytes of a checked-out file when they are those of a blob, else None."""
    if repository.worktree is None:
        return None
    try:
        data = repository.worktree.read(path)
    except InvalidError:
        return None
    return data if data is not None and blob_id(data) == oid else None
