"""Folds many small packs into one: every transaction writes a pack, and a thousand of them would slow every read."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.store import disk
from rolethread_vcs.store.packs import KEEP_TEXT, TEMPORARY

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

FOLD_AT = 50
TIERS = (256 << 10, 8 << 20, 64 << 20)
"""Upper sizes in bytes: packs of one tier are folded together, so that an object is copied once a tier at most."""


def fold_if_many(repository: Repository) -> int:
    """Fold each tier that holds `FOLD_AT` packs or more; call under the lock. Returns how many packs went.

    Gives up quietly when git's own collection removes a pack meanwhile: the objects are in git's pack then.
    """
    folded = 0
    lower = 0
    if len(_packs(repository.pack_folder)) < FOLD_AT:
        return folded
    for upper in TIERS:
        packs = [path for path in _packs(repository.pack_folder) if lower <= _size(path) < upper]
        if len(packs) >= FOLD_AT:
            sweep(repository)
            folded += _fold(repository, packs)
        lower = upper
    return folded


def sweep(repository: Repository) -> list[Path]:
    """Remove what dead writers left; call under the lock with none pending."""
    removed = leftovers(repository)
    with disk.system_errors("removing what an interrupted command left"):
        for path in removed:
            disk.remove(path)
    return removed


def leftovers(repository: Repository) -> list[Path]:
    """Return what dead writers left: our temporary files, packs that nobody has seen, `.keep` files.

    Costs a listing of three small folders. While a transaction is being published its own files are among them.
    """
    folder = repository.pack_folder
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  every edit comes by here: names do, a path each costs more
        paths = [folder / name for name in names if not name.endswith(_FINISHED)]
    except OSError:
        return []
    left = [path for path in paths if _is_left(path)]
    # killed between pack and index: our `.keep` stands beside a pack that nobody has ever seen
    unseen = [path.with_suffix(".pack") for path in left if path.suffix == ".keep"]
    left += sorted(repository.private_folder.glob(f".{repository.pending_path.name}-*.tmp"))
    left += [path for path in sorted(repository.scratch_folder.glob("*.tmp")) if _is_dead(path.name.partition("-")[0])]
    return [path for path in unseen if path.exists() and not path.with_suffix(".idx").exists()] + left


_FINISHED = (".pack", ".idx", ".rev", ".mtimes", ".bitmap", ".promisor")
"""Ends of what no writer leaves behind."""


def _is_left(path: Path) -> bool:
    if path.name.startswith(TEMPORARY):
        return _is_dead(path.name.removeprefix(TEMPORARY).partition("_")[0])
    if path.name.startswith(".pack-"):  # only the holder of our lock writes such a one
        return path.suffix == ".tmp"
    if path.suffix == ".keep":
        with contextlib.suppress(OSError):
            return path.read_bytes().startswith(KEEP_TEXT)
    return False


def _is_dead(pid: str) -> bool:
    return pid.isdigit() and not disk.process_is_alive(int(pid))


def object_ids(index: Path) -> list[str]:
    """Return the hex ids that a pack's `.idx` (version 2) lists.

    Raises:
        ValueError: the index is of another version or torn.
    """
    data = index.read_bytes()
    if data[:8] != b"\xfftOc\x00\x00\x00\x02" or len(data) < 8 + 1024 + 40:
        raise ValueError(f"{index.name} is no version 2 pack index")
    count = struct.unpack_from(">I", data, 8 + 1020)[0]
    if len(data) < 1032 + count * (20 + 4 + 4) + 40:
        raise ValueError(f"{index.name} is torn")
    ids = data[1032 : 1032 + 20 * count]
    return [ids[at : at + 20].hex() for at in range(0, len(ids), 20)]


def _packs(folder: Path) -> list[Path]:
    """Return the packs that nothing protects: no `.keep`, no bitmap, no promisor, a readable index."""
    names = set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208  as above
    return [
        folder / name
        for name in sorted(names)
        if name.startswith("pack-")
        and name.endswith(".pack")
        and name[:-5] + ".idx" in names
        and not any(name[:-5] + end in names for end in (".keep", ".bitmap", ".promisor"))
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _fold(repository: Repository, packs: list[Path]) -> int:
    try:
        with repository.pack() as pack:
            for path in packs:
                for oid in object_ids(path.with_suffix(".idx")):
                    kind = repository.objects.kind(oid)
                    if kind is None:
                        return 0
                    if pack.add(kind, repository.objects.read(oid, kind)) != oid:
                        return 0  # a damaged object; the original stays for `verify` to find
            published = pack.publish()
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
