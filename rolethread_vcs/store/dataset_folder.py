"""Opens, finds and makes the repository of a dataset, and refuses a folder that holds none."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import DamagedError, InvalidError, RoleThreadError, UsageError
from rolethread_vcs.model.layout import ATTRIBUTES, ATTRIBUTES_TEXT, SETTINGS
from rolethread_vcs.model.settings import InvalidSettingsError
from rolethread_vcs.store import disk
from rolethread_vcs.store.git_config import readable_part
from rolethread_vcs.store.libgit2 import (
    DEFAULT_BRANCH,
    ForeignRepositoryError,
    NoDatasetError,
    create_git,
    discover,
    endless_files,
    open_git,
)
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.commits import Signature, compose_message
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, UnknownRevisionError, shorten
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, LOCK, PATIENCE, PRIVATE, Repository

if TYPE_CHECKING:
    from rolethread_vcs.store.quarantine import Quarantine

_MAKING = ".rtv-making-"
"""How the name of the folder begins in which a new repository is made; the id of the process follows."""
_being_made: set[Path] = set()
"""Those folders of this process."""


def place_of(text: str | Path, folder: Path = Path()) -> Path:
    """Return the place that a person names: a path relative to a folder, one that begins with `~`, a `file://` URL.

    Raises:
        UsageError: it is on another machine.
    """
    word, path = str(text), folder / text
    if word.startswith(("file:///", "file://localhost/")):
        from urllib.parse import unquote

        return Path("/" + unquote(word.split("/", 3)[3], errors="surrogateescape"))
    with suppress(RuntimeError):  # there is no home
        if word.startswith("~") and not path.exists():
            return Path(word).expanduser()
    # as git sees it, `host:path` is another machine, and `./host:path` a folder
    if "://" in word or (":" in word.partition("/")[0] and not (path.drive or path.exists())):
        hint = f"git clone {shlex.quote(word)} DIR   gives a dataset that rtv works in"
        raise UsageError(f"{word} is on another machine, and this version copies from this one alone", hint=hint)
    return path


def open_dataset(folder: Path, *, check: bool = True) -> Repository:
    """Open the dataset whose root is a folder; without `check` also a damaged one, for `verify` and `doctor`.

    Raises:
        NoDatasetError, ForeignRepositoryError, SystemRefusedError, InvalidError (a newer format).
    """
    repository = Repository(open_git(folder))
    if check:
        if repository.worktree_name:
            _refuse_strayed_folder(repository, folder)
            _refuse_cut_off_folder(repository)
        check_is_dataset(repository)
    return repository


def find_dataset(start: Path, *, check: bool = True) -> Repository:
    """Open the dataset that a folder lies in; `check` as in `open_dataset`.

    Raises:
        NoDatasetError: there is none here or above.
    """
    found = discover(start)
    if found is None:
        if (git := _damaged_git_folder(start)) is not None:
            message = f"{git}, or what leads there, has lost its HEAD, or a file or folder of git"
            raise DamagedError(message, hint="rtv verify --repair")
        raise NoDatasetError(
            f"there is no dataset in {start} or above it",
            hint="make one with: rtv init my-dataset   (with data: rtv init my-dataset --from FILE)",
        )
    repository = open_dataset(found, check=check)
    if check and repository.worktree_name:
        _refuse_strayed_folder(repository, start)
    return repository


def find_to_repair(start: Path) -> tuple[Repository, Quarantine, list[str]]:
    """Open the dataset that a folder lies in, after mending what keeps git from taking it for one.

    Return it with the quarantine for what is in the way, and with sentences on what was done. HEAD may be empty then.

    Raises:
        NoDatasetError, BusyError, SystemRefusedError.
    """
    from rolethread_vcs.store.lock import hold
    from rolethread_vcs.store.quarantine import Quarantine

    with suppress(DamagedError):
        repository = find_dataset(start, check=False)
        if not misplaced(repository.common_folder):
            return repository, Quarantine(repository.common_folder), []
    git = _damaged_git_folder(start)
    if git is None:
        return find_dataset(start, check=False), Quarantine(start), []
    private, quarantine = git / PRIVATE, Quarantine(git)
    with disk.system_errors(f"repairing {git}"):
        wrong = [path.relative_to(git).as_posix() for path in misplaced(git)]
        said = [f"{name} was not what belongs there; that is out of the way" for name in wrong]
        if PRIVATE in wrong:
            private.rename(git / f"{PRIVATE}.damaged-{os.urandom(4).hex()}")
        elif private / LOCK in misplaced(git):
            quarantine.keep(private / LOCK, move=True)
        with hold(private / LOCK, "rtv verify --repair", patience=PATIENCE):
            for path in misplaced(git):
                quarantine.keep(path, move=True)
                if path.relative_to(git).as_posix() in _FOLDERS:
                    path.mkdir()
            if not (git / HEAD).is_file():
                quarantine.replace(git / HEAD, b"")
            config, is_bare = git / "config", not (git / "index").exists()
            if os.path.lexists(config) and (text := readable_part(config, is_bare=is_bare)) is not None:
                quarantine.replace(config, text)
                said.append("git's configuration was damaged; it has the sections that can be read")
    return open_dataset(git, check=False), quarantine, said


_FOLDERS = ("objects", "objects/pack", "refs", "refs/heads")
_FILES = ("config", "index", f"{PRIVATE}/{LOCK}")
_REFLOGS = ("logs", "logs/refs", "logs/refs/heads", "logs/refs/rolethread")
"""Folders that may be missing, and are no files."""


def misplaced(git: Path) -> list[Path]:
    """Return the places in a git folder where no folder is and one should be, and where one, or a pipe, is no file."""
    private = [git / PRIVATE] if (git / PRIVATE).exists() and not (git / PRIVATE).is_dir() else []
    folders = [git / name for name in _FOLDERS if not (git / name).is_dir()]
    folders += [each for each in map(git.joinpath, _REFLOGS) if os.path.lexists(each) and not each.is_dir()]
    lock = git / PRIVATE / LOCK  # one that is a link is not followed
    return (
        private
        + folders
        + list(endless_files(git))
        + [each for each in map(git.joinpath, _FILES) if each.is_dir() or (each == lock and lock.is_symlink())]
    )


def _damaged_git_folder(start: Path) -> Path | None:
    """Return the nearest git folder of a dataset, also one that git does not take for one, or of a linked folder."""
    from rolethread_vcs.store.linked_folders import linked_private

    if (private := linked_private(start)) is not None and (private.parent.parent / PRIVATE).exists():
        return private.parent.parent
    start = start.resolve()
    places = (place for folder in (start, *start.parents) for place in (folder / ".git", folder))
    return next((place for place in places if (place / PRIVATE).exists()), None)


def init_dataset(folder: Path, settings: bytes, who: Signature | None = None) -> Repository:
    """Create a dataset in a folder (made if missing) with its first commit, so that none is ever unborn.

    Raises:
        InvalidError: there is a repository already. SystemRefusedError: the folder cannot be written to.
    """
    forget_cut_off(folder)
    if (folder / ".git").exists():
        raise _already_there(folder)
    with making(folder, _already_there, "init") as repository:
        with repository.pack() as pack:
            changes: dict[str, tuple[bytes, bytes] | None] = {
                SETTINGS: (trees.FILE, pack.add("blob", settings)),
                ATTRIBUTES: (trees.FILE, pack.add("blob", ATTRIBUTES_TEXT)),
            }
            tree = trees.apply(None, changes, repository.objects, pack)
            assert tree is not None
            message = compose_message("start the dataset")
            commit = pack.add_commit(tree, [], who or repository.signature(), message)
            published = pack.publish()
        repository.refs.create(BRANCHES + DEFAULT_BRANCH, commit)
        disk.remove(published.with_suffix(".keep"))
    return Repository(open_git(folder))


def forget_cut_off(folder: Path) -> None:
    """Remove what a dead command was still making of a folder: no git ever saw it."""
    for making in folder.resolve().glob(f"{_MAKING}*"):
        pid = making.name.removeprefix(_MAKING)
        if not pid.isdigit() or making in _being_made:
            continue
        # after a power cut another process may have that id, this one too: in a container it always has
        if int(pid) == os.getpid() or not disk.process_is_alive(int(pid)):
            shutil.rmtree(making, ignore_errors=True)


@contextmanager
def making(folder: Path, already_there: Callable[[Path], InvalidError], command: str) -> Iterator[Repository]:
    """Give the new repository of a folder, to be filled: it gets its place, whole and on the disk, when the block ends.

    Nothing is flushed one by one inside. It is bare then, with the note of a command that was cut off before it checked
    the files out, unless they are too many: whoever takes the lock next does that, and mostly it is this command. If
    any of it fails, the repository goes, and the folder if it was made here.

    Raises:
        InvalidError: what is `already_there`, since another command was faster. SystemRefusedError. UnsavedEditsError:
            files are in the way.
    """
    folder = folder.resolve()
    aside = folder / f"{_MAKING}{os.getpid()}"
    with disk.system_errors(f"making {folder}"):
        made = not folder.exists()
        disk.make_folders(folder, durable=True)
        disk.sync_folder(folder.parent)  # who made the folder may have been killed
        disk.reach("create", aside)
        try:
            aside.mkdir()
        except FileExistsError as error:
            raise already_there(folder) from error
    _being_made.add(aside)
    try:
        repository = Repository(create_git(aside), durable=False)
        repository.folder = folder
        yield repository
        from rolethread_vcs.store.log.journal import Pending, SideEffects
        from rolethread_vcs.store.objects.packs import KEEP, KEEP_TEXT

        snapshot = repository.head_snapshot()
        with disk.system_errors(f"making {folder}"):
            if len(snapshot) <= CHECKOUT_LIMIT:
                repository.home_worktree().refuse_in_the_way(snapshot.tree)
                pending = Pending(command, int(time.time()), {}, None, effects=SideEffects({"core.bare": "false"}))
                disk.make_folders(repository.scratch_folder, durable=False)
                note = repository.scratch_folder / f"{os.getpid()}-files{KEEP}"
                disk.replace_file(note, KEEP_TEXT + b"%d\n" % os.getpid() + pending.encode(), durable=False)
            repository.close()
            disk.sync_tree(aside)
            try:
                disk.rename(aside, folder / ".git")  # only an empty folder gives way
            except OSError as error:
                if (folder / ".git").exists():
                    raise already_there(folder) from error
                raise
            disk.sync_folder(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        _being_made.discard(aside)
        if made:
            with suppress(OSError):  # not empty: somebody else's, or a dataset now
                folder.rmdir()


def _refuse_strayed_folder(repository: Repository, start: Path) -> None:
    """Refuse a folder copy that was moved or copied by hand: the files of another place would be looked at."""
    from rolethread_vcs.store.linked_folders import linked_place

    places = linked_place(start)
    if places is None or places[0] == places[1]:
        return
    here, known = places
    main = shlex.quote(str(repository.common_folder))
    if (known / ".git").exists():
        raise InvalidError(
            f"{here} was copied by hand from the folder copy {known}, and git takes it for that one",
            hint=f"work there: cd {shlex.quote(str(known))}   "
            f"or make a folder copy of its own: rtv -C {main} workcopy add DIR --branch NAME",
        )
    raise InvalidError(
        f"{here} is a folder copy that was moved by hand from {known}",
        hint=f"tell git where it is now: git -C {main} worktree repair {shlex.quote(str(here))}",
    )


def _refuse_cut_off_folder(repository: Repository) -> None:
    """Refuse a folder copy whose files are not all there, or no longer: they would look like hand edits."""
    from rolethread_vcs.store.linked_folders import MAKING

    reason = next((each.cut_off for each in repository.folders() if each.private == repository.git_folder), None)
    if reason is None:
        return
    what = "made" if reason == MAKING else "removed"
    name, main = shlex.quote(str(repository.folder)), shlex.quote(str(repository.common_folder))
    again = f"add {name} --branch {repository.branch()}" if reason == MAKING else f"remove {name}"
    raise InvalidError(
        f"the folder copy {repository.folder} is being {what}, or that was cut off",
        hint=f"finish it with: rtv -C {main} workcopy {again}",
    )


def check_is_dataset(repository: Repository) -> None:
    """Refuse a repository without `rolethread.toml`, or one of a newer format.

    Raises:
        NoDatasetError, InvalidError, InvalidSettingsError. DamagedError: it was a dataset, and its branch is gone.
    """
    try:
        snapshot = repository.head_snapshot()
    except UnknownRevisionError as error:
        if repository.operations.head() is not None:
            raise _missing_branch(repository) from error
        raise NoDatasetError(
            f"{repository.folder} is a git repository without a dataset: its branch has no commit",
            hint="make a dataset in a folder of its own: rtv init my-dataset",
        ) from error
    if snapshot.find(SETTINGS) is None and repository.operations.head() is None:
        raise NoDatasetError(
            f"{repository.folder} is a git repository, but no dataset: there is no {SETTINGS}",
            hint="make a dataset in a folder of its own: rtv init my-dataset",
        )
    try:
        _ = snapshot.settings
    except InvalidSettingsError as error:
        # what every command must read first, none that saves can mend
        error.hint = "rtv undo   takes back what brought this in"
        raise


def _missing_branch(repository: Repository) -> DamagedError:
    name = repository.refs.head().removeprefix(SYMBOLIC)
    known = repository.operations.last_known(name)
    others = repository.refs.branches().keys() - {each.branch for each in repository.other_folders()}
    git = f"git -C {shlex.quote(str(repository.folder))}"
    was, ways = "", []
    if known is not None:
        was = f"; the operation log has it at {known[:10]}"
        ways.append(f"{git} branch {shlex.quote(shorten(name))} {known[:10]}   brings it back")
    if others:
        other = shlex.quote(BRANCHES + (DEFAULT_BRANCH if DEFAULT_BRANCH in others else min(others)))
        ways.append(f"{git} symbolic-ref HEAD {other}   goes to another branch; the files stay as they are")
    return DamagedError(f"the branch {shorten(name)} is missing{was}", hint="\n".join(ways) or "rtv verify")


def _already_there(folder: Path) -> InvalidError:
    try:
        open_dataset(folder)
    except (NoDatasetError, ForeignRepositoryError):
        return ForeignRepositoryError(
            f"{folder} is already a git repository, but no dataset",
            hint="choose a folder of its own: rtv init my-dataset",
        )
    except RoleThreadError as error:
        return InvalidError(
            f"{folder} is already a dataset, though none that opens here: {error.message}",
            hint=error.hint,
        )
    return InvalidError(
        f"{folder} is already a dataset",
        hint="rtv status" if str(folder) == "." else f"rtv -C {shlex.quote(str(folder))} status",
    )
