"""The lines of a file copy, as the file has them now and as it was written; both are sides that can be matched.

Places count from 0; the numbers that people see count from 1.
"""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import DamagedError, InvalidError, NotFoundError
from rolethread_vcs.formats import (
    ChangedSourceError,
    Reject,
    RowFormat,
    Source,
    find_row_format,
    read_again,
    write_line,
)
from rolethread_vcs.matching import Side, Signature, Step
from rolethread_vcs.matching.ladder import Ambiguity, Policy
from rolethread_vcs.model.canonical import encode_line, parse
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import rev_of
from rolethread_vcs.model.matched import without_nulls
from rolethread_vcs.ops.workcopy.links import FileStamp, Link, digest_of, refuse_changed
from rolethread_vcs.phrases import count, first_few
from rolethread_vcs.store import disk
from rolethread_vcs.store.snapshot import Snapshot

LINE_FEED = b"\n"
_MOST_KEPT = 50_000
"""Readings of the lines as they were that are kept in memory."""
_SHOWN = 5


POLICY = Policy(
    (Step.BYTES, Step.OWN_ID, Step.UUID, Step.WHOLE, Step.ALIKE, Step.OPENING, Step.PLACE),
    Ambiguity.NEIGHBOURS,
)


class _Lines(Side):
    """Lines by what they say."""

    @abstractmethod
    def reading(self, place: int) -> Reading: ...

    def signatures(self, places: Collection[int]) -> dict[int, Signature]:
        readings = ((place, self.reading(place)) for place in places)
        return {place: Signature.of(each.entry, each.own_id, POLICY.steps) for place, each in readings}

    def entry(self, place: int) -> Entry:
        return self.reading(place).entry


class LinkedLines(_Lines):
    """The lines that a link remembers, read again from its commit when somebody asks what they said."""

    def __init__(self, link: Link, snapshot: Snapshot) -> None:
        self.link = link
        self.snapshot = snapshot
        self.layout = Layout.of(link)
        self.ids: tuple[str, ...] = link.ids
        self.digests = link.digests
        self._readings: dict[int, Reading] = {}

    def stored(self, place: int) -> Entry:
        """Return the entry of a line, as the commit holds it."""
        entry_id = self.ids[place]
        entry = self.snapshot.get(entry_id)
        if entry is None:
            raise DamagedError(
                f"entry {entry_id} is not in the commit that {self.link.path.name} is linked to",
                code="copy_commit_gone",
            )
        return entry

    def raw(self, place: int) -> bytes:
        kept = self.link.kept.get(place)
        if kept is not None:
            return kept
        return self.layout.line_of(self.snapshot, self.ids[place], self.stored(place))

    def reading(self, place: int) -> Reading:
        known = self._readings.get(place)
        if known is None:
            known = self._read(self.raw(place), self.ids[place])
            if len(self._readings) < _MOST_KEPT:
                self._readings[place] = known
        return known

    def reading_of(self, entry_id: str) -> Reading:
        """Return what the line of an entry of the commit would say, of one that the file did not hold too."""
        return self._read(self.layout.line_of(self.snapshot, entry_id), entry_id)

    def are_one(self, places: Sequence[int]) -> bool:
        """Return whether the entries are the same, with what the lines have no place for."""
        first = self.stored(places[0])
        return all(self.stored(place) == first for place in places[1:])

    def is_elsewhere(self, own_id: str) -> bool:
        return own_id in self.snapshot

    def _read(self, raw: bytes, entry_id: str) -> Reading:
        reading = self.layout.read(raw)
        if isinstance(reading, Reject):
            raise DamagedError(
                f"the line of {entry_id} in {self.link.path.name} as it was cannot be read: {reading.reason}",
                code="copy_commit_gone",
            )
        return reading


class FileLines(_Lines):
    """The lines of a file as it is: where each starts (from 1), and its digest.

    Where several rows start in one line (an array that another program wrote), `numbers` count rows instead. The bytes
    of lines that are as they were are not kept. `stamp` is the file before it was read.

    Raises:
        NotFoundError: the file is gone. InvalidError, SystemRefusedError: it cannot be read.
        ChangedSourceError: something writes to it right now.
    """

    def __init__(self, linked: LinkedLines) -> None:
        self.path = linked.link.path
        stamp = FileStamp.of(self.path)
        if stamp is None:
            quoted = shlex.quote(str(self.path))
            raise NotFoundError(
                f"{self.path} is gone; its entries are still on the branch",
                hint=f"unlink it with: rtv workcopy remove {quoted}\n"
                f"then write it again with: rtv workcopy add {quoted} …",
            )
        if disk.is_endless(self.path):
            raise InvalidError(f"{self.path} is no file any more", hint=f"rm {shlex.quote(str(self.path))}")
        self.stamp = stamp
        self._linked = linked
        self._as_it_was = {digest: place for place, digest in enumerate(linked.digests)}
        self._raw: dict[int, bytes] = {}
        self._readings: dict[int, Reading] = {}
        numbers: list[int] = []
        digests: list[str] = []
        problem: str | None = None
        with Source(self.path) as source:
            for line, data, problem in source.pieces():  # noqa: B007  the last one is wanted
                digest = digest_of(data)
                if digest not in self._as_it_was:
                    self._raw[len(numbers)] = data
                numbers.append(line)
                digests.append(digest)
        if len(set(numbers)) < len(numbers):
            numbers = list(range(1, len(numbers) + 1))  # a decision about "line 1" must mean one row
        self.numbers = tuple(numbers)
        self.digests = tuple(digests)
        self.ids = (None,) * len(numbers)
        self._ends_torn = problem is not None
        self.refuse_if_changed()

    def raw(self, place: int) -> bytes:
        known = self._raw.get(place)
        return known if known is not None else self._linked.raw(self._as_it_was[self.digests[place]])

    def reading(self, place: int) -> Reading:
        if place not in self._readings:
            self.read([place])
        return self._readings[place]

    def read(self, places: Iterable[int]) -> None:
        """Read some lines.

        Raises:
            InvalidError (torn_line): the file ends inside a line.
            InvalidError (unreadable_line): other lines are no rows of the format; the message names them.
        """
        bad: list[Reject] = []
        for place in sorted(set(places) - self._readings.keys()):
            reading = self._linked.layout.read(self.raw(place), self.numbers[place])
            if isinstance(reading, Reject):
                bad.append(reading)
            else:
                self._readings[place] = reading
        if not bad:
            return
        name, last = self.path.name, self.numbers[-1]
        if self._ends_torn and bad[-1].place.line == last and bad[-1].code == "not_json":
            raise InvalidError(
                f"{name} is torn: its last line, {last}, ends in the middle",
                hint="wait until what writes it has finished, or repair that line; to have the file as it was again:\n"
                f"rtv workcopy refresh --discard {name}",
                code="torn_line",
            )
        raise InvalidError(
            f"{count(len(bad), 'line')} of {name} cannot be read",
            details=first_few([f"line {each.place.line}: {each.reason}" for each in bad], _SHOWN),
            hint="repair them, then run the command again",
            code="unreadable_line",
        )

    def signatures(self, places: Collection[int]) -> dict[int, Signature]:
        self.read(places)
        return super().signatures(places)

    def read_again(self) -> list[bytes]:
        """Return all lines of the file, each on one line.

        Raises:
            ChangedSourceError: it is not the file that was read.
        """
        with Source(self.path) as source:
            result = [data for _, data, _ in source.pieces()]
        if tuple(map(digest_of, result)) != self.digests:
            raise ChangedSourceError(f"{self.path.name} changed since it was read; it was left as it is")
        return [encode_line(parse(data)) if LINE_FEED in data else data.rstrip(b"\r") for data in result]

    def refuse_if_changed(self) -> None:
        refuse_changed(self.path, self.stamp)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says: an entry with what the line carries, and the id that a mark of ours in it names."""

    entry: Entry
    own_id: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file copy are written; what a clean one has no place for, masks too, stays in the store."""

    format: RowFormat
    is_clean: bool

    @classmethod
    def of(cls, link: Link) -> Layout:
        return cls(find_row_format(link.format), link.clean)

    def line_of(self, snapshot: Snapshot, entry_id: str, entry: Entry | None = None) -> bytes:
        """Return the line of an entry as a commit has it, or of what it is to be; raises as `write_line`."""
        content = snapshot[entry_id] if entry is None else entry
        return write_line(self.format, (entry_id, snapshot.blob_id(entry_id), content), clean=self.is_clean)

    def read(self, raw: bytes, line: int = 1) -> Reading | Reject:
        """Return what a line says, or why it is no row of this format."""
        draft = read_again(raw, self.format, line)
        if isinstance(draft, Reject):
            return draft

        def reading(entry: Entry) -> Reading:
            encode_line(entry.document)
            return Reading(without_nulls(entry), draft.own_id)

        return draft.make(reading)

    def marked(self, raw: bytes, entry_id: str, blob: bytes) -> bytes:
        """Return a line of a full copy with our mark of an entry in it, all else as it is."""
        value = parse(raw)
        mark = value.get("rolethread")
        fields = {"fields": mark["fields"]} if isinstance(mark, dict) and "fields" in mark else {}
        identity = {"id": entry_id, "rev": rev_of(blob), **fields}
        value.pop("rolethread", None)
        return encode_line({"rolethread": identity, **value})
