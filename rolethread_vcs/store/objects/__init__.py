"""Git objects, read by id, raw; never through libgit2's parsed objects, which cost several times as much.

Loose objects are read by us: libgit2 1.9 never comes back from one whose file was cut off. Plain git writes them, this
program does not; so the usual answer is "there is none", and it costs a look into a set of folder names.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pygit2

from rolethread_vcs import limits
from rolethread_vcs.errors import DamagedError, InvalidError, UsageError
from rolethread_vcs.store import disk
from rolethread_vcs.store.git_config import values_of
from rolethread_vcs.store.libgit2 import RAISED, open_git, refuse_unread
from rolethread_vcs.store.objects import commits, trees
from rolethread_vcs.store.objects.pack_index import alternates, refuse_damaged

if TYPE_CHECKING:
    from rolethread_vcs.store.objects.pack_reader import PackReader

_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_LONGEST_CHAIN = 100
_LOOSE_FOLDERS = frozenset(f"{number:02x}" for number in range(256))
_LONGEST_HEAD = 32  # bytes before those of a loose object
_TREES_REMEMBERED = 512
_ITEMS_REMEMBERED = 64
_COMMITS_REMEMBERED = 64
MANY_READS = 300
"""Objects that libgit2 reads before large packs are looked into; most commands need fewer."""
_LARGEST = 1 << 32
"""Bytes; an object that says it is larger is damaged, and not short of memory."""
_LISTINGS = 10
"""Times that the list of objects is begun, where packs go while it is read."""
_LOOK_EVERY = 256
"""Times that libgit2 is asked for something, between two looks whether packs have come or gone."""


BRING_THE_REST = "git fetch --refetch --no-filter"
"""Makes a whole clone of a partial one."""


class MissingObjectError(DamagedError):
    """An object that something points at is not there, or cannot be read."""

    code = "missing_object"


class LeftOutError(MissingObjectError):
    """A partial clone of git has left it at the remote; git fetches such objects when it needs them, we never do."""

    code = "left_out"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not in this copy, which is a partial clone of git", hint=BRING_THE_REST)


class Objects:
    """The objects of one repository; `folder` is its `objects` folder."""

    def __init__(self, git: pygit2.Repository, folder: Path) -> None:
        self._git = git
        self._folder = folder
        self._opened: pygit2.Odb | None = None
        self._state = self._asked = 0
        self._others: list[Path] = []
        self._loose = LooseObjects(folder)
        self._packs: PackReader | None = None
        self._reads = 0
        self._trees: OrderedDict[bytes, bytes] = OrderedDict()
        self._items: OrderedDict[bytes, dict[bytes, trees.Item]] = OrderedDict()
        self._commits: OrderedDict[str, commits.Commit] = OrderedDict()

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened_objects, (Path(self._git.path), self._folder)

    @property
    def _odb(self) -> pygit2.Odb:
        """Objects as libgit2 has them, once their packs have been looked at.

        It holds the file of each pack that it has read from, and those of packs that were folded away, too: in a
        process that goes on for long it is opened anew.
        """
        self._asked += 1
        if self._opened is None or (self._asked % _LOOK_EVERY == 0 and self._state != self._pack_state()):
            for folder in (self._folder, *self._others):
                refuse_damaged(folder)
            self._state = self._pack_state()
            self._git.set_odb(pygit2.Odb())  # before the new one is there, or it takes over what the old one holds
            self._opened = None
            self._opened = _open_odb(self._folder, self._others)
            self._git.set_odb(self._opened)
            self._loose = LooseObjects(self._folder)
            if self._packs is not None:
                self._packs.refresh()
        return self._opened

    @property
    def git(self) -> pygit2.Repository:
        """The repository as libgit2 has it, for what reads objects there."""
        _ = self._odb
        return self._git

    @property
    def history(self) -> pygit2.Repository:
        """The same, for a walk along commits.

        Raises:
            MissingObjectError: a commit lies torn, and libgit2 would never come back from it.
        """
        if self._loose.torn_commit:
            raise _missing(f"the commit {self._loose.torn_commit[:10]}", TornObjectError("its file is cut off"))
        return self.git

    def read_also(self, folder: Path) -> None:
        """Read the objects of another `objects` folder as if they were here, for as long as this is open."""
        refuse_damaged(folder)
        self._others.append(folder)
        self._odb.add_disk_alternate(str(folder))

    def _pack_state(self) -> int:
        try:
            return os.stat(f"{self._folder}/pack").st_mtime_ns  # noqa: PTH116  asked again and again
        except OSError:
            return 0

    def read(self, oid: str, kind: str) -> bytes:
        """Return an object's bytes.

        Raises:
            MissingObjectError: it is missing, damaged or of another kind.
        """
        try:
            found, data = self._read(oid, limits.FILE)
        except RAISED as error:
            refuse_unread(error)
            if self.is_left_out(oid):
                raise LeftOutError(f"the {kind} {oid[:10]}") from error
            raise _missing(f"the {kind} {oid[:10]}", error) from error
        if found != kind:
            raise MissingObjectError(f"{oid} should be a {kind} and is a {found}", hint="rtv verify")
        return data

    def _read(self, oid: str, most: int = 0) -> tuple[str, bytes]:
        try:
            return self._loose.read(oid, most) or _read_from(self._odb, oid, most)
        except TornObjectError as torn:
            try:  # a pack may hold it, too; libgit2 must not come near the torn file
                packs = pygit2.Odb()
                packs.add_backend(pygit2.OdbBackendPack(str(self._folder)), 1)
                return _read_from(packs, oid, most)
            except KeyError:
                raise torn from None

    def blob(self, oid: bytes) -> bytes:
        return self._whole(oid, "blob")

    def check_folders(self, tree: bytes) -> None:
        """Look at all folders of a tree where any may lie loose: libgit2 never comes back from a torn one.

        Raises:
            MissingObjectError: one cannot be read.
        """
        if self._loose.has_any:
            for _ in trees.files(tree, self.tree):
                pass

    def tree(self, oid: bytes) -> bytes:
        """Return the raw bytes of a tree of a 20-byte id; recent ones are remembered."""
        known = self._trees.get(oid)
        if known is not None:
            return known
        data = self._trees[oid] = self._whole(oid, "tree")
        if len(self._trees) > _TREES_REMEMBERED:
            self._trees.popitem(last=False)
        return data

    def _whole(self, oid: bytes, kind: str) -> bytes:
        self._reads += 1
        if self._reads == MANY_READS:
            from rolethread_vcs.store.objects.pack_reader import PackReader

            self._packs = PackReader(self._folder)
        data = self._packs.read(oid, kind) if self._packs is not None else None
        return self.read(oid.hex(), kind) if data is None else data

    def items(self, oid: bytes) -> dict[bytes, trees.Item]:
        """Return the items of a tree by name; recent ones are remembered, since neighbours are asked for in a row."""
        known = self._items.get(oid)
        if known is None:
            known = self._items[oid] = {item.name: item for item in trees.parse(self.tree(oid))}
            if len(self._items) > _ITEMS_REMEMBERED:
                self._items.popitem(last=False)
        return known

    def commit(self, oid: str) -> commits.Commit:
        """Return a commit of a hex id; recent ones are remembered.

        Raises:
            MissingObjectError: it is missing, damaged, or no commit.
        """
        known = self._commits.get(oid)
        if known is not None:
            return known
        data = self._whole(bytes.fromhex(oid), "commit")
        try:
            commit = self._commits[oid] = commits.decode(oid, data)
        except ValueError as error:
            raise MissingObjectError(f"the commit {oid} cannot be read: {error}", hint="rtv verify") from error
        if len(self._commits) > _COMMITS_REMEMBERED:
            self._commits.popitem(last=False)
        return commit

    def peel(self, oid: str) -> str:
        """Return the hex id of the commit that a commit's or a tag's id leads to.

        Raises:
            MissingObjectError: it is missing, or leads to something else.
        """
        commit = self.commit_at(oid)
        if commit is None:
            raise MissingObjectError(
                f"{oid[:10]} should be a commit and is missing or something else", hint="rtv verify"
            )
        return commit

    def commit_at(self, oid: str) -> str | None:
        """Return what `peel` does, None where that is missing or leads to something else."""
        try:
            last = self.tag_chain(oid)[-1]
        except MissingObjectError:
            return None
        return last if self.kind(last) == "commit" else None

    def tag_chain(self, oid: str) -> list[str]:
        """Return a hex id, and as long as it is that of a tag, what that names: all but the last are tags."""
        chain = [oid]
        while self.kind(chain[-1]) == "tag" and len(chain) < _LONGEST_CHAIN:
            chain.append(commits.tagged(self.read(chain[-1], "tag")))
        return chain

    def ids(self) -> Iterator[str]:
        """Yield the hex id of every object, packed and loose, each once.

        Raises:
            DamagedError: the object store does not list.
        """
        for left in reversed(range(_LISTINGS)):
            try:
                found = dict.fromkeys(str(oid) for oid in self._odb)
                break
            except RAISED as error:
                self._opened = None  # git may have put other packs in the place of those that were open
                refuse_unread(error)
                if not left:
                    raise DamagedError(f"the list of objects cannot be read: {error}", hint="rtv doctor") from error
        yield from found

    def check(self, oid: str) -> tuple[str, bytes]:
        """Return kind and bytes of an object, and make sure that they are what its id says.

        Raises:
            MissingObjectError: missing, unreadable, or other bytes than its id promises.
        """
        try:
            kind, data = self._read(oid)
        except RAISED as error:
            raise _missing(oid, error) from error
        if not trees.has_id(oid, kind, data):
            raise MissingObjectError(f"{oid} holds other bytes than its name says", hint="rtv verify")
        return kind, data

    def __contains__(self, oid: str) -> bool:
        is_there = bool(self._odb.exists(oid))
        if not is_there:
            refuse_unread()
        return is_there

    @cached_property
    def is_partial(self) -> bool:
        """Whether this is a partial clone of git."""
        return any(re.fullmatch(r"remote\..*\.promisor", name) for name, _ in values_of(self._git.config))

    def is_left_out(self, oid: str | bytes) -> bool:
        """Return whether an object is not here because a partial clone left it at the remote."""
        return self.is_partial and (oid if isinstance(oid, str) else oid.hex()) not in self

    def missing(self, oids: Iterable[bytes]) -> list[bytes]:
        """Return those of some 20-byte ids that no object has."""
        exists, as_oid = self._odb.exists, pygit2.Oid
        found = [oid for oid in oids if not exists(as_oid(oid))]
        if found:
            refuse_unread()
        return found

    def kind(self, oid: str) -> str | None:
        """Return `commit`, `tree`, `blob` or `tag`, or None when there is no such object."""
        try:
            return self._read(oid)[0]
        except RAISED as error:
            refuse_unread(error)
            return None

    def expand(self, prefix: str, *kinds: str) -> str | None:
        """Return the hex id of the object of some kinds whose id starts with a prefix (at least four digits), or None.

        Raises:
            UsageError: several objects start so.
        """
        try:
            full = str(self.git.expand_id(prefix))
        except KeyError as error:
            refuse_unread(error)
            return None
        except ValueError as error:
            raise UsageError(f"{prefix} is the beginning of several commits; write more digits") from error
        return full if self.kind(full) in kinds else None


def _opened_objects(git_folder: Path, folder: Path) -> Objects:
    return Objects(open_git(git_folder), folder)


def _open_odb(folder: Path, others: Iterable[Path]) -> pygit2.Odb:
    """Open the objects in a folder, without git's commit graph: that only repeats, and may lie to libgit2.

    libgit2 takes the graph of the first alternate that it is given, or of none.
    """
    odb = pygit2.Odb()
    for each in (folder / "pack", *alternates(folder), *others):
        odb.add_disk_alternate(str(each))
    odb.add_backend(pygit2.OdbBackendPack(str(folder)), 2)
    odb.add_backend(pygit2.OdbBackendLoose(str(folder), -1, True), 1)
    return odb


def _missing(what: str, error: Exception) -> MissingObjectError:
    refuse_unread(error)
    why = "" if isinstance(error, KeyError) else f" ({error})"  # a KeyError only says the object's id again
    return MissingObjectError(f"{what} is missing or damaged{why}", hint="rtv verify --repair")


def _read_from(odb: pygit2.Odb, oid: str, most: int = 0) -> tuple[str, bytes]:
    if most and odb.read_header(oid)[1] > most:
        raise TooLargeError(oid, most)
    try:
        number, data = odb.read(oid)
    except MemoryError:
        if odb.read_header(oid)[1] < _LARGEST:
            raise
        raise ValueError("it would be larger than anything that was saved") from None
    return _KINDS.get(int(number), "unknown"), data


class TooLargeError(InvalidError):
    """An object is whole, and larger than is read."""

    code = "too_large"

    def __init__(self, oid: str, most: int) -> None:
        super().__init__(f"{oid[:10]} is larger than {most >> 20} MB, the most that is read of one file")


class TornObjectError(ValueError):
    """A loose object's file is cut off, or holds something else."""


class LooseObjects:
    """The loose objects below an `objects` folder, as its folders were when this was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        try:
            self._folders = {name for name in os.listdir(folder) if len(name) == 2}  # noqa: PTH208  every command does
        except (FileNotFoundError, NotADirectoryError):
            self._folders = set()
        except OSError as error:
            raise disk.system_refused("looking at the objects", error) from error

    @property
    def has_any(self) -> bool:
        return not self._folders.isdisjoint(_LOOSE_FOLDERS)

    @cached_property
    def torn_commit(self) -> str:
        """The id of a commit whose file is cut off, "" where none is."""
        for folder in self._folders & _LOOSE_FOLDERS:
            for path in disk.files_below(Path(self._folder, folder)):
                inflate = zlib.decompressobj()
                with suppress(OSError, zlib.error):
                    head = inflate.decompress(disk.read_plain(path, limits.FILE, follow=True) or b"", len("commit"))
                    if b"commit".startswith(head):
                        inflate.decompress(inflate.unconsumed_tail)
                        if not inflate.eof:
                            return folder + path.name
        return ""

    def read(self, oid: str, most: int = 0) -> tuple[str, bytes] | None:
        """Return kind and bytes of a loose object, or None when no file of that name is there.

        Raises:
            TornObjectError: something is there that is no whole object. SystemRefusedError: this user may not read it.
            TooLargeError: it has more than `most` bytes, where there is a bound.
        """
        if oid[:2] not in self._folders:
            return None
        try:
            packed = disk.read_plain(Path(self._folder, oid[:2], oid[2:]), limits.FILE, follow=True)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            refuse_unread(error)
            raise TornObjectError(f"its file cannot be read: {error.strerror}") from error
        if packed is None:
            raise TornObjectError("no file, or too large a one, stands in its place")
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(packed, most and most + _LONGEST_HEAD)
        except zlib.error as error:
            raise TornObjectError("its file does not unpack") from error
        head, _, body = data.partition(b"\0")
        if most and (inflate.unconsumed_tail or len(body) > most):
            raise TooLargeError(oid, most)
        if not inflate.eof:
            raise TornObjectError("its file is cut off")
        kind, _, size = head.decode("ascii", "replace").partition(" ")
        if kind not in _KINDS.values() or size != str(len(body)):
            raise TornObjectError("its file holds something else")
        return kind, body
