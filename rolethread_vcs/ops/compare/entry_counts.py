"""Counts the entries in which two trees differ: the one answer of the log, of undo, and of `show`.

An entry is a file at the very path of its id, as everywhere. A file under `entries/` in a wrong folder, or with a name
that is no id, is no entry and counts as none; `verify` names it.
"""

from __future__ import annotations

from rolethread_vcs.model.change import Counts
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.store.objects.reader import Objects
from rolethread_vcs.store.objects.trees import two_way


def count_between(objects: Objects, before: bytes | None, after: bytes | None) -> Counts:
    """Return how many entries were added, changed and removed between two root trees (20-byte ids); reads trees only.

    None stands for an empty tree.
    """
    added = changed = removed = 0
    for path, old, new in two_way(before, after, objects.tree):
        if id_of_path(path) is not None:
            added += old is None
            removed += new is None
            changed += old is not None and new is not None
    return Counts(added, changed, removed)
