"""What is merged in: a branch, a release or a commit of this dataset, or a branch of another copy of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.store.dataset_folder import open_dataset, place_of
from rolethread_vcs.store.libgit2 import NoDatasetError, discover
from rolethread_vcs.store.refs import BRANCHES, UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import NewerWriterError


@dataclass(frozen=True, slots=True)
class Source:
    """What is merged in: its commit (hex id), which this dataset can read, and what people call it."""

    commit: str
    label: str


def find_source(repository: Repository, source: str, folder: Path = Path(), *, fetches: bool = True) -> Source:
    """Return what `BRANCH`, `REV` or `PATH[#BRANCH]` names; a path is relative to `folder`.

    The commits of another copy are brought over, or, unless `fetches`, only read.

    Raises:
        UsageError: it is here and elsewhere. UnknownRevisionError, NoDatasetError: it is nowhere.
        InvalidError (another_dataset). NewerWriterError: it uses a feature that this program does not know.
    """
    copy, branch = _copy_at(source, folder)
    try:
        commit = repository.resolve(source)
    except (UnknownRevisionError, UsageError):
        if copy is not None:
            return _from_copy(repository, copy, branch, fetches=fetches)
        if source.startswith((".", "/", "~")) or "\\" in source or "#" in source:  # nobody writes a revision like that
            raise NoDatasetError(
                f"there is no dataset at {source.partition('#')[0]}",
                hint="the path of another copy leads to its folder: rtv merge /media/stick/my-dataset#main",
            ) from None
        raise
    if copy is not None:
        raise UsageError(
            f"{source} is both a branch or commit here and a folder with a dataset",
            hint=f"rtv merge ./{source}   the folder\nrtv merge commit:{commit[:10]}   what is here",
        )
    is_short = len(source) < 40 or repository.refs.read(BRANCHES + source) is not None
    return _readable(repository, commit, source if is_short else source[:10])


def _copy_at(source: str, folder: Path) -> tuple[Path | None, str]:
    """Return the folder that a text names if there is a dataset in it, and what stands behind its `#`."""
    whole, _, branch = source.rpartition("#")
    for text, behind in ((source, ""), (whole, branch)):
        with contextlib.suppress(OSError, ValueError, UsageError):
            path = place_of(text, folder)
            if text and path.is_dir() and _is_dataset(path):
                return path, behind
    return None, ""


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
            f"{path} is another dataset ({theirs.name}), not a copy of this one ({ours.name})",
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
    source = _readable(original, commit, f"{path.resolve().name}#{name}")
    if fetches:
        from rolethread_vcs.store.clone import fetch

        fetch(repository, original, [BRANCHES + name], "merge")
    else:
        repository.objects.read_also(original.common_folder / "objects")
    return source


def _readable(repository: Repository, commit: str, label: str) -> Source:
    """Return a commit as a source, unless it uses a feature that this program does not know."""
    why = repository.snapshot_of(commit).settings.why_read_only
    if why is not None:
        raise NewerWriterError(f"{label}: {why}", hint="install a newer version of rolethread-vcs")
    return Source(commit, label)
