"""Checks the files that hold objects: packs and indexes against their checksums, loose objects against their names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.store import disk
from rolethread_vcs.store.objects import LooseObjects, TornObjectError
from rolethread_vcs.store.objects.pack_index import damaged_indexes, fits_checksum
from rolethread_vcs.store.objects.trees import has_id

_DIGEST = 20
_MOMENT = 0.5
"""Seconds that a pack may stand without its index, and an index without its pack."""
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file of the object store that is damaged; `object` is the hex id it should hold, if it holds one."""

    path: Path
    reason: str
    object: str | None = None


def bad_packs(folder: Path) -> Iterator[BadFile]:
    """Yield the packs and indexes in a folder whose bytes do not fit their checksums, or that lack their other half.

    A pack that another command folds away meanwhile, or is about to publish (its `.keep` stands), is none of them; nor
    is one that another git program is about to publish or to remove, which takes moments.
    """
    if not folder.is_dir():
        return
    bad_indexes = {}
    for path, reason in damaged_indexes(folder, whole=True):
        bad_indexes[path.name] = reason
        yield BadFile(path, reason)
    halves, deadline = _halves(folder), time.monotonic() + _MOMENT
    while halves and time.monotonic() < deadline:
        time.sleep(_MOMENT / 10)
        halves &= _halves(folder)
    for path in sorted(halves):
        if path.suffix == ".idx":
            yield BadFile(path, "its pack is gone, and the objects in it with it")
        else:
            yield BadFile(path, "its index is gone, so nobody sees its objects; rtv verify --repair makes one")
    for path in sorted(folder.glob("pack-*.pack")):
        if path not in halves and path.with_suffix(".idx").name not in bad_indexes:
            fault = _bad_pack(path)
            if fault is not None:
                yield BadFile(path, fault)


def _halves(folder: Path) -> set[Path]:
    """Return the indexes without a pack, and the packs without an index whose writer is not at work on them."""
    names = {path.name for path in folder.iterdir()}
    indexes = {folder / name for name in names if name.endswith(".idx") and name[:-4] + ".pack" not in names}
    packs = (name for name in names if name.startswith("pack-") and name.endswith(".pack"))
    return indexes | {folder / name for name in packs if names.isdisjoint((name[:-5] + ".idx", name[:-5] + ".keep"))}


def bad_loose(objects: Path) -> Iterator[BadFile]:
    """Yield the loose objects whose content does not fit their name."""
    loose = LooseObjects(objects)
    for folder in sorted(objects.iterdir()) if objects.is_dir() else ():
        if len(folder.name) != 2 or not _HEX.issuperset(folder.name):
            continue
        for path in sorted(disk.files_below(folder)):
            name = folder.name + path.name
            if len(name) == 2 * _DIGEST and _HEX.issuperset(name):
                try:
                    found = loose.read(name)
                except TornObjectError as error:
                    yield BadFile(path, str(error), name)
                    continue
                if found is not None and not has_id(name, *found):  # git may have removed it meanwhile
                    yield BadFile(path, "its content does not fit its name", name)


def _bad_pack(path: Path) -> str | None:
    index = path.with_suffix(".idx")
    try:
        with path.open("rb") as stream, index.open("rb") as index_stream:
            stream.seek(-_DIGEST, 2)
            index_stream.seek(-2 * _DIGEST, 2)
            if stream.read(_DIGEST) != index_stream.read(_DIGEST):
                return "its index belongs to another pack"
        return None if fits_checksum(path) else "its bytes do not fit its checksum"
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
