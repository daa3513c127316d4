"""Orders commits so that each is newer than all that led to it, whatever the clocks said that dated them."""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path

from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.objects import MissingObjectError, Objects
from rolethread_vcs.store.objects.commits import Commit

_TABLE = Table("commit order", 1)
_ALL = b"all"
"""The one key: whether a clock went backwards anywhere, and then the commits (20 bytes) with their moments."""
_ROW = struct.Struct(">20sq")
_LATEST = 2**63 - 1
_WORTH_IT = 500
"""Commits that take longer to read than SQLite takes to load."""


class CommitOrder:
    """The moments of the commits of one repository; what is known of one never changes.

    Its first question reads all that led to a commit, once: what was found of a long history is remembered.
    """

    def __init__(self, objects: Objects, cache_folder: Path) -> None:
        self._objects = objects
        self._derived = Derived(cache_folder)
        self._is_skewed = False

    @cached_property
    def _known(self) -> dict[str, int]:
        data = self._derived.find(_TABLE, [_ALL]).get(_ALL, b"")
        if len(data) % _ROW.size != 1:
            return {}
        self._is_skewed = data[0] != 0
        return {oid.hex(): moment for oid, moment in _ROW.iter_unpack(data[1:])}

    def moment(self, commit: Commit) -> int:
        """Return a commit's time, or the least later one (seconds) that is later than those of all that led to it."""
        if self._known.get(commit.id, commit.time) < commit.time:  # what was remembered cannot be true
            self._known.clear()
        if commit.id not in self._known:
            self._learn(commit)
        return self._known[commit.id]

    def is_by_the_clock(self, *commits: str) -> bool:
        """Return whether no commit that led to some commits (hex ids) claims to be newer than one that it led to."""
        for oid in commits:
            self.moment(self._objects.commit(oid))
        return not self._is_skewed

    def _learn(self, commit: Commit) -> None:
        known, fresh = self._known, len(self._known)
        read = {commit.id: (commit.time, commit.parents)}
        missing: set[str] = set()
        waiting = [commit.id]
        while waiting:
            time, above = read[waiting[-1]]
            for oid in above:
                if oid not in read and oid not in missing:
                    try:
                        parent = self._objects.commit(oid)
                        read[oid] = parent.time, parent.parents
                    except MissingObjectError:
                        missing.add(oid)
            here = [oid for oid in above if oid in read]
            unknown = [oid for oid in here if oid not in known]
            if unknown:
                waiting += unknown
                continue
            self._is_skewed |= any(read[oid][0] > time for oid in here)
            known[waiting.pop()] = max([time, *(known[oid] + 1 for oid in here)])
        # with a commit missing, it is another history once the rest was fetched
        if not missing and len(known) - fresh > _WORTH_IT and max(known.values()) <= _LATEST:
            rows = (_ROW.pack(bytes.fromhex(oid), moment) for oid, moment in known.items())
            self._derived.keep(_TABLE, {_ALL: bytes([self._is_skewed]) + b"".join(rows)})
