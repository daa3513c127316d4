"""Copies from another dataset of this machine, or a bundle: the whole of it, or the commits of one branch."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

from rolethread_vcs.errors import DamagedError, InvalidError, RoleThreadError
from rolethread_vcs.store import disk
from rolethread_vcs.store.bundle import is_bundle, unpacked
from rolethread_vcs.store.damaged_refs import clashing
from rolethread_vcs.store.dataset_folder import check_is_dataset, find_dataset, forget_cut_off, making
from rolethread_vcs.store.git_config import note_key, upstream_settings
from rolethread_vcs.store.libgit2 import RAISED, NoDatasetError, configure_libgit2, git_errors, open_git, system_reason
from rolethread_vcs.store.objects import BRING_THE_REST
from rolethread_vcs.store.objects.integrity import bad_loose
from rolethread_vcs.store.objects.pack_index import is_damaged_graph, refuse_damaged
from rolethread_vcs.store.refs import BRANCHES, TAGS, ref_of, shorten
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository

_FETCHED = "refs/remotes/origin/"


def clone(source: Path, folder: Path) -> Repository:
    """Copy a dataset, or what a bundle of git holds, with its whole history, all its branches and releases.

    Whoever takes the lock next checks the files out, if there are not too many. The new copy has an empty operation
    log; each branch follows that of the original.

    Raises:
        InvalidError: the target exists and is not empty. DamagedError: the dataset cannot be copied whole.
    """
    if not source.exists():
        raise NoDatasetError(f"there is no dataset at {source}")
    if source.is_file() and not is_bundle(source):
        hint = f"to start a dataset with its rows: rtv init my-dataset --from {shlex.quote(str(source))}"
        raise NoDatasetError(f"{source} is a file, and neither a dataset nor a bundle of git", hint=hint)
    found = None if source.is_file() else find_dataset(source)
    forget_cut_off(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise _not_empty(folder)
    with making(folder, _not_empty, f"clone {source}") as repository, contextlib.ExitStack() as unpacking:
        original = found or unpacking.enter_context(unpacked(source, repository.scratch_folder))
        head, names, notes = original.refs.head(), original.refs.table(), original.config.notes()
        fetch(repository, original, [f"+{BRANCHES}*:{_FETCHED}*", f"+{TAGS}*:{TAGS}*"], "clone")
        there = repository.refs.names()
        for pair in clashing([name for name in names if name.startswith((BRANCHES, TAGS))]):
            if any(name.replace(BRANCHES, _FETCHED) not in there for name in pair):
                both = " and ".join(map(shorten, pair))
                raise InvalidError(f"this disk cannot hold {both} side by side", hint="rename one of them there")
        with git_errors("writing the repository's configuration"):
            repository._git.remotes.create("origin", str((found.folder if found else source).resolve()))
        # as they were fetched: the original may have gone on since, to commits that are not here
        settings: dict[str, str | None] = {}
        for name in there:
            target = repository.refs.read(name) if name.startswith(_FETCHED) else None
            if target is not None:
                branch = name.removeprefix(_FETCHED)
                repository.refs.create(BRANCHES + branch, target)
                settings |= upstream_settings(branch, "origin", branch) | {note_key(branch): notes.get(branch)}
        repository.config.set(settings)
        current = ref_of(head)
        if current is not None and repository.refs.read(current) is not None:
            repository.refs.set_head(head, before=repository.refs.head())
        check_is_dataset(repository)
        is_large = len(repository.head_snapshot()) > CHECKOUT_LIMIT
        repository.config.set({"rolethread.decided": "bare" if is_large else "files"})
    return Repository(open_git(folder))


def _not_empty(folder: Path) -> InvalidError:
    return InvalidError(f"{folder} exists and is not empty")


def fetch(repository: Repository, original: Repository, wanted: list[str], why: str) -> None:
    """Copy the commits of refs (as refspecs), with all that belongs to them, from another repository of this machine.

    Raises:
        DamagedError: the other cannot be copied whole. SystemRefusedError: the disk refuses.
    """
    configure_libgit2(durable=repository.durable)  # the other one may be of those that flush nothing
    url = original.folder.resolve().as_uri()  # libgit2 takes a path with a colon for the name of another machine
    with _whole_copy(original):
        repository._git.remotes.create_anonymous(url).fetch(wanted, message=why)


@contextlib.contextmanager
def _whole_copy(original: Repository) -> Iterator[None]:
    """Refuse torn loose objects before libgit2 meets them, it would never come back; and say what else it met."""
    objects = original.common_folder / "objects"
    refuse_damaged(objects)
    if is_damaged_graph(objects):  # libgit2 would follow it, and history be cut off
        git = f"git -C {shlex.quote(str(original.folder))}"
        raise DamagedError(
            f"git's commit graph of {original.folder} is damaged; it only speeds git up",
            hint=f"rm {shlex.quote(str(objects / 'info' / 'commit-graph'))} && {git} commit-graph write --reachable",
        )
    for bad in bad_loose(objects):
        try:
            original.objects.check(bad.object or "")
        except DamagedError as error:
            raise _damaged_original(original) from error
    try:
        yield
    except RAISED as error:
        refused = system_reason(error)
        if refused is not None:
            raise disk.system_refused(f"copying the dataset at {original.folder}", refused) from error
        raise _damaged_original(original) from error


def _damaged_original(original: Repository) -> DamagedError:
    """Return the error of a copy that cannot be whole; it names a damaged entry when one is on the current branch."""
    if original.objects.is_partial:
        return DamagedError(
            f"{original.folder} is a partial clone of git and cannot be copied whole",
            hint=f"git -C {shlex.quote(str(original.folder))} {BRING_THE_REST.removeprefix('git ')}",
        )
    named = ""
    with contextlib.suppress(RoleThreadError):  # its folders or its branch may be what is damaged
        named = next((f": entry {entry_id} cannot be read" for entry_id, _ in original.head_snapshot().damaged()), "")
    return DamagedError(
        f"the dataset at {original.folder} is damaged and cannot be copied whole{named}",
        hint=f"see what is damaged with: rtv -C {original.folder} verify",
    )
