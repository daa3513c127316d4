"""Starts a dataset: empty, or as a copy of another one; each with the first line of its operation log."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.model.settings import new_settings_text
from rolethread_vcs.store.cloud import cloud_service
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.transaction import Intent, Session


@dataclass(frozen=True, slots=True)
class Started:
    """A dataset that is there now, and what its owner should know."""

    repository: Repository
    entries: int
    branches: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def init(folder: Path, *, name: str | None = None, id: str | None = None) -> Started:
    """Create an empty dataset; `id` is a UUID, a fresh one by default.

    Raises:
        InvalidError: there is a repository already, or the name or id does not fit. SystemRefusedError.
    """
    text = new_settings_text(name or folder.resolve().name or "dataset", id or str(uuid.uuid4()))
    repository = Repository.init(folder, text)
    with Session.open(repository, Intent("init", "init"), needs_branch=False) as session:
        session.move({})
    return Started(repository, 0, 1, warnings=_warnings(folder))


def clone(source: Path, folder: Path) -> Started:
    """Copy a dataset with all its branches and releases; up to 20,000 entries its files are checked out.

    Raises:
        NotFoundError: no dataset there. InvalidError: the target is not empty.
    """
    repository = Repository.clone(source, folder)
    snapshot = repository.head_snapshot()
    entries = len(snapshot)
    notes = ["the copy starts an operation log of its own: rtv undo there takes back only what is done there"]
    if entries > CHECKOUT_LIMIT:
        repository.set_config("rolethread.decided", "bare")
        repository = repository.set_bare(True)
        notes.append(f"more than {CHECKOUT_LIMIT:,} entries: no files are checked out (rtv config set checkout always)")
    else:
        repository.set_config("rolethread.decided", "files")
        assert repository.worktree is not None
        repository.worktree.fill(snapshot.tree)
    with Session.open(repository, Intent("clone", f"clone {source}"), needs_branch=False) as session:
        session.move({})
    if repository.copy_is_shallow():
        notes.append("the history of the copy is cut off, because that of the original is")
    return Started(repository, entries, len(repository.refs.branches()), tuple(notes), _warnings(folder))


def _warnings(folder: Path) -> tuple[str, ...]:
    service = cloud_service(folder)
    if service is None:
        return ()
    return (
        f"this folder is copied by {service}, which can damage a dataset while a command is writing; "
        f"keep the dataset outside, and put copies (rtv clone, exports) into {service}",
    )
