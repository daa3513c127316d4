"""Counts the entries in which two trees differ: the one answer of the log, of undo, and of `show`.

An entry is a file at the very path of its id, as everywhere. A file under `entries/` in a wrong folder, or with a name
that is no id, is no entry and counts as none; `verify` names it.
"""

from __future__ import annotations

from rolethread_vcs.model.ids import is_id
from rolethread_vcs.model.layout import ENTRIES, SUFFIX
from rolethread_vcs.store.objects.reader import Objects
from rolethread_vcs.store.objects.trees import FOLDER, Item

_SUFFIX = SUFFIX.encode()


def count_between(objects: Objects, before: bytes | None, after: bytes | None) -> tuple[int, int, int]:
    """Return how many entries were added, changed and removed between two root trees (20-byte ids); reads trees only.

    None stands for an empty tree. A plain tuple: a log makes one for each commit.
    """
    entries = ENTRIES.encode()
    old, new = (None if root is None else objects.items(root).get(entries) for root in (before, after))
    return _count(objects, old, new, b"", depth=2)


def _count(
    objects: Objects, before: Item | None, after: Item | None, digits: bytes, *, depth: int
) -> tuple[int, int, int]:
    """Count in two folders, whose names make `digits`; what lies in them are folders too, until `depth` is 0."""
    old, new = ({} if side is None or side.mode != FOLDER else objects.items(side.oid) for side in (before, after))
    added = changed = removed = 0
    for name in {name for name, _ in old.items() ^ new.items()}:
        one, other = old.get(name), new.get(name)
        if depth:
            below = _count(objects, one, other, digits + name, depth=depth - 1)
        else:
            is_there = [_is_entry(item, digits) for item in (one, other)]
            below = (is_there == [False, True], is_there == [True, True], is_there == [True, False])
        added, changed, removed = added + below[0], changed + below[1], removed + below[2]
    return added, changed, removed


def _is_entry(item: Item | None, digits: bytes) -> bool:
    if item is None or item.mode == FOLDER or not item.name.endswith(_SUFFIX) or not item.name.startswith(digits):
        return False
    return len(digits) == 6 and is_id(item.name[: -len(_SUFFIX)].decode("ascii", "replace"))
