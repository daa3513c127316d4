"""Ties a file to a commit of a branch: writes its entries there, or takes a file that is there as it is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.formats import CleanKeys, clean_keys, find_format, writable_formats
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.query import parse_query
from rolethread_vcs.ops.workcopy import links as copy_bindings
from rolethread_vcs.ops.workcopy.lines import Layout
from rolethread_vcs.ops.workcopy.links import Binding, FileStamp, digest_of
from rolethread_vcs.ops.workcopy.writer import set_aside, written_beside
from rolethread_vcs.store.refs.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import NoSuchBranchError


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """What a new file copy is to be: of which branch (the current one), from which revision of it (its tip), how."""

    branch: str | None = None
    revision: str | None = None
    format: str = "messages"
    clean: bool = False
    where: str | None = None
    bind: bool = False


def add(
    repository: Repository,
    path: Path,
    options: CopyOptions,
    step: Callable[[int], None] = lambda _: None,
    *,
    dry_run: bool = False,
) -> Binding:
    """Write the entries of a branch to a file and tie it to the commit; with `bind`, tie a file that is there.

    A file that is tied is compared with what would have been written, so whatever it has differently is an edit.

    Raises:
        ConflictError (file_exists), ConflictError (already_bound), NoSuchBranchError. CannotCarryError: an entry
        does not fit the format.
    """
    path = locate(path)
    chosen = find_format(options.format)
    if not chosen.writes:
        names = ", ".join(each.name for each in writable_formats())
        raise UsageError(f"{chosen.name} can be read, not written", hint=f"formats for a working copy: {names}")
    _refuse_place(repository, path, options)
    branch = options.branch or repository.branch()
    if branch is None:
        raise UsageError("you are at a commit, not on a branch", hint="say to which branch it belongs: --branch NAME")
    tip = tip_of(repository, branch)
    if tip is None:
        raise NoSuchBranchError(f"there is no branch {branch}; nothing was written", hint=f"rtv branch {branch}")
    commit = tip if options.revision is None else repository.resolve(options.revision)
    written = _Writing(repository.snapshot_of(commit), path, branch, options, step)
    if options.bind or dry_run:
        for _ in written.lines():
            pass
        binding = written.binding(None)
    else:
        with written_beside(path, written.lines()) as fresh:
            fresh.put(None)
        binding = written.binding(fresh.stamp)
    if not dry_run:
        copy_bindings.save(repository, binding)
    return binding


def write_anew(repository: Repository, bound: Binding, commit: str) -> tuple[Binding, Path | None]:
    """Write a file copy as a commit of its branch has it; return its binding, and where what it held was set aside.

    There is a whole file at every moment, and cut off at any, it is tied so that nothing of it is taken for an edit.

    Raises:
        CannotCarryError: an entry does not fit the format. ChangedSourceError: something writes to the file right now.
    """
    options = CopyOptions(bound.branch, None, bound.format, bound.clean, bound.where)
    written = _Writing(repository.snapshot_of(commit), bound.path, bound.branch, options)
    with written_beside(bound.path, written.lines()) as fresh:
        binding = written.binding(fresh.stamp)
        before = FileStamp.of(bound.path)
        aside = None if before is None else set_aside(bound.path)
        try:
            announce_columns(repository, bound, binding.keys)
            fresh.put(before)
        except BaseException:  # Ctrl-C too
            if aside is not None and bound.path.exists() and aside.samefile(bound.path):
                aside.unlink()  # a second name of a file that stays; where it had to be copied, the copy stays too
            raise
    copy_bindings.save(repository, binding)
    return binding, aside


def announce_columns(repository: Repository, bound: Binding, keys: CleanKeys) -> None:
    """Remember columns that a clean file is about to get, before it has them.

    Cut off between the file and its binding, their nulls would else be taken for edits of every line.
    """
    keys = bound.keys.union(keys)
    if keys != bound.keys:
        copy_bindings.save(repository, replace(bound, keys=keys))


class _Writing:
    """The lines of a file copy as a commit has them; once all are taken, `binding` tells which was which."""

    def __init__(
        self,
        snapshot: Snapshot,
        path: Path,
        branch: str,
        options: CopyOptions,
        step: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._snapshot = snapshot
        self._path = path
        self._branch = branch
        self._options = options
        self._step = step
        chosen = find_format(options.format)
        keys = clean_keys(chosen, (entry for _, _, entry in self._selected())) if options.clean else CleanKeys()
        self._layout = Layout(chosen, options.clean, keys)
        self._ids: list[str] = []
        self._digests: list[str] = []

    def lines(self) -> Iterator[bytes]:
        """Yield them."""
        for entry_id, blob, entry in self._selected():
            line = self._layout.write(entry_id, blob, entry)
            self._ids.append(entry_id)
            self._digests.append(digest_of(line))
            if len(self._ids) & 0xFF == 0:
                self._step(256)
            yield line

    def binding(self, stamp: FileStamp | None) -> Binding:
        """Return what ties the file to the commit."""
        return Binding(
            path=self._path,
            branch=self._branch,
            commit=self._snapshot.id,
            format=self._layout.format.name,
            clean=self._layout.clean,
            where=self._options.where,
            keys=self._layout.keys,
            ids=tuple(self._ids),
            digests=tuple(self._digests),
            stamp=stamp,
        )

    def _selected(self) -> Iterator[tuple[str, bytes, Entry]]:
        query = None if self._options.where is None else parse_query(self._options.where)
        for entry_id, blob, entry in self._snapshot.entries():
            if query is None or query.matches(entry_id, entry):
                yield entry_id, blob, entry


def is_file_name(path: Path) -> bool:
    """Return whether a name is one of a file copy rather than of a folder."""
    return path.name.lower().endswith((".jsonl", ".json", ".jsonlines", ".ndjson", ".gz", ".txt")) or path.is_file()


def locate(path: Path) -> Path:
    """Return the absolute path by which a file copy is known; links of folders are followed, the file is not read."""
    return Path(os.path.realpath(path))


def tip_of(repository: Repository, branch: str) -> str | None:
    """Return the commit that a branch is at, None when there is no such branch."""
    return repository.refs.read(BRANCHES + branch)


def _refuse_place(repository: Repository, path: Path, options: CopyOptions) -> None:
    quoted = shlex.quote(str(path))
    if path.name.endswith(".gz"):
        raise UsageError("a working copy is plain text, not a compressed file", hint="name it FILE.jsonl")
    if path.name.endswith(".json"):
        raise UsageError("a working copy holds one entry a line, which is called JSON lines", hint="name it FILE.jsonl")
    if path.is_dir():
        raise InvalidError(f"{path} is a folder; name a file in it")
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise InvalidError(
            f"{str(path)!a} is not valid UTF-8, so the file cannot be tied; nothing was written",
            hint="choose another name",
        )
    if not path.parent.is_dir():
        raise NotFoundError(
            f"there is no folder {path.parent}; nothing was written", hint=f"mkdir -p {shlex.quote(str(path.parent))}"
        )
    if options.bind:
        if not path.is_file():
            raise NotFoundError(f"there is no file {path} to tie", hint="without --bind it is written")
        return
    if copy_bindings.store_path(repository, path).exists() and path.exists():
        raise ConflictError(
            f"{path} is a working copy already; it was left as it is",
            hint=f"see what was edited in it: rtv workcopy status {quoted}\ntie it anew: the same command with --bind",
            code="already_bound",
        )
    if path.exists():
        raise ConflictError(
            f"{path} exists; it was left as it is",
            hint="choose another name, or tie this very file with: --bind",
            code="file_exists",
        )
