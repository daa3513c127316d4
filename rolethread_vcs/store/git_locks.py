"""The `.lock` files that git programs put beside refs, index and configuration, and leave there when killed."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.store import disk

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class GitLock:
    """A lock file, and its age in seconds."""

    path: Path
    age: float


def git_locks(repository: Repository, *, now: float | None = None) -> list[GitLock]:
    """Return every lock file of git in a repository and its linked worktrees, sorted by path."""
    now = time.time() if now is None else now
    common = repository.common_folder
    places = [*common.glob("*.lock"), *common.glob("worktrees/*/*.lock"), *(common / "refs").rglob("*.lock")]
    found = []
    for path in sorted(set(places)):
        with contextlib.suppress(FileNotFoundError):
            found.append(GitLock(path, max(0.0, now - path.lstat().st_mtime)))
    return found


def remove_git_lock(lock: GitLock) -> bool:
    """Remove a lock file whose owner is dead; return whether it was still there.

    Raises:
        SystemRefusedError: the system does not allow it.
    """
    with disk.system_errors(f"removing {lock.path}"):
        return disk.remove(lock.path)
