"""Remembers which folders of entries each commit changed, so that the life of an entry passes over all other commits.

A cache in `.git/rolethread/cache/`; what it says of a commit never changes, and it may be thrown away at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.model.layout import ORDER, entry_folder
from rolethread_vcs.store import disk
from rolethread_vcs.store.entry_trace import ENTRIES_ITEM, ORDER_ITEM, child
from rolethread_vcs.store.objects import MissingObjectError
from rolethread_vcs.store.trees import FOLDER, parse

if TYPE_CHECKING:
    from rolethread_vcs.store.ancestry import Ancestry, Link
    from rolethread_vcs.store.objects import Objects
    from rolethread_vcs.store.repository import Repository

_CACHE = "changed-folders.json"
_VERSION = 1
_MOST_COMMITS = 500_000
_MOST_FOLDERS = 40
_FOLDER = FOLDER + b" "
_OID = 20
_ANY = "*"
"""Stands for the folders of a commit that changed many."""


class ChangedFolders:
    """What commits with one parent changed: for each (hex id) that parent, and ` 000123 000124 order.json `.

    A folder of entries is written as the six digits that its entries begin with.
    """

    def __init__(self, repository: Repository) -> None:
        self._objects = repository.objects
        self._path = repository.private_folder / "cache" / _CACHE
        self._scratch = repository.scratch_folder
        self._known = _load(self._path)
        self._is_fresh = False

    def note(self, link: Link, parent: Link) -> None:
        """Remember what a commit changed against its only parent."""
        if link.id not in self._known and len(link.parents) == 1:
            self._known[link.id] = [parent.id, _changed(self._objects, parent.tree, link.tree)]
            self._is_fresh = True

    def pass_over(self, ancestry: Ancestry, link: Link, entry_id: str) -> Link:
        """Return the next commit from one on, towards the past, that may have changed an entry or its place.

        All between hold the entry as that commit does.
        """
        folder = f" {''.join(entry_folder(entry_id))} "
        known, oid = self._known, link.id
        record = known.get(oid)
        while record is not None and folder not in record[1] and _ORDER not in record[1] and record[1] != _ANY:
            oid = record[0]
            record = known.get(oid)
        if oid == link.id:
            return link
        try:
            return ancestry.link(oid)
        except MissingObjectError:  # lost since it was noted; step by step it will be seen where history ends
            return link

    def save(self) -> None:
        """Write down what was noted; a cache that cannot be written is no reason to stop."""
        if not self._is_fresh or len(self._known) > _MOST_COMMITS:
            return
        data = json.dumps({"version": _VERSION, "commits": self._known}, separators=(",", ":")).encode()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._scratch.mkdir(parents=True, exist_ok=True)
            disk.replace_file(self._path, data, durable=False, scratch=self._scratch)
        except (OSError, RoleThreadError):
            return
        self._is_fresh = False


_ORDER = f" {ORDER} "


def _changed(objects: Objects, before: bytes, after: bytes) -> str:
    old, new = objects.tree(before), objects.tree(after)
    names = [] if child(old, ORDER_ITEM) == child(new, ORDER_ITEM) else [ORDER]
    for first, one, other in _differing(objects, child(old, ENTRIES_ITEM), child(new, ENTRIES_ITEM)):
        names += [first + second for second, _, _ in _differing(objects, one, other)]
        if len(names) > _MOST_FOLDERS:
            return _ANY
    return f" {' '.join(names)} " if names else ""


def _differing(
    objects: Objects, before: bytes | None, after: bytes | None
) -> Iterable[tuple[str, bytes | None, bytes | None]]:
    """Return the folders that differ in two trees (20-byte ids): name, and the ids of both."""
    if before == after:
        return ()
    one, other = (b"" if side is None else objects.tree(side) for side in (before, after))
    return _one_differing(one, other) or _all_differing(one, other)


def _one_differing(one: bytes, other: bytes) -> list[tuple[str, bytes | None, bytes | None]]:
    """Return the only item that differs, as after nearly every commit; nothing when there may be more to say.

    All items are of one length, so the place of the first difference tells the item without reading the others.
    """
    head = one.find(b"\0") + 1
    length = head + _OID
    if not head or len(one) != len(other) or len(one) % length:
        return []
    low, high = 0, len(one)
    while high - low > 1:  # one[:low] is equal on both sides, one[:high] is not
        middle = (low + high) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle)
    start = low - low % length
    oid, end = start + head, start + length
    is_one = one[start:oid] == other[start:oid] and one[end:] == other[end:]
    if not is_one or not one.startswith(_FOLDER, start) or one[oid - 1] != 0:
        return []
    return [(_text(one[start + len(_FOLDER) : oid - 1]), one[oid:end], other[oid:end])]


def _all_differing(one: bytes, other: bytes) -> list[tuple[str, bytes | None, bytes | None]]:
    old, new = ({item.name: item.oid for item in parse(side) if item.mode == FOLDER} for side in (one, other))
    names = {name for name, _ in old.items() ^ new.items()}
    return [(_text(name), old.get(name), new.get(name)) for name in sorted(names)]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _load(path: Path) -> dict[str, list[str]]:
    try:
        cache = json.loads(path.read_bytes())
        if cache["version"] != _VERSION:
            return {}
        known: dict[str, list[str]] = cache["commits"]
        return known if isinstance(known, dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
