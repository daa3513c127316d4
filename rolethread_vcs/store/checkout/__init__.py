"""The checked-out folder: kept equal to its branch after every command, hand edits never overwritten."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path

import pygit2

from rolethread_vcs import limits
from rolethread_vcs.errors import ConflictError, InvalidError
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store import disk
from rolethread_vcs.store.checkout.file_writer import FileWriter
from rolethread_vcs.store.checkout.index import Index, Recorded
from rolethread_vcs.store.libgit2 import git_errors
from rolethread_vcs.store.objects import MissingObjectError, Objects
from rolethread_vcs.store.objects.trees import LINK, PROGRAM, SUBMODULE, Blob, Difference, files, object_id, two_way
from rolethread_vcs.store.tree_reader import find_blob

NEW = "new"
CHANGED = "changed"
REMOVED = "removed"

STAGED = "staged"
"""The flag of content that git has staged, and that is neither on disk nor saved; the file may be edited beside it."""


_NEVER = frozenset({"", ".git", "git~1"})
"""Parts of a path that leave the folder or reach into `.git`; dots and spaces at the end count for nothing."""


class UnsavedEditsError(ConflictError):
    """Files edited by hand stand in the way of a command that would change them."""

    code = "unsaved_edits"


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A file whose content on disk differs from the branch: `new`, `changed` or `removed`.

    `flag` is set where git was told not to look for the file, and does not show it as changed, or `STAGED`. `problem`
    says why it cannot be saved, where somebody asked.
    """

    path: str
    change: str
    flag: str = ""
    problem: str = ""

    @property
    def id(self) -> str | None:
        """The entry that the file is of, None for another file."""
        return id_of_path(self.path)


class Worktree:
    """One checked-out folder of a repository."""

    def __init__(self, git: pygit2.Repository, objects: Objects, folder: Path, *, scratch: Path) -> None:
        self._git = git
        self._objects = objects
        self._writer = FileWriter(scratch)
        self._root = os.path.join(os.fspath(folder), "")  # noqa: PTH118  plain text: 20,000 paths are joined to it
        self._plain_folders: set[str] = set()  # known within one walk; somebody may put a link there before the next
        self.index = Index(git, objects, self._look)
        self.folder = folder
        for path in filter(disk.is_endless, (folder / ".gitattributes", folder / ".gitignore")):  # libgit2 reads them
            raise InvalidError(f"{path} is no file", hint=f"rm {shlex.quote(str(path))}")

    # ---- looking

    def unsaved(self, tree: bytes, paths: Iterable[str] | None = None) -> list[Unsaved]:
        """Return what differs between the folder and a tree, staged or not, reading only what changed on disk.

        A file of which the tree, the index and the disk have three contents comes twice, with and without `STAGED`.
        With `paths`, just those are looked at, also where git was told not to look.
        """
        self._plain_folders.clear()
        if paths is None:
            self.index.repair(tree)
            self._objects.check_folders(tree)
            with git_errors("comparing the checked-out folder"):
                paths = [*self._git.status(untracked_files="all", ignored=False)]
            if self.index.is_sparse():  # git looks at a file that it skips once it is there; libgit2 does not
                paths += self._skipped(are_there=True)
        found, staged_at = [], self.index.blobs()
        for path in sorted({*paths}):
            blob = find_blob(self._objects, tree, path)
            change = self._change(path, blob)
            if change is not None:
                found.append(self._unsaved(path, change))
            if self._is_only_staged(path, change, staged_at(path), blob):
                found.append(Unsaved(path, NEW if blob is None else CHANGED, STAGED))
        return found

    def count_left_out(self) -> int:
        """Return how many files a sparse checkout leaves out."""
        return len(self._skipped(are_there=False))

    def _skipped(self, *, are_there: bool) -> list[str]:
        return [path for path in self.index.skipped() if os.path.lexists(self._root + path) == are_there]

    def _unsaved(self, path: str, change: str) -> Unsaved:
        return Unsaved(path, change, self.index.flag(path) if change == CHANGED else "")

    def in_the_way(self, differences: Iterable[Difference]) -> list[Unsaved]:
        """Return the hand edits that lie on paths about to change; each file is compared with its old content."""
        self._plain_folders.clear()
        result, staged_at = [], self.index.blobs()
        is_missing: dict[str, bool] = {}
        for path, before, after in differences:
            folder = path.rpartition("/")[0]
            if before is None and folder and folder not in is_missing:
                is_missing[folder] = self._is_missing(folder)
            change = None if before is None and is_missing.get(folder) else self._change(path, before)
            if change is not None and self._change(path, after) is not None:
                result.append(self._unsaved(path, change))
            if self._is_only_staged(path, change, staged_at(path), before, after):
                result.append(Unsaved(path, CHANGED, STAGED))
        return result

    def _is_only_staged(self, path: str, change: str | None, staged: Blob | None, *blobs: Blob | None) -> bool:
        """Return whether git alone has what is staged: it is none of some blobs, nor what a file, if changed, holds."""
        if staged is None or staged.oid in {blob.oid for blob in blobs if blob is not None}:
            return False
        return change is None or self._change(path, staged) is not None

    def _is_missing(self, folder: str) -> bool:
        """Return whether nothing stands where a folder is to be, nor a file where one above it is."""
        try:
            os.lstat(self._root + folder)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return False

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file in the folder, or None when it is not there.

        Raises:
            InvalidError: a symbolic link or a folder stands there; links are never followed.
        """
        return self._read(path)[0]

    def _read(self, path: str) -> tuple[bytes | None, os.stat_result | None]:
        """Return the bytes of a file and its status, which was taken first: an edit in between shows later."""
        full = self._full(path)
        try:
            status = os.lstat(full)
        except FileNotFoundError:
            return None, None
        except NotADirectoryError as error:
            raise InvalidError(f"a file stands where {path} should have its folder") from error
        if stat.S_ISLNK(status.st_mode):
            raise InvalidError(f"{path} is a symbolic link; a dataset holds plain files, and links are not followed")
        if not stat.S_ISREG(status.st_mode):
            raise InvalidError(f"{path} is not a plain file")
        if status.st_size > limits.FILE:
            raise InvalidError(f"{path} is larger than {limits.FILE >> 20} MB", code="too_large")
        with disk.system_errors(f"reading {path}"), open(full, "rb", buffering=0) as file:  # noqa: PTH123
            return file.readall(), status

    def _change(self, path: str, expected: Blob | None) -> str | None:
        return self._look(path, expected)[0]

    def _look(self, path: str, expected: Blob | None) -> tuple[str | None, os.stat_result | None]:
        """Return how a file differs from what is expected, and its status."""
        if expected is not None and expected.mode == SUBMODULE:
            return None, None  # what another repository holds is its own affair
        if expected is not None and expected.mode == LINK:
            with contextlib.suppress(OSError, InvalidError):
                # as git has it: the blob of a link is where it leads to
                if object_id("blob", os.fsencode(os.readlink(self._full(path)))) == expected.oid:  # noqa: PTH115
                    return None, None
        try:
            data, status = self._read(path)
        except InvalidError:
            if expected is None and self._is_of_others(path):
                return None, None
            return NEW if expected is None else CHANGED, None
        if data is None:
            return (None if expected is None or self.index.flag(path) else REMOVED), None
        if expected is None:
            return NEW, status
        return (None if object_id("blob", data) == expected.oid else CHANGED), status

    def _is_of_others(self, path: str) -> bool:
        """Return whether a folder lies at a path, or a file in the place of its folder: they have paths of their own.

        A repository in the folder is none of them: git writes its path with a slash at the end.
        """
        with contextlib.suppress(InvalidError):
            full = self._full(path)
            is_folder = os.path.isdir(full) and not os.path.islink(full)  # noqa: PTH112, PTH114
            return (is_folder and not path.endswith("/")) or os.path.isfile(os.path.dirname(full))  # noqa: PTH113, PTH120
        return False

    # ---- following the branch

    def follow(self, before: bytes | None, after: bytes, *, afresh: bool = False) -> list[str]:
        """Bring the folder from one tree to another; return paths left alone: edited by hand, or damaged in the store.

        Only files that differ between the trees are touched. Repeatable: a file that already has its new content,
        or its old one, is fine; running it again after a crash finishes the work. With `afresh` the index forgets what
        it held.
        """
        self._plain_folders.clear()
        left_alone, stale = [], []
        recorded: dict[str, Recorded | None] = {}
        for folder, group in groupby(
            two_way(before, after, self._objects.tree), key=lambda each: each.path.rpartition("/")[0]
        ):
            differences = list(group)
            written = self._write_folder(folder, differences)
            if written is not None:
                recorded |= written
                continue
            for difference in differences:
                is_done, status = self._bring(difference)
                if is_done:
                    recorded[difference.path] = None if difference.after is None else (difference.after, status)
                else:
                    left_alone.append(difference.path)
                    if not self.index.holds_other(difference.path, difference.before):
                        stale.append(difference.path)
        self.index.record(recorded, after, afresh=afresh)
        if stale and not afresh:  # else the old content looks staged, and git would commit it over the new one
            self.index.agree(stale, after)
        return left_alone

    def _write_folder(self, folder: str, differences: Sequence[Difference]) -> Mapping[str, Recorded] | None:
        """Write a folder that is not there at once; None, with nothing done, where its files have to be looked at."""
        blobs = [after for _, before, after in differences if before is None and after is not None]
        if not folder or len(blobs) < len(differences) or any(blob.mode == LINK for blob in blobs):
            return None
        if not self._is_missing(folder):
            return None
        try:
            names = [self._full(path).rpartition("/")[2] for path, _, _ in differences]
            contents = [(self._objects.blob(blob.oid), blob.mode == PROGRAM) for blob in blobs]
        except (InvalidError, MissingObjectError):
            return None
        status = self._writer.write_folder(self._root + folder, dict(zip(names, contents, strict=True)))
        if status is None:
            return None
        return {each.path: (blob, status[name]) for each, blob, name in zip(differences, blobs, names, strict=True)}

    def exchange(self, differences: Iterable[Difference], tree: bytes) -> list[str]:
        """Bring files from one content to another that need not be that of a tree, which the index then agrees with.

        Repeatable, and returns paths left alone, as `follow`.
        """
        self._plain_folders.clear()
        done = {difference.path: self._bring(difference)[0] for difference in differences}
        self.index.agree(done, tree)
        return [path for path, is_done in done.items() if not is_done]

    def _bring(self, difference: Difference) -> tuple[bool, os.stat_result | None]:
        """Give a file its new content if it has the old one; return whether it has it now, and its status."""
        path, old, new = difference
        change, status = self._look(path, new)
        if change is None:
            return True, status
        is_as_expected = old is None and change == REMOVED
        # a file that holds nothing is what a power cut leaves of one that was not flushed, and nobody's writing
        is_empty = status is not None and status.st_size == 0
        if not (is_as_expected or is_empty) and self._change(path, old) is not None:
            return False, None
        try:
            return True, self._put(path, new)
        except MissingObjectError:
            # refs have moved already, and one damaged file must not stop every command that follows
            return False, None

    def refuse_in_the_way(self, tree: bytes) -> None:
        """Raise when files with other content stand where those of a tree are to be.

        Raises:
            UnsavedEditsError
        """
        blocking = self.in_the_way(Difference(path, None, blob) for path, blob in files(tree, self._objects.tree))
        if blocking:
            raise UnsavedEditsError(
                f"{len(blocking)} files in {self.folder} are in the way, {blocking[0].path} for one"
            )

    def fill(self, tree: bytes) -> None:
        """Write every file of a tree into the folder and start a fresh index; used where none were checked out.

        Raises:
            UnsavedEditsError: a file with other content is in the way. MissingObjectError: one is damaged.
        """
        self.refuse_in_the_way(tree)
        for path in self.follow(None, tree, afresh=True):
            blob = find_blob(self._objects, tree, path)
            assert blob is not None
            self._put(path, blob)

    def empty(self, tree: bytes) -> list[str]:
        """Remove the files that equal a tree, and the index; return the files that were edited by hand, which stay."""
        self._plain_folders.clear()
        left_alone = []
        for path, blob in files(tree, self._objects.tree):
            change = self._change(path, blob)
            if change is None:
                self._remove(path)
            elif change != REMOVED:
                left_alone.append(path)
        with disk.system_errors("removing the index"):
            disk.remove(self.index.path)
        return left_alone

    def _put(self, path: str, blob: Blob | None) -> os.stat_result | None:
        if blob is None:
            self._remove(path)
            return None
        return self._writer.write(self._full(path), self._objects.blob(blob.oid), runs=blob.mode == PROGRAM)

    def _remove(self, path: str) -> None:
        full = self._full(path)
        if os.path.isdir(full) and not os.path.islink(full):  # noqa: PTH112, PTH114  what git calls a submodule
            return
        with disk.system_errors(f"removing {path}"):
            disk.remove(Path(full))
            folder = os.path.dirname(full)  # noqa: PTH120
            while len(folder) >= len(self._root):
                try:
                    os.rmdir(folder)  # noqa: PTH106
                except FileNotFoundError:
                    pass
                except OSError as error:
                    if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                        break
                    raise
                folder = os.path.dirname(folder)  # noqa: PTH120

    def _full(self, path: str) -> str:
        """Return where a path lies on disk.

        Raises:
            InvalidError: the path leaves the folder, or leads through a symbolic link.
        """
        folder, _, name = path.rpartition("/")
        if _is_dangerous(name) or (folder and folder not in self._plain_folders):
            parents = folder.split("/") if folder else []
            if any(map(_is_dangerous, (*parents, name))):
                raise InvalidError(f"the path {path!r} would leave the dataset; it was not touched")
            for above in accumulate(parents, "{}/{}".format):
                if above not in self._plain_folders:
                    if os.path.islink(self._root + above):  # noqa: PTH114
                        raise InvalidError(
                            f"{self._root}{above} is a symbolic link; a dataset holds plain folders only"
                        )
                    self._plain_folders.add(above)
        return self._root + path


def _is_dangerous(part: str) -> bool:
    return "\\" in part or part.rstrip(". ").casefold() in _NEVER
