"""Mends packs, indexes and objects: from what can be read of a torn file, another copy, or checked-out files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rolethread_vcs import limits
from rolethread_vcs.errors import DamagedError
from rolethread_vcs.ops.verify.surroundings import Problem
from rolethread_vcs.phrases import count
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import journal
from rolethread_vcs.store.objects import commits, trees
from rolethread_vcs.store.objects.integrity import bad_loose
from rolethread_vcs.store.objects.pack_index import MULTI, read_index
from rolethread_vcs.store.objects.pack_scan import index_of, mapped, scan
from rolethread_vcs.store.objects.packs import KEEP, PackWriter
from rolethread_vcs.store.quarantine import Quarantine
from rolethread_vcs.store.repository import Repository


class Bench(NamedTuple):
    """What a repair works with: `source` is another copy of the dataset, or what a bundle holds, `origin` its name."""

    repository: Repository
    quarantine: Quarantine
    source: Repository | None
    origin: str


def mend_packs(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """A pack that is whole gets an index again; of a torn one a new pack is made of the objects that can be read."""
    repository = bench.repository
    paths = {each.path for each in problems if each.kind == "damaged_pack" and each.path}
    if any(path.endswith(f"/{MULTI}") for path in paths):
        bench.quarantine.replace(repository.pack_folder / MULTI)
        yield "git's index of many packs was damaged; each pack has its own"
    stems = {path.rpartition(".")[0] for path in paths if "." in path}
    repository.close()
    for stem in sorted(stems):
        pack, index = (repository.common_folder / f"{stem}{end}" for end in (".pack", ".idx"))
        with suppress(ValueError):
            if pack.is_file():
                bench.quarantine.replace(index, index_of(pack))
                yield f"the index of {pack.name} is made again from its pack"
                continue
        old = [
            repository.common_folder / f"{stem}{end}" for end in (".idx", ".rev", ".bitmap", ".mtimes", ".pack", KEEP)
        ]
        for path in old:  # before the new pack is there: where every object reads, it has the very name of the old one
            bench.quarantine.keep(path)
        new, kept, known = _save_readable(repository, pack, index) if pack.is_file() else (None, 0, None)
        for path in old:
            if new is None or path not in (new, new.with_suffix(".idx"), new.with_suffix(KEEP)):
                disk.remove(path)
        disk.sync_folder(pack.parent)
        if not pack.is_file():
            yield f"{pack.name} is gone; what belonged to it is out of the way"
            continue
        of_them = "" if known is None else f" of {known:,}"
        yield f"{pack.name} was damaged; {kept:,}{of_them} objects of it can be read, and are in a new pack"


def _save_readable(repository: Repository, pack: Path, index: Path) -> tuple[Path | None, int, int | None]:
    """Write a new pack of the objects of a torn one that can be read; what is noted beside that is noted there.

    Returns the pack, if there are any, their number, and that of all if it is known.
    """
    starts = None
    with suppress(ValueError, OSError):
        starts = sorted(read_index(index).values())
    with repository.pack() as writer:
        for each in scan(mapped(pack), starts, torn=True):
            writer.add(each.kind, each.data, each.oid)
        note = (journal.text_of(pack.with_suffix(KEEP)) or b"").partition(b"\n")[2]
        return _publish(writer, note), len(writer.ids()), None if starts is None else len(starts)


def _publish(writer: PackWriter, note: bytes = b"") -> Path | None:
    """Let others see a pack, and return it, if there is anything in it."""
    if not writer.ids():
        return None
    pack = writer.publish(note)
    if not note:
        disk.remove(pack.with_suffix(KEEP))
    return pack


def mend_loose(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """A damaged file of an object goes: nobody can write the object again while it stands there."""
    if any(each.kind in ("damaged_object", "damaged_copy") for each in problems):
        for bad in list(bad_loose(bench.repository.common_folder / "objects")):
            bench.quarantine.replace(bad.path)
            yield f"the damaged file of the object {(bad.object or '')[:10]} is out of the way"


def mend_objects(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """A missing object comes from the other copy, or from files that are checked out: ids say that it is the same."""
    wanted = {each.object: each for each in problems if each.object and each.severity != "info"}
    brought = bring(bench, wanted)
    for oid, problem in wanted.items():
        if oid in brought:
            yield f"brought back from {brought[oid]}: {problem.message.partition(', which ')[0].partition(' is ')[0]}"
    if more := len(brought.keys() - wanted.keys()):
        yield f"brought back with them: {count(more, 'object')}"


def bring(bench: Bench, wanted: Iterable[str]) -> dict[str, str]:
    """Write objects again that are missing, with all that they lead to; return from where each came."""
    repository = bench.repository
    missing = [oid for oid in wanted if repository.objects.kind(oid) is None]
    files: dict[str, tuple[str, bytes]] = {}
    for each in repository.folders() if missing else ():
        files |= files_in(each.folder)
    brought: dict[str, str] = {}
    with repository.pack() as pack:
        while missing:
            oid = missing.pop()
            if oid in brought or repository.objects.kind(oid) is not None:
                continue
            found, origin = files.get(oid), "a checked-out file"
            with suppress(DamagedError):
                if found is None and bench.source is not None:
                    found, origin = bench.source.objects.check(oid), bench.origin
            if found is not None:
                pack.add(*found, bytes.fromhex(oid))
                brought[oid] = origin
                missing += commits.needs(*found)
        _publish(pack)
    return brought


def files_in(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Return the objects that the files of a checked-out folder come to, and their folders, by hex id."""
    found: dict[str, tuple[str, bytes]] = {}

    def keep(kind: str, data: bytes) -> bytes:
        oid = trees.object_id(kind, data)
        found[oid.hex()] = kind, data
        return oid

    def tree_of(place: Path) -> bytes:
        items = []
        for path in place.iterdir():
            name = path.name.encode("utf-8", "surrogateescape")
            with suppress(OSError):  # what this user may not read is no help; the rest is
                if path.is_dir() and not path.is_symlink() and name != b".git":
                    items.append(trees.Item(trees.FOLDER, name, tree_of(path)))
                elif path.is_file() and not path.is_symlink() and path.stat().st_size <= limits.FILE:
                    items.append(trees.Item(trees.FILE, name, keep("blob", path.read_bytes())))
        return keep("tree", trees.unparse(items))

    with suppress(OSError):
        tree_of(folder)
    return found
