"""Writes the entries of a commit to a file, streaming, the same bytes for the same commit and options everywhere.

By its bytes a file is traced back to the export that wrote it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import (
    DamagedError,
    InvalidError,
    NotFoundError,
    RoleThreadError,
    SystemRefusedError,
    UsageError,
)
from rolethread_vcs.model.settings import InvalidSettingsError
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.export.losses import Lost, Uneven
from rolethread_vcs.ops.export.output_file import is_pipe, output_stream, refuse_file_in_the_way
from rolethread_vcs.ops.export.rows import ExportOptions, ExportRows, Masked, Unfit
from rolethread_vcs.phrases import file_text
from rolethread_vcs.store import disk
from rolethread_vcs.store.derived import Table
from rolethread_vcs.store.git_state import BISECT
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Intent, Session, refuse_unsaved

_GZIP_LEVEL = 6
_ROWS_AT_ONCE = 64
_HELD_IN_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote. `path` is None for a stream; `operation` None when it could not be remembered.

    `left_out` are the ids of damaged entries that `skip_damaged` passed over, `unfit` those that `skip_unfit` did. What
    a clean export did not carry is told by `masked`, `lost` and `uneven`.
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
    unfit: tuple[Unfit, ...] = ()
    masked: Masked | None = None
    lost: tuple[Lost, ...] = ()
    uneven: tuple[Uneven, ...] = ()


def export(
    repository: Repository,
    /,
    revision: str = "@",
    options: ExportOptions | None = None,
    *,
    path: str | Path | None = None,
    write: Callable[[bytes], object] | None = None,
    overwrite: bool = False,
    fail_if_unsaved: bool = False,
    step: Callable[[int], None] = lambda _: None,
    **keywords: Any,
) -> Exported:
    """Export a revision to a file (replaced in one step, gzipped when its name ends in `.gz`) or through `write`.

    Raises:
        ConflictError (file_in_the_way): the file exists and `rtv` did not write it, or it was changed since.
        NotFoundError: the folder of the file is not there.
        UnsavedEditsError: with `fail_if_unsaved`, when files were edited by hand.
        CannotCarryError: the format has no place for some entries; nothing is written then.
        UnreadableEntryError: an entry is damaged; the file is not written then.
    """
    options = replace(options or ExportOptions(), **keywords)
    if (path is None) == (write is None):
        raise UsageError(
            f"an export needs a path, or a function to write with{'' if path is None else ', and not both'}",
            hint=f"dataset.export({revision!r}, path='train.jsonl')",
        )
    path = None if path is None else Path(path)
    name = "" if path is None else path.name.lower().removesuffix(".gz")
    if options.container is None:
        options = replace(options, container="json" if name.endswith(".json") else "jsonl")
    if path is not None and path.is_symlink():
        # what the link leads to is the file that would be replaced
        path = Path(os.path.realpath(path))
    if options.skip_damaged:
        from rolethread_vcs.ops.export.rescue import readable_snapshot

        snapshot = readable_snapshot(repository, revision)
    else:
        snapshot = repository.snapshot(revision)
    warnings = _warnings(repository, snapshot, fail_if_unsaved=fail_if_unsaved)
    rows = ExportRows(snapshot, options, revision)
    sha256 = None
    if path is None and write is not None:
        for chunk in rows.chunks(step) if rows.carries_all else _held_back(rows.chunks(step)):
            write(chunk)
    elif path is not None:
        refuse_file_in_the_way(
            path,
            "an export of this dataset as it was written",
            lambda file: find_export(repository, file_sha256(file)) is not None,
            overwrite=overwrite,
        )
        is_packed = path.name.lower().endswith(".gz") and not is_pipe(path)
        with output_stream(path, durable=True) as stream:
            if is_packed:
                with gzip.GzipFile("", "wb", _GZIP_LEVEL, stream, mtime=0) as zipped:
                    zipped.writelines(rows.chunks(step))
            else:
                stream.writelines(rows.chunks(step))
        sha256 = file_sha256(path) if is_packed else None
    if path is not None and path.is_file() and not name.endswith((".json", ".jsonl")):
        warnings.append("the file holds JSON lines; a name that ends in .jsonl or .json says what is wanted")
    if options.where is not None and not rows.entries:
        warnings.append(f"no entry matches {options.where}; the export is empty")
    if snapshot.lost is not None:
        warnings += [f"left out: {reason}" for reason in snapshot.lost.values()]
        named = revision if revision not in ("@", "HEAD") else snapshot.id[:10]
    else:
        named = (repository.branch() or snapshot.id[:10]) if revision in ("@", "HEAD") else revision
    details = {
        **asdict(options),
        "commit": snapshot.id,
        "revision": named,
        "sha256": sha256 or rows.digest.hexdigest(),
        "size": path.stat().st_size if path is not None and sha256 else rows.size,
        "entries": rows.entries,
        "path": None if path is None else file_text(path.resolve()),
    }
    operation = None
    intent = Intent("export", f"export {'-' if path is None else file_text(path.name)}", details=details)
    try:
        with Session.open(repository, intent, needs_branch=False) as session:
            operation = session.move({}).operation
    except RoleThreadError as error:  # no reason to fail: the file is there
        warnings.append(f"the export is written, but the operation log does not remember it: {error.message}")
    return Exported(
        entries=rows.entries,
        commit=snapshot.id,
        revision=named,
        sha256=details["sha256"],
        size=details["size"],
        options=options,
        path=path,
        operation=operation,
        warnings=tuple(warnings),
        left_out=tuple(rows.left_out),
        unfit=tuple(rows.unfit),
        masked=rows.masked,
        lost=rows.losses.lost,
        uneven=rows.losses.uneven,
    )


def to_dicts(
    repository: Repository, /, revision: str = "@", options: ExportOptions | None = None, **keywords: Any
) -> Iterator[dict[str, Any]]:
    """Return the rows that an export of a revision would write, each as a dictionary, streaming.

    Raises:
        As `export`, as far as it is about entries.
    """
    rows = ExportRows(repository.snapshot(revision), replace(options or ExportOptions(), **keywords, container="jsonl"))
    return (json.loads(line) for chunk in rows.chunks(lambda _: None) for line in chunk.splitlines())


def _held_back(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole rows when the last one is made: what has left cannot be taken back when a later one does not fit."""
    from tempfile import SpooledTemporaryFile

    with disk.system_errors("holding back the rows"), SpooledTemporaryFile(_HELD_IN_MEMORY) as held:
        held.writelines(chunks)
        held.seek(0)
        while rows := b"".join(islice(held, _ROWS_AT_ONCE)):
            yield rows


def _warnings(repository: Repository, snapshot: Snapshot, *, fail_if_unsaved: bool) -> list[str]:
    """Say what the export does not hold, though a person might think so."""
    try:
        return _unsaved_warnings(repository, snapshot, fail_if_unsaved=fail_if_unsaved)
    except (DamagedError, SystemRefusedError, InvalidSettingsError) as error:
        if fail_if_unsaved:
            raise
        return [f"nobody can say whether everything was saved: {error.message}"]


def _unsaved_warnings(repository: Repository, snapshot: Snapshot, *, fail_if_unsaved: bool) -> list[str]:
    warnings = []
    worktree = repository.worktree
    if worktree is not None and repository.refs.head_commit() == snapshot.id:
        unsaved = unsaved_files(repository, with_staged=fail_if_unsaved)
        if unsaved and fail_if_unsaved:
            refuse_unsaved(unsaved)
        if (state := repository.git_state()) is not None and state.kind != BISECT:
            warnings.append(f"{state.said}; this export holds what is committed")
        elif unsaved:
            warnings.append(
                f"{len(unsaved)} hand-edited file{'s are' if len(unsaved) > 1 else ' is'} not in this export, "
                "because not saved yet (rtv commit)"
            )
    if repository.has_unfinished_merge():
        warnings.append("a merge is unfinished; this export holds the branch as it was before it")
    return warnings


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
    same = next((each for each in _exports(repository) if each.details.get("path") == file_text(path.resolve())), None)
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
    return repository.operations.picked(Table("exports", 1), lambda operation: operation.verb == "export")


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with disk.system_errors(f"reading {path}"), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
