"""What is merged in: a branch, a release or a commit of this dataset, or a branch of another copy of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.libgit2 import NoDatasetError, discover
from rolethread_vcs.store.refs import BRANCHES, UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import NewerWriterError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person says that something is to be merged from: `text` as it was typed.

    `path` is the folder that this names if there is a dataset in it, and `branch` what stood behind its `#`.
    """

    text: str
    path: Path | None
    branch: str

    @property
    def is_meant_as_path(self) -> bool:
        """Whether nobody would write a revision like that."""
        return self.text.startswith((".", "/", "~")) or "\\" in self.text or "#" in self.text


@dataclass(frozen=True, slots=True)
class Source:
    """What is merged in: its commit (hex id), which this dataset can read, and what people call it."""

    commit: str
    label: str


def read_place(source: str, folder: Path = Path()) -> Place:
    """Return what `BRANCH`, `REV` or `PATH[#BRANCH]` names on this disk; a path is relative to `folder`."""
    whole, _, branch = source.rpartition("#")
    for text, behind in ((source, ""), (whole, branch)):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            path = folder / Path(text).expanduser()
            if text and path.is_dir() and _is_dataset(path):
                return Place(source, path, behind)
    return Place(source, None, "")


def find_source(repository: Repository, place: Place, *, fetches: bool = True) -> Source:
    """Return what is to be merged; the commits of another copy are brought over, or, unless `fetches`, only read.

    Raises:
        UsageError: the place is here and elsewhere. UnknownRevisionError: it is nowhere.
        InvalidError (another_dataset). NewerWriterError: it uses a feature that this program does not know.
    """
    commit = None
    try:
        commit = repository.resolve(place.text)
    except (UnknownRevisionError, UsageError):
        if place.path is None and not place.is_meant_as_path:
            raise
    if commit is None and place.path is None:
        raise NoDatasetError(
            f"there is no dataset at {place.text.partition('#')[0]}; nothing was changed",
            hint="the path of another copy leads to its folder: rtv merge /media/stick/my-dataset#main",
        )
    if commit is None:
        return _from_copy(repository, place, fetches=fetches)
    if place.path is not None:
        raise UsageError(
            f"{place.text} is both a branch or commit here and a folder with a dataset",
            hint=f"rtv merge ./{place.text}   the folder\nrtv merge commit:{commit[:10]}   what is here",
        )
    is_short = len(place.text) < 40 or repository.refs.read(BRANCHES + place.text) is not None
    source = Source(commit, place.text if is_short else place.text[:10])
    _refuse_newer(repository, source)
    return source


def _is_dataset(path: Path) -> bool:
    """Whether a folder is the root of a repository, and does not just lie in one."""
    if (path / ".git").exists():
        return True
    found = discover(path)
    return found is not None and found.resolve() == path.resolve()


def _from_copy(repository: Repository, place: Place, *, fetches: bool) -> Source:
    from rolethread_vcs.store.copying import fetch_commit, read_also

    path, branch = place.path, place.branch
    assert path is not None
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
    source = Source(commit, f"{path.resolve().name}#{name}")
    _refuse_newer(original, source)
    if fetches:
        fetch_commit(repository, original, name)
    else:
        read_also(repository, original)
    return source


def _refuse_newer(repository: Repository, source: Source) -> None:
    """Raise when the other side uses a feature that this program does not know."""
    why = repository.snapshot_of(source.commit).settings.why_read_only
    if why is not None:
        raise NewerWriterError(f"{source.label}: {why}", hint="install a newer version of rolethread-vcs")
