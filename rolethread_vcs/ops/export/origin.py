"""Traces a file back to the export that wrote it, by its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.store import disk
from rolethread_vcs.store.log.operations import Operation
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file came from: the export operation that wrote its bytes."""

    operation: Operation
    path: Path

    @property
    def details(self) -> dict[str, Any]:
        """Commit, options, SHA-256, path and size of the export."""
        return dict(self.operation.details)


def which(repository: Repository, path: str | Path) -> Origin:
    """Return from which commit and with which options a file was exported.

    Raises:
        NotFoundError: no such file, or no export of this dataset wrote these bytes.
    """
    path = Path(path)
    if not path.exists():
        raise NotFoundError(f"there is no file {path}")
    if not path.is_file():
        raise InvalidError(f"{path} is not a plain file")
    found = find_export(repository, file_sha256(path))
    if found is not None:
        return Origin(found, path)
    same = next((each for each in _exports(repository) if each.details.get("path") == str(path.resolve())), None)
    if same is not None:
        raise NotFoundError(
            f"{path} was exported from {same.details['revision']} @ {same.details['commit'][:10]} "
            f"(operation {same.number}), and has been changed since",
        )
    raise NotFoundError(f"no export of this dataset has the bytes of {path}", hint="see what was done with: rtv ops")


def find_export(repository: Repository, sha256: str) -> Operation | None:
    """Return the newest export that wrote these bytes, or None."""
    return next((each for each in _exports(repository) if each.details.get("sha256") == sha256), None)


def _exports(repository: Repository) -> Iterator[Operation]:
    return (operation for operation in repository.operations if operation.verb == "export")


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with disk.system_errors(f"reading {path}"), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
