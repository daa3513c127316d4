"""Finds what can still be read of a revision, for an export that leaves out what is damaged."""

from __future__ import annotations

from contextlib import suppress

from rolethread_vcs.errors import DamagedError, RoleThreadError
from rolethread_vcs.store.damaged_refs import follow_ref, last_value
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.refs import BRANCHES, HEAD, TAGS, branch_of
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot


def readable_snapshot(repository: Repository, revision: str) -> Snapshot:
    """Return the snapshot of a revision, which notes what is `lost` of it; settings and operation log are not needed.

    Where the revision does not lead to a commit whose files can be listed, it is the newest that can be: of the branch
    or release as the operation log has it, without HEAD of the branch that HEAD led to, or of another one.

    Raises:
        RoleThreadError: there is none; it says why there is not the one that was asked for.
    """
    lost: dict[str, str] = {}
    try:
        snapshot = repository.snapshot(revision)
        snapshot.find(HEAD)  # whether its files can be listed
    except RoleThreadError as error:
        found = next(filter(None, (_newest(repository, name) for name in _names(repository, revision))), None)
        if found is None:
            raise
        lost[revision] = f"{error.message}; this is the commit {found.id[:10]}"
        snapshot = repository.snapshot_of(found.id)
    return Snapshot(snapshot.objects, snapshot.commit, snapshot.cache_folder, lost=lost)


def _names(repository: Repository, revision: str) -> list[str]:
    if revision not in ("@", HEAD):
        return [prefix + revision for prefix in (BRANCHES, TAGS)]
    names, head = [], branch_of(repository.operations.table().get(HEAD))
    with suppress(DamagedError):
        names = sorted(name for name in repository.refs.names() if name.startswith(BRANCHES))
    with suppress(DamagedError):
        head = repository.branch()
    return [BRANCHES + (head or DEFAULT_BRANCH), BRANCHES + DEFAULT_BRANCH, *names]


def _newest(repository: Repository, name: str) -> Commit | None:
    oid = follow_ref(repository, name).commit or last_value(repository, name)[0]
    with suppress(DamagedError):
        while oid is not None:
            commit = repository.objects.commit(oid)
            with suppress(DamagedError):
                repository.objects.tree(commit.tree)
                return commit
            oid = next(iter(commit.parents), None)
    return None
