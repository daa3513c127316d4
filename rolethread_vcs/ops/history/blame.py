"""Says for each message of an entry which commit last changed it, and which one brought it in."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rolethread_vcs.diff.align import Match, Pair, align
from rolethread_vcs.model.entry import CONVERSATIONS
from rolethread_vcs.ops.history.entry_history import entry_of, find_in_history, origins
from rolethread_vcs.store.entry_trace import EntryTrace
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError

_VERSIONS_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class BlamedMessage:
    """A message and where it comes from; `side` is `messages`, or `chosen` or `rejected` of a preference pair.

    `changed` is the commit that last changed it, `brought` the one that brought it in; the same where nobody changed
    it since. With a range, `is_older` tells that nobody changed it there.
    """

    side: str
    index: int
    message: Any
    changed: Commit
    brought: Commit
    is_older: bool = False


@dataclass(frozen=True, slots=True)
class Blame:
    """The messages of one entry as a commit holds it.

    `ends` are the commits (hex ids) behind which history is not here: what comes from there is theirs, as far as
    anybody can say.
    """

    id: str
    commit: str
    messages: tuple[BlamedMessage, ...]
    ends: tuple[str, ...] = ()


class _Place(NamedTuple):
    """What is looked at: an entry in a commit, and its version (a blob id) there."""

    commit: Commit
    entry_id: str
    version: bytes


class _Tracked(NamedTuple):
    """A message on its way back: its number at the end, its number in the version, the commit that changed it."""

    number: int
    at: int
    changed: Commit | None


_Before = tuple[_Place, dict[int, Pair]]
"""A version that a commit may have made its own from, and how its messages pair with the new, by their new number."""


def blame(repository: Repository, word: str, rev: str = "@") -> Blame:
    """Return where the messages of an entry come from, as a revision, or the end of a range, holds it.

    Raises:
        NoSuchEntryError: the revision does not hold it. UsageError: a number of several entries.
    """
    start, commit = repository.bounds(rev)
    entry_id = find_in_history(repository, word, commit)
    snapshot = repository.snapshot_of(commit)
    if entry_id not in snapshot:
        raise NoSuchEntryError(
            f"entry {entry_id} is not in {commit[:10]}; it was removed", hint=f"see its life with: rtv log {entry_id}"
        )
    entry = snapshot[entry_id]
    version = snapshot.blob_id(entry_id)
    found: list[BlamedMessage] = []
    ends: dict[str, None] = {}
    for side in CONVERSATIONS:
        messages = entry.document.get(side)
        if isinstance(messages, list) and messages:
            tracker = _Tracker(repository, side, len(messages))
            tracker.run(_Place(repository.objects.commit(commit), entry_id, version))
            ends |= tracker.graph.ends
            for index, message in enumerate(messages):
                changed, brought = tracker.found[index]
                is_older = start is not None and tracker.graph.is_ancestor(changed.id, start)
                found.append(BlamedMessage(side, index, message, changed, brought, is_older))
    return Blame(entry_id, commit, tuple(found), tuple(ends))


class _Tracker:
    """Follows messages from commit to commit, each to the parent that holds the same, until its birth is found."""

    def __init__(self, repository: Repository, side: str, count: int) -> None:
        self.graph = repository.graph
        self.found: dict[int, tuple[Commit, Commit]] = {}
        self._repository = repository
        self._side = side
        self._count = count
        self._traces: dict[str, EntryTrace] = {}
        self._versions: OrderedDict[bytes, Sequence[Any]] = OrderedDict()
        self._waiting: defaultdict[_Place, list[_Tracked]] = defaultdict(list)

    def run(self, start: _Place) -> None:
        """Fill `found`: for each message the commit that changed it, and the one that brought it in."""
        self._waiting[start] = [_Tracked(number, number, None) for number in range(self._count)]
        while self._waiting:
            # the newest first, so that two lines of history meet before either goes on
            place = next(iter(self._waiting))
            if len(self._waiting) > 1:
                place = max(self._waiting, key=lambda each: self.graph.order.moment(each.commit))
            self._step(place, self.graph.parents(place.commit), self._waiting.pop(place))

    def _step(self, place: _Place, above: list[Commit], tracked: list[_Tracked]) -> None:
        trace = self._trace(place.entry_id)
        blobs = [trace.state(parent.tree).blob for parent in above]
        if place.version in blobs:
            self._waiting[place._replace(commit=above[blobs.index(place.version)])] += tracked
            return
        befores = [
            self._before(_Place(parent, place.entry_id, blob), place)
            for parent, blob in zip(above, blobs, strict=True)
            if blob is not None
        ]
        if not befores:
            befores = self._made_from(place, above)
        for each in tracked:
            held = [(before, pairs[each.at]) for before, pairs in befores if each.at in pairs]
            if not held:
                self.found[each.number] = (each.changed or place.commit, place.commit)
                continue
            # where the same message was, else where the first was that it was made from
            before, pair = next((pair for pair in held if pair[1].match is Match.EQUAL), held[0])
            changed = each.changed or (None if pair.match is Match.EQUAL else place.commit)
            self._waiting[before].append(_Tracked(each.number, pair.before, changed))

    def _made_from(self, place: _Place, above: list[Commit]) -> list[_Before]:
        """Return what an entry that no parent has was made from: itself before it was removed, or other entries."""
        trace = self._trace(place.entry_id)
        for commit in self.graph.newest_first(parent.id for parent in above):
            blob = trace.state(commit.tree).blob
            if blob is not None:
                return [self._before(_Place(commit, place.entry_id, blob), place)]
        found = []
        for origin in origins(self._repository, above, place.commit, place.entry_id, place.version).ids:
            trace = self._trace(origin)
            for parent in above:
                blob = trace.state(parent.tree).blob
                if blob is not None:
                    before, pairs = self._before(_Place(parent, origin, blob), place)
                    # what merely stands in the same place of another entry is not where a message comes from
                    found.append((before, {at: pair for at, pair in pairs.items() if pair.match is not Match.PLACED}))
                    break
        return found

    def _before(self, earlier: _Place, later: _Place) -> _Before:
        if earlier.version.hex() not in self._repository.objects:  # what it held cannot be told from what came then
            self.graph.ends[later.commit.id] = None
        pairs = align(self._messages(earlier.version), self._messages(later.version))
        return earlier, {pair.after: pair for pair in pairs if not pair.is_replacement}

    def _messages(self, version: bytes) -> Sequence[Any]:
        known = self._versions.get(version)
        if known is None:
            entry = entry_of(self._repository, version)
            messages = None if entry is None else entry.document.get(self._side)
            known = self._versions[version] = messages if isinstance(messages, list) else ()
            if len(self._versions) > _VERSIONS_REMEMBERED:
                self._versions.popitem(last=False)
        return known

    def _trace(self, entry_id: str) -> EntryTrace:
        if entry_id not in self._traces:
            self._traces[entry_id] = EntryTrace(self._repository.objects, entry_id)
        return self._traces[entry_id]
