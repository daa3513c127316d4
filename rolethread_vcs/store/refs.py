"""Branches, tags and HEAD: held-reference compare-and-swap, creation under our lock, typed losers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pygit2

from rolethread_vcs.errors import BusyError, DamagedError, MovedError
from rolethread_vcs.store import disk, git_errors

BRANCHES: Final = "refs/heads/"
TAGS: Final = "refs/tags/"
HEAD: Final = "HEAD"
SYMBOLIC: Final = "ref: "
UNFINISHED: Final = "refs/worktree/rolethread/merge"
"""The unfinished merge of the main folder, which git shows there alone."""
UNFINISHED_ELSEWHERE: Final = "refs/rolethread/worktrees/"
"""Below it lies, as `<name>/merge`, that of a linked worktree; in sight of all, since it must outlive the folder."""


class RefLockedError(BusyError):
    """A `.lock` file stands beside a ref: another git process is moving it, or one died while doing so."""

    code = "ref_locked"


class RefMovedError(MovedError):
    """The ref no longer has the value that was read."""

    code = "ref_moved"


@contextmanager
def _typed(name: str) -> Iterator[None]:
    """Turn libgit2's untyped failures of the ref step into `RefMovedError`, `RefLockedError` or a system error."""
    try:
        yield
    except git_errors.RAISED as error:
        text = str(error).lower()
        short = shorten(name)
        if git_errors.is_lock(error):
            raise RefLockedError(
                f"{short} is locked by another git program ({error}); nothing was saved",
                hint="if no other program is running: rtv doctor --unlock",
            ) from error
        if "does not match" in text or "not the first parent" in text or "already exists" in text:
            raise RefMovedError(f"{short} moved while this command was working; nothing was overwritten") from error
        raise git_errors.from_git(f"moving {short}", error) from error


def shorten(name: str) -> str:
    """Return a ref's name as people say it: `main`, `release v1`, `HEAD`."""
    if name.startswith(BRANCHES):
        return name.removeprefix(BRANCHES)
    if name.startswith(TAGS):
        return f"release {name.removeprefix(TAGS)}"
    if is_unfinished(name):
        return "the unfinished merge"
    return name


def is_unfinished(name: str) -> bool:
    """Return whether a ref is an unfinished merge, in whichever folder."""
    return name == UNFINISHED or name.startswith(UNFINISHED_ELSEWHERE)


class HeldRef:
    """A ref as it was when it was read; `swap` succeeds only if it still is."""

    def __init__(self, name: str, reference: pygit2.Reference) -> None:
        self.name = name
        self._reference = reference
        self.target = str(reference.target)

    def swap(self, target: str, why: str) -> None:
        """Move the ref to a commit, unless somebody else moved it since it was read.

        libgit2 compares with the value held in this very object; a fresh look-up here would defeat it.

        Raises:
            RefMovedError: it moved. RefLockedError: another program holds its lock.
        """
        disk.reach("ref", self.name)
        with _typed(self.name):
            self._reference.set_target(target, why)

    def delete(self) -> None:
        """Delete the ref, unless somebody else moved it since it was read."""
        disk.reach("ref", self.name)
        with _typed(self.name):
            self._reference.delete()


class Refs:
    """The refs of one repository."""

    def __init__(self, git: pygit2.Repository) -> None:
        self._git = git

    def hold(self, name: str) -> HeldRef | None:
        """Return a direct ref as it is now, or None when there is none.

        Raises:
            DamagedError: the ref is there but does not read.
        """
        try:
            reference = self._git.references.get(name)
        except (pygit2.GitError, OSError, ValueError) as error:
            raise DamagedError(f"{shorten(name)} does not read: {error}", hint="rtv verify") from error
        if reference is None:
            return None
        if reference.type == pygit2.enums.ReferenceType.SYMBOLIC:
            reference = reference.resolve()
        return HeldRef(name, reference)

    def read(self, name: str) -> str | None:
        """Return the hex id that a direct ref points at, or None."""
        held = self.hold(name)
        return None if held is None else held.target

    def create(self, name: str, target: str) -> None:
        """Create a ref; call only under our lock, since git's own creation is not compare-and-swap.

        Raises:
            RefMovedError: it exists already.
        """
        if self.hold(name) is not None:
            raise RefMovedError(f"{shorten(name)} exists already; nothing was overwritten")
        disk.reach("ref", name)
        with _typed(name):
            self._git.references.create(name, target)
        if self.read(name) != target:
            raise RefMovedError(f"{shorten(name)} was created by two programs at once")

    def head(self) -> str:
        """Return HEAD as `ref: refs/heads/main`, or a hex id when it is detached."""
        try:
            reference = self._git.references.get(HEAD)
        except (pygit2.GitError, OSError, ValueError) as error:
            raise DamagedError(f"HEAD does not read: {error}", hint="rtv verify") from error
        if reference is None:
            return SYMBOLIC + BRANCHES + "main"
        if reference.type == pygit2.enums.ReferenceType.SYMBOLIC:
            return SYMBOLIC + str(reference.target)
        return str(reference.target)

    def set_head(self, value: str) -> None:
        """Point HEAD at a branch (`ref: refs/heads/x`) or at a commit; call only under our lock."""
        disk.reach("ref", HEAD)
        target = value.removeprefix(SYMBOLIC)
        with _typed(HEAD):
            if value.startswith(SYMBOLIC):
                self._git.references.create(HEAD, target, force=True)
            else:
                self._git.set_head(pygit2.Oid(hex=target))

    def table(self) -> dict[str, str]:
        """Return HEAD, every branch, every tag and every unfinished merge with its value; what an operation records."""
        result = {HEAD: self.head()}
        for name, value in self._all():
            if (name.startswith((BRANCHES, TAGS)) or is_unfinished(name)) and value is not None:
                result[name] = value
        return result

    def _all(self) -> Iterator[tuple[str, str | None]]:
        """Yield every ref with its value, read in one go: asking for each by its name costs several times as much."""
        names = self.names()
        values: dict[str, str] = {}
        with suppress(pygit2.GitError, OSError, ValueError, KeyError):  # what does not read is asked for by name
            for reference in self._git.references.iterator():
                if reference.type == pygit2.enums.ReferenceType.DIRECT:
                    values[reference.raw_name.decode("utf-8", "surrogateescape")] = str(reference.target)
        for name in names:
            yield name, values.get(name) or self.read(name)

    def names(self) -> list[str]:
        """Return the full names of all refs.

        Raises:
            DamagedError: they do not read, a torn `packed-refs` for one.
        """
        try:
            found = self._git.raw_listall_references()
        except (pygit2.GitError, OSError, ValueError) as error:
            raise DamagedError(
                f"the list of branches and releases does not read: {error}", hint="rtv verify"
            ) from error
        return [name.decode("utf-8", "surrogateescape") for name in found]

    def branches(self) -> dict[str, str]:
        """Return every branch with the commit it points at, by name."""
        return {name.removeprefix(BRANCHES): value for name, value in self.table().items() if name.startswith(BRANCHES)}
