"""Opens and creates git repositories through libgit2, and turns its raw refusals into sentences and hints."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pygit2

from rolethread_vcs import limits
from rolethread_vcs.errors import (
    EXHAUSTED,
    NOT_ALLOWED,
    SYSTEM,
    BusyError,
    DamagedError,
    InvalidError,
    NotFoundError,
    RoleThreadError,
    SystemRefusedError,
)
from rolethread_vcs.store import disk

DEFAULT_BRANCH = "main"
LIBGIT2: str = pygit2.LIBGIT2_VERSION
"""The version of libgit2."""

_OPEN_PACKS = 32
"""Files of packs that libgit2 holds open at a time, in a process; it would hold all."""
_configured = False


def configure_libgit2(*, durable: bool) -> None:
    """Set libgit2's process-wide switches: fsync what we ask it to write; verification belongs to `verify`."""
    global _configured  # libgit2's settings are global too
    pygit2.settings.enable_fsync_gitdir(durable)
    if not _configured:
        pygit2.settings.mwindow_file_limit = _OPEN_PACKS
        pygit2.settings.enable_strict_hash_verification(False)
        pygit2.settings.enable_caching(False)
        _configured = True


class NoDatasetError(NotFoundError):
    """There is no dataset at, or above, a folder."""

    code = "no_dataset"


class ForeignRepositoryError(InvalidError):
    """A repository that this program cannot or must not open: sha256, reftable, another owner, not a dataset."""

    code = "foreign_repository"


def open_git(folder: Path) -> pygit2.Repository:
    """Open the git repository at a folder.

    Raises:
        NoDatasetError, ForeignRepositoryError, SystemRefusedError, DamagedError.
    """
    if not folder.exists():
        raise NoDatasetError(f"there is no folder {folder}")
    for path in endless_files(common_folder(folder / ".git" if (folder / ".git").is_dir() else folder)):
        raise _not_read(path)
    with _typed_opening(folder):
        git = pygit2.Repository(str(folder))
        config = common_folder(Path(git.path)) / "config"
        if not os.access(config, os.R_OK) and config.exists():  # libgit2 goes on as if it were empty
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(config))
        return git


def discover(start: Path) -> Path | None:
    """Return the git folder that a folder lies in, or None.

    Raises:
        NoDatasetError: the folder itself is not there.
    """
    if not start.is_dir():
        raise NoDatasetError(f"there is no folder {start}")
    here = start.resolve()
    for above in (here, *here.parents):
        pointer = above / ".git" / "commondir"  # looking for a dataset, libgit2 reads it before we have one
        if disk.is_endless(pointer):
            raise _not_read(pointer)
    with _typed_opening(start):
        found = pygit2.discover_repository(str(start))
    return None if found is None else Path(found)


def _not_read(path: Path) -> DamagedError:
    what = f"larger than {limits.FILE >> 20} MB" if path.is_file() else "no file"
    return DamagedError(f"{path} is {what}, and is not read", hint="rtv verify --repair")


@contextlib.contextmanager
def _typed_opening(folder: Path) -> Iterator[None]:
    """Turn libgit2's raw refusals to open a repository into a sentence and a hint."""
    try:
        yield
    except RoleThreadError:
        raise
    except (pygit2.GitError, OSError, KeyError, ValueError) as error:
        text = str(error).lower()
        if "not owned by" in text or "owner" in text:
            owned = str(folder).removesuffix(os.sep).removesuffix(".git").removesuffix(os.sep)
            raise ForeignRepositoryError(
                f"{folder} belongs to another user, so it was not opened (a shared folder or a USB stick, perhaps)",
                hint=f'if you trust it: git config --global --add safe.directory "{owned}"',
            ) from error
        if "object format" in text or "objectformat" in text or "sha256" in text or "oid type" in text:
            raise ForeignRepositoryError(
                f"{folder} is a git repository with SHA-256 names; datasets use SHA-1",
                hint="rtv init my-dataset",
            ) from error
        if "extension" in text or "refstorage" in text or "reftable" in text or "unsupported" in text:
            raise ForeignRepositoryError(
                f"{folder} uses a feature of git that datasets do not (reftable, perhaps): {error}",
                hint="rtv init my-dataset",
            ) from error
        if "not found" in text or "could not find" in text:
            raise NoDatasetError(
                f"there is no dataset at {folder}",
                hint="make one with: rtv init my-dataset   (with data: rtv init my-dataset --from FILE)",
            ) from error
        if "failed to stat" in text and "config" in text:
            raise SystemRefusedError(
                f"{folder} was not opened, because git's configuration in the home folder cannot be read: {error}",
                hint="point HOME at a folder that this user may read",
            ) from error
        refused = system_reason(error)
        if refused is not None or isinstance(error, OSError):
            raise from_git(f"opening {folder}", error) from error
        raise DamagedError(
            f"{folder} does not open as a git repository: {error}", hint="rtv verify --repair"
        ) from error


def create_git(folder: Path) -> pygit2.Repository:
    """Create a bare repository in a folder; its names are sha1 and its refs files whatever git is told."""
    configure_libgit2(durable=True)
    try:
        git = pygit2.init_repository(str(folder), bare=True, initial_head=DEFAULT_BRANCH)
    except (pygit2.GitError, OSError) as error:
        refused = system_reason(error)
        if refused is not None:
            raise disk.system_refused(f"making a repository in {folder}", refused) from error
        raise SystemRefusedError(f"no repository could be made in {folder}: {error}") from error
    return git


def common_folder(git_folder: Path) -> Path:
    """Return the folder that all worktrees share; pygit2 does not say it."""
    pointer = git_folder / "commondir"
    try:
        text = pointer.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return git_folder
    common = Path(text)
    return common if common.is_absolute() else (git_folder / common).resolve()


_UNWALKED = {f"objects/{number:02x}" for number in range(256)} | {
    "objects/pack",
    *(f"rolethread/{name}" for name in ("cache", "quarantine", "tmp")),
}


def endless_files(common: Path) -> Iterator[Path]:
    """Yield what stands in the place of a file of git's or of ours, and whoever reads it may never come back.

    They are pipes, sockets and devices, and files beyond `limits.FILE`; libgit2 opens and reads any of them. Objects
    are not looked at: we read them ourselves, with a bound.
    """
    waiting = [str(common)] if (common / "objects").is_dir() else []
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    waiting += [] if each.path[len(str(common)) + 1 :] in _UNWALKED else [each.path]
                    continue
                with contextlib.suppress(OSError):  # it went meanwhile, or leads nowhere
                    info = each.stat()
                    is_file = stat.S_ISREG(info.st_mode) and info.st_size <= limits.FILE
                    if not is_file and not stat.S_ISDIR(info.st_mode):
                        yield Path(each.path)


RAISED = (pygit2.GitError, OSError, ValueError, KeyError)
"""What pygit2 raises when libgit2 fails."""


class GitLockedError(BusyError):
    """A `.lock` file of git stands there: another git program is at work, or one died."""

    code = "git_locked"


def system_reason(error: BaseException) -> OSError | None:
    """Return the refusal of the operating system that a failure of libgit2 is about, or None when it is none."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    text = str(error).lower()
    number = next((number for number in SYSTEM if os.strerror(number).lower() in text), None)
    if number is not None or "out of memory" in text:
        number = number or errno.ENOMEM
        quoted = re.search("'(.+)'", str(error))
        return OSError(number, os.strerror(number), quoted[1] if quoted else None)
    return _exhaustion()


def refuse_unread(error: BaseException | None = None) -> None:
    """Refuse to go on when a failure of libgit2, or what it did not find, may be for want of files, memory or leave.

    Raises:
        SystemRefusedError.
    """
    refused = _exhaustion() if error is None else system_reason(error)
    if refused is not None and refused.errno in EXHAUSTED | NOT_ALLOWED:
        raise disk.system_refused("reading the dataset", refused) from error


def _exhaustion() -> OSError | None:
    """Return the refusal of the system when no file can be opened now: libgit2 then calls missing what is there."""
    try:
        os.close(os.open(os.curdir, os.O_RDONLY))
    except OSError as error:
        return OSError(error.errno, error.strerror) if error.errno in EXHAUSTED else None
    return None


def is_lock(error: BaseException) -> bool:
    """Return whether a failure of libgit2 says that a lock file is in the way."""
    return isinstance(error, FileExistsError) or (system_reason(error) is None and "lock" in str(error).lower())


def from_git(doing: str, error: BaseException) -> RoleThreadError:
    """Return our error for a failure of libgit2 met while `doing` something (`updating the index`)."""
    refused = system_reason(error)
    if refused is not None and not is_lock(error):
        return disk.system_refused(doing, refused)
    if is_lock(error):
        return GitLockedError(
            f"another git program is at work here, or was killed ({error}); met while {doing}",
            hint="try again in a moment; if no other program is running: rtv doctor --unlock",
        )
    if isinstance(error, OSError):
        return disk.system_refused(doing, error)
    if "nesting too deep" in str(error):
        return InvalidError(
            f"{error}, met while {doing}", hint="see which folders: find . -mindepth 64 -maxdepth 64", code="too_deep"
        )
    return DamagedError(f"git failed while {doing}: {error}", hint="rtv verify --repair")


@contextlib.contextmanager
def read_errors(what: str, hint: str = "rtv verify --repair") -> Iterator[None]:
    """Turn whatever libgit2 raises inside into damage: `what` (`the history of 3fa9c1`) cannot be read.

    Raises:
        DamagedError. SystemRefusedError: for want of files or memory, or this user may not read it.
    """
    try:
        yield
    except RAISED as error:
        refuse_unread(error)
        why = "it is not UTF-8" if isinstance(error, UnicodeError) else error
        raise DamagedError(f"{what} cannot be read: {why}", hint=hint) from error


@contextlib.contextmanager
def git_errors(doing: str) -> Iterator[None]:
    """Turn whatever libgit2 raises inside into one of our errors.

    Raises:
        SystemRefusedError, GitLockedError, DamagedError.
    """
    try:
        yield
    except RoleThreadError:
        raise
    except RAISED as error:
        raise from_git(doing, error) from error
