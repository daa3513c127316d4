"""What is merged in: a branch, a release or a commit of this dataset, or a branch of another copy of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.store.copying import fetch_commit, read_also
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.libgit2 import NoDatasetError, discover
from rolethread_vcs.store.refs.refs import BRANCHES, UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import NewerWriterError


@dataclass(frozen=True, slots=True)
class Source:
    """What is merged in: its commit (hex id), which this dataset can read, and what people call it."""

    commit: str
    label: str


def find_source(repository: Repository, source: str, folder: Path = Path(), *, fetches: bool = True) -> Source:
    """Return what a person means to merge: a branch, a release, a commit, or another copy (`PATH[#BRANCH]`).

    A path is relative to `folder`. The commits of another copy are brought over, or, unless `fetches`, only read.

    Raises:
        UsageError: it names both. UnknownRevisionError: it names nothing. InvalidError (another_dataset).
        NewerWriterError: it uses a feature that this program does not know.
    """
    commit = _commit(repository, source)
    path, branch = _path(source, folder)
    if commit is not None and path is not None:
        raise UsageError(
            f"{source} is both a branch or commit here and a folder with a dataset",
            hint=f"rtv merge ./{source}   the folder\nrtv merge commit:{commit[:10]}   what is here",
        )
    if path is not None:
        return _from_copy(repository, path, branch, fetches=fetches)
    if commit is None and _is_meant_as_path(source):
        raise NoDatasetError(
            f"there is no dataset at {source.partition('#')[0]}; nothing was changed",
            hint="the path of another copy leads to its folder: rtv merge /media/stick/my-dataset#main",
        )
    if commit is None:
        commit = repository.resolve(source)
    label = source if repository.refs.read(BRANCHES + source) is not None or len(source) < 40 else source[:10]
    _refuse_newer(repository, commit, label)
    return Source(commit, label)


def _commit(repository: Repository, source: str) -> str | None:
    try:
        return repository.resolve(source)
    except (UnknownRevisionError, UsageError):
        return None


def _path(source: str, folder: Path) -> tuple[Path | None, str]:
    """Return the folder with a dataset that is meant, and the branch behind `#`."""
    candidates = [(source, "")]
    if "#" in source:
        whole, _, after = source.rpartition("#")
        candidates.append((whole, after))
    for text, branch in candidates:
        path = folder / Path(text).expanduser() if text else None
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if path is not None and path.is_dir() and _is_dataset(path):
                return path, branch
    return None, ""


def _is_meant_as_path(source: str) -> bool:
    return source.startswith((".", "/", "~")) or "\\" in source or "#" in source


def _is_dataset(path: Path) -> bool:
    """Whether a folder is the root of a repository, and does not just lie in one."""
    if (path / ".git").exists():
        return True
    found = discover(path)
    return found is not None and found.resolve() == path.resolve()


def _from_copy(repository: Repository, path: Path, branch: str, *, fetches: bool) -> Source:
    original = open_dataset(path)
    if original.common_folder.resolve() == repository.common_folder.resolve():
        raise UsageError(f"{path} is this very dataset", hint=f"rtv merge {branch or original.branch() or 'BRANCH'}")
    ours, theirs = repository.head_snapshot().settings, original.head_snapshot().settings
    if ours.id != theirs.id:
        raise InvalidError(
            f"{path} is another dataset ({theirs.name}), not a copy of this one ({ours.name}); nothing was changed",
            hint=f"to bring its entries over: rtv -C {path} export -o rows.jsonl, then rtv import rows.jsonl",
            code="another_dataset",
        )
    name = branch or original.branch()
    if name is None:
        raise UsageError(f"{path} stands at a commit and on no branch; say which branch", hint=f"rtv merge {path}#main")
    commit = original.refs.read(BRANCHES + name) if is_branch_name(name) else None
    if commit is None:
        known = ", ".join(sorted(original.refs.branches())[:5])
        raise UnknownRevisionError(f"there is no branch {name!r} in {path}", hint=f"its branches are: {known}")
    label = f"{path.resolve().name}#{name}"
    _refuse_newer(original, commit, label)
    if fetches:
        fetch_commit(repository, original, name)
    else:
        read_also(repository, original)
    return Source(commit, label)


def _refuse_newer(repository: Repository, commit: str, label: str) -> None:
    """Raise when the other side uses a feature that this program does not know."""
    why = repository.snapshot_of(commit).settings.why_read_only
    if why is not None:
        raise NewerWriterError(f"{label}: {why}", hint="install a newer version of rolethread-vcs")
