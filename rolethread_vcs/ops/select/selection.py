"""Selects entries: by number, by id, or by a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.ids import SUFFIX_DIGITS, number_of
from rolethread_vcs.model.query import Query, parse_query
from rolethread_vcs.model.revision import RevisionError, parse_selector
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot

_NAMED = 5


class NothingFitsError(NotFoundError):
    """A query that no entry meets, where entries are needed."""

    code = "nothing_fits"


@dataclass(frozen=True, slots=True)
class Selection:
    """The entries that somebody means: those that words name (numbers, ids), or those that a query matches.

    With neither, it is all of them, where a command takes all. What is meant is parsed once, and never both ways.
    """

    words: tuple[str, ...] = ()
    where: str | None = None
    query: Query | None = None

    @classmethod
    def of(cls, words: Sequence[str] = (), where: str | None = None) -> Selection:
        """Return what words and a query select.

        Raises:
            UsageError: both at once, or the query cannot be read.
        """
        if words and where is not None:
            raise UsageError(
                "entries are selected by their ids or by --where, not by both",
                hint="--where 'id:12..20 tag:draft'   joins them",
            )
        return cls(tuple(words), where, None if where is None else parse_query(where))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.words and self.query is None

    def ids(self, snapshot: Snapshot) -> list[str]:
        """Return the ids that are meant: those named, in that order, or all that the query matches, in dataset order.

        Raises:
            UsageError: nothing is selected, or a word names no entry or several. NoSuchEntryError.
            NothingFitsError: no entry matches the query.
        """
        if self.query is not None:
            found = [entry_id for entry_id, _ in matching(snapshot, self.query)]
            if not found:
                raise NothingFitsError(f"no entry fits {self.where!r}", hint="see what is there: rtv list")
            return found
        if not self.words:
            raise UsageError(
                "no entry is named", hint="name them (12 or 00000012-k2x9m3ab), or choose with --where QUERY"
            )
        return list(dict.fromkeys(find_entry(snapshot, word) for word in self.words))

    def entries(self, snapshot: Snapshot) -> Iterator[tuple[str, Entry]]:
        """Yield the entries that are meant; no match is no error."""
        if self.query is not None:
            for entry_id, entry in matching(snapshot, self.query):
                yield entry_id, snapshot[entry_id] if entry is None else entry
        elif self.words:
            for entry_id in self.ids(snapshot):
                yield entry_id, snapshot[entry_id]
        else:
            yield from snapshot


def select(repository: Repository, words: Sequence[str] = (), where: str | None = None, *, rev: str = "@") -> list[str]:
    """Return the ids of entries of a revision; see `Selection.ids`."""
    return Selection.of(words, where).ids(repository.snapshot(rev))


def find_entry(snapshot: Snapshot, word: str | int) -> str:
    """Return the id of the entry that a number (`12`, `00000012`) or a whole id names.

    Raises:
        UsageError: the word can name no entry, or is a number that several entries carry.
        NoSuchEntryError: there is none; the hint names the nearest.
    """
    try:
        selector = parse_selector(word) if isinstance(word, str) else word
    except RevisionError as error:
        raise RevisionError(
            error.message, hint=f"{error.hint}; to choose by content: --where {word!r}" if error.hint else None
        ) from error
    if isinstance(selector, str):
        if selector in snapshot:
            return selector
        raise _no_such_id(snapshot, selector)
    found = named_of(snapshot.with_number(selector), selector)
    if found is None:
        raise _no_such_number(snapshot, selector)
    return found


def named_of(ids: Iterable[str], selector: str | int) -> str | None:
    """Return the one of some ids that a number or a whole id names, None when it names none of them.

    Raises:
        UsageError (ambiguous): a number that several of them carry.
    """
    found = [each for each in ids if selector in (each, number_of(each))]
    if len(found) > 1:
        raise UsageError(
            f"{selector} is the number of {len(found)} entries: {', '.join(found)}",
            hint="write the whole id",
            code="ambiguous",
        )
    return found[0] if found else None


def matching(snapshot: Snapshot, query: Query, *, after: str | None = None) -> Iterator[tuple[str, Entry | None]]:
    """Yield (id, entry) of the entries that fit a query, in dataset order, streaming, behind the entry `after`.

    The entry is None where the id alone decided and nothing was read. A file that does not read fits nothing.
    """
    waiting = after is not None
    for entry_id, oid in snapshot.blobs():
        if waiting:
            waiting = entry_id != after
            continue
        answer = query.decide(entry_id)
        if answer is not None:
            if answer:
                yield entry_id, None
            continue
        entry = snapshot.read_blob(oid)
        if isinstance(entry, Entry) and query.matches(entry_id, entry):
            yield entry_id, entry


def _no_such_id(snapshot: Snapshot, entry_id: str) -> NoSuchEntryError:
    from difflib import get_close_matches

    same_number = snapshot.with_number(number_of(entry_id))
    near = next(iter(get_close_matches(entry_id, same_number, n=1, cutoff=0)), None) or _with_suffix(snapshot, entry_id)
    hint = f"did you mean {near}?" if near else "see them with: rtv list"
    return NoSuchEntryError(f"there is no entry {entry_id} in {snapshot.id[:10]}", hint=hint)


def _with_suffix(snapshot: Snapshot, entry_id: str) -> str | None:
    """Return an entry of the same birth suffix: the number was mistyped, or the entry got another one elsewhere."""
    suffix = entry_id[-SUFFIX_DIGITS:]
    return next((found for found, _ in snapshot.blobs() if found.endswith(suffix)), None)


def _no_such_number(snapshot: Snapshot, number: int) -> NoSuchEntryError:
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
