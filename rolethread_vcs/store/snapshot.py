"""An immutable view of one commit: its entries in dataset order, its settings, its order file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from rolethread_vcs.errors import DamagedError, InvalidError, NotFoundError
from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import (
    ENTRIES,
    LAST_NUMBER,
    NUMBER_DIGITS,
    ORDER,
    SETTINGS,
    entry_folder,
    entry_path,
    is_entry_folder,
    is_id,
    make_id,
    number_of,
)
from rolethread_vcs.model.revision import named_of, number_named
from rolethread_vcs.model.settings import InvalidSettingsError, Settings, parse_settings
from rolethread_vcs.store.objects import LeftOutError, MissingObjectError, Objects
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.objects.trees import FOLDER, KINDS, LINK, Blob, Item, parse
from rolethread_vcs.store.tree_reader import (
    IS_DAMAGED,
    IS_LEFT_OUT,
    IS_LINK,
    LINKED,
    Unreadable,
    UnreadableEntryError,
    blob_or_linked,
    entries_in,
    entry_of_blob,
    find,
    find_blob,
    find_folder,
    unreadable_entry,
)

if TYPE_CHECKING:
    from rolethread_vcs.model.order import Order

_REMEMBERED = 64
"""Entries asked for by id: the gate, the writer and the answer ask for the same ones."""

T = TypeVar("T")

_parsed_settings = lru_cache(maxsize=8)(parse_settings)
"""The same few bytes are asked for by every command several times."""


class NoSuchEntryError(NotFoundError, KeyError):
    """The snapshot holds no entry of that id or number."""

    code = "no_such_entry"


class Snapshot:
    """The dataset as one commit holds it; reading it later gives the same again.

    `len(snapshot)`, `id in snapshot`, `snapshot[id]`, and iteration over (id, entry) in dataset order, streaming, as
    `items()` does. An entry is named by its id or by its number: `snapshot[12]`.

    A folder of entries that cannot be read is an error, since nobody knows what lies in it. With `lost`, that is noted
    there instead (path to reason), and so is an `order.json` that cannot be read: entries then come in id order.
    """

    def __init__(
        self, objects: Objects, commit: Commit, cache_folder: Path, *, lost: dict[str, str] | None = None
    ) -> None:
        self.objects = objects
        self.lost = lost
        self.commit = commit
        self.cache_folder = cache_folder
        self._length: int | None = None
        self._recent: dict[str | int, Entry | Unreadable] = {}

    @property
    def id(self) -> str:
        return self.commit.id

    @property
    def tree(self) -> bytes:
        return self.commit.tree

    def find(self, path: str) -> Blob | None:
        return find_blob(self.objects, self.tree, path)

    def file(self, path: str) -> bytes | None:
        blob = self.find(path)
        return None if blob is None else self.objects.blob(blob.oid)

    @cached_property
    def settings(self) -> Settings:
        blob = self.find(SETTINGS)
        data = None if blob is None or blob.mode in KINDS else self.objects.blob(blob.oid)
        if data is None:
            raise InvalidSettingsError(
                f"commit {self.id[:10]} holds no dataset: there is no {SETTINGS}", code="missing_settings"
            )
        return _parsed_settings(data)

    @cached_property
    def order(self) -> Order:
        """The parsed `order.json` of this commit; empty when nothing was ever moved."""
        from rolethread_vcs.model.order import Order

        blob = self.find(ORDER)
        if blob is not None and blob.mode == LINK:
            raise self._unreadable_order("it is a symbolic link, which is not followed")
        try:
            return Order.parse(None if blob is None else self.objects.blob(blob.oid))
        except InvalidError as error:
            reason = error.message.removeprefix(f"{ORDER}: ").replace(f"{ORDER} must", "it must")
            raise self._unreadable_order(reason) from error

    def _unreadable_order(self, reason: str) -> InvalidError:
        return InvalidError(
            f"{ORDER} of {self.id[:10]} cannot be read: {reason}",
            hint=f"rm {ORDER} && rtv commit   (all entries in the order of their numbers again)\n"
            f"rtv restore {ORDER} --from REV   (the order of an earlier commit)",
            code="invalid_order",
        )

    def files_of_order(self, order: Order) -> dict[str, bytes | None]:
        """Return what another order comes to as a change of files: nothing where it is the same."""
        return {} if order == self.order else {ORDER: order.encode()}

    @property
    def is_reordered(self) -> bool:
        """Whether any entry stands elsewhere than its id puts it."""
        if self.lost is None:
            return self.find(ORDER) is not None and bool(self.order.ranks)
        try:
            return bool(self.order.ranks)
        except (DamagedError, InvalidError) as error:
            self.lost[ORDER] = error.message
            return False

    def __bool__(self) -> bool:
        return self.last_number() is not None  # nothing is counted for that

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(len(self.entries_of(*folder)) for folder in self.folders())
        return self._length

    def __reduce__(self) -> tuple[Any, ...]:
        return Snapshot, (self.objects, self.commit, self.cache_folder)

    def __repr__(self) -> str:
        return f"<Snapshot {self.id[:10]} {self.commit.subject!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __contains__(self, word: object) -> bool:
        if isinstance(word, int) or (isinstance(word, str) and word.isdecimal()):
            return bool(self.with_number(int(word)))
        # an entry that is a symbolic link by now is there, and can be named to be repaired
        return isinstance(word, str) and self._look_up(word) is not None

    def __getitem__(self, word: str | int) -> Entry:
        if not isinstance(word, str):
            number_named(word)  # it refuses a slice
        found = self.get(word)
        if found is None:
            raise self._no_such(word)
        return found

    @overload
    def get(self, entry_id: str | int) -> Entry | None: ...

    @overload
    def get(self, entry_id: str | int, default: T) -> Entry | T: ...

    def get(self, entry_id: str | int, default: T | None = None) -> Entry | T | None:
        """Return an entry, or the default when there is none of that id.

        Raises:
            UnreadableEntryError: it cannot be read.
        """
        found = self.read(entry_id)
        return default if found is None else self._sound(entry_id, found)

    def read(self, entry_id: str | int) -> Entry | Unreadable | None:
        """Return an entry or why it cannot be read, None when there is none of that id; recent ones are remembered."""
        known = self._recent.get(entry_id)
        if known is None:
            oid = self._look_up(entry_id)
            if oid is None:
                return None
            if len(self._recent) >= _REMEMBERED:
                self._recent.clear()
            known = self._recent[entry_id] = self.read_blob(oid)
        return known

    def read_blob(self, oid: bytes) -> Entry | Unreadable:
        """Return the entry of a blob id that `blobs` gave, or why it cannot be read."""
        return IS_LINK if oid == LINKED else entry_of_blob(self.objects, oid)

    def raw(self, entry_id: str | int) -> bytes:
        """Return the stored bytes of an entry.

        Raises:
            NoSuchEntryError: there is none of that id here. UnreadableEntryError: a link, or damaged.
        """
        oid = self.blob_id(entry_id)
        try:
            return self.objects.blob(oid)
        except MissingObjectError as error:
            why = IS_LEFT_OUT if isinstance(error, LeftOutError) else IS_DAMAGED
            raise unreadable_entry(str(entry_id), why) from error

    def blob_id(self, entry_id: str | int) -> bytes:
        """Return the 20-byte id of an entry's blob: equal ids mean equal bytes.

        Raises:
            NoSuchEntryError: there is none of that id here. UnreadableEntryError: a link stands in its place.
        """
        oid = self._look_up(entry_id)
        if oid is None:
            raise self._no_such(entry_id)
        if oid == LINKED:
            raise unreadable_entry(str(entry_id), IS_LINK)
        return oid

    def with_number(self, number: int) -> list[str]:
        """Return the ids that carry a sequence number: none, one, or several after a merge."""
        if not 0 <= number <= LAST_NUMBER:
            return []
        digits = f"{number:0{NUMBER_DIGITS}d}"
        folder = find_folder(self.objects, self.tree, f"{ENTRIES}/{digits[:4]}/{digits[4:6]}")
        if folder is None:
            return []
        return [each for each, _ in self.entries_of(digits[:6].encode(), folder) if number_of(each) == number]

    def last_number(self) -> int | None:
        """Return the highest sequence number in use, or None in an empty dataset."""
        found = (self.entries_of(*folder) for folder in self.folders(backwards=True))
        newest = next((entries for entries in found if entries), None)
        return None if newest is None else max(number_of(entry_id) for entry_id, _ in newest)

    def next_number(self) -> int:
        """Return the number that the next new entry gets: the last one's plus one, from 1."""
        return (self.last_number() or 0) + 1

    def new_ids(self, entries: Iterable[Entry]) -> list[str]:
        """Return fresh ids for entries in order, behind the last entry.

        Raises:
            InvalidError (full): the numbers are used up.
        """
        suffixes = (birth_suffix(entry.document.get("messages")) for entry in entries)
        return [make_id(number, suffix) for number, suffix in enumerate(suffixes, self.next_number())]

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        for entry_id, _, entry in self.entries():
            yield entry_id, entry

    items = __iter__

    def keys(self) -> list[str]:
        """Return all ids in dataset order."""
        return self.ids()

    def values(self) -> Iterator[Entry]:
        """Yield the entries in dataset order, streaming."""
        return (entry for _, entry in self)

    def entries(self) -> Iterator[tuple[str, bytes, Entry]]:
        """Yield (id, blob id, entry) in dataset order, streaming.

        Raises:
            UnreadableEntryError: an entry cannot be read.
        """
        for entry_id, oid in self.blobs():
            yield entry_id, oid, self._sound(entry_id, self.read_blob(oid))

    def blobs(self, *, after: str | None = None) -> Iterator[tuple[str, bytes]]:
        """Yield (id, 20-byte blob id, or `LINKED`) in dataset order; costs a page to read a page.

        With `after`, only what comes behind that entry.

        Raises:
            NoSuchEntryError: there is no entry `after`.
        """
        if after is not None and after not in self:
            raise self._no_such(after)
        if self.is_reordered:
            start = "" if after is None else self.order.seek_id(after)
            return self.order.merge_iter(self._by_id(start), self._look_up, after_id=after)
        return self._by_id("") if after is None else (pair for pair in self._by_id(after) if pair[0] > after)

    def ids(self, *, after: str | None = None, limit: int | None = None) -> list[str]:
        """Return ids in dataset order, at most `limit`, behind the entry `after`."""
        return [entry_id for entry_id, _ in islice(self.blobs(after=after), limit)]

    def last_id(self) -> str | None:
        """Return the entry that comes last in dataset order, or None in an empty dataset."""
        if self.is_reordered:
            return next(iter(deque(self.blobs(), maxlen=1)), (None,))[0]
        number = self.last_number()
        return None if number is None else self.with_number(number)[-1]

    def folders(self, *, start: str = "", backwards: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Yield (first six digits of the ids, 20-byte tree id) of the folders that entries lie in, in id order.

        From the folder on in which an entry of the id `start` lies.
        """
        one, two = (part.encode() for part in entry_folder(start)) if start else (b"", b"")
        root = find(self.objects, self.tree, ENTRIES)
        for first in () if root is None else self._subfolders(root, ENTRIES, backwards):
            if first.name >= one:
                for second in self._subfolders(first, f"{ENTRIES}/{first.name.decode()}", backwards):
                    if first.name > one or second.name >= two:
                        yield first.name + second.name, second.oid

    def entries_of(self, prefix: bytes, tree: bytes) -> list[tuple[str, bytes]]:
        """Return (id, 20-byte blob id, or `LINKED`) of the entries in a folder that `folders` gave, in id order.

        `prefix` are the first six digits of the ids that belong there.
        """
        return entries_in(self._folder(tree, f"{ENTRIES}/{prefix[:4].decode()}/{prefix[4:].decode()}"), prefix)

    def damaged(self, ids: Iterable[str] | None = None) -> Iterator[tuple[str, bytes]]:
        """Yield (id, blob id) of the entries, or of those named, whose stored bytes are missing or damaged."""
        pairs = self.blobs() if ids is None else ((entry_id, self._look_up(entry_id)) for entry_id in ids)
        for entry_id, oid in pairs:
            if oid:  # neither a link nor an entry that is not there
                try:
                    self.objects.blob(oid)
                except MissingObjectError:
                    yield entry_id, oid

    def _subfolders(self, item: Item, path: str, backwards: bool) -> list[Item]:
        """Return the items of a folder that are folders of entries by their names."""
        items = parse(self._folder(item.oid, path)) if self._is_folder(item, path) else []
        named = [(each, f"{path}/{each.name.decode('utf-8', 'replace')}") for each in items]
        found = [each for each, name in named if is_entry_folder(name) and self._is_folder(each, name)]
        return found[::-1] if backwards else found

    def _is_folder(self, item: Item, path: str) -> bool:
        if item.mode == FOLDER:
            return True
        error = UnreadableEntryError(
            f"{path} of commit {self.id[:10]} is {KINDS.get(item.mode, 'a file')}, in the place of a folder of entries",
            hint="see which commit brought it in with: rtv log   and take that back with: rtv undo",
        )
        self._lose(path, error)
        return False

    def _folder(self, tree: bytes, path: str) -> bytes:
        try:
            return self.objects.tree(tree)
        except MissingObjectError as error:
            self._lose(path, error)
            return b""

    def _lose(self, path: str, error: DamagedError) -> None:
        if self.lost is None:
            raise error
        self.lost[path] = error.message if path in error.message else f"what lay in {path}: {error.message}"

    def _by_id(self, start: str) -> Iterator[tuple[str, bytes]]:
        """Yield (id, blob id) in id order, from the folder of `start` on."""
        for folder in self.folders(start=start):
            yield from self.entries_of(*folder)

    def _look_up(self, word: str | int) -> bytes | None:
        entry_id = word if isinstance(word, str) and is_id(word) else None
        if entry_id is None and (number := number_named(word)) is not None:
            entry_id = named_of(self.with_number(number), number)
        try:
            item = None if entry_id is None else find(self.objects, self.tree, entry_path(entry_id))
        except MissingObjectError:
            if self.lost is None:
                raise
            item = None  # its folder is noted by whoever walks them
        if item is None:
            return None
        return blob_or_linked(item.mode, item.oid)

    def _no_such(self, entry_id: str | int) -> NoSuchEntryError:
        return NoSuchEntryError(f"there is no entry {entry_id} in {self.id[:10]}", hint="see them with: rtv list")

    def _sound(self, entry_id: str | int, found: Entry | Unreadable) -> Entry:
        if isinstance(found, Unreadable):
            raise unreadable_entry(str(entry_id), found)
        return found
