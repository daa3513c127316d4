"""Restores one message of an entry as it was: found again by what it says, not by its bare number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.diff.align import align
from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.model.change import ChangeSet
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.edit.change import name_some
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot
from rolethread_vcs.transaction import Committed, Intent, run


@dataclass(frozen=True, slots=True)
class RestoredMessage:
    """Where a message stands now that it is what it was; `is_new` when it had gone and was put back."""

    entry_id: str
    place: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class RestoredMessages:
    """One message of each of some entries, and the commit that brought them back."""

    committed: Committed
    places: tuple[RestoredMessage, ...]


def bring_message_back(
    repository: Repository, ids: Sequence[str], source: Snapshot, number: int, intent: Intent | None = None
) -> RestoredMessages:
    """Make one message of entries what it was in a snapshot, in one commit; the rest of each entry stays.

    `number` counts in the entry as it was then, from 0. The message takes the place of the one that it became; where
    that has gone it is put back behind the message that it followed.

    Raises:
        NoSuchEntryError: an entry is not there, or was not there then. UsageError: it had no such message then.
        InvalidError: its messages are no list.
    """
    intent = intent or Intent("restore", f"restore --message {number}")
    places: list[RestoredMessage] = []

    def plan(base: Snapshot) -> ChangeSet:
        places.clear()
        puts = {}
        for entry_id in ids:
            then, now = _lists_of(entry_id, source, base)
            place, is_new = find_place(then, now, number)
            places.append(RestoredMessage(entry_id, place, is_new))
            messages = [*now[:place], then[number], *now[place if is_new else place + 1 :]]
            puts[entry_id] = base[entry_id].with_fields(messages=messages)
        summary = f"restore message [{number}] of {name_some(list(ids))} from {source.id[:10]}"
        return ChangeSet(puts=puts, summary=summary)

    for entry_id in ids:
        _refuse_without(source.get(entry_id), entry_id, source, number)
    return RestoredMessages(run(repository, intent, plan), tuple(places))


def find_place(then: Sequence[Any], now: Sequence[Any], number: int) -> tuple[int, bool]:
    """Return where a message of then belongs today, and whether it has to be put in there because it had gone."""
    pairs = align(then, now)
    place_of = {pair.before: pair.after for pair in pairs}
    if number in place_of:
        return place_of[number], False
    unmoved = {pair.before: pair.after for pair in pairs if not pair.moved} or place_of
    before = [one for one in unmoved if one < number]
    if before:
        return unmoved[max(before)] + 1, True
    behind = [one for one in unmoved if one > number]
    return (unmoved[min(behind)] if behind else len(now)), True


def _refuse_without(entry: Entry | None, entry_id: str, source: Snapshot, number: int) -> None:
    if entry is None:
        raise NoSuchEntryError(
            f"there was no entry {entry_id} in {source.id[:10]}; nothing was changed", hint=f"rtv log {entry_id}"
        )
    messages = _list_of(entry, entry_id)
    if not 0 <= number < len(messages):
        has = f"messages [0] to [{len(messages) - 1}]" if messages else "no messages"
        raise UsageError(
            f"entry {entry_id} had {has} in {source.id[:10]}, and no [{number}]; nothing was changed",
            hint=f"rtv show {entry_id}@{source.id[:10]}",
        )


def _lists_of(entry_id: str, source: Snapshot, base: Snapshot) -> tuple[list[Any], list[Any]]:
    if entry_id not in base:
        raise NoSuchEntryError(
            f"entry {entry_id} is gone, so no message can be put back into it; nothing was changed",
            hint=f"bring it back as a whole: rtv restore {entry_id} --from {source.id[:10]}",
        )
    return _list_of(source[entry_id], entry_id), _list_of(base[entry_id], entry_id)


def _list_of(entry: Entry, entry_id: str) -> list[Any]:
    messages = entry.messages
    if not isinstance(messages, list):
        raise InvalidError(f"the messages of entry {entry_id} are no list; nothing was changed")
    return messages
