"""The facade: one short method per operation, no logic.

Each method imports its operation when called: a command must not pay at start-up for what it does not use.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Committed, Intent

if TYPE_CHECKING:
    from rolethread_vcs.ops.changing import Change


class Dataset:
    """A versioned dataset on this machine.

    Make one with `Dataset.init`, open one with `Dataset.open`. Methods return the values that the command prints, and
    raise the families of `rolethread_vcs.errors`.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    # ---- start

    @classmethod
    def init(cls, path: str | Path, *, name: str | None = None, id: str | None = None) -> Dataset:
        """Create an empty dataset in a folder, which is made if missing; `id` is a UUID, a fresh one by default."""
        from rolethread_vcs.model.settings import new_settings_text

        folder = Path(path)
        text = new_settings_text(name or folder.resolve().name or "dataset", id or str(uuid.uuid4()))
        return cls(Repository.init(folder, text))

    @classmethod
    def open(cls, path: str | Path = ".") -> Dataset:
        """Open the dataset that a folder lies in."""
        return cls(Repository.find(Path(path)))

    @property
    def folder(self) -> Path:
        """The folder people know the dataset by."""
        return self.repository.folder

    # ---- reading

    def snapshot(self, rev: str = "@") -> Snapshot:
        """Return an immutable view of a revision: `len`, `[id]`, iteration over (id, entry) in dataset order."""
        return self.repository.snapshot(rev)

    # ---- entries

    @contextlib.contextmanager
    def edit(self, message: str | None = None, *, branch: str | None = None) -> Iterator[Change]:
        """Collect changes to entries, and make them one commit when the block ends well, or nothing.

        `change.add(entry)` returns the new id, `change.put(id, entry)`, `change.remove(id)`; entries are `Entry` or
        plain mappings of their fields. After the block, `change.result` is what was committed.
        """
        from rolethread_vcs.ops.changing import Change

        change = Change(self.repository, Intent("edit", "edit", message=message, branch=branch))
        yield change
        change.commit()

    def add(self, entries: Sequence[Entry | Mapping[str, Any]], intent: Intent) -> Committed:
        """Add entries in one commit; see `ops.changing.add`."""
        from rolethread_vcs.ops.changing import add

        return add(self.repository, entries, intent)
