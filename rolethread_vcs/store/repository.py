"""A dataset's repository: the parts of the store that belong to it, and where they lie."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygit2

from rolethread_vcs.errors import DamagedError, InvalidError, UsageError
from rolethread_vcs.model.revision import parse_range
from rolethread_vcs.store import disk
from rolethread_vcs.store.git_config import GitConfig
from rolethread_vcs.store.libgit2 import common_folder, configure_libgit2, open_git
from rolethread_vcs.store.objects import MissingObjectError, Objects, commits
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.refs import (
    UNFINISHED,
    UNFINISHED_ELSEWHERE,
    Refs,
    UnknownRevisionError,
    branch_of,
    resolve_revision,
)
from rolethread_vcs.store.snapshot import Snapshot

if TYPE_CHECKING:
    from rolethread_vcs.model.revision import Revision
    from rolethread_vcs.store.checkout import Worktree
    from rolethread_vcs.store.git_state import GitState
    from rolethread_vcs.store.linked_folders import CheckedOutFolder
    from rolethread_vcs.store.log import OperationLog
    from rolethread_vcs.store.log.unfinished import Unfinished
    from rolethread_vcs.store.objects.packs import PackWriter
    from rolethread_vcs.store.refs.commit_graph import CommitGraph, CommitOrder

PRIVATE = "rolethread"
LOCK = "lock"
PATIENCE = 15.0
"""Seconds to wait for another writer before giving up."""

CHECKOUT_LIMIT = 20_000
"""Entries up to which `auto` checks files out."""


class Repository:
    """An open repository: objects, refs, commit graph, configuration, operation log, and where all of it lies.

    Wraps pygit2's Repository and never subclasses it; `store.dataset_folder` opens, finds and makes one.
    """

    def __init__(self, git: pygit2.Repository, *, durable: bool | None = None) -> None:
        self._git = git
        self.git_folder = Path(git.path)
        self.common_folder = common_folder(self.git_folder)  # that which linked worktrees share
        self.is_bare = bool(git.is_bare)
        here = self.git_folder.parent if self.git_folder.name == ".git" else self.git_folder
        self.folder = here if git.workdir is None else Path(git.workdir)  # people know the dataset by it
        self.private_folder = self.common_folder / PRIVATE
        self.cache_folder = self.private_folder / "cache"  # what may be thrown away; see `store.derived`
        self.lock_path = self.private_folder / LOCK
        self.drafts_folder = self.private_folder / "drafts"  # typed text that was not saved
        self.scratch_folder = self.private_folder / "tmp"  # files are written here, and then renamed
        self.pack_folder = self.common_folder / "objects" / "pack"
        # of a linked worktree
        self.worktree_name = "" if self.git_folder == self.common_folder else self.git_folder.name
        self.config = GitConfig(git, self.common_folder / "config", durable=durable)
        self.durable = self.config.durable
        configure_libgit2(durable=self.durable)
        self.objects = Objects(git, self.common_folder / "objects")
        self.refs = Refs(git, self.common_folder, self.signature, self.objects.__contains__, durable=self.durable)

    def __reduce__(self) -> tuple[Any, ...]:
        # what was computed of a dataset may be remembered by its pickle, so the refs are in it
        return _reopened, (self.git_folder, self.refs.head(), tuple(sorted(self.refs.table().items())))

    def close(self) -> None:
        """Let go of the files that git holds open; what is asked for later opens them again."""
        self._git.free()

    @cached_property
    def operations(self) -> OperationLog:
        from rolethread_vcs.store.log import OperationLog

        return OperationLog(self.objects, self.refs, self.cache_folder)

    @property
    def graph(self) -> CommitGraph:
        """What leads to what among the commits; a new one each time, since each has the `ends` of its own walks."""
        from rolethread_vcs.store.refs.commit_graph import CommitGraph

        return CommitGraph(self.objects, self._commit_order)

    @cached_property
    def _commit_order(self) -> CommitOrder:
        from rolethread_vcs.store.refs.commit_graph import CommitOrder

        return CommitOrder(self.objects, self.cache_folder)

    @cached_property
    def worktree(self) -> Worktree | None:
        return self.home_worktree() if self._git.workdir else None

    def home_worktree(self) -> Worktree:
        """Return the folder that files are checked out in, or would be."""
        from rolethread_vcs.store.checkout import Worktree

        return Worktree(self._git, self.objects, self.folder, scratch=self.scratch_folder)

    def folders(self) -> tuple[CheckedOutFolder, ...]:
        """Return the folders that this dataset is checked out in, the main one first."""
        from rolethread_vcs.store.linked_folders import linked_folders, main_folder

        main = () if self.config.get_flag("core.bare") else (main_folder(self.common_folder),)
        everywhere = (*main, *linked_folders(self.common_folder))
        return tuple(replace(each, head=self.refs.followed(each.head)) for each in everywhere)

    def other_folders(self) -> tuple[CheckedOutFolder, ...]:
        if not (self.common_folder / "worktrees").is_dir():
            return ()
        return tuple(each for each in self.folders() if each.private != self.git_folder)

    def other_heads(self) -> dict[str, str]:
        """Return HEAD of each other folder, by its name, "" where it does not read."""
        return {each.name: each.head for each in self.other_folders()}

    def branch(self) -> str | None:
        """Return the name of the current branch, or None when HEAD is detached."""
        return branch_of(self.refs.head())

    def head_snapshot(self) -> Snapshot:
        commit = self.refs.head_commit()
        if commit is None:
            raise UnknownRevisionError(
                f"the branch {self.branch()} has no commit; its ref is missing",
                hint="see the branches with: rtv branch   (and what is damaged with: rtv verify)",
            )
        return self.snapshot_of(commit)

    def snapshot_of(self, commit: str) -> Snapshot:
        return Snapshot(self.objects, self.objects.commit(commit), self.cache_folder)

    def snapshot(self, revision: str = "@") -> Snapshot:
        """Return the snapshot of a revision as people write it: `main`, `@~2`, `3fa9c1`, a release."""
        return self.snapshot_of(self.resolve(revision))

    def resolve(self, revision: str | Revision) -> str:
        """Return the full hex id of the commit that a revision names, as written or as parsed; see `store.refs`.

        Raises:
            UnknownRevisionError: nothing of that name, or it lies where the history of a shallow copy is cut off.
        """
        try:
            found = resolve_revision(revision, lambda: self.head_snapshot().id, self.refs, self.objects)
        except MissingObjectError as error:
            if self.is_shallow:
                raise _cut_off_history(revision) from error
            raise
        if self.is_shallow and found not in self.objects:
            raise _cut_off_history(revision)
        return found

    def bounds(self, text: str) -> tuple[str | None, str]:
        """Return between which commits a range lies: of `A...B` from where both parted, None and one for a revision.

        Raises:
            UnknownRevisionError, UsageError. InvalidError (nothing_before): the ends of `A...B` share no history.
        """
        found = parse_range(text)
        end = self.resolve(found.end)
        if found.start is None:
            return None, end
        start: str | None = self.resolve(found.start)
        if start is not None and found.from_fork:
            start = self.graph.common_ancestor(start, end)
            if start is None:
                raise InvalidError(f"the two ends of {text} have no commit in common", code="nothing_before")
        return start, end

    def find_commit(self, revision: str) -> str | None:
        """Return the commit that a revision names, as `resolve` does, None where it names none."""
        try:
            return self.resolve(revision)
        except (UnknownRevisionError, UsageError):
            return None

    def signature(self) -> Signature:
        """Return who commits, by git's configuration, else a neutral name that gives nobody away."""
        name = self.config.get("user.name") or commits.NEUTRAL_NAME
        email = self.config.get("user.email") or commits.NEUTRAL_EMAIL
        return commits.now(name, email)

    def set_bare(self, bare: bool) -> Repository:
        """Switch between bare and checked out, and return the repository opened anew; files are the caller's affair.

        Git's reflog goes with the files, as in git: it costs four flushes a commit, and the operation log knows more.
        """
        flags = ("true", "false") if bare else ("false", "true")
        self.config.set(dict(zip(("core.bare", "core.logAllRefUpdates"), flags, strict=True)))
        return Repository(open_git(self.git_folder))

    def reopened(self) -> Repository:
        """Return this repository, opened anew: it then sees what was put into its folders past git."""
        self.close()
        return Repository(open_git(self.git_folder))

    def reopened_if_changed(self) -> Repository:
        """Return this repository, opened anew when it went bare or was checked out since it was opened."""
        if self.worktree_name:  # a linked worktree always has its files
            return self
        now = self.config.get_flag("core.bare")
        return self if now == self.is_bare else Repository(open_git(self.git_folder))

    @contextlib.contextmanager
    def lock(self, command: str, *, patience: float = PATIENCE) -> Iterator[None]:
        configure_libgit2(durable=self.durable)  # another dataset of this process may have set it otherwise
        from rolethread_vcs.store.lock import hold

        with hold(self.lock_path, command, patience=patience):
            with disk.system_errors("looking for what was left unfinished"):
                disk.refuse_link(self.scratch_folder)
            try:
                yield
            finally:
                if shared := self.config.get("core.sharedRepository"):
                    with contextlib.suppress(OSError):
                        for folder in (self.drafts_folder, self.cache_folder):  # what is made in them takes no lock
                            folder.mkdir(parents=True, exist_ok=True)
                    disk.share(self.common_folder, shared)

    def pack(self) -> PackWriter:
        from rolethread_vcs.store.objects.packs import PackWriter

        return PackWriter(self.pack_folder, durable=self.durable)

    def has_unfinished_merge(self) -> bool:
        """Return whether a merge, revert or pick of ours waits for decisions in this folder."""
        try:
            return self.refs.read(self.unfinished_ref) is not None
        except DamagedError:  # there is one; whoever reads it is told
            return True

    def git_state(self) -> GitState | None:
        """Return what plain git is in the middle of in this folder, None where it is at rest."""
        from rolethread_vcs.store.git_state import find

        return find(self.git_folder, () if self.worktree is None else self.worktree.index.conflicts())

    @property
    def unfinished_ref(self) -> str:
        """The ref of the merge, revert or pick that waits for decisions in this folder; see `store.log.unfinished`."""
        return f"{UNFINISHED_ELSEWHERE}{self.worktree_name}/merge" if self.worktree_name else UNFINISHED

    def unfinished(self) -> Unfinished | None:
        """Return what waits for decisions in this folder, or None.

        Raises:
            UnreadableUnfinishedError: it is there, and damaged.
        """
        oid = self.refs.read(self.unfinished_ref)
        if oid is None:
            return None
        from rolethread_vcs.store.log.unfinished import read

        return read(oid, self.objects)

    @property
    def is_shallow(self) -> bool:
        """Whether history was cut off when this copy was made."""
        return bool(self._git.is_shallow)


def _reopened(git_folder: Path, *_state: object) -> Repository:
    return Repository(open_git(git_folder))


def _cut_off_history(revision: str | Revision) -> UnknownRevisionError:
    return UnknownRevisionError(
        f"{revision} is not in this copy of the dataset: "
        "its history was cut off when the copy was made (a shallow clone)",
        hint="bring the rest with: git fetch --unshallow",
    )
