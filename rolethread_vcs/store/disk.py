"""Every write, fsync, rename and unlink that we do ourselves, in one place, with fault points for tests."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO, cast

from rolethread_vcs import limits
from rolethread_vcs.errors import EXHAUSTED, InvalidError, NotFoundError, SystemRefusedError, way_out

fault_point: Callable[[str, str], None] | None = None
"""Called with (what, path) before each step that changes the disk; a test may kill the process in it."""

# macOS alone has it
FULL_FLUSH: int | None = getattr(import_module("fcntl"), "F_FULLFSYNC", None) if os.name == "posix" else None

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
UNFOLLOWED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Flags with which a file of ours is opened that lies there already: never what a link in its place leads to."""
UNBLOCKED = getattr(os, "O_NONBLOCK", 0)
"""A pipe in its place, to whose other end nobody comes, keeps nobody waiting."""
_NO_DIRECTORY_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EISDIR}


def reach(what: str, path: object = "") -> None:
    """Name a step that is about to change the disk; a no-op outside tests."""
    if fault_point is not None:
        fault_point(what, str(path))


@contextlib.contextmanager
def system_errors(doing: str) -> Iterator[None]:
    """Turn an `OSError` into a sentence that says what we were doing.

    Raises:
        SystemRefusedError: for every OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise system_refused(doing, error) from error


def system_refused(doing: str, error: OSError) -> SystemRefusedError:
    """Return the error to raise for an `OSError` met while `doing` something (`writing the pack`)."""
    reason = (error.strerror or str(error)).lower()
    if error.errno == errno.EFBIG:
        reason = "the file would grow beyond the limit of this disk or process"
    hint = way_out(error.errno)
    if error.errno == errno.ELOOP and error.filename:
        reason = "a link stands there, which is not followed"
        hint = f"see where it leads, then remove it: rm {shlex.quote(str(error.filename))}"
    where = f" ({error.filename})" if error.filename else ""
    message = f"the system refused while {doing}: {reason}{where}"
    if error.errno in EXHAUSTED:
        return SystemRefusedError(message, hint=hint, code="exhausted")
    return SystemRefusedError(message, hint=hint)


def refuse_link(path: Path) -> None:
    """Raise `OSError`, as opening it without following links does, where a link stands in the place of a folder."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "a link", str(path))


def read_file(path: Path) -> str | None:
    """Return the text of a file of git's without white space around it, None where it cannot be read."""
    try:
        data = read_plain(path, limits.FILE, follow=True)
    except OSError:
        return None
    return None if data is None else data.decode("utf-8", "surrogateescape").strip()


def read_plain(path: Path, most: int, *, follow: bool = False) -> bytes | None:
    """Return the bytes of a file; None of a larger one, and of a pipe or whatever else stands in its place.

    That is so of a link, too, unless it is to `follow` it.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    try:
        fd = os.open(path, UNFOLLOWED & (~getattr(os, "O_NOFOLLOW", 0) if follow else ~0) | UNBLOCKED)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            return None
        raise
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_size > most:
            return None
        with os.fdopen(fd, "rb", closefd=False) as stream:
            return stream.read(info.st_size)  # to read more sets as much memory aside
    finally:
        os.close(fd)


def is_endless(path: str | Path) -> bool:
    """Return whether a pipe, a socket or a device stands at a path: whoever reads it may never come back."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def refuse_bad_place(path: Path) -> None:
    """Refuse a path that cannot be a file.

    Raises:
        NotFoundError: no such folder. InvalidError: it is a folder.
    """
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder {path.parent}", hint=f"mkdir -p {shlex.quote(str(path.parent))}")
    with system_errors(f"looking at {path}"):
        is_folder = path.is_dir()
    if is_folder:
        raise InvalidError(f"{path} is a folder; name a file in it")


def write_all(fd: int, data: bytes, path: object = "") -> None:
    """Write all bytes to a file descriptor."""
    reach("write", path)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _flush(fd: int) -> None:
    """Force to the disk what the system has of a file; on macOS also what the disk holds back in its own memory."""
    if FULL_FLUSH is not None:
        import fcntl

        with contextlib.suppress(OSError):  # a network disk may not know it
            fcntl.fcntl(fd, FULL_FLUSH)
            return
    os.fsync(fd)


def sync_file(fd: int, path: object = "") -> None:
    """Force a file's bytes to the disk."""
    reach("fsync", path)
    _flush(fd)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where the system knows such a thing (Windows does not)."""
    reach("fsync", folder)
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno in _NO_DIRECTORY_FSYNC:
            return
        raise
    try:
        _flush(fd)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_FSYNC:
            raise
    finally:
        os.close(fd)


def make_folders(folder: Path, *, durable: bool) -> None:
    """Make a folder and those above it that are not there; with `durable` the new names are on the disk then."""
    if folder.is_dir():
        return
    new = list(takewhile(lambda each: not each.is_dir(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for each in new if durable else ():
        sync_folder(each.parent)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield what lies below a folder and is no folder; what another program removes meanwhile is not there.

    Raises:
        OSError: a folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise error

    for root, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(root, name) for name in names)


def sync_tree(folder: Path) -> None:
    """Force all that lies in a folder to the disk, files first, and its name."""
    for root, _, names in os.walk(folder, topdown=False):
        for path in map(Path(root).joinpath, names):
            mode = path.stat().st_mode
            if os.name == "nt":  # which flushes only what may be written
                path.chmod(stat.S_IWRITE)
            fd = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
            try:
                sync_file(fd, path)
            finally:
                os.close(fd)
                if os.name == "nt":
                    path.chmod(mode)
        sync_folder(Path(root))
    sync_folder(folder.parent)


def rename(source: Path, target: Path) -> None:
    """Move a file over another one, atomically."""
    reach("rename", target)
    source.replace(target)


def add_name(path: Path, target: Path) -> None:
    """Give a file a second name, which must be free (`FileExistsError`); a copy, where the disk knows no such names."""
    reach("link", target)
    try:
        target.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError:
        import shutil

        with path.open("rb") as old, target.open("xb") as new:
            try:
                shutil.copyfileobj(old, new)
            except BaseException:  # half of a file looks like all that it held
                target.unlink()
                raise


def remove(path: Path) -> bool:
    """Remove a file; return whether it was there."""
    reach("unlink", path)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def beside(
    path: Path, *, durable: bool, mode: int | None = None, scratch: Path | None = None, as_git: bool = False
) -> Iterator[tuple[BinaryIO, Path]]:
    """Give a stream to a new file beside a path, and its place; it is removed unless the block ends well.

    It lies in `scratch` if given, where what a killed process leaves disturbs nobody: its name begins with the process
    id there. With `as_git` it is the `.lock` of git, and there already (`FileExistsError`) while somebody else writes
    to that path. Without a `mode` it gets that of the file at the path, if there is one. With `durable` its bytes are
    on the disk when the block has ended; its name is not.
    """
    reach("create", path)
    prefix = f".{path.name[:40]}" if scratch is None else str(os.getpid())
    name = f"{path.name}.lock" if as_git else f"{prefix}-{os.urandom(8).hex()}.tmp"
    temporary = (scratch or path.parent) / name
    fd = os.open(temporary, _NEW_FILE, 0o666 if mode is None else mode)
    try:
        with os.fdopen(fd, "wb") as stream:
            if mode is None:
                with contextlib.suppress(OSError):
                    temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            reach("write", temporary)
            yield stream, temporary
            if durable:
                stream.flush()
                sync_file(stream.fileno(), temporary)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def replacing(
    path: Path,
    *,
    durable: bool,
    sync_name: bool = True,
    mode: int | None = None,
    scratch: Path | None = None,
    as_git: bool = False,
) -> Iterator[BinaryIO]:
    """Give a stream to a file that takes the place of this one when the block ends well; the rest as in `beside`.

    With `durable` the name is on the disk then, too, unless `sync_name` is false (the caller then syncs the folder once
    for several files).
    """
    with beside(path, durable=durable, mode=mode, scratch=scratch, as_git=as_git) as (stream, temporary):
        yield stream
    try:
        rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if durable and sync_name:
        sync_folder(path.parent)


def replace_file(
    path: Path,
    data: bytes,
    *,
    durable: bool,
    sync_name: bool = True,
    mode: int | None = 0o644,
    scratch: Path | None = None,
    as_git: bool = False,
) -> None:
    """Replace a file by writing another one, then renaming; the folder must exist. The rest as in `replacing`."""
    try:
        with replacing(path, durable=durable, sync_name=sync_name, mode=mode, scratch=scratch, as_git=as_git) as stream:
            stream.write(data)
    except OSError as error:
        if scratch is None or error.errno != errno.EXDEV:
            raise
        replace_file(path, data, durable=durable, sync_name=sync_name, mode=mode)  # the folder is on another disk


def spool(folder: Path) -> BinaryIO:
    """Return a new stream for what is needed until it is closed: in memory, and from a megabyte on in a file.

    That lies in a folder of packs; it has no name there, or one that git sweeps where the system needs one.
    """
    from tempfile import SpooledTemporaryFile

    return cast("BinaryIO", SpooledTemporaryFile(1 << 20, dir=str(folder), prefix="tmp_"))


def share(folder: Path, shared: str) -> None:
    """Give what this user made in a git folder the permissions that `core.sharedRepository` asks for, as git does.

    Loose objects are left out, since only plain git writes them, and hooks, which people do.
    """
    names = {"group": "1", "true": "1", "all": "2", "world": "2", "everybody": "2"}
    number = names.get(shared.lower(), shared)
    bits = {"1": 0o660, "2": 0o664}.get(number) or (int(number, 8) if re.fullmatch("0?[0-7]{3}", number) else 0)
    if not bits or not hasattr(os, "getuid"):
        return
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if len(name) > 2 and name != "hooks"]
        for path in map(Path(root).joinpath, ("", *files)):
            with contextlib.suppress(OSError):  # gone meanwhile
                info = path.lstat()
                if info.st_uid != os.getuid() or stat.S_ISLNK(info.st_mode):
                    continue
                is_folder, before = stat.S_ISDIR(info.st_mode), stat.S_IMODE(info.st_mode)
                mode = bits if before & 0o200 else bits & ~0o222
                mode |= before & 0o777 if number in "12" else before & 0o100
                if is_folder or before & 0o100:
                    mode |= (mode & 0o444) >> 2
                mode |= stat.S_ISGID if is_folder else before & 0o7000
                if mode != before:
                    path.chmod(mode)


def refuses_writing(folder: Path) -> bool:
    """Return whether this user cannot put files into a folder; one that is not there can still be made, or not."""
    return folder.exists() and not os.access(folder, os.W_OK | os.X_OK)


def process_is_alive(pid: int) -> bool:
    """Return whether a process of this machine exists (somebody else's counts)."""
    if pid <= 0:
        return False
    if os.name == "nt":  # there, signal 0 is Ctrl-C and would be delivered
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
