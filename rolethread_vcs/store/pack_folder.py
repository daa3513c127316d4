"""The folder of packs: what dead writers left there, and many small packs folded into one.

Every transaction writes a pack, and a thousand of them would slow every read.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import EXHAUSTED, RoleThreadError, SystemRefusedError
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import OPERATIONS_REF, journal
from rolethread_vcs.store.objects.pack_index import read_index
from rolethread_vcs.store.objects.packs import FOLDING, KEEP, TEMPORARY, PackWriter

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

FOLD_AT = 50
TIERS = (256 << 10, 8 << 20, 64 << 20)
"""Upper sizes in bytes: packs of one tier are folded together, so that an object is copied once a tier at most."""


def fold_if_many(repository: Repository) -> int:
    """Fold each tier that holds `FOLD_AT` packs or more; call under the lock. Returns how many packs went.

    Gives up quietly when git's own collection removes a pack meanwhile: the objects are in git's pack then.
    """
    folded = lower = 0
    sizes = _sizes(repository.pack_folder)
    for upper in TIERS if len(sizes) >= FOLD_AT else ():
        packs = [name for name, size in sizes.items() if lower <= size < upper]
        if len(packs) >= FOLD_AT:
            sweep(repository)
            folded += _fold(repository, [repository.pack_folder / name for name in packs])
            sizes = _sizes(repository.pack_folder)
        lower = upper
    return folded


def sweep(repository: Repository) -> None:
    """Remove what dead writers left; call under the lock with none pending."""
    with disk.system_errors("removing what an interrupted command left"):
        left = leftovers(repository)
        needed = {path.with_suffix("") for path in left if path.suffix == KEEP and _lacks_its_index(repository, path)}
        for path in left:
            if path.with_suffix("") in needed:
                continue
            if path.is_dir() and not path.is_symlink():
                from shutil import rmtree

                rmtree(path)
            else:
                disk.remove(path)


def leftovers(repository: Repository) -> list[Path]:
    """Return what dead writers left: our temporary files, packs that nobody has seen, `.keep` files.

    Costs a listing of two folders. While a transaction is being published its own files are among them.
    """
    folder = repository.pack_folder
    left = [folder / name for name in _names(folder) if not name.endswith(_FINISHED)]
    left = [path for path in left if _is_left(path)]
    # killed between pack and index: our `.keep` stands beside a pack that nobody has ever seen
    unseen = [path.with_suffix(".pack") for path in left if path.suffix == KEEP]
    scratch = repository.scratch_folder
    names = () if scratch.is_symlink() else _names(scratch)  # what a link leads to is not ours to sweep
    left += [scratch / name for name in names if name.endswith(KEEP) or _is_dead(name.partition("-")[0])]
    return [path for path in unseen if path.exists() and not path.with_suffix(".idx").exists()] + left


def index_cut_off(repository: Repository) -> None:
    """Make the index of each whole pack that lacks it and may hold what is saved; call under the lock.

    A kill between pack and index comes before any ref moves: what it leaves is nobody's. Where a ref has moved, or a
    fold has removed the packs that it copied, the index was there and is lost.
    """
    for pack in _without_index(repository):
        from rolethread_vcs.store.objects.pack_scan import index_of

        with disk.system_errors("making the index of a pack again"), contextlib.suppress(ValueError):
            disk.replace_file(pack.with_suffix(".idx"), index_of(pack), durable=True, mode=0o444)


def lost_indexes(repository: Repository) -> list[Path]:
    """Return the packs of dead writers that may hold what is saved, and have no index."""
    return [pack for pack in _without_index(repository) if _is_dead(journal.writer_of(pack.with_suffix(KEEP)))]


def _without_index(repository: Repository) -> list[Path]:
    folder = repository.pack_folder
    keeps = [folder / name for name in _names(folder) if name.endswith(KEEP)]
    return [keep.with_suffix(".pack") for keep in keeps if _lacks_its_index(repository, keep)]


def _lacks_its_index(repository: Repository, keep: Path) -> bool:
    if keep.with_suffix(".idx").exists() or not keep.with_suffix(".pack").exists():
        return False
    if journal.text_of(keep) is None:
        return False
    pending = journal.load(keep)
    if pending is None:  # nobody can say of what; a fold notes nothing either
        return True
    befores = {name: before for name, (before, _) in pending.moves.items()}
    if pending.operations is not None:
        befores[OPERATIONS_REF] = pending.operations[0]
    return not all(repository.refs.is_at(name, before) for name, before in befores.items())


def is_unsaved(path: Path) -> bool:
    """Return whether one of `leftovers` may be all there is of a change; a fold only copies what is saved."""
    if path.suffix == KEEP:
        return not (journal.text_of(path) or b"").endswith(FOLDING.encode())
    return path.name.startswith(TEMPORARY) and not path.name.endswith(FOLDING)


def _names(folder: Path) -> list[str]:
    """Return the names in a folder, sorted; every edit comes by here, and a path each would cost more than the look."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  as said
    except OSError as error:
        if error.errno in EXHAUSTED:  # what cannot be seen now is not gone
            raise disk.system_refused("looking for what an interrupted command left", error) from error
        return []


_FINISHED = (".pack", ".idx", ".rev", ".mtimes", ".bitmap", ".promisor")
"""Ends of what no writer leaves behind."""


def _is_left(path: Path) -> bool:
    if path.name.startswith(TEMPORARY):
        return _is_dead(path.name.removeprefix(TEMPORARY).partition("_")[0])
    if path.name.startswith(".pack-"):  # only the holder of our lock writes such a one
        return path.suffix == ".tmp"
    return path.suffix == KEEP and journal.text_of(path) is not None


def _is_dead(pid: str) -> bool:
    return pid.isdigit() and not disk.process_is_alive(int(pid))


def _sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each pack, by name, that nothing protects (`.keep`, bitmap, promisor) and that has its index.

    Sizes are looked at only when there are packs enough to fold.
    """
    try:
        names = set(_names(folder))
    except SystemRefusedError:  # folding can wait
        return {}
    packs = [name for name in names if name.startswith("pack-") and name.endswith(".pack")]
    if len(packs) < FOLD_AT:
        return {}
    sizes = {}
    path = str(folder)
    for name in sorted(packs):
        stem = name.removesuffix(".pack")
        if stem + ".idx" in names and names.isdisjoint((stem + KEEP, stem + ".bitmap", stem + ".promisor")):
            with contextlib.suppress(OSError):  # git's own collection was faster
                sizes[name] = os.stat(f"{path}/{name}").st_size  # noqa: PTH116  asked of many packs by every command
    return sizes


def _fold(repository: Repository, packs: list[Path]) -> int:
    try:
        with PackWriter(repository.pack_folder, durable=repository.durable, end=FOLDING) as pack:
            for path in packs:
                for oid in read_index(path.with_suffix(".idx")):
                    pack.add(*repository.objects.check(oid.hex()))
            published = pack.publish(FOLDING.encode())
    except (RoleThreadError, OSError, ValueError):
        return 0
    removed = 0
    for path in packs:
        if path == published:
            continue
        with contextlib.suppress(OSError):
            disk.remove(path.with_suffix(".idx"))
            disk.remove(path)
            for end in (".rev", ".mtimes"):
                path.with_suffix(end).unlink(missing_ok=True)
            removed += 1
    disk.remove(published.with_suffix(".keep"))
    return removed
