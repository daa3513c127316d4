"""Lists the file copies of this worktree, finds the one that is meant, and forgets one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.ops.workcopy import links as copy_bindings
from rolethread_vcs.ops.workcopy.creation import locate, tip_of
from rolethread_vcs.ops.workcopy.links import BrokenBinding, FileStamp
from rolethread_vcs.ops.workcopy.status import status
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class FileCopy:
    """A file copy as `list` shows it; `problem` says why it cannot be used, "" when it can."""

    path: Path | None
    branch: str = ""
    commit: str = ""
    format: str = ""
    clean: bool = False
    where: str | None = None
    lines: int = 0
    is_touched: bool = False
    problem: str = ""


def all_copies(repository: Repository) -> tuple[FileCopy, ...]:
    """Return the file copies of this worktree, those that cannot be used too."""
    result = []
    for each in copy_bindings.all_bindings(repository):
        if isinstance(each, BrokenBinding):
            result.append(FileCopy(each.path, problem=each.problem))
            continue
        problem = "" if each.path.is_file() else "the file is gone"
        if not problem and tip_of(repository, each.branch) is None:
            problem = f"the branch {each.branch} is gone"
        result.append(
            FileCopy(
                path=each.path,
                branch=each.branch,
                commit=each.commit,
                format=each.format,
                clean=each.clean,
                where=each.where,
                lines=len(each.ids),
                is_touched=each.is_touched,
                problem=problem,
            )
        )
    return tuple(result)


def find(repository: Repository, path: Path | None, name: str = "") -> Path:
    """Return the path of the file copy that is meant: a path, the bare name of one, or the only one there is.

    Raises:
        NotBoundError: there is none of that path or name. UsageError: there are several.
    """
    if path is not None and copy_bindings.store_path(repository, locate(path)).exists():
        return locate(path)
    copies = [each.path for each in copy_bindings.all_bindings(repository) if each.path is not None]
    if path is not None:
        named = [each for each in copies if each.name == name]
        if len(named) == 1 and (named[0].exists() or not path.exists()):
            return named[0]
        raise copy_bindings.not_bound(repository, locate(path))
    if len(copies) == 1:
        return copies[0]
    if not copies:
        raise copy_bindings.NotBoundError(
            "there is no file copy here", hint="write one with: rtv workcopy add train.jsonl --branch NAME"
        )
    raise UsageError(
        f"there are {len(copies)} file copies; say which",
        details=[str(each) for each in copies],
        hint="rtv workcopy list",
    )


def remove(
    repository: Repository, path: Path, *, delete: bool = False, force: bool = False, dry_run: bool = False
) -> bool:
    """Forget a file copy; the file stays, unless `delete`. Return whether the file was deleted.

    Raises:
        NotBoundError: it is none. ConflictError: it holds edits that are on no branch, and shall be deleted.
        ChangedSourceError: it shall be deleted, and something writes to it right now.
    """
    path = locate(path)
    seen = FileStamp.of(path)
    if delete and not force and seen is not None:
        found = status(repository, path)
        seen = found.recognised.lines.stamp
        if not found.is_clean:
            raise ConflictError(
                f"{path.name} holds edits that were never committed; it was not deleted",
                hint=f"keep them with: rtv workcopy commit {shlex.quote(str(path))}\n"
                "throw them away with: the same command and --force",
            )
    if dry_run:
        return delete and path.is_file()
    if delete and FileStamp.of(path) != seen:
        raise ChangedSourceError(
            f"{path.name} changed since it was read; it was not deleted", hint="try again when nothing writes to it"
        )
    copy_bindings.forget(repository, path)
    if not delete:
        return False
    with disk.system_errors(f"deleting {path}"):
        return disk.remove(path)
