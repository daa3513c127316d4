"""Finds damaged entries whose checked-out files still hold what was saved, and says how each entry comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.checkout.worktree import blob_id
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError
from rolethread_vcs.store.tree_reader import Unreadable

_NAMED = 10


def refusal_to_match(repository: Repository, base: Snapshot) -> UnreadableEntryError:
    """Return the error of an import that cannot tell which rows are here already, because entries do not read.

    It stops as a whole, on purpose. A row that fits no entry that reads may still be the damaged one: equal messages,
    a uuid and a key are known only from its content, and its id tells of its birth alone. To take such rows in would
    be a duplicate in silence, and to ask about each of them more work than the one command that mends the entry.
    """
    unreadable = list(_unreadable(base))
    whole = whole_files(repository, base, unreadable)
    others = [entry_id for entry_id in unreadable if entry_id not in whole]
    details = [f"entry {each}: its checked-out file is whole" for each in list(whole)[:_NAMED]]
    details += [f"entry {each}: no whole copy is checked out" for each in others[:_NAMED]]
    hidden = len(unreadable) - len(details)
    ways = []
    if whole:
        again = "it again from its file" if len(whole) == 1 else "them again from their files"
        ways.append(f"rtv restore {' '.join(list(whole)[:_NAMED])}   saves {again}")
    if others:
        ways.append(f"rtv restore {others[0]} --from REV   brings one back as it was in another revision")
        ways.append(f"rtv remove {others[0]}   goes on without it; history keeps what is left of it")
    count = "1 entry does" if len(unreadable) == 1 else f"{len(unreadable):,} entries do"
    return UnreadableEntryError(
        f"{count} not read, so nobody can tell which rows are here already; nothing was saved",
        details=[*details, *([f"… and {hidden:,} more (rtv verify)"] if hidden else [])],
        hint="\n".join([*ways, "then import again"]),
        code="damaged_entries",
    )


def _unreadable(base: Snapshot) -> Iterator[str]:
    return (entry_id for entry_id, oid in base.blobs() if isinstance(base.read_blob(oid), Unreadable))


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
