"""This repository's own `.git/config`, apart from what git's configuration of the user and the system says."""

from __future__ import annotations

from pathlib import Path

import pygit2

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import Repository


def read(repository: Repository, key: str) -> str | None:
    """Return what the repository itself says for a key, or None.

    Raises:
        DamagedError: the file does not read.
    """
    try:
        return str(_file(repository)[key])
    except KeyError:
        return None
    except (pygit2.GitError, ValueError) as error:
        raise _unreadable(repository, error) from error


def section(repository: Repository, prefix: str) -> dict[str, str]:
    """Return the keys that begin so and stand there once, each without the beginning, with their values.

    Raises:
        DamagedError: the file does not read.
    """
    found: dict[str, list[str]] = {}
    try:
        for entry in _file(repository):
            if entry.name.startswith(prefix):
                found.setdefault(entry.name.removeprefix(prefix), []).append(str(entry.value))
    except (pygit2.GitError, ValueError) as error:
        raise _unreadable(repository, error) from error
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def write(repository: Repository, key: str, value: str | None) -> None:
    """Set a key, or with None take it away, in the repository's own file.

    Raises:
        DamagedError: the file does not read. SystemRefusedError: it cannot be written.
    """
    disk.reach("config", key)
    with disk.system_errors("writing the repository's configuration"):
        try:
            config = _file(repository)
            if value is not None:
                config[key] = value
            elif key in config:
                del config[key]
        except (pygit2.GitError, ValueError) as error:
            raise _unreadable(repository, error) from error


def _path(repository: Repository) -> Path:
    return repository.common_folder / "config"


def _file(repository: Repository) -> pygit2.Config:
    return pygit2.Config(str(_path(repository)))


def _unreadable(repository: Repository, error: Exception) -> DamagedError:
    return DamagedError(f"{_path(repository)} cannot be read or written: {error}", hint="rtv doctor")
