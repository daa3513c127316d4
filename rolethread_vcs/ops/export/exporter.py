"""Writes the entries of a commit to a file, streaming, the same bytes for the same commit and options everywhere.

By its bytes a file is traced back to the export that wrote it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shlex
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import BusyError, ConflictError, InvalidError, NotFoundError, SystemRefusedError
from rolethread_vcs.formats import clean_keys, export_rows, find_row_format
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.select.selection import Selection
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError, unreadable_entry
from rolethread_vcs.store.tree_reader import Unreadable
from rolethread_vcs.transaction import Intent, NewerWriterError, Session, refuse_unsaved

_CHUNK = 1 << 20
_GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export: a format's name, only what a trainer reads (`clean`), which entries, one array or lines.

    `skip_damaged` leaves out the entries that do not read; without it they stop the export.
    """

    format: str = "messages"
    clean: bool = False
    where: str | None = None
    container: str = "jsonl"
    skip_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. `path` is None for a stream; `operation` None when it could not be remembered.

    `left_out` are the ids of damaged entries that `skip_damaged` passed over.
    """

    entries: int
    commit: str
    revision: str
    sha256: str
    size: int
    options: ExportOptions
    path: Path | None
    operation: int | None
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def export(
    repository: Repository,
    revision: str = "@",
    options: ExportOptions | None = None,
    *,
    path: str | Path | None = None,
    write: Callable[[bytes], object] | None = None,
    overwrite: bool = False,
    fail_if_unsaved: bool = False,
    step: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Export a revision to a file (replaced in one step, gzipped when its name ends in `.gz`) or through `write`.

    Raises:
        ConflictError (file_in_the_way): the file exists and `rtv` did not write it, or it was changed since.
        NotFoundError: the folder of the file is not there.
        UnsavedEditsError: with `fail_if_unsaved`, when files were edited by hand.
        CannotCarryError: an entry does not fit the format; nothing is written then.
        UnreadableEntryError: an entry is damaged; the file is not written then.
    """
    options = options or ExportOptions()
    path = None if path is None else Path(path)
    if path is not None and path.is_symlink():
        # what the link leads to is the file that would be replaced
        path = Path(os.path.realpath(path))
    snapshot = repository.snapshot(revision)
    warnings = _warnings(repository, snapshot, fail_if_unsaved=fail_if_unsaved)
    if path is not None:
        _refuse_file_in_the_way(repository, path, overwrite=overwrite)
    counter = _Counter()
    chunks = counter.watch(_rows(snapshot, options, counter, step))
    if path is not None:
        _write_file(path, chunks)
    else:
        assert write is not None
        for chunk in chunks:
            write(chunk)
    if options.where is not None and not counter.entries:
        warnings.append(f"no entry matches {options.where}; the export is empty")
    name = _name(repository, revision, snapshot)
    sha256, size = counter.sha256, counter.size
    if path is not None and _is_packed(path) and path.is_file():
        sha256, size = file_sha256(path), path.stat().st_size
    details = {
        **asdict(options),
        "commit": snapshot.id,
        "revision": name,
        "sha256": sha256,
        "size": size,
        "entries": counter.entries,
        "path": None if path is None else str(path.resolve()),
    }
    number, problem = _remember(repository, details, path)
    return Exported(
        entries=counter.entries,
        commit=snapshot.id,
        revision=name,
        sha256=sha256,
        size=size,
        options=options,
        path=path,
        operation=number,
        warnings=(*warnings, *problem),
        left_out=tuple(counter.left_out),
    )


def _name(repository: Repository, revision: str, snapshot: Snapshot) -> str:
    if revision in ("@", "HEAD"):
        return repository.branch() or snapshot.id[:10]
    return revision


class _Counter:
    """Counts entries and bytes and hashes the bytes that leave."""

    def __init__(self) -> None:
        self.entries = 0
        self.left_out: dict[str, None] = {}
        self.size = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def watch(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass chunks through, a megabyte at a time."""
        buffer: list[bytes] = []
        held = 0
        for chunk in chunks:
            buffer.append(chunk)
            held += len(chunk)
            if held >= _CHUNK:
                yield self._account(b"".join(buffer))
                buffer.clear()
                held = 0
        if buffer:
            yield self._account(b"".join(buffer))

    def _account(self, data: bytes) -> bytes:
        self.size += len(data)
        self._digest.update(data)
        return data


def _rows(
    snapshot: Snapshot, options: ExportOptions, counter: _Counter, step: Callable[[int], None]
) -> Iterator[bytes]:
    chosen = find_row_format(options.format)
    left_out = counter.left_out if options.skip_damaged else None
    selection = Selection.of(where=options.where)
    keys = None
    if options.clean:
        keys = clean_keys(chosen, (entry for _, _, entry in _select(snapshot, selection, left_out)))

    def counted() -> Iterator[tuple[str, bytes, Entry]]:
        for item in _select(snapshot, selection, left_out):
            counter.entries += 1
            if counter.entries & 0xFF == 0:
                step(256)
            yield item

    return export_rows(chosen, counted(), keys, container=options.container)


def _select(
    snapshot: Snapshot, selection: Selection, left_out: dict[str, None] | None
) -> Iterator[tuple[str, bytes, Entry]]:
    """Yield (id, blob id, entry) of what fits; damaged entries are noted in `left_out`, or with None stop it all."""
    for entry_id, oid in snapshot.blobs():
        entry = snapshot.read_blob(oid)
        if isinstance(entry, Unreadable):
            if left_out is None:
                raise UnreadableEntryError(
                    f"{unreadable_entry(entry_id, entry).message}; the export was stopped",
                    hint="export the others with: rtv export --skip-damaged -o FILE",
                )
            left_out[entry_id] = None
            continue
        if selection.fits(entry_id, entry):
            yield entry_id, oid, entry


def _warnings(repository: Repository, snapshot: Snapshot, *, fail_if_unsaved: bool) -> list[str]:
    """Say what the export does not hold, though a person might think so."""
    warnings = []
    worktree = repository.worktree
    if worktree is not None and repository.refs.head_commit() == snapshot.id:
        unsaved = unsaved_files(repository)
        if unsaved and fail_if_unsaved:
            refuse_unsaved(unsaved)
        if unsaved:
            warnings.append(
                f"{len(unsaved)} hand-edited file{'s are' if len(unsaved) > 1 else ' is'} not in this export, "
                "because not saved yet (rtv commit)"
            )
    if repository.has_unfinished_merge():
        warnings.append("a merge is unfinished; this export holds the branch as it was before it")
    return warnings


# ---- the file


def _refuse_file_in_the_way(repository: Repository, path: Path, *, overwrite: bool) -> None:
    """Refuse to replace a file, unless that is wished, or one of our exports wrote exactly these bytes."""
    if not path.parent.is_dir():
        raise NotFoundError(
            f"there is no folder {path.parent}; nothing was written", hint=f"mkdir -p {shlex.quote(str(path.parent))}"
        )
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk.system_refused(f"looking at {path}", error) from error
    if stat.S_ISDIR(status.st_mode):
        raise InvalidError(f"{path} is a folder; name a file in it")
    if overwrite or not stat.S_ISREG(status.st_mode):
        return
    if find_export(repository, file_sha256(path)) is None:
        raise ConflictError(
            f"{path} exists, and is no export of this dataset left as it was; nothing was written",
            hint="choose another name, or replace it with: --overwrite",
            code="file_in_the_way",
        )


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _write_file(path: Path, chunks: Iterator[bytes]) -> None:
    """Write the file, or, where that is a pipe or a device, into it."""
    is_pipe = path.exists() and not path.is_file()
    with (
        disk.system_errors(f"writing {path}"),
        path.open("wb") if is_pipe else disk.replacing(path, durable=True) as stream,
    ):
        if _is_packed(path) and not is_pipe:
            with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as zipped:
                zipped.writelines(chunks)
        else:
            stream.writelines(chunks)


# ---- remembering


def _remember(repository: Repository, details: dict[str, Any], path: Path | None) -> tuple[int | None, tuple[str, ...]]:
    """Note the export in the operation log; a dataset that cannot be written to is no reason to fail."""
    command = f"export {path.name if path is not None else '-'}"
    intent = Intent("export", command, details=details)
    try:
        with Session.open(repository, intent, needs_branch=False) as session:
            return session.move({}).operation, ()
    except (BusyError, SystemRefusedError, NewerWriterError) as error:
        return None, (f"the export is written, but the operation log does not remember it: {error.message}",)


# ---- which export wrote a file


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
