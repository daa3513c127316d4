"""Entries of a change of which most lie in the store: each is decoded when it is asked for, and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rolethread_vcs.model.canonical import decode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.store.objects.overlay import Readable


class LazyEntries(Mapping[str, Entry]):
    """Entries by id: those `made` here, and those `stored` under a 20-byte blob id (perhaps both); in the order of ids.

    So a branch of a hundred thousand entries is judged without holding them all.
    """

    def __init__(self, made: Mapping[str, Entry], stored: Mapping[str, bytes], objects: Readable) -> None:
        self._made = made
        self._stored = stored
        self._objects = objects

    def __getitem__(self, entry_id: str) -> Entry:
        made = self._made.get(entry_id)
        return decode_entry(self._objects.blob(self._stored[entry_id])) if made is None else made

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._made, *self._stored}))

    def __len__(self) -> int:
        return len(self._made.keys() | self._stored.keys())
