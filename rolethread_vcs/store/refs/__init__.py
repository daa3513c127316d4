"""Branches, tags and HEAD: held-reference compare-and-swap, creation under our lock, typed losers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pygit2

from rolethread_vcs import limits
from rolethread_vcs.errors import (
    ConflictError,
    DamagedError,
    InvalidError,
    MovedError,
    NotFoundError,
    did_you_mean,
)
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import RAISED, read_errors
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.objects.commits import Signature

if TYPE_CHECKING:
    from rolethread_vcs.model.revision import Revision

BRANCHES: Final = "refs/heads/"
TAGS: Final = "refs/tags/"
REMOTES: Final = "refs/remotes/"
HEAD: Final = "HEAD"
SYMBOLIC: Final = "ref: "
UNFINISHED: Final = "refs/worktree/rolethread/merge"
"""The unfinished merge of the main folder, which git shows there alone."""
UNFINISHED_ELSEWHERE: Final = "refs/rolethread/worktrees/"
"""Below it lies, as `<name>/merge`, that of a linked worktree; in sight of all, since it must outlive the folder."""


_LOGGED = re.compile(rb"[0-9a-f]{40} ([0-9a-f]{40}) ")
_SWITCHED = re.compile(rb"\tcheckout: moving from .* to (\S+)$")
_OPERATIONS = "refs/rolethread/ops"
_UNBORN = SYMBOLIC + BRANCHES + "main"
"""Where HEAD is where there is none."""


class RefMovedError(MovedError):
    """The ref no longer has the value that was read."""

    code = "ref_moved"


def moved(name: str) -> RefMovedError:
    return RefMovedError(f"{shorten(name)} moved while this command was working")


def shorten(name: str) -> str:
    """Return a ref's name as people say it: `main`, `release v1`, `HEAD`."""
    if name.startswith(BRANCHES):
        return name.removeprefix(BRANCHES)
    if name.startswith(TAGS):
        return f"release {name.removeprefix(TAGS)}"
    if is_unfinished(name):
        return "the unfinished merge"
    if name == _OPERATIONS:
        return "the operation log"
    return name


def is_unfinished(name: str) -> bool:
    return name == UNFINISHED or name.startswith(UNFINISHED_ELSEWHERE)


def ref_of(head: str | None) -> str | None:
    """Return the ref that a HEAD (`ref: refs/heads/x`) leads to, None for the id of a commit and for no HEAD."""
    return head.removeprefix(SYMBOLIC) if head is not None and head.startswith(SYMBOLIC) else None


def value_of(reference: pygit2.Reference | None) -> str | None:
    """Return the value of a ref as its file has it: the id of an object, or `ref: ` with the name of another ref."""
    if reference is None:
        return None
    is_symbolic = reference.type == pygit2.enums.ReferenceType.SYMBOLIC
    return f"{SYMBOLIC if is_symbolic else ''}{reference.target}"


def branch_of(head: str | None) -> str | None:
    """Return the branch that a HEAD leads to, or None."""
    ref = ref_of(head)
    return ref.removeprefix(BRANCHES) if ref is not None and ref.startswith(BRANCHES) else None


class HeldRef:
    """A ref as it was when it was read; `swap` succeeds only if it still is. `name` is its own, never an alias."""

    def __init__(self, refs: Refs, reference: pygit2.Reference) -> None:
        self.name = reference.raw_name.decode("utf-8", "surrogateescape")
        self._refs = refs
        self._reference = reference
        self.target = str(reference.target)

    def swap(self, target: str, why: str, *, sync_name: bool = True) -> None:
        """Move the ref to a commit, unless somebody else moved it since it was read; `sync_name` as in `RefFile.write`.

        Raises:
            RefMovedError: it moved. BusyError (ref_locked): another program holds its lock.
        """
        self._refs.write(self.name, self.target, target, why, sync_name=sync_name)

    def delete(self) -> None:
        """Delete the ref, unless somebody else moved it since it was read."""
        from rolethread_vcs.store.refs.ref_file import RefFile

        refs = self._refs
        RefFile(refs.git, refs.common, self.name).delete(self._reference, durable=refs.durable)


class Refs:
    def __init__(
        self,
        git: pygit2.Repository,
        common: Path,
        who: Callable[[], Signature],
        is_there: Callable[[str], bool] = lambda _: True,
        *,
        durable: bool = True,
    ) -> None:
        self.git = git
        self.common = common
        self.who = who
        self.is_there = is_there
        self._unlisted: DamagedError | None = None
        self.durable = durable

    def hold(self, name: str) -> HeldRef | None:
        """Return a ref as it is now, or None when there is none; of an alias, the ref that it leads to.

        Raises:
            DamagedError: the ref is there but does not read.
        """
        reference = self._get(name)
        if reference is not None and reference.type == pygit2.enums.ReferenceType.SYMBOLIC:
            with read_errors(shorten(name)):
                try:
                    reference = reference.resolve()
                except KeyError:  # it leads nowhere
                    return None
        return None if reference is None else HeldRef(self, reference)

    def hold_itself(self, name: str) -> HeldRef | None:
        """Return a ref as `hold` does, but no other one in its place.

        Raises:
            InvalidError (alias): the name is another name for a ref. DamagedError.
        """
        held = self.hold(name)
        if held is not None and held.name != name:
            raise InvalidError(
                f"{shorten(name)} is another name for {shorten(held.name)}",
                hint=f"use {shorten(held.name)}   the other name goes with: git symbolic-ref --delete {name}",
                code="alias",
            )
        return held

    def _get(self, name: str) -> pygit2.Reference | None:
        with read_errors(shorten(name)):
            return self.git.references.get(sys.intern(name))  # pygit2 never lets go of the text that it is given

    def read(self, name: str) -> str | None:
        held = self.hold(name)
        return None if held is None else held.target

    def logged(self, name: str) -> Iterator[str]:
        """Yield what a ref led to as its reflog has it, the newest first; whoever deletes a ref takes its reflog along.

        Raises:
            SystemRefusedError: the disk does not give it.
        """
        yield from (match[1].decode() for line in self._log_lines(name) if (match := _LOGGED.match(line)))

    def last_switch(self, name: str) -> tuple[str, str]:
        """Return the branch that HEAD of a folder (`worktrees/x/HEAD`) was last put on as its reflog has it, as `head`.

        With it the last commit there; "" where the log does not say. What was no branch reads as one that is not there.

        Raises:
            SystemRefusedError: the disk does not give it.
        """
        place = Path(name)
        lines = self._log_lines(str(place.parent / "logs" / place.name), "")
        match = next((match for line in lines if (match := _SWITCHED.search(line))), None)
        branch = SYMBOLIC + BRANCHES + match[1].decode("utf-8", "surrogateescape") if match else ""
        return branch, next((match[1].decode() for line in lines if (match := _LOGGED.match(line))), "")

    def _log_lines(self, name: str, below: str = "logs") -> list[bytes]:
        """Return the lines of a reflog, the newest first."""
        with disk.system_errors(f"reading the reflog of {shorten(name)}"):
            try:
                return (disk.read_plain(self.common / below / name, limits.FILE) or b"").splitlines()[::-1]
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return []

    def create(self, name: str, target: str, why: str = "") -> None:
        """Create a ref; call only under our lock, since git's own creation is not compare-and-swap.

        Raises:
            RefMovedError: it exists already.
        """
        if self.hold(name) is not None:
            raise RefMovedError(f"{shorten(name)} exists already")
        self.write(name, None, target, why)
        if self.read(name) != target:
            raise RefMovedError(f"{shorten(name)} was created by two programs at once")

    def write(self, name: str, before: str | None, after: str, why: str, *, sync_name: bool = True) -> None:
        """Write a ref or HEAD, as `RefFile.write` does."""
        from rolethread_vcs.store.refs.ref_file import RefFile

        file = RefFile(self.git, self.common, name)
        file.write(before, after, why, self.who(), durable=self.durable, sync_name=sync_name)

    def move(
        self, name: str, before: str | None, after: str | None, why: str, held: HeldRef | None, *, sync_name: bool
    ) -> None:
        """Move, create or delete a ref, or HEAD, if it still has its old value; `held` is the ref as it was read.

        Raises:
            RefMovedError: it has another value. BusyError (ref_locked). ConflictError: `a` is in the way of `a/b`.
        """
        if name == HEAD:
            assert before is not None and after is not None
            self.set_head(after, before=before)
        elif before is None:
            assert after is not None
            for other in self.names():
                if other.startswith(f"{name}/") or name.startswith(f"{other}/"):
                    raise ConflictError(f"{shorten(other)} is there, and {shorten(name)} cannot stand beside it")
            self.create(name, after, why)
        else:
            ref = held or self.hold_itself(name)
            if ref is None or ref.target != before:
                raise moved(name)
            if after is None:
                ref.delete()
            else:
                ref.swap(after, why, sync_name=sync_name)

    def forget_packed(self, name: str) -> None:
        """Take a ref whose own file is gone out of the list of packed ones, if it is there."""
        with suppress(KeyError):
            self.git.references.delete(name)

    def value(self, name: str) -> str | None:
        """Return what a ref leads to, or HEAD as `head` says it."""
        return self.head() if name == HEAD else self.read(name)

    def is_at(self, name: str, value: str | None) -> bool:
        """Return whether a ref has a value; False where it does not read."""
        with suppress(DamagedError):
            return self.value(name) == value
        return False

    def head(self) -> str:
        """Return HEAD as `ref: refs/heads/main`, or a hex id when it is detached.

        Raises:
            DamagedError: it does not read, or leads to what is no branch.
        """
        return self.followed(self._own_head())

    def _own_head(self) -> str:
        head = value_of(self._get(HEAD)) or _UNBORN
        ref = ref_of(head)
        if ref is not None and not (ref.startswith(BRANCHES) and is_ref_name(ref)):
            raise DamagedError(f"HEAD leads to {ref!r}, which no branch is called", hint="rtv verify --repair")
        return head

    def head_commit(self) -> str | None:
        """Return the hex id of the commit that HEAD leads to, or None on a branch without one."""
        head = self._own_head()
        ref = ref_of(head)
        return head if ref is None else self.read(ref)

    def followed(self, head: str) -> str:
        """Return what a HEAD (`ref: refs/heads/x`, or a hex id) comes to where x is another name for a branch."""
        ref = ref_of(head)
        with suppress(DamagedError):  # a torn branch is still the one that HEAD leads to
            held = None if ref is None else self.hold(ref)
            return head if held is None else SYMBOLIC + held.name
        return head

    def set_head(self, value: str, *, before: str) -> None:
        """Point HEAD at a branch (`ref: refs/heads/x`) or at a commit; call only under our lock.

        Raises:
            RefMovedError: it is not where it was before. InvalidError (alias): that is another name for a branch.
        """
        head = self._get(HEAD)
        if self.followed(value_of(head) or _UNBORN) != before:
            raise moved(HEAD)
        branch = ref_of(value)
        if branch is not None:
            self.hold_itself(branch)
        left, reached = (branch_of(each) or each for each in (before, value))
        self.write(
            HEAD, value_of(head), value, f"checkout: moving from {left} to {reached}"
        )  # as `git switch -` reads it

    def table(self, known: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return HEAD, every branch, every tag and every unfinished merge with its value; what an operation records.

        Other names for a branch are left out. A branch or tag that does not read is damaged, and has not moved: it has
        the value of a table that was `known` before, and is left out where that has none. So it is for one that was
        moved since to an object that is not there.
        """
        is_compared, known = known is not None, known or {}
        wanted = [name for name in (*self.names(), *known) if name.startswith((BRANCHES, TAGS)) or is_unfinished(name)]
        values: dict[str, str | None] = {}
        with suppress(*RAISED):  # in one go: asking for each by its name, as for what does not read, costs more
            for reference in self.git.references.iterator():
                if reference.type == pygit2.enums.ReferenceType.DIRECT:
                    held = HeldRef(self, reference)
                    values[held.name] = held.target
        result = {HEAD: self.head()}
        for name in dict.fromkeys(wanted):
            value = values.get(name)
            # of a file that is torn the iterator has the older value that is packed
            if value is None or (value != known.get(name) and (self.common / name).is_file()):
                try:
                    one = self.hold(name)
                    value = one.target if one is not None and one.name == name else None
                except DamagedError:
                    value = known.get(name)
            if is_compared and value is not None and value != known.get(name) and not self.is_there(value):
                value = known.get(name)
            if value is not None:
                result[name] = value
        return result

    def names(self, *, not_text: bool = False) -> list[str]:
        """Return the full names of all refs, or of those alone that are `not_text`: no command of ours can take them.

        Raises:
            DamagedError: they do not read, a torn `packed-refs` for one.
        """
        if self._unlisted is not None:  # libgit2 would leave out what is packed from now on, without a word
            raise self._unlisted
        try:
            with read_errors("the list of branches and releases"):
                found = self.git.raw_listall_references()
        except DamagedError as error:
            self._unlisted = error
            raise
        names = [name.decode("utf-8", "surrogateescape") for name in found]
        return [name for name in names if is_text(name) != not_text]

    def branches(self) -> dict[str, str]:
        return {name.removeprefix(BRANCHES): value for name, value in self.table().items() if name.startswith(BRANCHES)}

    def releases(self) -> dict[str, str]:
        """Return every release with the object that it points at, a tag or a commit, by name."""
        return {name.removeprefix(TAGS): value for name, value in self.table().items() if name.startswith(TAGS)}

    def upstream(self, branch: str) -> str | None:
        """Return the full name of the ref that a branch follows by git's configuration, though it may be gone."""
        with suppress(*RAISED):
            return str(self.git.branches.local[branch].upstream_name)
        return None

    def remote_branches(self) -> dict[str, tuple[str, str]]:
        """Return the branches of other copies as they were fetched, `origin/try`, each with its name there and commit.

        Where a name is in two remotes' folders (`a/b/c`), the longer name of a remote counts.
        """
        remotes = sorted((name for name in self.git.remotes.names() if name), key=len)
        found = {}
        for ref in self.names():
            with suppress(DamagedError):
                for remote in remotes:
                    if ref.startswith(f"{REMOTES}{remote}/") and (held := self.hold(ref)) and held.name == ref:
                        name = ref.removeprefix(REMOTES)
                        found[name] = (name.removeprefix(f"{remote}/"), held.target)
        return found


_LONGEST_PART = 250  # bytes; git adds `.lock`


class UnknownRevisionError(NotFoundError):
    """A revision names no branch, release or commit."""

    code = "unknown_revision"


def resolve_revision(revision: str | Revision, current: Callable[[], str], refs: Refs, objects: Objects) -> str:
    """Return the full hex id of the commit that a revision, written or parsed, names; `current` says where `@` is.

    Raises:
        UnknownRevisionError: nothing of that name. UsageError: a prefix of several commits.
    """
    from rolethread_vcs.model.revision import RevisionKind, parse_revision

    text = str(revision)
    revision = parse_revision(revision) if isinstance(revision, str) else revision
    commit = None
    if revision.kind is RevisionKind.CURRENT:
        commit = current()
    elif revision.kind is RevisionKind.GIT:
        with suppress(*RAISED):
            commit = str(refs.git.revparse_single(revision.base).id)
        if commit is None:
            raise UnknownRevisionError(
                f"git knows no {text!r}",
                hint="see what a branch follows, and where it was, with: git branch -vv   git reflog BRANCH",
            )
    elif revision.kind is not RevisionKind.COMMIT:
        names = [prefix + revision.base for prefix in (BRANCHES, TAGS, REMOTES, f"{REMOTES}origin/")]
        names += [revision.base] if revision.base.startswith((BRANCHES, TAGS, REMOTES)) else []
        commit = next(filter(None, map(refs.read, filter(is_ref_name, names))), None)
    if commit is None and revision.kind is not RevisionKind.NAME:
        commit = objects.expand(revision.base, "commit", "tag")
    if commit is None:
        known = [name.removeprefix(BRANCHES).removeprefix(TAGS) for name in refs.table()]
        hint = did_you_mean(revision.base, [*known, *refs.remote_branches()], "see the branches with: rtv branch")
        raise UnknownRevisionError(f"there is no branch, release or commit {text!r}", hint=hint)
    if revision.kind is not RevisionKind.CURRENT:
        commit = objects.peel(commit)
    for step in range(revision.ups):
        parents = objects.commit(commit).parents
        if not parents:
            raise UnknownRevisionError(f"{text} goes back further than history: only {step} steps are there")
        commit = parents[0]
    return commit


def is_text(name: str) -> bool:
    """Return whether the name of a ref, decoded with `surrogateescape`, was UTF-8."""
    return not any("\udc80" <= character <= "\udcff" for character in name)


def is_ref_name(name: str) -> bool:
    # no file system takes a longer name, and libgit2 fails where it should say that there is none
    is_short = all(len(part.encode("utf-8", "replace")) <= _LONGEST_PART for part in name.split("/"))
    return is_short and is_text(name) and "\0" not in name and bool(pygit2.reference_is_valid_name(name))


def is_branch_name(name: str) -> bool:
    """Return whether git accepts a name for a branch; a leading dash is refused too."""
    return is_ref_name(BRANCHES + name) and not name.startswith("-") and name not in (HEAD, "@")
