"""The folders that a repository is checked out in: the main one and git's linked worktrees, as their files say.

A linked worktree is a folder with a file `.git` that names its private folder, `worktrees/<name>/` in the common one;
there lie HEAD, the index, `commondir`, and `gitdir`: where that file `.git` lies. Stock git reads and writes the same.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from rolethread_vcs.store import disk
from rolethread_vcs.store.disk import read_file
from rolethread_vcs.store.git_state import rebased_branch
from rolethread_vcs.store.refs import BRANCHES, SYMBOLIC, UNFINISHED_ELSEWHERE, branch_of

WORKTREES = "worktrees"
_LOCKED = "locked"
_OURS = "rtv workcopy: "
"""How the reason begins with which we lock a folder, as git itself does, while it is being made or removed."""

MAKING = f"{_OURS}this folder is being made"
REMOVING = f"{_OURS}this folder is being removed"

_POINTS = "gitdir: "
"""How the file `.git` of a linked worktree begins."""

_LONGEST_NAME = 60
_NO_PATH = frozenset("\0\n")
"""What a damaged file holds, and no path that git wrote."""


@dataclass(frozen=True, slots=True)
class CheckedOutFolder:
    """A folder of the dataset: `name` is "" for the main one, `private` is where its HEAD and index lie.

    `head` is as `Refs.head` gives it, "" where it does not read. `is_there` is false for a folder that was moved or
    deleted by hand, or whose disk is not plugged in; `folder` is `private` where nobody knows where it lies.
    `locked` is the reason of a lock of git's, None without one. `rebasing` is the branch that plain git is in the
    middle of rebasing there, "" for none.
    """

    name: str
    folder: Path
    private: Path
    head: str
    is_there: bool
    locked: str | None = None
    rebasing: str = ""

    @property
    def branch(self) -> str | None:
        """The branch that is checked out there, None for a commit."""
        return branch_of(self.head)

    @property
    def quoted(self) -> str:
        """The folder as a word of a command."""
        return shlex.quote(str(self.folder))

    @property
    def gone_hint(self) -> str:
        """What to do about a folder that is not there."""
        return f"if it was deleted: rtv workcopy remove {self.quoted}   if it was moved: git worktree repair PLACE"

    @property
    def edits_hint(self) -> str:
        """What to do about hand edits in it that are in the way."""
        return (
            f"keep the edits with: rtv -C {self.quoted} commit   "
            f"throw them away with: rtv -C {self.quoted} restore --all"
        )

    @property
    def cut_off(self) -> str | None:
        """`MAKING` or `REMOVING` where a command of ours was cut off in it, else None."""
        return self.locked if self.locked in (MAKING, REMOVING) else None


def linked_folders(common: Path) -> Iterator[CheckedOutFolder]:
    """Yield the linked worktrees of a repository's common folder, by name."""
    try:
        found = sorted((common / WORKTREES).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for private in found:
        link = _link_of(private)
        if link is not None:
            is_there = os.path.exists(link)  # noqa: PTH110  False also for what cannot be looked at
            yield _folder(private.name, link.parent.resolve(), private, is_there=is_there)
        elif read_file(private / _LOCKED) is None and (private / "index").exists():  # made whole once
            yield _folder(private.name, private, private, is_there=False)


def _link_of(private: Path) -> Path | None:
    """Return where the file `.git` of a linked worktree lies, None where that is not known, or not any more."""
    pointer = read_file(private / "gitdir") or ""
    # git may write it relative; an absolute one stands for itself
    return private / pointer if pointer.endswith("/.git") and not _NO_PATH.intersection(pointer) else None


def find_again(common: Path, private: Path) -> Path | None:
    """Return the file `.git` of a linked worktree that lies in the dataset, or beside it."""
    found = (path for up in (common.parent.parent, common.parent) for path in up.glob("*/.git") if path.is_file())
    return next((path for path in found if read_file(path) == f"{_POINTS}{private}"), None)


def main_folder(common: Path) -> CheckedOutFolder:
    return _folder("", common.parent, common, is_there=True)


def _folder(name: str, folder: Path, private: Path, *, is_there: bool) -> CheckedOutFolder:
    return CheckedOutFolder(
        name,
        folder,
        private,
        head=read_file(private / "HEAD") or "",
        is_there=is_there,
        locked=read_file(private / _LOCKED) if name else None,
        rebasing=rebased_branch(private),
    )


def linked_private(start: Path) -> Path | None:
    """Return the private folder of the linked worktree that a path lies in, as its file `.git` says."""
    start = start.resolve()
    here = next((each for each in (start, *start.parents) if (each / ".git").exists()), None)
    text = None if here is None else read_file(here / ".git")  # None for a folder `.git`, of a main one
    return None if here is None or not text or not text.startswith(_POINTS) else here / text.removeprefix(_POINTS)


def linked_place(start: Path) -> tuple[Path, Path] | None:
    """Return the linked worktree that a path lies in, and the folder that the repository takes it for; else None.

    They differ where a folder was moved or copied by hand: its file `.git` still leads to the private folder of the
    place where it was made.
    """
    private = linked_private(start)
    if private is None:
        return None
    start = start.resolve()
    here = next(each for each in (start, *start.parents) if (each / ".git").exists())
    return here, (_link_of(private) or private / "gitdir").parent.resolve()


def mark(private: Path, reason: str | None) -> None:
    """Lock a linked worktree with a reason of ours, so that `git worktree prune` leaves it; None takes that away."""
    path = private / _LOCKED
    if reason is None:
        disk.remove(path)
        disk.sync_folder(private)
    else:
        disk.replace_file(path, f"{reason}\n".encode(), durable=True)


def unlock_index(linked: CheckedOutFolder) -> None:
    """Remove the lock of the index that our killed command left in a folder that it was making or removing."""
    disk.remove(linked.private / "index.lock")


def link(common: Path, folder: Path, branch: str) -> CheckedOutFolder:
    """Make a folder a linked worktree on a branch, without its files, marked as `MAKING`; call under the lock.

    The folder may be there, and empty.

    Raises:
        SystemRefusedError.
    """
    folder = folder.resolve()
    with disk.system_errors(f"making {folder}"):
        # a plain name, since it is part of that of a ref
        plain = unicodedata.normalize("NFKD", folder.name).encode("ascii", "ignore").decode()
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")[:_LONGEST_NAME] or "folder"
        folders = [each for each in (common / WORKTREES, common / UNFINISHED_ELSEWHERE) if each.is_dir()]
        taken = {path.name.casefold() for each in folders for path in each.iterdir()}
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        private = common / WORKTREES / next(free for free in names if free.casefold() not in taken)
        disk.reach("create", private)
        disk.make_folders(private.parent, durable=True)
        private.mkdir()
        _write(private / "commondir", "../..")
        _write(private / "HEAD", f"{SYMBOLIC}{BRANCHES}{branch}")
        mark(private, MAKING)
        _write(private / "gitdir", str(folder / ".git"))  # before this nobody sees it, and git prunes it
        disk.sync_folder(private.parent)
        disk.reach("create", folder)
        disk.make_folders(folder, durable=True)
        disk.sync_folder(folder.parent)  # who made the folder may have been killed
        _write(folder / ".git", f"{_POINTS}{private}", scratch=private)
    return next(each for each in linked_folders(common) if each.private == private)


def unlink(linked: CheckedOutFolder) -> None:
    """Take away what makes a folder a linked worktree, and the folder itself where it is empty."""
    with disk.system_errors(f"removing {linked.folder}"):
        if linked.is_there:
            disk.remove(linked.folder / ".git")
        if linked.folder.exists() and not any(linked.folder.iterdir()):
            linked.folder.rmdir()
        disk.reach("unlink", linked.private)
        shutil.rmtree(linked.private)
        for gone in (linked.folder, linked.private):
            disk.sync_folder(next(each for each in (gone, *gone.parents) if each.is_dir()))


def _write(path: Path, text: str, *, scratch: Path | None = None) -> None:
    disk.replace_file(path, f"{text}\n".encode("utf-8", "surrogateescape"), durable=True, scratch=scratch)
