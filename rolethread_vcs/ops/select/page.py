"""Lists entries a page at a time; a page costs a page, however long the dataset is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rolethread_vcs.model.entry import Entry, preview, turns_of
from rolethread_vcs.ops.select import Selection, find_entry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

PAGE = 25


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry as a list shows it.

    `messages` and `exchanges` are counts; `preview` is the beginning of the first user message, as written;
    `reads` is false for what cannot be read as an entry, and `problem` says why in a few words.
    """

    id: str
    messages: int
    exchanges: int
    tags: tuple[str, ...]
    preview: str
    reads: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of entries; `total` counts all that fit, None when it was not counted; `more` tells of a next page."""

    rows: tuple[ListedEntry, ...]
    total: int | None
    more: bool


def page(
    repository: Repository,
    words: Sequence[str] = (),
    *,
    where: str | None = None,
    limit: int = PAGE,
    after: str | None = None,
    rev: str = "@",
    count: bool = False,
) -> Page:
    """Return the entries that fit a query (all, without one) behind the entry `after`, at most `limit`.

    `words` is the query as a command takes it, `where` as one text; with both, an entry must fit both. With
    `count`, all that fit are counted, which reads the rest of the dataset when the query is about content.

    Raises:
        UsageError: the query does not read. NoSuchEntryError: there is no entry `after`.
    """
    snapshot = repository.snapshot(rev)
    start = None if after is None else find_entry(snapshot, after)
    if not words and where is None:
        ids = snapshot.ids(after=start, limit=limit + 1)
        total = len(snapshot) if count or (start is None and len(ids) <= limit) else None
        return Page(tuple(_row_of(snapshot, entry_id) for entry_id in ids[:limit]), total, len(ids) > limit)
    found = _fitting(snapshot, words, where, start)
    shown = list(islice(found, limit + 1))
    rows = tuple(
        _row_of(snapshot, entry_id) if entry is None else row(entry_id, entry) for entry_id, entry in shown[:limit]
    )
    total = None
    if start is None and len(shown) <= limit:
        total = len(shown)
    elif count:
        total = sum(1 for _ in _fitting(snapshot, words, where, None))
    return Page(rows, total, len(shown) > limit)


def row(entry_id: str, entry: Entry) -> ListedEntry:
    """Return the row of an entry."""
    messages = entry.document.get("messages")
    return ListedEntry(
        entry_id,
        len(messages) if isinstance(messages, list) else 0,
        count_exchanges(entry),
        entry.tags,
        preview(entry),
    )


def count_exchanges(entry: Entry) -> int:
    """Return how many user messages have an assistant message that answers them before the next user message."""
    exchanges, is_asked = 0, False
    for message in turns_of(entry):
        role = message.get("role")
        if role == "user":
            is_asked = True
        elif role == "assistant" and is_asked:
            exchanges, is_asked = exchanges + 1, False
    return exchanges


def _fitting(
    snapshot: Snapshot, words: Sequence[str], where: str | None, after: str | None
) -> Iterator[tuple[str, Entry | None]]:
    first, second = Selection.of(where=words or where), Selection.of(where=where if words else None)
    for entry_id, entry in first.matching(snapshot, after=after):
        if second.is_everything or second.fits(entry_id, entry if entry is not None else snapshot[entry_id]):
            yield entry_id, entry


def _row_of(snapshot: Snapshot, entry_id: str) -> ListedEntry:
    entry = snapshot.read(entry_id)
    if isinstance(entry, Entry):
        return row(entry_id, entry)
    # one damaged entry must not hide the others
    return ListedEntry(entry_id, 0, 0, (), "", reads=False, problem=str(entry or ""))
