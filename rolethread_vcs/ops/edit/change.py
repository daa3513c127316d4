"""Adds, changes, removes and places entries: the library's `edit` block, and plain functions for one commit each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Unpack, cast

from rolethread_vcs.errors import ConflictError, InvalidError, UsageError
from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, make_id
from rolethread_vcs.model.revision import Ids, RevisionError, named_of, number_named, words_of
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot
from rolethread_vcs.transaction import ChangeSet, Committed, Intent, Said, intent_of, run

if TYPE_CHECKING:
    from rolethread_vcs.model.order import Order

AnyEntry = Entry | Mapping[str, Any]
NewEntry = AnyEntry | Callable[[Entry], AnyEntry]


def as_entry(entry: AnyEntry) -> Entry:
    """Return an entry of an `Entry` or a plain mapping of its fields, made anew: what is saved is what was checked.

    Raises:
        InvalidEntryError: it cannot be one.
    """
    return Entry(entry.document if isinstance(entry, Entry) else entry)


def add(
    repository: Repository,
    entries: AnyEntry | Iterable[AnyEntry],
    intent: Intent | None = None,
    **said: Unpack[Said],
) -> Committed:
    """Add entries behind the last one, in one commit; `ids` of the result are theirs, in order."""
    intent = intent_of(intent, said, "add", "add")
    is_one = isinstance(entries, (Entry, Mapping)) or not isinstance(entries, Iterable)
    new = [as_entry(entry) for entry in cast("Iterable[AnyEntry]", [entries] if is_one else entries)]

    def plan(base: Snapshot) -> ChangeSet:
        ids = base.new_ids(new)
        puts = dict(zip(ids, new, strict=True))
        return ChangeSet(puts=puts, made_up=tuple(ids), summary=summary_of(added=ids))

    return run(repository, intent, plan)


def replace(
    repository: Repository,
    entries: Mapping[str, NewEntry] | Mapping[int, NewEntry],
    intent: Intent | None = None,
    *,
    if_unchanged_since: Mapping[str, bytes] | None = None,
    **said: Unpack[Said],
) -> Committed:
    """Replace entries by id, in one commit: by other ones, or by what functions make of them (again on a newer base).

    `if_unchanged_since` maps ids to the blob ids that were read.

    Raises:
        StaleEntryError: one of them is another by now.
    """
    named = name_some(words_of(entries))

    def plan(base: Snapshot) -> ChangeSet:
        puts: dict[str, Entry] = {}
        for word, new in entries.items():
            entry_id = named_entry(base, word)
            made = as_entry(new(base[entry_id]) if callable(new) else new)
            if puts.setdefault(entry_id, made) != made:
                raise UsageError(f"entry {entry_id} is named twice, with two different entries to replace it")
        return ChangeSet(puts=puts, summary=f"edit {named}")

    return run(repository, intent_of(intent, said, "edit", f"edit {named}"), plan, expected=if_unchanged_since)


def remove(repository: Repository, ids: Ids, intent: Intent | None = None, **said: Unpack[Said]) -> Committed:
    """Remove entries in one commit; history still holds them."""
    words = words_of(ids)
    intent = intent_of(intent, said, "remove", f"remove {name_some(words)}")
    return run(repository, intent, lambda base: removal(base, words))


def removal(base: Snapshot, ids: Iterable[str]) -> ChangeSet:
    """Return the change that removes entries, and their places in the order with them.

    Raises:
        NoSuchEntryError: one of them is not there.
    """
    gone = list(dict.fromkeys(named_entry(base, word) for word in ids))
    return ChangeSet(removes=frozenset(gone), files=order_without(base, gone), summary=f"remove {name_some(gone)}")


def named_entry(base: Snapshot, word: str | int) -> str:
    """Return the id of the entry that an id or a number names.

    Raises:
        NoSuchEntryError: there is none. UsageError (ambiguous): a number that several entries carry.
    """
    from rolethread_vcs.ops.select import find_entry

    try:
        return find_entry(base, word)
    except RevisionError as error:
        raise NoSuchEntryError(error.message, hint=error.hint) from error


def order_without(base: Snapshot, gone: Iterable[str]) -> dict[str, bytes | None]:
    """Return the change of `order.json` when entries go: nothing when none of them was ever moved."""
    if base.find(ORDER) is None:
        return {}
    return base.files_of_order(base.order.without(gone))


def name_some(ids: Sequence[str]) -> str:
    """Return `00000012-k2x9m3ab` for one id, `3 entries` for more."""
    return ids[0] if len(ids) == 1 else f"{len(ids):,} entries"


def summary_of(added: Sequence[str] = (), changed: Sequence[str] = (), removed: Sequence[str] = ()) -> str:
    """Return the message of a commit: `add 3 entries, edit 00000012-k2x9m3ab`."""
    parts = (("add", added), ("edit", changed), ("remove", removed))
    return ", ".join(f"{verb} {name_some(ids)}" for verb, ids in parts if ids)


def message_list(entry_id: str, entry: Entry) -> list[Any]:
    """Return the messages of an entry, to be edited.

    Raises:
        InvalidError: they are no list.
    """
    messages = entry.document.get("messages", [])
    if not isinstance(messages, list):
        hint = f"rtv edit {entry_id}   opens it in an editor"
        raise InvalidError(f"the messages of entry {entry_id} are no list", hint=hint)
    return list(messages)


class Change:
    """The changes of one `Dataset.edit` block; nothing is saved before the block ends.

    `base` is the snapshot at the beginning of the block: what the caller is taken to have read. An entry that somebody
    else changed or removed between it and the commit makes the commit a `StaleEntryError`, never a silent overwrite.
    """

    def __init__(self, repository: Repository, **said: Unpack[Said]) -> None:
        self._repository = repository
        self._intent = intent_of(None, said, "edit", "edit")
        self.base = repository.snapshot(self._intent.branch or "@")
        self._added: dict[str, Entry] = {}
        self._put: dict[str, Entry] = {}
        self._removed: dict[str, None] = {}
        self._expected: dict[str, bytes] = {}
        self._result: Committed | None = None
        self.is_open = True

    def __repr__(self) -> str:
        return f"<Change: {len(self._added)} added, {len(self._put)} changed, {len(self._removed)} removed>"

    @cached_property
    def _numbers(self) -> Iterator[int]:
        """The numbers of entries to add; it takes trees to find that an edit of one entry has no need of."""
        return count(self.base.next_number())

    def __getitem__(self, word: str | int) -> Entry:
        """Return an entry as it would be after the block so far."""
        entry_id = self._find(word)
        if entry_id in self._removed:
            raise NoSuchEntryError(f"entry {entry_id} is removed in this edit")
        made = self._put.get(entry_id) or self._added.get(entry_id)
        return self.base[entry_id] if made is None else made

    def add(self, entry: AnyEntry) -> str:
        """Add an entry behind the last one and return its id."""
        self._refuse_when_ended()
        new = as_entry(entry)
        entry_id = make_id(next(self._numbers), birth_suffix(new.document.get("messages")))
        self._added[entry_id] = new
        return entry_id

    def put(self, word: str | int, entry: AnyEntry, *, if_unchanged_since: bytes | None = None) -> None:
        """Replace an entry, named by its id or number: one that the block found, or one that it added.

        `if_unchanged_since` is the blob id of what the caller read, when that was before the block.
        """
        self._refuse_when_ended()
        entry_id = self._find(word)
        if entry_id in self._added:
            self._added[entry_id] = as_entry(entry)
            return
        self._expect(entry_id, if_unchanged_since)
        self._put[entry_id] = as_entry(entry)
        self._removed.pop(entry_id, None)

    def remove(self, word: str | int) -> None:
        """Remove an entry that the block found, or that it added."""
        self._refuse_when_ended()
        entry_id = self._find(word)
        if self._added.pop(entry_id, None) is None:
            self._expect(entry_id)
            self._put.pop(entry_id, None)
            self._removed[entry_id] = None

    def commit(self) -> Committed:
        """Make one commit of all changes; called at the end of the block.

        The ids that `add` gave out stay true when others added entries meanwhile: then two entries share a number,
        as after a merge, and their suffixes tell them apart.

        Raises:
            StaleEntryError: an entry to replace or to remove changed meanwhile; nothing was saved.
            ConflictError: somebody else added the very same conversation under the very same id meanwhile.
        """
        if self._result is not None:
            return self._result
        self._refuse_when_ended()

        def plan(base: Snapshot) -> ChangeSet:
            taken = next((entry_id for entry_id in self._added if entry_id in base), None)
            if taken is not None:
                raise ConflictError(
                    f"the id {taken} was taken by another writer meanwhile",
                    hint="run the same edit again",
                )
            going = removal(base, self._removed) if self._removed else ChangeSet()
            return ChangeSet(
                puts=self._added | self._put,
                removes=going.removes,
                files=going.files,
                made_up=tuple(self._added),
                summary=summary_of(list(self._added), list(self._put), list(self._removed)),
            )

        self._result = run(self._repository, self._intent, plan, expected=self._expected)
        self.is_open = False
        return self._result

    @property
    def result(self) -> Committed:
        """What was committed, once the block has ended.

        Raises:
            UsageError: it has not, or not well.
        """
        if self._result is None:
            raise UsageError("nothing is committed before the block of the edit has ended")
        return self._result

    def _refuse_when_ended(self) -> None:
        if not self.is_open:
            raise UsageError(
                "the block of this edit has ended, so it takes no more changes",
                hint="begin another one: with dataset.edit() as change: …",
            )

    def _find(self, word: str | int) -> str:
        number = number_named(word)
        added = word if number is None else named_of(self._added, number)
        return added if isinstance(added, str) and added in self._added else named_entry(self.base, word)

    def _expect(self, entry_id: str, blob: bytes | None = None) -> None:
        """Note what an entry must still be at the commit; what the caller said he read wins over what the block saw."""
        found = self.base.blob_id(entry_id)
        if blob is not None:
            self._expected[entry_id] = blob
        else:
            self._expected.setdefault(entry_id, found)


def behind_anchors(base: Snapshot, behind: Mapping[str | None, Sequence[str]]) -> Order:
    """Return the order with new entries behind entries of a snapshot; None stands for the front.

    An anchor that is gone leaves its entries at the end, where their ids put them.
    """
    order = base.order
    for anchor, ids in behind.items():
        if anchor is None or anchor in base:
            following = base.ids(after=anchor, limit=1)
            order = order.move_after(ids, anchor, next_id=following[0] if following else None)
    return order


def as_listed(ids: Sequence[str]) -> Order:
    """Return the order that makes entries stand as listed, moving as few of them as possible."""
    from rolethread_vcs.diff.chain import longest_chain
    from rolethread_vcs.model.order import Order, runs

    rank = {entry_id: number for number, entry_id in enumerate(sorted(ids))}
    unmoved = {ids[place] for place, _ in longest_chain((place, rank[each]) for place, each in enumerate(ids))}
    ranks: dict[str, str] = {}
    for anchor, moved, following in runs(ids, unmoved):
        ranks.update(Order().move_after(moved, anchor, next_id=following).ranks)
    return Order(ranks)
