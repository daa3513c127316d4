"""Looks at everything around a dataset that may be in the way of work: the machine, the disk, locks, leftovers."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rolethread_vcs.errors import DamagedError, RoleThreadError
from rolethread_vcs.model.layout import ENTRIES
from rolethread_vcs.ops.edit.status import Interrupted, interrupted_command
from rolethread_vcs.ops.git_support.hooks import BEFORE, hooks_of_others
from rolethread_vcs.ops.verify.surroundings import written_through
from rolethread_vcs.store import disk, filesystem, lock, pack_folder
from rolethread_vcs.store.damaged_refs import FollowedRef, clash_notes, damaged_refs
from rolethread_vcs.store.dataset_folder import check_is_dataset, find_dataset
from rolethread_vcs.store.filesystem import cloud_service
from rolethread_vcs.store.libgit2 import LIBGIT2
from rolethread_vcs.store.lock import GitLock, git_locks
from rolethread_vcs.store.recovery import finish_interrupted
from rolethread_vcs.store.refs import BRANCHES, TAGS
from rolethread_vcs.store.repository import Repository

STALE_AFTER = 600.0
"""Seconds after which a lock file of git is taken for left behind."""
PATIENCE = 1.0
"""Seconds that `unlock` waits for a command that is writing."""
_LITTLE_SPACE = 200 << 20
_MANY_LOOSE = 20_000


@dataclass(frozen=True, slots=True)
class Machine:
    """The versions of what the program stands on, by name, and the disk of a folder."""

    versions: Mapping[str, str]
    system: str
    folder: Path
    filesystem: str | None
    free: int | None
    cloud: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a dataset's repository.

    `holder` says who holds the writers' lock, None when it is free. `pending` is the command that was cut off and that
    the next command finishes. `unwritable` are the folders that every saving needs and that this user cannot write to,
    `read_only_disk` says that nobody can. `leftovers` are files that killed commands left. `branches`, `releases` and
    `operations` are None where they do not read; `damaged_refs` cannot be followed one by one.
    """

    folder: Path
    checked_out: bool
    durable: bool
    identity: str | None
    holder: str | None
    pending: Interrupted | None
    unwritable: tuple[Path, ...]
    read_only_disk: bool
    git_locks: tuple[GitLock, ...]
    leftovers: tuple[Path, ...]
    damaged_refs: tuple[FollowedRef, ...]
    branch: str | None
    branches: int | None
    releases: int | None
    operations: int | None
    packs: int
    loose: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What `doctor` found; `advice` are sentences on what to do, `trouble` is why the dataset did not open."""

    machine: Machine
    health: Health | None
    trouble: str | None
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What `unlock` removed, what it left because it is too young, and what else it did."""

    removed: tuple[GitLock, ...]
    left: tuple[GitLock, ...]
    notes: tuple[str, ...]


def diagnose(folder: Path, *, git_version: str | None = None, home: Path | None = None) -> Diagnosis:
    """Look at the dataset that a folder lies in, or at the machine alone where there is none; changes nothing.

    `home` is what `~` stands for in git's settings.
    """
    try:
        repository = find_dataset(folder, check=False)
    except RoleThreadError as error:
        machine = _machine(folder, git_version)
        hint = (error.hint,) if error.hint else ()
        return Diagnosis(machine, None, error.message, (*_advise_machine(machine), *hint))
    trouble = None
    try:
        check_is_dataset(repository)
    except RoleThreadError as error:
        trouble = error.message
    machine = _machine(repository.folder, git_version)
    health = _health(repository)
    advice = [*_advise_machine(machine), *_advise(health), *_advise_git(repository, home)]
    advice += [link.message for link in written_through(repository)]
    advice += ["look closer with: rtv verify"] if trouble else []
    return Diagnosis(machine, health, trouble, tuple(advice))


def unlock(repository: Repository, *, young_too: bool = False) -> Unlocked:
    """Finish what a killed command left, and remove lock files of git older than ten minutes, or all `young_too`.

    Raises:
        BusyError: a command of ours is writing right now.
    """
    with repository.lock("rtv doctor --unlock", patience=PATIENCE):
        removed, left = [], []
        for found in git_locks(repository.common_folder):
            if young_too or found.age > STALE_AFTER:
                with disk.system_errors(f"removing {found.path}"):
                    removed += [found] if disk.remove(found.path) else []
            else:
                left.append(found)
        notes = [] if left else finish_interrupted(repository)
    return Unlocked(tuple(removed), tuple(left), tuple(notes))


def _machine(folder: Path, git_version: str | None) -> Machine:
    versions = {
        "rolethread-vcs": _version_of("rolethread-vcs"),
        "Python": platform.python_version(),
        "pygit2": _version_of("pygit2"),
        "libgit2": LIBGIT2,
        "orjson": _version_of("orjson"),
        "isal": _version_of("isal"),
        "git": git_version or "none, and none is needed",
    }
    return Machine(
        versions=versions,
        system=f"{platform.system()} {platform.release()}",
        folder=folder,
        filesystem=filesystem.filesystem_of(folder),
        free=filesystem.free_bytes(folder),
        cloud=cloud_service(folder),
    )


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _health(repository: Repository) -> Health:
    table: Mapping[str, str] | None
    try:
        table = repository.refs.table()
        branch = repository.branch()
    except DamagedError:
        table, branch = None, None
    try:
        last = repository.operations.last()
        operations = 0 if last is None else last.number
    except DamagedError:
        operations = None
    name, email = repository.config.get("user.name"), repository.config.get("user.email")
    held = lock.is_held(repository.lock_path)
    packs = list(repository.pack_folder.glob("pack-*.pack"))
    # the folders that a saving command puts files into, the one people know first
    common, checked_out = repository.common_folder, [] if repository.is_bare else [repository.folder]
    written = [*checked_out, *(folder / ENTRIES for folder in checked_out), repository.git_folder, common]
    written += [repository.private_folder, repository.pack_folder, common / "refs", common / "refs" / "heads"]
    orphans = [path for path in packs if not path.with_suffix(".idx").exists()]  # perhaps the rest of an old one
    return Health(
        folder=repository.folder,
        checked_out=not repository.is_bare,
        durable=repository.durable,
        identity=f"{name} <{email}>" if name and email else None,
        holder=lock.describe_holder(repository.lock_path) if held else None,
        pending=interrupted_command(repository),
        unwritable=tuple(folder for folder in dict.fromkeys(written) if disk.refuses_writing(folder)),
        read_only_disk=filesystem.is_mounted_read_only(repository.common_folder),
        git_locks=tuple(git_locks(repository.common_folder)),
        leftovers=() if held else (*pack_folder.leftovers(repository), *orphans),
        damaged_refs=damaged_refs(repository),
        branch=branch,
        branches=None if table is None else sum(ref.startswith(BRANCHES) for ref in table),
        releases=None if table is None else sum(ref.startswith(TAGS) for ref in table),
        operations=operations,
        packs=len(packs),
        loose=sum(1 for _ in (repository.common_folder / "objects").glob("[0-9a-f][0-9a-f]/*")),
    )


def _advise_machine(machine: Machine) -> list[str]:
    advice = []
    if machine.cloud is not None:
        advice.append(
            f"{machine.folder} lies in a folder of {machine.cloud}, which copies files behind our back and can break "
            "the dataset; keep it elsewhere, and put backups there"
        )
    warning = filesystem.filesystem_warning(machine.filesystem)
    if warning is not None:
        advice.append(warning)
    if machine.free is not None and machine.free < _LITTLE_SPACE:
        advice.append(f"only {machine.free >> 20} MB are free on this disk")
    return advice


def _advise_git(repository: Repository, home: Path | None) -> Iterator[str]:
    """Yield what plain git does here, or cannot do elsewhere, and we do not."""
    signed = [key for key in ("commit.gpgSign", "tag.gpgSign") if repository.config.get_flag(key)]
    if signed:
        yield (
            f"git is told to sign ({' and '.join(signed)}), and rtv signs nothing; to sign the last commit: "
            "git commit --amend --no-edit -S"
        )
    if hooks := hooks_of_others(repository, home):
        names = ", ".join(path.name.removesuffix(BEFORE) for path in hooks)
        yield f"rtv runs no hooks of git, so these see only what plain git does: {names} in {hooks[0].parent}"
    with suppress(DamagedError):
        yield from clash_notes(repository)


def _advise(health: Health) -> list[str]:
    advice = []
    if health.unwritable:
        more = len(health.unwritable) - 1
        named = str(health.unwritable[0]) + (f" and {more} more folder{'s' if more > 1 else ''}" if more else "")
        why = "the disk is mounted read-only" if health.read_only_disk else "this user has no right to"
        advice.append(
            f"{named} cannot be written to ({why}): reading, checking and exporting work, and nothing can be saved; "
            "get the right to write, or work on a copy: rtv clone . ../COPY"
        )
    advice += [f"{ref}; mend it with: rtv verify --repair" for ref in health.damaged_refs]
    if health.pending is not None:
        advice.append(f"{health.pending.said}; to tidy up now: rtv doctor --unlock")
    stale = [found for found in health.git_locks if found.age > STALE_AFTER]
    if stale:
        advice.append("lock files of git were left behind; remove them with: rtv doctor --unlock")
    elif health.git_locks and health.holder is None:
        advice.append("git is at work, or was killed a moment ago; if nothing runs: rtv doctor --unlock --yes")
    if health.identity is None:
        advice.append(
            "commits carry a neutral name; to sign them: rtv config set user.name NAME, rtv config set user.email MAIL"
        )
    if not health.durable:
        advice.append("durability is fast: a power cut may lose the last commands (rtv config set durability safe)")
    if health.loose > _MANY_LOOSE:
        advice.append(f"{health.loose:,} loose objects slow things down; git gc packs them")
    return advice
