"""A dataset's repository: opening, creating, finding, and the parts of the store that belong to it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pygit2

from rolethread_vcs.errors import (
    DamagedError,
    InvalidError,
    RoleThreadError,
)
from rolethread_vcs.model.layout import ATTRIBUTES, ATTRIBUTES_TEXT, SETTINGS
from rolethread_vcs.model.settings import InvalidSettingsError
from rolethread_vcs.store import disk, lock
from rolethread_vcs.store.checkout.worktree import Worktree
from rolethread_vcs.store.derived import Derived
from rolethread_vcs.store.git_errors import git_errors
from rolethread_vcs.store.log.operations import OperationLog
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.log.unfinished import read as read_unfinished
from rolethread_vcs.store.objects import commits, trees
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.reader import MissingObjectError, Objects
from rolethread_vcs.store.places.linked_folders import (
    MAKING,
    WORKTREES,
    CheckedOutFolder,
    cut_off,
    linked_folders,
    linked_place,
    main_folder,
)
from rolethread_vcs.store.places.opening import (
    DEFAULT_BRANCH,
    ForeignRepositoryError,
    NoDatasetError,
    common_folder,
    configure_libgit2,
    create_git,
    discover,
    open_git,
)
from rolethread_vcs.store.refs import revisions
from rolethread_vcs.store.refs.merge_bases import merge_bases
from rolethread_vcs.store.refs.refs import BRANCHES, SYMBOLIC, UNFINISHED, UNFINISHED_ELSEWHERE, Refs, shorten
from rolethread_vcs.store.refs.revisions import UnknownRevisionError
from rolethread_vcs.store.snapshot import Snapshot

PRIVATE = "rolethread"
_LOCK = "lock"
_STARTING = "starting"
"""Stands in the private folder until the first commit is whole, and holds the id of the process that makes it."""

CHECKOUT_LIMIT = 20_000
"""Entries up to which `auto` checks files out."""


class Repository:
    """An open repository: `objects`, `refs`, `operations`, and the folder it is checked out in, if any.

    Wraps pygit2's Repository and never subclasses it. Make one with `open`, `find` or `init`.
    """

    def __init__(self, git: pygit2.Repository) -> None:
        self._git = git
        self.git_folder = Path(git.path)
        self.common_folder = common_folder(self.git_folder)
        self.durable = self.config("rolethread.durability") != "fast"
        configure_libgit2(durable=self.durable)
        self.objects = Objects(git, self.common_folder / "objects")
        self.refs = Refs(git)
        self.operations = OperationLog(self.objects, self.refs)
        self.derived = Derived(self.private_folder / "cache")

    # ---- opening

    @classmethod
    def open(cls, folder: Path, *, check: bool = True) -> Repository:
        """Open the dataset whose root is a folder; without `check` also a damaged one, for `verify` and `doctor`.

        Raises:
            NoDatasetError, ForeignRepositoryError, SystemRefusedError, InvalidError (a newer format).
        """
        repository = cls(open_git(folder))
        if check:
            repository._refuse_strayed_folder(folder)
            repository._refuse_cut_off_folder()
            repository.check_is_dataset()
        return repository

    @classmethod
    def find(cls, start: Path, *, check: bool = True) -> Repository:
        """Open the dataset that a folder lies in; `check` as in `open`.

        Raises:
            NoDatasetError: there is none here or above.
        """
        found = discover(start)
        if found is None:
            raise NoDatasetError(
                f"there is no dataset in {start} or above it",
                hint="make one with: rtv init my-dataset   (with data: rtv init my-dataset --from FILE)",
            )
        repository = cls.open(found, check=check)
        if check:
            repository._refuse_strayed_folder(start)
        return repository

    @classmethod
    def init(cls, folder: Path, settings: bytes, who: Signature | None = None) -> Repository:
        """Create a dataset in a folder (made if missing) with its first commit, so that none is ever unborn.

        Raises:
            InvalidError: there is a repository already. SystemRefusedError: the folder cannot be written to.
        """
        starting = folder / ".git" / PRIVATE / _STARTING
        if _is_of_dead_init(starting):
            shutil.rmtree(folder / ".git")  # there is nothing in it yet
        if (folder / ".git").exists():
            raise _already_there(folder)
        with disk.system_errors(f"making {folder}"):
            made = not folder.exists()
            try:
                starting.parent.mkdir(parents=True)
            except FileExistsError as error:  # another init was faster
                raise _already_there(folder) from error
            starting.write_text(str(os.getpid()))
        try:
            repository = cls(create_git(folder))
            repository._write_first_commit(settings, who)
            with disk.system_errors(f"making {folder}"):
                disk.remove(starting)
                disk.sync_folder(starting.parent)  # were it back after a power cut, the next init would start afresh
        except BaseException:
            shutil.rmtree(folder / ".git", ignore_errors=True)
            if made:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        return repository

    def _refuse_strayed_folder(self, start: Path) -> None:
        """Refuse a folder copy that was moved or copied by hand: the files of another place would be looked at."""
        places = linked_place(start) if self.worktree_name else None
        if places is None or places[0] == places[1]:
            return
        here, known = places
        main = shlex.quote(str(self.common_folder))
        if (known / ".git").exists():
            raise InvalidError(
                f"{here} was copied by hand from the folder copy {known}, and git takes it for that one; "
                "nothing was changed",
                hint=f"work there: cd {shlex.quote(str(known))}   "
                f"or make a folder copy of its own: rtv -C {main} workcopy add DIR --branch NAME",
            )
        raise InvalidError(
            f"{here} is a folder copy that was moved by hand from {known}; nothing was changed",
            hint=f"tell git where it is now: git -C {main} worktree repair {shlex.quote(str(here))}",
        )

    def _refuse_cut_off_folder(self) -> None:
        """Refuse a folder copy whose files are not all there, or no longer: they would look like hand edits."""
        reason = cut_off(self.git_folder) if self.worktree_name else None
        if reason is None:
            return
        what = "made" if reason == MAKING else "removed"
        name, main = shlex.quote(str(self.folder)), shlex.quote(str(self.common_folder))
        again = f"add {name} --branch {self.branch()}" if reason == MAKING else f"remove {name}"
        raise InvalidError(
            f"the folder copy {self.folder} is being {what}, or that was cut off; nothing was changed",
            hint=f"finish it with: rtv -C {main} workcopy {again}",
        )

    def check_is_dataset(self) -> None:
        """Refuse a repository without `rolethread.toml`, or one of a newer format.

        Raises:
            NoDatasetError, InvalidError, InvalidSettingsError. DamagedError: it was a dataset, and its branch is gone.
        """
        try:
            snapshot = self.head_snapshot()
        except UnknownRevisionError as error:
            if self.operations.head() is not None:
                raise self._missing_branch() from error
            raise NoDatasetError(
                f"{self.folder} is a git repository without a dataset: its branch has no commit",
                hint="make a dataset in a folder of its own: rtv init my-dataset",
            ) from error
        if snapshot.find(SETTINGS) is None and self.operations.head() is None:
            raise NoDatasetError(
                f"{self.folder} is a git repository, but no dataset: there is no {SETTINGS}",
                hint="make a dataset in a folder of its own: rtv init my-dataset",
            )
        try:
            _ = snapshot.settings
        except InvalidSettingsError as error:
            # what every command must read first, none that saves can mend
            error.hint = "rtv undo   takes back what brought this in"
            raise

    def _missing_branch(self) -> DamagedError:
        name = self.refs.head().removeprefix(SYMBOLIC)
        known = self.operations.last_known(name)
        others = self.refs.branches().keys() - {each.branch for each in self.other_folders()}
        git = f"git -C {shlex.quote(str(self.folder))}"
        was, ways = "", []
        if known is not None:
            was = f"; the operation log has it at {known[:10]}"
            ways.append(f"{git} branch {shlex.quote(shorten(name))} {known[:10]}   brings it back")
        if others:
            other = shlex.quote(BRANCHES + (DEFAULT_BRANCH if DEFAULT_BRANCH in others else min(others)))
            ways.append(f"{git} symbolic-ref HEAD {other}   goes to another branch; the files stay as they are")
        return DamagedError(
            f"the branch {shorten(name)} is missing{was}; nothing was changed", hint="\n".join(ways) or "rtv verify"
        )

    # ---- places

    @property
    def is_bare(self) -> bool:
        """Whether no files are checked out."""
        return bool(self._git.is_bare)

    @property
    def folder(self) -> Path:
        """The folder people know the dataset by."""
        workdir: str | None = self._git.workdir
        if workdir is not None:
            return Path(workdir)
        return self.git_folder.parent if self.git_folder.name == ".git" else self.git_folder

    @property
    def private_folder(self) -> Path:
        """Where lock, drafts and caches lie; shared by linked worktrees."""
        return self.common_folder / PRIVATE

    @property
    def lock_path(self) -> Path:
        """The writers' lock."""
        return self.private_folder / _LOCK

    @property
    def drafts_folder(self) -> Path:
        """Where typed text waits that was not saved."""
        return self.private_folder / "drafts"

    @property
    def scratch_folder(self) -> Path:
        """Where files are written before they are renamed into the checked-out folder."""
        return self.private_folder / "tmp"

    @property
    def pack_folder(self) -> Path:
        """Where git keeps packs."""
        return self.common_folder / "objects" / "pack"

    @cached_property
    def worktree(self) -> Worktree | None:
        """The checked-out folder, or None in a bare repository."""
        workdir: str | None = self._git.workdir  # pygit2 says str, and means None in a bare repository
        if workdir is None:
            return None
        return Worktree(self._git, self.objects, Path(workdir), scratch=self.scratch_folder)

    def home_worktree(self) -> Worktree:
        """Return the folder that files are checked out in, or would be."""
        return Worktree(self._git, self.objects, self.folder, scratch=self.scratch_folder)

    def other_folders(self) -> tuple[CheckedOutFolder, ...]:
        """Return the other folders that this dataset is checked out in, the main one first."""
        if not (self.common_folder / WORKTREES).is_dir():
            return ()
        others = tuple(each for each in linked_folders(self.common_folder) if each.private != self.git_folder)
        has_main = self.worktree_name and (self.config("core.bare") or "false").lower() != "true"
        everywhere = (main_folder(self.common_folder), *others) if has_main else others
        return tuple(replace(each, head=self.refs.followed(each.head)) for each in everywhere)

    def other_heads(self) -> dict[str, str]:
        """Return HEAD of each other folder, by its name, as far as it reads."""
        return {each.name: each.head for each in self.other_folders() if each.head}

    @property
    def worktree_name(self) -> str:
        """The name of a linked worktree, "" for the main one."""
        return "" if self.git_folder == self.common_folder else self.git_folder.name

    # ---- reading

    def branch(self) -> str | None:
        """Return the name of the current branch, or None when HEAD is detached."""
        head = self.refs.head()
        return head.removeprefix(SYMBOLIC + BRANCHES) if head.startswith(SYMBOLIC) else None

    def head_commit(self) -> str | None:
        """Return the hex id of the current commit, or None on a branch without one."""
        return self.refs.head_commit()

    def head_snapshot(self) -> Snapshot:
        """Return the snapshot of the current commit."""
        commit = self.head_commit()
        if commit is None:
            raise UnknownRevisionError(
                f"the branch {self.branch()} has no commit; its ref is missing",
                hint="see the branches with: rtv branch   (and what is damaged with: rtv verify)",
            )
        return self.snapshot_of(commit)

    def snapshot_of(self, commit: str) -> Snapshot:
        """Return the snapshot of a commit's full hex id."""
        return Snapshot(self.objects, self.objects.commit(commit), self.derived)

    def snapshot(self, revision: str = "@") -> Snapshot:
        """Return the snapshot of a revision as people write it: `main`, `@~2`, `3fa9c1`, a release."""
        return self.snapshot_of(self.resolve(revision))

    def resolve(self, text: str) -> str:
        """Return the full hex id of the commit that a revision names; see `store.refs.revisions`.

        Raises:
            UnknownRevisionError: nothing of that name, or it lies where the history of a shallow copy is cut off.
        """
        try:
            found = revisions.resolve(text, lambda: self.head_snapshot().id, self.refs, self.objects)
        except MissingObjectError as error:
            if self.copy_is_shallow():
                raise _cut_off_history(text) from error
            raise
        if self.copy_is_shallow() and found not in self.objects:
            raise _cut_off_history(text)
        return found

    def walk(self, start: str, *, hide: str | None = None) -> Iterator[commits.Commit]:
        """Yield the commits that lead to a commit, newest first, each once (children before parents).

        With `hide`, that commit and all that lead to it are left out.
        """
        try:
            walker = self._git.walk(pygit2.Oid(hex=start), pygit2.enums.SortMode.TOPOLOGICAL)
            if hide is not None:
                walker.hide(pygit2.Oid(hex=hide))
            for commit in walker:
                yield self.objects.commit(str(commit.id))
        except (pygit2.GitError, KeyError) as error:
            raise DamagedError(f"the history of {start[:10]} does not read: {error}", hint="rtv verify") from error

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Return whether a commit is, or leads to, another."""
        if ancestor == descendant:
            return True
        try:
            return bool(self._git.descendant_of(pygit2.Oid(hex=descendant), pygit2.Oid(hex=ancestor)))
        except (pygit2.GitError, KeyError, ValueError):
            return False

    def common_ancestor(self, one: str, two: str) -> str | None:
        """Return the nearest commit that leads to both of two commits, or None where their histories share nothing."""
        try:
            found = self._git.merge_base(pygit2.Oid(hex=one), pygit2.Oid(hex=two))
        except (pygit2.GitError, KeyError, ValueError) as error:
            raise DamagedError(f"the history of {one[:10]} does not read: {error}", hint="rtv verify") from error
        return None if found is None else str(found)

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return the newest commits that lead to both of two commits; see `store.refs.merge_bases`."""
        return merge_bases(self._git, one, other)

    def ahead_behind(self, one: str, other: str) -> tuple[int, int]:
        """Return how many commits lead to one commit and not to another, and the other way round."""
        with git_errors(f"counting what {one[:10]} and {other[:10]} have not in common"):
            ahead, behind = self._git.ahead_behind(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        return ahead, behind

    def only_in(self, tip: str, others: Iterable[str]) -> list[str]:
        """Return the commits (hex ids) that lead to a commit and to none of some others, newest first."""
        with git_errors(f"reading the history of {tip[:10]}"):
            walker = self._git.walk(pygit2.Oid(hex=tip), pygit2.enums.SortMode.TOPOLOGICAL)
            for other in others:
                walker.hide(pygit2.Oid(hex=other))
            return [str(commit.id) for commit in walker]

    def signature(self) -> Signature:
        """Return who commits, by git's configuration, else a neutral name that gives nobody away."""
        name = self.config("user.name") or commits.NEUTRAL_NAME
        email = self.config("user.email") or commits.NEUTRAL_EMAIL
        return commits.now(name, email)

    # ---- configuration

    def config(self, key: str) -> str | None:
        """Return a value of git's configuration (this repository's, the user's, the system's), or None."""
        try:
            return str(self._git.config[key])
        except (KeyError, pygit2.GitError, OSError, ValueError):
            return None

    def set_config(self, key: str, value: str | None) -> None:
        """Set, or with None remove, a value in this repository's own configuration."""
        disk.reach("config", key)
        with git_errors("writing the repository's configuration"):
            if value is not None:
                self._git.config[key] = value
            elif key in self._git.config:
                del self._git.config[key]

    def set_bare(self, bare: bool) -> Repository:
        """Switch between bare and checked out, and return the repository opened anew; files are the caller's affair.

        Git's reflog goes with the files, as in git: it costs four flushes a commit, and the operation log knows more.
        """
        self.set_config("core.bare", "true" if bare else "false")
        self.set_config("core.logAllRefUpdates", "false" if bare else "true")
        return Repository(open_git(self.git_folder))

    def reopened_if_changed(self) -> Repository:
        """Return this repository, opened anew when it went bare or was checked out since it was opened."""
        if self.worktree_name:  # a linked worktree always has its files
            return self
        now = (self.config("core.bare") or "false").lower() == "true"
        return self if now == self.is_bare else Repository(open_git(self.git_folder))

    # ---- writing

    def lock(self, command: str, *, patience: float = lock.PATIENCE) -> contextlib.AbstractContextManager[None]:
        """Hold the writers' lock of this dataset."""
        configure_libgit2(durable=self.durable)  # another dataset of this process may have set it otherwise
        return lock.hold(self.lock_path, command, patience=patience)

    def pack(self) -> PackWriter:
        """Start a pack for one transaction."""
        return PackWriter(self.pack_folder, durable=self.durable)

    def write_tree(self, base: bytes | None, changes: trees.Change, pack: PackWriter) -> bytes | None:
        """Apply changes of paths to a tree, writing new trees into a pack; see `trees.apply`."""
        return trees.apply(base, changes, self.objects, pack)

    def _write_first_commit(self, settings: bytes, who: Signature | None) -> None:
        who = who or self.signature()
        with self.pack() as pack:
            changes: dict[str, tuple[bytes, bytes] | None] = {
                SETTINGS: (trees.FILE, pack.add("blob", settings)),
                ATTRIBUTES: (trees.FILE, pack.add("blob", ATTRIBUTES_TEXT)),
            }
            tree = self.write_tree(None, changes, pack)
            assert tree is not None
            message = commits.compose_message("start the dataset")
            commit = pack.add_commit(tree, [], who, message)
            published = pack.publish()
        self.refs.create(BRANCHES + DEFAULT_BRANCH, commit)
        disk.remove(published.with_suffix(".keep"))
        assert self.worktree is not None
        self.worktree.fill(tree)

    def has_unfinished_merge(self) -> bool:
        """Return whether a merge waits for its end, one of ours or one of plain git's."""
        return self.has_merge_of_git() or self.refs.read(self.unfinished_ref) is not None

    def has_merge_of_git(self) -> bool:
        """Return whether plain git is in the middle of a merge in this folder."""
        return (self.git_folder / "MERGE_HEAD").exists()

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
        return None if oid is None else read_unfinished(oid, self.objects)

    def copy_is_shallow(self) -> bool:
        """Return whether history was cut off when this copy was made."""
        return bool(self._git.is_shallow)

    @staticmethod
    def libgit2() -> str:
        """Return the version of libgit2."""
        return str(pygit2.LIBGIT2_VERSION)


def _is_of_dead_init(starting: Path) -> bool:
    """Return whether an init was killed here, and nobody has used the dataset since: every writer takes the lock."""
    try:
        pid = starting.read_text()
    except OSError:
        return False
    is_used = starting.with_name(_LOCK).exists()
    return not is_used and pid.isdigit() and not disk.process_is_alive(int(pid))


def _cut_off_history(text: str) -> UnknownRevisionError:
    return UnknownRevisionError(
        f"{text} is not in this copy of the dataset: its history was cut off when the copy was made (a shallow clone)",
        hint="bring the rest with: git fetch --unshallow",
    )


def _already_there(folder: Path) -> InvalidError:
    try:
        Repository.open(folder)
    except (NoDatasetError, ForeignRepositoryError):
        return ForeignRepositoryError(
            f"{folder} is already a git repository, but no dataset; nothing was changed",
            hint="choose a folder of its own: rtv init my-dataset",
        )
    except RoleThreadError as error:
        return InvalidError(
            f"{folder} is already a dataset, though none that opens here: {error.message}; nothing was changed",
            hint=error.hint,
        )
    return InvalidError(
        f"{folder} is already a dataset; nothing was changed",
        hint="rtv status" if str(folder) == "." else f"rtv -C {shlex.quote(str(folder))} status",
    )
