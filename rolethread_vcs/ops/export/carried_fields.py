"""Says which fields a file can carry, so that what it has no place for is not taken for a change.

A full export of ours carries everything. Any other file carries roles and contents, and of the rest what at least one
of its rows has: a file without a single tag says nothing about tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.model.entry import Entry

_LISTS = ("messages", "chosen", "rejected")
_SPOKEN = frozenset({"role", "content"})
_BOOKKEEPING = "alpaca"
"""What the format alpaca notes in `extra` about where an instruction ends; it is no field of anybody's."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a file can carry: keys of entries, of messages, and of `extra`; with `is_all`, everything."""

    is_all: bool = False
    entry: frozenset[str] = frozenset()
    message: frozenset[str] = _SPOKEN
    extra: frozenset[str] = frozenset()

    def common(self, other: Carried) -> Carried:
        """Return what two files can both carry."""
        if self.is_all or other.is_all:
            return other if self.is_all else self
        return Carried(False, self.entry & other.entry, self.message & other.message, self.extra & other.extra)

    def project(self, entry: Entry) -> Entry:
        """Return an entry with nothing but what can be carried; null in an optional key says the same as no key."""
        if self.is_all:
            return entry
        fields: dict[str, Any] = {}
        for key, value in entry.fields.items():
            if key in _LISTS and (key == "messages" or key in self.entry):
                fields[key] = self._messages(value)
            elif key == "extra":
                extra = {name: item for name, item in value.items() if name in self.extra and item is not None}
                if extra:
                    fields[key] = extra
            elif key in self.entry:
                fields[key] = value
        return Entry(fields)

    def fill(self, entry: Entry, other: Entry) -> Entry:
        """Return an entry with the fields of another that could not be carried: what a file cannot tell, it has."""
        if self.is_all:
            return entry
        missing = {key: value for key, value in other.fields.items() if key not in _LISTS and key not in self.entry}
        return Entry({**missing, **entry.fields})

    def _messages(self, messages: Any) -> Any:
        return [self._message(message) for message in messages] if isinstance(messages, list) else messages

    def _message(self, message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        return {
            key: value
            for key, value in message.items()
            if key in _SPOKEN or (key in self.message and value is not None)
        }


EVERYTHING = Carried(is_all=True)


def carried_by(entries: Iterable[Entry]) -> Carried:
    """Return what the rows of a file that is no full export of ours carry."""
    own: set[str] = set()
    message_keys: set[str] = set(_SPOKEN)
    extra: set[str] = set()
    for entry in entries:
        own.update(entry.fields)
        extra.update(key for key, value in entry.extra.items() if value is not None)
        for name in _LISTS:
            messages = entry.fields.get(name)
            for message in messages if isinstance(messages, list) else ():
                if isinstance(message, dict) and not _SPOKEN.issuperset(message):
                    message_keys.update(key for key, value in message.items() if value is not None)
    return Carried(False, frozenset(own), frozenset(message_keys), frozenset(extra - {_BOOKKEEPING}))
