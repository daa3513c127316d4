"""Git's configuration as one repository sees it: its own `.git/config`, and behind it the user's and the system's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import RAISED, git_errors, read_errors

_BRANCH = "branch."
_NOTE = ".description"
_VERSION = "core.repositoryformatversion"


def values_of(config: pygit2.Config) -> Iterator[tuple[str, str]]:
    """Yield keys and values; a key that is not UTF-8 is none of ours, and what is not in a value is marked in it."""
    entries = iter(config)
    while True:
        try:
            entry = next(entries)
        except StopIteration:
            return
        except UnicodeDecodeError:
            continue
        yield entry.name, (entry.raw_value or b"").decode("utf-8", "replace")


class GitConfig:
    """Reads all of it, or what the repository itself says alone; writes only there. `path` is its own file.

    `durable` is whether what is written is to be there after a power cut, None for what the configuration says of it.
    """

    def __init__(self, git: pygit2.Repository, path: Path, *, durable: bool | None = None) -> None:
        self._git = git
        self._path = path
        self.durable = self.get("rolethread.durability") != "fast" if durable is None else durable

    def get(self, key: str) -> str | None:
        """Return a value as git sees it, or None."""
        try:
            return str(self._git.config[key])
        except RAISED:
            return None

    def get_flag(self, key: str) -> bool:
        return (self.get(key) or "").lower() in ("true", "yes", "on", "1")

    def own(self, key: str) -> str | None:
        """Return what the repository itself says for a key, or None.

        Raises:
            DamagedError: its file cannot be read.
        """
        with read_errors(str(self._path), "rtv doctor"):
            try:
                return str(pygit2.Config(str(self._path))[key])
            except KeyError:
                return None

    def own_section(self, prefix: str) -> dict[str, str]:
        """Return the repository's own keys that begin so and stand there once, without the beginning.

        Raises:
            DamagedError: its file cannot be read.
        """
        found: dict[str, list[str]] = {}
        with read_errors(str(self._path), "rtv doctor"):
            for name, value in values_of(pygit2.Config(str(self._path))):
                if name.startswith(prefix):
                    found.setdefault(name.removeprefix(prefix), []).append(value)
        return {name: values[0] for name, values in found.items() if len(values) == 1}

    def set(self, values: Mapping[str, str | None]) -> None:
        """Set keys, or with None remove them, in the repository's own file: all of them, or none.

        Raises:
            SystemRefusedError, GitLockedError: it cannot be written. DamagedError: it cannot be read, or is gone.
        """
        disk.reach("config", ", ".join(values))
        path = self._path.resolve()
        if not path.exists():
            raise DamagedError(f"git's configuration {path} is gone", hint="rtv verify --repair")
        with (
            git_errors("writing the repository's configuration"),
            disk.replacing(path, durable=self.durable, as_git=True) as stream,
        ):
            stream.write(with_values(path.read_bytes(), values))

    def notes(self) -> dict[str, str]:
        """Return what people wrote down about branches, by branch: git's own `branch.<name>.description`.

        It is no part of the history: `rtv clone` copies it, `git clone` does not.
        """
        found = self.own_section(_BRANCH)
        return {
            name.removesuffix(_NOTE): value.strip()
            for name, value in found.items()
            if name.endswith(_NOTE) and value.strip()
        }

    def of_branch(self, branch: str) -> dict[str, str]:
        """Return what is said of a branch, by key: its note, and where plain git pulls it from."""
        prefix = f"{_BRANCH}{branch}."
        # `branch.try.again.description` is about `try.again`
        return {prefix + name: value for name, value in self.own_section(prefix).items() if "." not in name}


def note_key(branch: str) -> str:
    return f"{_BRANCH}{branch}{_NOTE}"


def upstream_settings(branch: str, remote: str, there: str) -> dict[str, str | None]:
    """Return the keys by which git knows that a branch follows the one that another copy calls `there`."""
    return {f"{_BRANCH}{branch}.remote": remote, f"{_BRANCH}{branch}.merge": f"refs/heads/{there}"}


def with_values(text: bytes, values: Mapping[str, str | None]) -> bytes:
    """Return the text of a configuration with keys set, or with None removed.

    libgit2 changes a copy, since it flushes nothing of a configuration.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder, "config")
        copy.write_bytes(text)
        config = pygit2.Config(str(copy))
        for key, value in values.items():
            if value is not None:
                config[key] = value
            elif key in config:
                del config[key]
        return copy.read_bytes()


def readable_part(path: Path, *, is_bare: bool) -> bytes | None:
    """Return the sections of a configuration file that can be read, a new one where it is gone, None where all can."""
    if _is_readable(path):
        return None
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        text = ""
    core = f"[core]\n\trepositoryformatversion = 0\n\tbare = {str(is_bare).lower()}\n"
    core += f"\tlogAllRefUpdates = {str(not is_bare).lower()}\n"
    kept = []
    with TemporaryDirectory() as folder:
        part = Path(folder) / "part"
        for section in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
            part.write_text(section, encoding="utf-8", errors="surrogateescape")
            if section.startswith("[") and _is_readable(part):
                kept.append(section if section.endswith("\n") else f"{section}\n")
    if not any(section.startswith("[core]") for section in kept):
        kept.insert(0, core)
    return "".join(kept).encode("utf-8", "surrogateescape")


def _is_readable(path: Path) -> bool:
    try:
        config = pygit2.Config(str(path))
        if _VERSION in config:
            config.get_int(_VERSION)
        return path.is_file() and all(entry.name for entry in config)
    except RAISED:
        return False
