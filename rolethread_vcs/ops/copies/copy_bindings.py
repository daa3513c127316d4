"""Remembers, for each file copy, the commit it was written from and what each of its lines was.

One small file a copy, in the private folder of this worktree: a binding is of this machine and never travels.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.formats import CleanKeys
from rolethread_vcs.model.canonical import JsonProblemError, encode_line, parse
from rolethread_vcs.model.ids import CROCKFORD
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import PRIVATE, Repository

VERSION = 1
DIGEST_SIZE = 12
"""Bytes of the digest of a line."""
_FOLDER = "workcopies"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_IDS = re.compile(rf"(?:[0-9]{{8}}-[{CROCKFORD}]{{8}}(?: |$))*")
_DIGESTS = re.compile(rf"(?:[0-9a-f]{{{2 * DIGEST_SIZE}}}(?: |$))*")


class NotBoundError(NotFoundError):
    """The file is tied to nothing here."""

    code = "not_bound"


class DamagedBindingError(InvalidError):
    """The binding of a file copy does not read, is of a newer version, or belongs to another dataset."""

    code = "damaged_binding"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Size in bytes and time of the last change in nanoseconds, by which a touched file is told from an untouched."""

    size: int
    mtime: int

    @classmethod
    def of(cls, path: Path) -> FileStamp | None:
        """Return the stamp of a file as it is now, None when it is not there."""
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a file copy is tied to: a commit of a branch, and how its entries were written.

    `ids` and `digests` tell of the lines in order. A line that is not what the commit would be written as (a person
    spelled it another way) stands in `kept`, by its number from 0. `stamp` is the file as the program left it.
    """

    path: Path
    branch: str
    commit: str
    format: str
    clean: bool
    where: str | None
    keys: CleanKeys
    ids: tuple[str, ...]
    digests: tuple[str, ...]
    kept: Mapping[int, bytes] = field(default_factory=dict)
    stamp: FileStamp | None = None

    @property
    def is_touched(self) -> bool:
        """Whether the file has changed since the program wrote it, by size and time; False when it is gone."""
        now = FileStamp.of(self.path)
        return now is not None and now != self.stamp


@dataclass(frozen=True, slots=True)
class BrokenBinding:
    """A binding that cannot be used, and why."""

    path: Path | None
    store: Path
    problem: str


def digest_of(line: bytes) -> str:
    """Return the digest by which a line is known again, byte for byte."""
    return hashlib.sha256(line).hexdigest()[: 2 * DIGEST_SIZE]


def save(repository: Repository, binding: Binding) -> None:
    """Write a binding, in one step."""
    document = {
        "version": VERSION,
        "dataset": repository.head_snapshot().settings.id,
        "path": str(binding.path),
        "branch": binding.branch,
        "commit": binding.commit,
        "format": binding.format,
        "clean": binding.clean,
        "where": binding.where,
        "row_keys": list(binding.keys.row),
        "message_keys": list(binding.keys.message),
        "stamp": None if binding.stamp is None else [binding.stamp.size, binding.stamp.mtime],
        "ids": " ".join(binding.ids),
        "digests": " ".join(binding.digests),
        "kept": {str(place): line.decode("utf-8") for place, line in sorted(binding.kept.items())},
    }
    path = store_path(repository, binding.path)
    with disk.system_errors("remembering a working copy"):
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.replace_file(path, encode_line(document) + b"\n", durable=repository.durable)


def load(repository: Repository, path: Path) -> Binding:
    """Return the binding of a file.

    Raises:
        NotBoundError: there is none.
        DamagedBindingError: it cannot be used; the message says how to tie the file anew.
    """
    return _read(repository, store_path(repository, path), path)


def all_bindings(repository: Repository) -> tuple[Binding | BrokenBinding, ...]:
    """Return every binding of this worktree, those that cannot be used too, by the path of the file."""
    folder = _folder(repository)
    found: list[Binding | BrokenBinding] = []
    for store in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found.append(_read(repository, store, None))
        except DamagedBindingError as error:
            found.append(BrokenBinding(_path_in(store), store, error.message))
    return tuple(sorted(found, key=lambda each: str(each.path or "")))


def forget(repository: Repository, path: Path) -> None:
    """Remove the binding of a file; the file stays.

    Raises:
        NotBoundError: there is none.
    """
    with disk.system_errors("forgetting a working copy"):
        if not disk.remove(store_path(repository, path)):
            raise _not_bound(path)


def store_path(repository: Repository, path: Path) -> Path:
    """Return where the binding of a file lies, whether it is there or not."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:40]
    key = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return _folder(repository) / f"{name}-{key}.json"


def _folder(repository: Repository) -> Path:
    return repository.git_folder / PRIVATE / _FOLDER


def _read(repository: Repository, store: Path, path: Path | None) -> Binding:
    try:
        data = store.read_bytes()
    except FileNotFoundError as error:
        raise _not_bound(path or store) from error
    except OSError as error:
        raise disk.system_refused("reading the binding of a working copy", error) from error
    named = path.name if path is not None else store.stem
    try:
        document = parse(data)
    except JsonProblemError as error:
        raise _damaged(path, f"the binding of {named} is damaged: {error.message}") from error
    if not isinstance(document, dict):
        raise _damaged(path, f"the binding of {named} is damaged: it is no object")
    version = document.get("version")
    if version != VERSION:
        raise _damaged(path, f"the binding of {named} is of version {version!r}; this program knows version {VERSION}")
    if document.get("dataset") != repository.head_snapshot().settings.id:
        raise _damaged(path, f"the binding of {named} belongs to another dataset")
    binding = _binding(document)
    if binding is None or (path is not None and binding.path != path):
        raise _damaged(path, f"the binding of {named} is damaged: it is not what was written")
    return binding


def _binding(document: Mapping[str, Any]) -> Binding | None:
    """Return the binding of a document, None when something in it is not what was written."""
    ids, digests, kept = document.get("ids"), document.get("digests"), document.get("kept")
    texts = [document.get(key) for key in ("path", "branch", "format")]
    where, stamp = document.get("where"), document.get("stamp")
    keys = [document.get(key) for key in ("row_keys", "message_keys")]
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(document.get("clean"), bool):
        return None
    if not isinstance(ids, str) or not isinstance(digests, str) or not isinstance(kept, dict):
        return None
    if not _COMMIT.fullmatch(str(document.get("commit"))) or not (where is None or isinstance(where, str)):
        return None
    if not all(isinstance(each, list) and all(isinstance(key, str) for key in each) for each in keys):
        return None
    if not (stamp is None or (isinstance(stamp, list) and len(stamp) == 2 and all(type(n) is int for n in stamp))):
        return None
    lines, hashes = tuple(ids.split()), tuple(digests.split())
    if len(lines) != len(hashes) or not _IDS.fullmatch(ids) or not _DIGESTS.fullmatch(digests):
        return None
    if not all(place.isdigit() and int(place) < len(lines) and isinstance(line, str) for place, line in kept.items()):
        return None
    path, branch, format_name = (str(text) for text in texts)
    return Binding(
        path=Path(path),
        branch=branch,
        commit=str(document["commit"]),
        format=format_name,
        clean=bool(document["clean"]),
        where=where,
        keys=CleanKeys(tuple(keys[0] or ()), tuple(keys[1] or ())),
        ids=lines,
        digests=hashes,
        kept={int(place): line.encode("utf-8") for place, line in kept.items()},
        stamp=None if stamp is None else FileStamp(*stamp),
    )


def _path_in(store: Path) -> Path | None:
    """Return the path that a broken binding names, where so much of it reads."""
    try:
        document = parse(store.read_bytes())
    except (OSError, JsonProblemError):
        return None
    path = document.get("path") if isinstance(document, dict) else None
    return Path(path) if isinstance(path, str) else None


def _not_bound(path: Path) -> NotBoundError:
    return NotBoundError(
        f"{path} is no working copy of this dataset",
        hint="see them with: rtv workcopy list\n"
        f"tie the file with: rtv workcopy add {shlex.quote(str(path))} --branch BRANCH --format NAME --bind",
    )


def _damaged(path: Path | None, problem: str) -> DamagedBindingError:
    named = shlex.quote(str(path)) if path is not None else "FILE"
    return DamagedBindingError(
        f"{problem}; the file is as it was, and nothing was saved",
        hint=f"tie it anew: rtv workcopy add {named} --branch BRANCH --format NAME --bind\n"
        f"or forget it: rtv workcopy remove {named}",
    )
