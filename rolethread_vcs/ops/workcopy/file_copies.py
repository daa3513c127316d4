"""The file copies of a worktree: makes one, lists them, finds the one that is meant, and unlinks it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.formats import CannotCarryError, find_row_format, write_line
from rolethread_vcs.model.entry import Entry, turns_of
from rolethread_vcs.ops.workcopy import links
from rolethread_vcs.ops.workcopy.edits import LineDecisions, read_edits
from rolethread_vcs.ops.workcopy.lines import Layout
from rolethread_vcs.ops.workcopy.links import FileStamp, Link, digest_of, locate
from rolethread_vcs.ops.workcopy.rewrite import set_aside, stage_lines
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import branch_commit, finish_cut_off


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
    /,
    path: str | Path,
    options: CopyOptions | None = None,
    step: Callable[[int], None] = lambda _: None,
    *,
    dry_run: bool = False,
    **keywords: Any,
) -> Link:
    """Write the entries of a branch to a file and link it to the commit; with `bind`, link a file that is there.

    Such a file is compared with what would have been written, so whatever it has differently is an edit.

    Raises:
        ConflictError (file_in_the_way), ConflictError (already_bound), NoSuchBranchError. CannotCarryError: entries
        do not fit the format.
    """
    finish_cut_off(repository)
    path = locate(path)
    options = replace(options or CopyOptions(), **keywords)
    chosen = find_row_format(options.format)
    _refuse_place(repository, path, options)
    branch = options.branch or repository.branch()
    if branch is None:
        raise UsageError("you are at a commit, not on a branch", hint="say to which branch it belongs: --branch NAME")
    tip = branch_commit(repository, branch)
    commit = tip if options.revision is None else repository.resolve(options.revision)
    wanted = Link(path, branch, commit, chosen.name, options.clean, options.where)
    link, staged = _copy_of(repository.snapshot_of(commit), wanted, step, stages=not (options.bind or dry_run))
    if not dry_run:
        links.save(repository, "add", link, staged)
    return link


def write_again(repository: Repository, link: Link, commit: str) -> tuple[Link, Path | None]:
    """Write a file copy as a commit of its branch has it; return its link, and where what it held was set aside.

    There is a whole file at every moment.
    """
    before = FileStamp.of(link.path)
    aside: list[Path] = []

    def keep() -> None:
        if before is not None:
            aside.append(set_aside(link.path))

    new_link, staged = _copy_of(repository.snapshot_of(commit), link)
    try:
        links.save(repository, "refresh", new_link, staged, before, keep)
    except BaseException:  # Ctrl-C too
        if aside and link.path.exists() and aside[0].samefile(link.path):
            aside[0].unlink()  # a second name of a file that stays; where it had to be copied, the copy stays too
        raise
    return new_link, aside[0] if aside else None


def _copy_of(
    snapshot: Snapshot, wanted: Link, step: Callable[[int], None] = lambda _: None, *, stages: bool = True
) -> tuple[Link, Path | None]:
    """Return what links a file that holds the entries of a commit, and that file where it `stages` it."""
    from rolethread_vcs.ops.export.masks import is_masked

    layout, selects = Layout.of(wanted), wanted.selects()

    def selected() -> Iterator[tuple[str, bytes, Entry]]:
        return (each for each in snapshot.entries() if selects(each[0], each[2]))

    ids: list[str] = []
    digests: list[str] = []
    unfit: list[tuple[str, str]] = []
    masked = 0

    def lines() -> Iterator[bytes]:
        nonlocal masked
        for each in selected():
            masked += sum(map(is_masked, turns_of(each[2])))
            try:
                line = write_line(layout.format, each, clean=layout.is_clean)
            except CannotCarryError as error:
                unfit.append((each[0], error.reason))
                continue
            ids.append(each[0])
            digests.append(digest_of(line))
            if len(ids) & 0xFF == 0:
                step(256)
            yield line
        if unfit:
            raise CannotCarryError.of(layout.format.title, unfit)

    staged = stage_lines(wanted.path, lines()) if stages else None
    if staged is None:
        for _ in lines():
            pass
    stamp = None if staged is None else FileStamp.of(staged)
    link = replace(wanted, commit=snapshot.id, ids=tuple(ids), digests=tuple(digests), kept={}, stamp=stamp)
    return replace(link, masked=masked if wanted.clean else None), staged


def is_file_name(path: Path) -> bool:
    """Return whether a name is one of a file copy rather than of a folder."""
    return path.name.lower().endswith((".jsonl", ".json", ".jsonlines", ".ndjson", ".gz", ".txt")) or path.is_file()


def find(repository: Repository, path: Path | None, name: str = "") -> Path:
    """Return the path of the file copy that is meant: a path, the bare name of one, or the only one there is.

    Raises:
        NotLinkedError: there is none of that path or name. UsageError: there are several.
    """
    if path is not None and links.store_path(repository, locate(path)).exists():
        return locate(path)
    copies = [each.path for each in links.all_copies(repository) if each.path is not None]
    if path is not None:
        named = [each for each in copies if each.name == name]
        if len(named) == 1 and (named[0].exists() or not path.exists()):
            return named[0]
        raise links.not_linked(repository, locate(path))
    if len(copies) == 1:
        return copies[0]
    if not copies:
        raise links.NotLinkedError(
            "there is no file copy here", hint="write one with: rtv workcopy add train.jsonl --branch NAME"
        )
    raise UsageError(
        f"there are {len(copies)} file copies; say which",
        details=[str(each) for each in copies],
        hint="rtv workcopy list",
    )


def remove(
    repository: Repository, path: str | Path, *, delete: bool = False, force: bool = False, dry_run: bool = False
) -> bool:
    """Unlink a file copy; the file stays, unless `delete`. Return whether the file was deleted.

    Raises:
        NotLinkedError: it is none. ConflictError: it holds edits that are on no branch, and shall be deleted.
        ChangedSourceError: it shall be deleted, and something writes to it right now.
    """
    finish_cut_off(repository)
    path = locate(path)
    seen = FileStamp.of(path)
    if delete and not force and seen is not None:
        edits = read_edits(repository, path, LineDecisions())
        seen = edits.lines.stamp
        if not edits.is_empty:
            raise ConflictError(
                f"{path.name} holds edits that were never committed; it was not deleted",
                hint=f"keep them with: rtv workcopy commit {shlex.quote(str(path))}\n"
                "throw them away with: the same command and --force",
            )
    is_deleted = delete and path.is_file()
    if not dry_run:
        links.forget(repository, path, delete=delete, over=seen)
    return is_deleted


def _refuse_place(repository: Repository, path: Path, options: CopyOptions) -> None:
    from rolethread_vcs.ops.export.output_file import refuse_file_in_the_way

    quoted = shlex.quote(str(path))
    if path.name.endswith(".gz"):
        raise UsageError("a working copy is plain text, not a compressed file", hint="name it FILE.jsonl")
    if path.name.endswith(".json"):
        raise UsageError("a working copy holds one entry a line, which is called JSON lines", hint="name it FILE.jsonl")
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise InvalidError(
            f"{str(path)!a} is not valid UTF-8, so the file cannot be linked",
            hint="choose another name",
        )
    disk.refuse_bad_place(path)
    if options.bind:
        if not path.is_file():
            raise NotFoundError(f"there is no file {path} to link", hint="without --bind it is written")
        return
    if links.store_path(repository, path).exists() and path.exists():
        raise ConflictError(
            f"{path} is a working copy already; it was left as it is",
            hint=f"see what was edited in it: rtv workcopy status {quoted}\n"
            "link it again: the same command with --bind",
            code="already_bound",
        )
    refuse_file_in_the_way(path, "linked", way_out="link this very file with: --bind")
