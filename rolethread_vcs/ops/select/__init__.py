"""Selects entries: by number, by id, or by a query, a page at a time; finds the tag that a new one was meant to be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from rolethread_vcs.errors import NotFoundError, UsageError, nearest
from rolethread_vcs.model.entry import Entry, canonical_tags, preview, turns_of
from rolethread_vcs.model.layout import SUFFIX_DIGITS, fold, number_of
from rolethread_vcs.model.revision import Ids, RevisionError, named_of, parse_selector, words_of
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot

if TYPE_CHECKING:
    from rolethread_vcs.model.query import Query

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """The entries that somebody means: those that words name (numbers, ids), or those that a query matches.

    With neither, it is all of them, where a command takes all. What is meant is parsed once, and never both ways;
    wherever a command, a merge, a file copy or an export asks which entries are meant, it asks this.
    """

    words: tuple[str, ...] = ()
    where: str | Sequence[str] | None = None
    query: Query | None = None

    @classmethod
    def of(cls, words: Sequence[str] = (), where: str | Sequence[str] | None = None) -> Selection:
        """Return what words and a query select; the query is one text, or the words of `list` and `search`.

        Raises:
            UsageError: both at once, or the query cannot be read.
        """
        if words and where is not None:
            raise UsageError(
                "entries are selected by their ids or by --where, not by both",
                hint="--where 'id:12..20 tag:draft'   joins them",
            )
        if where is None:
            return cls(tuple(words))
        from rolethread_vcs.model.query import parse_query

        return cls((), where, parse_query(where))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.words and self.query is None

    def ids(self, snapshot: Snapshot) -> list[str]:
        """Return the ids that are meant: those named, in that order, or all that the query matches, in dataset order.

        Raises:
            UsageError: nothing is selected, or a word names no entry or several. NoSuchEntryError.
            NotFoundError (nothing_fits): no entry matches the query.
        """
        if self.query is not None:
            found = [entry_id for entry_id, _ in self.matching(snapshot)]
            if not found:
                raise NotFoundError(
                    f"no entry matches {self.where!r}", hint="see what is there: rtv list", code="nothing_fits"
                )
            return found
        if not self.words:
            raise UsageError(
                "no entry is named", hint="name them (12 or 00000012-k2x9m3ab), or choose with --where QUERY"
            )
        return list(dict.fromkeys(find_entry(snapshot, word) for word in self.words))

    def entries(self, snapshot: Snapshot) -> Iterator[tuple[str, Entry]]:
        """Yield the entries that are meant; no match is no error."""
        if self.query is not None:
            for entry_id, entry in self.matching(snapshot):
                yield entry_id, snapshot[entry_id] if entry is None else entry
        elif self.words:
            for entry_id in self.ids(snapshot):
                yield entry_id, snapshot[entry_id]
        else:
            yield from snapshot

    def decide(self, entry_id: str) -> bool | None:
        """Return what the query says of an entry whose content it need not know, None when it must see the entry."""
        return True if self.query is None else self.query.decide(entry_id)

    def fits(self, entry_id: str, *versions: object) -> bool:
        """Return whether the query matches one of the versions of an entry; what is no `Entry` matches nothing."""
        query = self.query
        return query is None or any(isinstance(each, Entry) and query.matches(entry_id, each) for each in versions)

    def matching(self, snapshot: Snapshot, *, after: str | None = None) -> Iterator[tuple[str, Entry | None]]:
        """Yield (id, entry) of what the query matches, in dataset order, streaming, behind the entry `after`.

        The entry is None where the id alone decided and nothing was read. A file that cannot be read matches nothing.
        """
        is_before = after is not None
        for entry_id, oid in snapshot.blobs():
            if is_before:
                is_before = entry_id != after
                continue
            answer = self.decide(entry_id)
            if answer:
                yield entry_id, None
            elif answer is None:
                entry = snapshot.read_blob(oid)
                if isinstance(entry, Entry) and self.fits(entry_id, entry):
                    yield entry_id, entry


EVERYTHING = Selection()


def select(repository: Repository, words: Ids = (), where: str | None = None, *, rev: str = "@") -> list[str]:
    """Return the ids of entries of a revision; see `Selection.ids`."""
    return Selection.of(words_of(words), where).ids(repository.snapshot(rev))


def find_entry(snapshot: Snapshot, word: str | int, before: Iterable[Snapshot] = ()) -> str:
    """Return the id of the entry that a number (`12`, `00000012`) or a whole id names.

    It is looked for in the snapshot, then in those `before` it, which are asked for one by one, as far as needed.

    Raises:
        UsageError: the word can name no entry, or is a number that several entries carry.
        NoSuchEntryError: there is none; it speaks of the first snapshot, and its hint names the nearest entry there.
    """
    try:
        selector = parse_selector(word) if isinstance(word, str) else word
    except RevisionError as error:
        raise RevisionError(
            error.message, hint=f"{error.hint}; to choose by content: --where {word!r}" if error.hint else None
        ) from error
    for each in chain((snapshot,), before):
        if isinstance(selector, str):
            found = selector if selector in each else None
        else:
            found = named_of(each.with_number(selector), selector)
        if found is not None:
            return found
    raise _no_such_entry(snapshot, selector)


def _no_such_entry(snapshot: Snapshot, number: str | int) -> NoSuchEntryError:
    if isinstance(number, str):
        near = nearest(number, snapshot.with_number(number_of(number)), 0)
        # of the same birth suffix: the number was mistyped, or the entry got another one elsewhere
        alike = (found for found, _ in snapshot.blobs() if found.endswith(number[-SUFFIX_DIGITS:]))
        near = near or next(alike, None)
        hint = f"did you mean {near}?" if near else "see them with: rtv list"
        return NoSuchEntryError(f"there is no entry {number} in {snapshot.id[:10]}", hint=hint)
    last = snapshot.last_number()
    if last is None:
        return NoSuchEntryError(
            f"there is no entry {number}: the dataset is empty", hint="bring data in with: rtv import FILE"
        )
    if number > last:
        return NoSuchEntryError(f"there is no entry {number}; the last number is {last}", hint="rtv list")
    return NoSuchEntryError(
        f"there is no entry {number} in {snapshot.id[:10]}; it was removed, or never there",
        hint=f"its life, if it had one: rtv log {number}\n"
        f"those around it: rtv list id:{max(number - _NAMED, 0)}..{number + _NAMED}",
    )


def tags(repository: Repository, rev: str = "@") -> dict[str, int]:
    """Return the tags of a revision, sorted, each with the number of entries that have it."""
    from rolethread_vcs.store.derived import Table
    from rolethread_vcs.store.facts import Fact, read_facts

    snapshot = repository.snapshot(rev)
    (rows,) = read_facts(snapshot, [Fact(Table("tags", 1), lambda entry: entry.tags)], skip_unreadable=True)
    return dict(sorted(Counter(tag for _, *found in rows for tag in found).items()))


TAGS_READ_FROM = 20_000
"""Entries that are read, the first ones, to find tags that look like a new one."""

_ALIKE = 0.8
_SHORTEST_ALIKE = 4


def similar_tags(repository: Repository, tags: Sequence[str], *, besides: Sequence[str] = ()) -> dict[str, str]:
    """Return, for each tag that no entry has yet, the tag in use that looks most like it, where one does.

    Not those in `besides`: they are being removed.

    Alike are tags that differ in case, in `-`, `_` and spaces, or in a letter or two. Reading stops as soon as every
    tag was met, and after `TAGS_READ_FROM` entries at the latest.
    """
    snapshot = repository.head_snapshot()
    unmet = set(canonical_tags(tags))
    known: set[str] = set()
    for _, oid in islice(snapshot.blobs(), TAGS_READ_FROM):
        if not unmet:
            return {}
        entry = snapshot.read_blob(oid)
        found = set(entry.tags if isinstance(entry, Entry) else ())
        unmet -= found
        known |= found
    if besides:
        known -= {tag for tag in known if fold(tag) in map(fold, canonical_tags(besides))}
    alike = {}
    for tag in sorted(unmet):
        near = max(sorted(known), key=partial(_likeness, tag), default="")
        if _likeness(tag, near) >= _ALIKE:
            alike[tag] = near
    return alike


def _likeness(*tags: str) -> float:
    one, two = (re.sub("[-_ ]", "", tag.casefold()) for tag in tags)
    if one == two:
        return 1.0
    if min(len(one), len(two)) < _SHORTEST_ALIKE:
        return 0.0
    # chapter_1 and chapter_2 are meant to be alike
    if re.findall(r"\d", one) != re.findall(r"\d", two):
        return 0.0
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, two, autojunk=False).ratio()


# ---- a page of a list; it costs a page, however long the dataset is


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
