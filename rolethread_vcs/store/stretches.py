"""Passes over stretches of history in which nothing happened near an entry, so that its life is told by the others.

Long stretches are remembered in `.git/rolethread/cache/`: what is said there never changes, and it may be thrown away
at any time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.model.layout import ENTRIES, ORDER, entry_folder
from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.reader import MissingObjectError

if TYPE_CHECKING:
    from rolethread_vcs.store.refs.ancestry import Ancestry, Link
    from rolethread_vcs.store.repository import Repository

_CACHE = "stretches.json"
_VERSION = 1
_MOST_STRETCHES = 500_000
_LONG = 8
"""Commits in a stretch that is worth remembering: the next commit takes no longer to look at than to look up."""

_Ids = tuple[pygit2.Oid | None, pygit2.Oid | None]
"""The ids of a folder and of `order.json` in a commit; None where there is none."""


class Stretches:
    """Stretches of commits with one parent each, between which neither a folder of entries nor the order changed.

    A folder is written as the six digits that its entries begin with.

    Commits are looked at through libgit2, which takes a fifth of the time that reading their bytes takes here; and only
    in packs, because it never comes back from a loose object that was cut off. A loose commit just stops a stretch.
    """

    def __init__(self, repository: Repository) -> None:
        self._folder = repository.common_folder / "objects"
        self._path = repository.private_folder / "cache" / _CACHE
        self._scratch = repository.scratch_folder
        self._known = _load(self._path)
        self._ends: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._packed: pygit2.Repository | None = None
        self._is_fresh = False

    def pass_over(self, ancestry: Ancestry, link: Link, entry_id: str) -> Link:
        """Return the last commit from one on, towards the past, that surely holds an entry and its place as that does.

        All between do, too.
        """
        end = self._end("".join(entry_folder(entry_id)), link.id)
        try:
            return link if end == link.id else ancestry.link(end)
        except (MissingObjectError, ValueError):  # lost since it was noted, or no commit; then it is seen step by step
            return link

    def save(self) -> None:
        """Write down what was seen; a cache that cannot be written is no reason to stop."""
        if not self._is_fresh or sum(map(len, self._known.values())) > _MOST_STRETCHES:
            return
        data = json.dumps({"version": _VERSION, "stretches": self._known}, separators=(",", ":")).encode()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._scratch.mkdir(parents=True, exist_ok=True)
            disk.replace_file(self._path, data, durable=False, scratch=self._scratch)
        except (OSError, RoleThreadError):
            return
        self._is_fresh = False

    def _end(self, folder: str, start: str) -> str:
        known, ends = self._known.setdefault(folder, {}), self._ends[folder]
        end = ends.get(start) or known.get(start)
        if end is not None:
            return end
        passed = self._passed(folder, start)
        end = passed[-1]
        end = ends.get(end) or known.get(end, end)
        # no commit is walked twice, however many lines of history lead to it
        ends |= dict.fromkeys(passed, end)
        if len(passed) > _LONG:
            known[start] = end
            self._is_fresh = True
        return end

    def _passed(self, folder: str, start: str) -> list[str]:
        """Return the commits of a stretch (hex ids), from its start to its end or to where its end is known."""
        passed = [start]
        known, ends = self._known[folder], self._ends[folder]
        packed = self._packs()
        above = f"{ENTRIES}/{folder[:4]}"
        whole = f"{above}/{folder[4:]}"
        try:
            commit = packed[start].peel(pygit2.Commit)
            ids, exact = _ids(packed, commit, above), None
            while len(parents := commit.parents) == 1:
                parent = parents[0]
                before = _ids(packed, parent, above)
                if before != ids:  # something happened in ten thousand entries; perhaps not in the hundred around it
                    exact, exact_before = exact or _ids(packed, commit, whole), _ids(packed, parent, whole)
                    if exact_before != exact:
                        break
                    ids = before
                commit = parent
                oid = str(commit.id)
                passed.append(oid)
                if oid in known or oid in ends:
                    break
        except (KeyError, ValueError, pygit2.GitError):  # not in a pack, or damaged: whoever reads it next will say so
            return passed
        return passed

    def _packs(self) -> pygit2.Repository:
        if self._packed is None:
            objects = pygit2.Odb()
            objects.add_backend(pygit2.OdbBackendPack(str(self._folder)), 1)
            self._packed = pygit2.Repository()
            self._packed.set_odb(objects)
        return self._packed


def _ids(packed: pygit2.Repository, commit: pygit2.Commit, path: str) -> _Ids:
    """Return the ids of a folder, of which a path tells, and of the order in a commit.

    Raises:
        KeyError: something on the way is in no pack.
    """
    tree = commit.tree
    order = tree[ORDER].id if ORDER in tree else None
    try:
        return tree[path].id, order
    except KeyError:
        # it is not there; or a folder on the way is in no pack, and then looking at each of them raises
        found: pygit2.Object = tree
        for name in path.split("/"):
            if not isinstance(found, pygit2.Tree) or name not in found:
                break
            found = packed[found[name].id]
        return None, order


def _load(path: Path) -> dict[str, dict[str, str]]:
    try:
        cache = json.loads(path.read_bytes())
        if cache["version"] != _VERSION:
            return {}
        known: dict[str, dict[str, str]] = cache["stretches"]
        return known if {str}.issuperset(type(end) for ends in known.values() for end in ends.values()) else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
