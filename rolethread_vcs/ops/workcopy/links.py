"""Remembers, for each file copy, the commit it was written from and what each of its lines was.

One small file a copy, in the private folder of this worktree: a link is of this machine and never travels.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.model.canonical import JsonProblemError, encode_line, parse
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import is_id
from rolethread_vcs.store import disk
from rolethread_vcs.store.log.journal import FileChange, SideEffects
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import PRIVATE, Repository
from rolethread_vcs.transaction import Intent, change_file

VERSION = 1
DIGEST_SIZE = 12
"""Bytes of the digest of a line."""
_LARGEST = 1 << 30
"""Bytes of a link up to which it is read."""
ANNOUNCED = ".announced"
"""How the name of a file ends in which builds before the written intent noted what a commit was about to link."""
_FOLDER = "workcopies"
_NOT_WRITTEN = "is damaged: it is not what was written"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(rf"[0-9a-f]{{{2 * DIGEST_SIZE}}}")


class NotLinkedError(NotFoundError):
    """The file is linked to nothing here."""

    code = "not_bound"


class DamagedLinkError(InvalidError):
    """The link of a file copy cannot be read, is of a newer version, or belongs to another dataset."""

    code = "damaged_binding"
    path: Path | None = None
    """The file, where so much of its link can be read."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Size in bytes and time of the last change in nanoseconds, by which a touched file is told from an untouched."""

    size: int
    mtime: int

    @classmethod
    def of(cls, path: Path) -> FileStamp | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


def refuse_changed(path: Path, seen: FileStamp | None, so: str = "") -> None:
    """Raise where a file is not the one that was seen any more (None: there was none); `so` says what follows.

    Raises:
        ChangedSourceError.
    """
    if FileStamp.of(path) != seen:
        what = "has appeared meanwhile" if seen is None else "changed since it was read"
        raise ChangedSourceError(f"{path.name} {what}{so}", hint="try again when nothing writes to it")


@dataclass(frozen=True, slots=True)
class Link:
    """What a file copy is linked to: a commit of a branch, and how its entries were written.

    `ids` and `digests` tell of the lines in order. A line that is not what the commit would be written as (a person
    spelled it another way) stands in `kept`, by its number from 0. `stamp` is the file as the program left it.
    `masked`, which is not kept, counts the masked answers of a clean file that was just written: it does not tell them.
    """

    path: Path
    branch: str
    commit: str
    format: str
    clean: bool
    where: str | None
    ids: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    kept: Mapping[int, bytes] = field(default_factory=dict)
    stamp: FileStamp | None = None
    masked: int | None = None

    def command(self, *, path: Path | None = None, branch: str = "", revision: str = "") -> str:
        """Return the command that links the file again as it is linked, or another file, or to another branch."""
        words = [str(path or self.path), "--branch", branch or self.branch, "--format", self.format]
        words += ["--clean"] if self.clean else []
        words += [] if self.where is None else ["--where", self.where]
        words += ["--from", revision] if revision else []
        return shlex.join(["rtv", "workcopy", "add", *words, "--bind"])

    def selects(self) -> Callable[[str, Entry], bool]:
        """Return what says whether an entry belongs into the file."""
        if self.where is None:
            return lambda *_: True
        from rolethread_vcs.ops.select import Selection

        return Selection.of(where=self.where).fits

    @property
    def is_touched(self) -> bool:
        """Whether the file has changed since the program wrote it, by size and time; False when it is gone."""
        now = FileStamp.of(self.path)
        return now is not None and now != self.stamp


@dataclass(frozen=True, slots=True)
class FileCopy:
    """A file copy as `list` shows it; `problem` says why it cannot be used, "" when it can."""

    path: Path | None
    link: Link | None
    problem: str = ""


def digest_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[: 2 * DIGEST_SIZE]


def save(
    repository: Repository,
    verb: str,
    link: Link,
    staged: Path | None = None,
    over: FileStamp | None = None,
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Link a file; with `staged`, that takes its place at the same moment, if the file still has the stamp `over`.

    Without a file there is no stamp. `prepare` is called just before.

    Raises:
        ChangedSourceError: another file stands there; it stays as it is, and linked as it was. BusyError,
        SystemRefusedError.
    """

    def look_again() -> None:
        prepare()
        if staged is not None:
            refuse_changed(link.path, over, "; it was left as it is")

    try:
        change = None if staged is None else FileChange(link.path, staged)
        change_file(repository, _intent(verb, link.path), written(repository, link), change, look_again)
    except BaseException:
        if staged is not None:
            staged.unlink(missing_ok=True)
        raise


def _intent(verb: str, path: Path) -> Intent:
    return Intent("workcopy", f"workcopy {verb} {path.name}")


def written(repository: Repository, link: Link) -> SideEffects:
    """Write a link, and return what makes it the one of its file once that has happened which it goes with."""
    document = {
        "version": VERSION,
        "dataset": repository.head_snapshot().settings.id,
        "path": _stored_path(repository, link.path),
        "branch": link.branch,
        "commit": link.commit,
        "format": link.format,
        "clean": link.clean,
        "where": link.where,
        "stamp": None if link.stamp is None else [link.stamp.size, link.stamp.mtime],
        "ids": " ".join(link.ids),
        "digests": " ".join(link.digests),
        "kept": {str(place): line.decode("utf-8") for place, line in sorted(link.kept.items())},
    }
    scratch = repository.scratch_folder
    source = scratch / f"{os.getpid()}-{os.urandom(4).hex()}.tmp"
    with disk.system_errors("remembering a working copy"):
        scratch.mkdir(parents=True, exist_ok=True)
        disk.replace_file(source, encode_line(document) + b"\n", durable=repository.durable, scratch=scratch)
    return _swap(repository, store_path(repository, link.path), source)


def _swap(repository: Repository, store: Path, source: Path | None) -> SideEffects:
    """Return what gives a link its new content, None to remove it; what was announced of it is void then."""
    name, announced = _in_common(repository, store), store.with_suffix(ANNOUNCED)
    void = {_in_common(repository, announced): None} if announced.exists() else {}
    return SideEffects(swaps={name: None if source is None else _in_common(repository, source), **void})


def _in_common(repository: Repository, path: Path) -> str:
    return path.relative_to(repository.common_folder).as_posix()


def locate(path: str | Path) -> Path:
    """Return the absolute path by which a file copy is known; links of folders are followed, the file is not read."""
    return Path(os.path.realpath(path))


def load(repository: Repository, path: str | Path) -> Link:
    path = locate(path)
    return _read(repository, store_path(repository, path), path)


def all_copies(repository: Repository) -> tuple[FileCopy, ...]:
    """Return every file copy of this worktree, those that cannot be used too, by the path of the file."""
    found = []
    for store in _stores(repository):
        try:
            link = _read(repository, store, None)
        except NotLinkedError:
            continue  # unlinked at this very moment
        except DamagedLinkError as error:
            found.append(FileCopy(error.path, None, error.message))
            continue
        problem = "" if link.path.is_file() else "the file is gone"
        if not problem and repository.refs.read(BRANCHES + link.branch) is None:
            problem = f"the branch {link.branch} is gone"
        found.append(FileCopy(link.path, link, problem))
    return tuple(sorted(found, key=lambda each: str(each.path or "")))


def damaged_links(repository: Repository) -> Iterator[tuple[Path, str]]:
    """Yield where the links lie that are not what was written, each with why; a later program's are whole."""
    for store in _stores(repository):
        try:
            document = _document(repository, store, None)
            if document.get("version", VERSION) == VERSION and _link(locate(repository.folder), document) is None:
                raise _damaged(store, None, _NOT_WRITTEN)
        except NotLinkedError:
            continue
        except DamagedLinkError as error:
            yield store, error.message


def links_of(repository: Repository, branches: Container[str]) -> list[Link]:
    """Return the links of this worktree to some branches."""
    return [each.link for each in all_copies(repository) if each.link is not None and each.link.branch in branches]


def forget(repository: Repository, path: Path, *, delete: bool, over: FileStamp | None) -> None:
    """Unlink a file; `delete` removes it at the same moment, if it still has the stamp `over`.

    Raises:
        NotLinkedError. ChangedSourceError: it has another stamp; it stays, and is linked. BusyError,
        SystemRefusedError.
    """
    store = store_path(repository, path)

    def look_again() -> None:
        if not store.exists():
            raise not_linked(repository, path)
        if delete:
            refuse_changed(path, over, "; it was not deleted")

    change = FileChange(path if delete else store)
    change_file(repository, _intent("remove", path), _swap(repository, store, None), change, look_again)


def store_path(repository: Repository, path: Path) -> Path:
    """Return where the link of a file lies, whether it is there or not."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem)[:40]
    key = hashlib.sha256(_stored_path(repository, path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return _folder(repository) / f"{name}-{key}.json"


def not_linked(repository: Repository, path: Path) -> NotLinkedError:
    """Return the error for a file without a link; a linked one of its name that is gone may have been moved here."""
    links = [each.link for each in all_copies(repository) if each.link is not None]
    gone = [each for each in links if each.path.name == path.name and not each.path.exists()]
    if len(gone) == 1 and path.exists():
        old = gone[0]
        return NotLinkedError(
            f"{path} is no working copy of this dataset; {old.path} was one, and is gone",
            hint=f"if that is this file: {old.command(path=path, revision=old.commit[:10])}\n"
            f"then unlink the old place: rtv workcopy remove {shlex.quote(str(old.path))}",
        )
    return NotLinkedError(
        f"{path} is no working copy of this dataset",
        hint="see them with: rtv workcopy list\n"
        f"link the file with: rtv workcopy add {shlex.quote(str(path))} --branch BRANCH --format NAME --bind",
    )


def _folder(repository: Repository) -> Path:
    return repository.git_folder / PRIVATE / _FOLDER


def _stores(repository: Repository) -> list[Path]:
    """Return where the links of this worktree lie."""
    return sorted(_folder(repository).glob("*.json"))


def _stored_path(repository: Repository, path: Path) -> str:
    """Return a path as its link tells it: a file inside the dataset goes with it, wherever that is moved."""
    home = locate(repository.folder)
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)


def _document(repository: Repository, store: Path, path: Path | None) -> dict[str, Any]:
    """Return what the file of a link holds.

    Raises:
        NotLinkedError: it is not there. DamagedLinkError: it is no JSON object. SystemRefusedError.
    """
    try:
        data = disk.read_plain(store, _LARGEST)
    except FileNotFoundError as error:
        raise not_linked(repository, path or store) from error
    except OSError as error:
        raise disk.system_refused("reading the link of a working copy", error) from error
    if data is None:
        raise _damaged(store, path, "is damaged: something else stands in the place of its file")
    try:
        document = parse(data)
    except JsonProblemError as problem:
        raise _damaged(store, path, f"is damaged: {problem.message}") from problem
    if not isinstance(document, dict):
        raise _damaged(store, path, "is damaged: it is not an object")
    return document


def _read(repository: Repository, store: Path, path: Path | None) -> Link:
    document, home = _document(repository, store, path), locate(repository.folder)
    if path is None and isinstance(document.get("path"), str):
        path = home / document["path"]
    if document.get("version") != VERSION:
        version = document.get("version")
        raise _damaged(store, path, f"is of version {version!r}; this program knows version {VERSION}")
    if document.get("dataset") != repository.head_snapshot().settings.id:
        raise _damaged(store, path, "belongs to another dataset")
    link = _link(home, document)
    if link is None or link.path != path:
        raise _damaged(store, path, _NOT_WRITTEN)
    return _announced(repository, store, link) or link


def _announced(repository: Repository, store: Path, link: Link) -> Link | None:
    """Return what an earlier build announced a link to become, where its commit was saved and then cut off."""
    announced = store.with_suffix(ANNOUNCED)
    if store == announced or not announced.exists():
        return None
    try:
        found = _read(repository, announced, link.path)
    except DamagedLinkError:  # killed while it was written, so nothing was saved
        return None
    tip = repository.refs.read(BRANCHES + link.branch)
    if tip is None or found.commit not in repository.objects or not repository.graph.is_ancestor(found.commit, tip):
        return None
    return found if repository.objects.commit(found.commit).parents == (link.commit,) else None


def _damaged(store: Path, path: Path | None, problem: str) -> DamagedLinkError:
    named = "FILE" if path is None else shlex.quote(str(path))
    error = DamagedLinkError(
        f"the link of {store.stem if path is None else path.name} {problem}; the file is as it was",
        hint=f"link it again: rtv workcopy add {named} --branch BRANCH --format NAME --bind\n"
        f"or unlink it: rtv workcopy remove {named}",
    )
    error.path = path
    return error


def _link(home: Path, document: Mapping[str, Any]) -> Link | None:
    """Return the link that a document tells of, None where it is not what was written."""
    stamp, where = document.get("stamp"), document.get("where")
    try:
        link = Link(
            path=home / document["path"],
            branch=document["branch"],
            commit=document["commit"],
            format=document["format"],
            clean=document["clean"],
            where=where,
            ids=tuple(document["ids"].split()),
            digests=tuple(document["digests"].split()),
            kept={int(place): line.encode("utf-8") for place, line in document["kept"].items()},
            stamp=None if stamp is None else FileStamp(*stamp),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    texts = (link.branch, link.commit, link.format, where or "")
    is_sound = (
        all(isinstance(text, str) for text in texts)
        and isinstance(link.clean, bool)
        and _COMMIT.fullmatch(link.commit)
        and len(link.ids) == len(link.digests)
        and all(map(is_id, link.ids))
        and all(map(_DIGEST.fullmatch, link.digests))
        and all(0 <= place < len(link.ids) for place in link.kept)
        and (stamp is None or [type(number) for number in stamp] == [int, int])
    )
    return link if is_sound else None
