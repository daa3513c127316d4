"""Checks the files that hold objects: packs and indexes against their checksums, loose objects against their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.store.objects import LooseObjects, TornObjectError
from rolethread_vcs.store.objects.pack_index import damaged_indexes, fits_checksum
from rolethread_vcs.store.objects.trees import has_id

_DIGEST = 20
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file of the object store that is damaged; `object` is the hex id it should hold, if it holds one."""

    path: Path
    reason: str
    object: str | None = None


def bad_packs(folder: Path) -> Iterator[BadFile]:
    """Yield the packs and indexes in a folder whose bytes do not fit their checksums, or that lack their other half.

    A pack that another command folds away meanwhile, or is about to publish (its `.keep` stands), is none of them.
    """
    if not folder.is_dir():
        return
    bad_indexes = {}
    for path, fault in damaged_indexes(folder, whole=True):
        bad_indexes[path.name] = fault
        yield BadFile(path, fault)
    names = {path.name for path in folder.iterdir()}
    for name in sorted(names):
        path = folder / name
        if name.endswith(".idx") and name[:-4] + ".pack" not in names:
            if path.exists():
                yield BadFile(path, "its pack is gone, and the objects in it with it")
        elif name.endswith(".pack") and name.startswith("pack-"):
            if name[:-5] + ".idx" not in names:
                if path.exists() and name[:-5] + ".keep" not in names:
                    yield BadFile(
                        path, f"its index is gone, so nobody sees its objects (git index-pack {name} makes one)"
                    )
            elif name[:-5] + ".idx" not in bad_indexes:
                reason = _bad_pack(path)
                if reason is not None:
                    yield BadFile(path, reason)


def bad_loose(objects: Path) -> Iterator[BadFile]:
    """Yield the loose objects whose content does not fit their name."""
    loose = LooseObjects(objects)
    for folder in sorted(objects.iterdir()) if objects.is_dir() else ():
        if len(folder.name) != 2 or not _HEX.issuperset(folder.name):
            continue
        for path in sorted(folder.iterdir()):
            name = folder.name + path.name
            if len(name) == 2 * _DIGEST and _HEX.issuperset(name):
                try:
                    found = loose.read(name)
                except TornObjectError as error:
                    yield BadFile(path, str(error), name)
                    continue
                if found is None:
                    yield BadFile(path, "it cannot be read", name)
                elif not has_id(name, *found):
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
