"""Restores: throws hand edits away, or brings entries, or one message, back as they were in an earlier revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from rolethread_vcs.documents import kind_of
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.entry import Entry, known_role, written_role
from rolethread_vcs.model.layout import entry_path, is_id
from rolethread_vcs.model.order import Order
from rolethread_vcs.model.revision import Ids, words_of
from rolethread_vcs.ops.edit.change import message_list, name_some
from rolethread_vcs.ops.edit.hand_files import whole_files
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.checkout import STAGED, Unsaved
from rolethread_vcs.store.log import kept_blob
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects.trees import Difference
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot
from rolethread_vcs.store.tree_reader import UnreadableEntryError, entries_between
from rolethread_vcs.transaction import (
    ChangeSet,
    Committed,
    Intent,
    Said,
    Session,
    intent_of,
    refuse_git_state,
    refuse_unsaved,
    run,
)

# ---- without a revision: hand edits


@dataclass(frozen=True, slots=True)
class Discarded:
    """Hand edits that were thrown away: `files` names them; notes of the operation name those that changed meanwhile.

    `healed` are damaged entries whose checked-out files were whole, and were saved again as they stood.
    """

    committed: Committed
    files: tuple[Unsaved, ...] = ()
    healed: tuple[str, ...] = ()


def hand_edits(repository: Repository) -> list[Unsaved]:
    """Return the hand edits of the checked-out folder that belong to the dataset, in path order.

    Raises:
        UsageError (not_checked_out): a bare dataset.
    """
    if repository.worktree is None:
        raise UsageError(
            "the files of this dataset are not checked out, so there are no hand edits to throw away",
            hint="bring entries back from an earlier revision with: rtv restore ID --from REV",
            code="not_checked_out",
        )
    return unsaved_files(repository)


def names_file(word: str) -> bool:
    """Return whether a word is the path of a file of the dataset that is no entry."""
    kind = kind_of(word)
    return kind.is_part and kind.name != "entry"


def discard_edits(
    repository: Repository, ids: Ids | None, intent: Intent | None = None, **said: Unpack[Said]
) -> Discarded:
    """Throw the hand edits of some entries away, or with None all of them; new files go, deleted ones come back.

    Among the ids may be paths of other files of the dataset.

    What was thrown away is kept in the operation, so that `undo` brings it back. Entries that nobody edited are
    passed over, and files that are no part of the dataset are left alone. A damaged entry whose file holds what was
    saved is saved again from it.

    Raises:
        UsageError (not_checked_out): a bare dataset. InvalidError: a symbolic link stands where a file should.
        UnreadableEntryError: what an edited file would become again is damaged; nothing was thrown away.
        UnsavedEditsError: git has a third content of one of the files staged. ConflictError (git_unfinished).
    """
    intent = intent_of(intent, said, "restore", "restore")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        chosen, base, worktree = hand_edits(repository), repository.head_snapshot(), repository.worktree
        assert worktree is not None
        refuse_git_state(repository)
        named: list[str] | None = None
        if ids is not None:
            words = [find_entry(base, word) if word.isdecimal() else word for word in words_of(ids)]
            wanted = {entry_path(each) if is_id(each) else each for each in words}
            chosen = [item for item in chosen if item.path in wanted]
            named = list(filter(is_id, words))
        looked_at = worktree.unsaved(base.tree, [item.path for item in chosen])
        refuse_unsaved([item for item in looked_at if item.flag == STAGED])
        edited: dict[str, bytes | None] = {}
        for item in chosen:
            try:
                edited[item.path] = worktree.read(item.path)
            except InvalidError as error:
                raise InvalidError(
                    error.message, hint="move it away yourself, then run the same command again"
                ) from error
        paths = {entry_id: item.path for item in chosen if (entry_id := item.id)}
        for entry_id, _ in base.damaged(paths):
            raise UnreadableEntryError(
                f"entry {entry_id} is damaged, and its hand-edited file cannot become again what was saved",
                hint=f"move {paths[entry_id]} away, then: rtv remove {entry_id}, and rtv restore {entry_id} --from REV",
            )
        whole = whole_files(repository, base, named)
        if intent.dry_run or not (chosen or whole):
            return Discarded(session.unchanged(intent.command), tuple(chosen), healed=tuple(whole))
        with repository.pack() as pack:
            kept = {path: None if data is None else pack.add("blob", data) for path, data in edited.items()}
            for data in whole.values():
                pack.add("blob", data)
            files = tuple(Difference(path, kept_blob(blob), base.find(path)) for path, blob in kept.items())
            number = session.publish(pack, {}, discarded=kept, effects=SideEffects(files=files))
        ids = () if chosen else tuple(whole)
        committed = replace(session.unchanged(intent.command), operation=number, ids=ids, undoable=bool(chosen))
    return Discarded(committed, tuple(chosen), tuple(whole))


# ---- from a revision


def bring_back(
    repository: Repository, ids: Ids, source: Snapshot | str, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Make entries what they were in a snapshot, in one commit; those removed since come back with their ids.

    An entry that comes back takes its old place in the order. Among the ids may be paths of other files of the dataset.

    Raises:
        NoSuchEntryError: an entry did not exist then. NotFoundError: nor did a file.
    """
    words = words_of(ids)
    intent = intent_of(intent, said, "restore", f"restore {name_some(words)}")
    source = repository.snapshot(source) if isinstance(source, str) else source
    chosen = [find_entry(source, word) if word.isdecimal() else word for word in words]
    wanted = {entry_id: _entry_then(source, entry_id) for entry_id in chosen if is_id(entry_id)}
    ranks = {entry_id: rank for entry_id, rank in source.order.ranks.items() if entry_id in wanted}
    files: dict[str, bytes] = {}
    for path in chosen:
        if not is_id(path):
            data = source.file(path) if kind_of(path).is_part else None
            if data is None:
                raise NotFoundError(f"there was no file {path} of the dataset in {source.id[:10]}")
            files[path] = data

    def plan(base: Snapshot) -> ChangeSet:
        changed = {path: data for path, data in files.items() if data != base.file(path)}
        for path, data in changed.items():
            kind_of(path).check_by_hand(path, data, base.file(path))
        return ChangeSet(
            puts=wanted,
            files={**order_with(base, ranks), **changed},
            summary=f"restore {name_some([*wanted, *files])} from {source.id[:10]}",
        )

    return run(repository, intent, plan)


def bring_all_back(
    repository: Repository, source: Snapshot | str, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Make all entries, and their order, what they were in a snapshot; entries that are newer go. One commit."""
    intent = intent_of(intent, said, "restore", "restore --all")
    then = repository.snapshot(source) if isinstance(source, str) else source

    def plan(base: Snapshot) -> ChangeSet:
        puts: dict[str, Entry] = {}
        removes: set[str] = set()
        for entry_id, _, after in entries_between(repository.objects, base.tree, then.tree):
            if after is None:
                removes.add(entry_id)
            else:
                puts[entry_id] = then[entry_id]
        return ChangeSet(
            puts=puts,
            removes=frozenset(removes),
            files=base.files_of_order(then.order),
            summary=f"restore all entries from {then.id[:10]}",
        )

    return run(repository, intent, plan)


def _entry_then(source: Snapshot, entry_id: str) -> Entry:
    entry = source.get(entry_id)
    if entry is None:
        raise NoSuchEntryError(f"there was no entry {entry_id} in {source.id[:10]}", hint=f"rtv log {entry_id}")
    return entry


def order_with(base: Snapshot, ranks: Mapping[str, str]) -> dict[str, bytes | None]:
    """Return the change of the order when entries that are not there come back to the places that they had."""
    back = {each: rank for each, rank in ranks.items() if each not in base}
    return base.files_of_order(Order({**base.order.ranks, **back}))


# ---- one message, found again by what it says, not by its bare number


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
    repository: Repository,
    ids: Ids,
    source: Snapshot | str,
    number: int,
    intent: Intent | None = None,
    **said: Unpack[Said],
) -> RestoredMessages:
    """Make one message of entries what it was in a snapshot, in one commit; the rest of each entry stays.

    `number` counts in the entry as it was then, from 0. The message takes the place of the one that it became; where
    that has gone it is put back behind the message that it followed.

    Raises:
        NoSuchEntryError: an entry is not there, or was not there then. UsageError: it had no such message then.
        InvalidError: its messages are no list. ConflictError (unclear_message): nobody knows what became of it.
    """
    intent = intent_of(intent, said, "restore", f"restore --message {number}")
    past = repository.snapshot(source) if isinstance(source, str) else source
    places: list[RestoredMessage] = []

    def plan(base: Snapshot) -> ChangeSet:
        places.clear()
        puts = {}
        for entry_id, messages in then.items():
            entry = base.get(entry_id)
            if entry is None:
                raise NoSuchEntryError(
                    f"entry {entry_id} is gone, so no message can be put back into it",
                    hint=f"bring it back as a whole: rtv restore {entry_id} --from {past.id[:10]}",
                )
            now = message_list(entry_id, entry)
            try:
                place, is_new = find_place(messages, now, number)
            except ConflictError as error:
                error.message = f"entry {entry_id}: {error.message}"
                error.hint = (
                    f"rtv diff {past.id[:10]} @ -- {entry_id}   or, the whole entry as it was: "
                    f"rtv restore {entry_id} --from {past.id[:10]}"
                )
                raise
            places.append(RestoredMessage(entry_id, place, is_new))
            changed = [*now[:place], messages[number], *now[place if is_new else place + 1 :]]
            puts[entry_id] = entry.with_fields(messages=changed)
        summary = f"restore message [{number}] of {name_some(chosen)} from {past.id[:10]}"
        return ChangeSet(puts=puts, summary=summary)

    chosen = [find_entry(past, word) if word.isdecimal() else word for word in words_of(ids)]
    then = {entry_id: message_list(entry_id, _entry_then(past, entry_id)) for entry_id in chosen}
    for entry_id, messages in then.items():
        if not 0 <= number < len(messages):
            has = f"messages [0] to [{len(messages) - 1}]" if messages else "no messages"
            raise UsageError(
                f"entry {entry_id} had {has} in {past.id[:10]}, and no [{number}]",
                hint=f"rtv show {entry_id}@{past.id[:10]}",
            )
    return RestoredMessages(run(repository, intent, plan), tuple(places))


def find_place(then: Sequence[Any], now: Sequence[Any], number: int) -> tuple[int, bool]:
    """Return where a message of then belongs today, and whether it has to be put in there because it had gone.

    Raises:
        ConflictError (unclear_message): what stands in its place may be it, edited, or another message.
    """
    from rolethread_vcs.diff.align import align

    pairs = {pair.before: pair for pair in align(then, now)}
    found = pairs.get(number)
    if found is not None:
        if found.loose:
            raise ConflictError(
                f"message [{found.after}] stands where [{number}] stood then, and may be the same, edited, or another",
                code="unclear_message",
            )
        return found.after, False
    stayed = {one: pair.after for one, pair in pairs.items() if not pair.moved}
    stayed = stayed or {one: pair.after for one, pair in pairs.items()}
    before = [one for one in stayed if one < number]
    if not before:
        behind = [one for one in stayed if one > number]
        return (stayed[min(behind)] if behind else len(now)), True
    place = stayed[max(before)] + 1
    if known_role(written_role(then[number])) == "user":
        # A question does not come between another one and what was added to its answer.
        taken = {pair.after for pair in pairs.values()}
        while place < len(now) and place not in taken and known_role(written_role(now[place])) != "user":
            place += 1
    return place, True
