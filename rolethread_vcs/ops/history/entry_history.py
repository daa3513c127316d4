"""The history of one entry: added, changed, moved, removed, restored, and the ids it had before."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import repeat
from operator import contains
from typing import TYPE_CHECKING, NamedTuple

from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry, is_equal
from rolethread_vcs.model.layout import ENTRIES, SUFFIX, is_id, number_of
from rolethread_vcs.model.revision import parse_selector
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.derived import Derived, Table, commit_ids, parsed
from rolethread_vcs.store.entry_trace import ABSENT, EntryTrace, State
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.objects.trees import FOLDER, Blob, differing, folder_of
from rolethread_vcs.store.refs.commit_graph import Queue, Walk
from rolethread_vcs.store.removals import removals
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot
from rolethread_vcs.store.tree_reader import entries_between, entry_of_blob, find_folder, readable

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import ComparedEntry

_TABLE = Table("entry history", 1)
"""By entry id: the commit that a walk began at, and the commits at which the entry was not what it was before."""
_WORTH_IT = 500
"""Commits whose walk takes longer than to load SQLite and ask it."""
_COMPARED = 200
"""Entries of one commit that are read to see which of them became another."""


class StepKind(StrEnum):
    """What a commit did to an entry."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    MERGED = "merged"
    REMOVED = "removed"
    RESTORED = "restored"


class Origin(NamedTuple):
    """What an entry was made from; `is_renumbered` when it is the same conversation under a new id."""

    ids: tuple[str, ...] = ()
    is_renumbered: bool = False


UNRELATED = Origin()


@dataclass(frozen=True, slots=True)
class Step:
    """One commit in the history of an entry.

    `before` and `after` are the 20-byte ids of its blobs, None where it is absent; before is that of the first parent
    that has the entry. `origin` is what an added entry was made from.
    """

    commit: Commit
    entry_id: str
    kind: StepKind
    before: bytes | None
    after: bytes | None
    is_moved: bool = False
    origin: Origin = UNRELATED


@dataclass(frozen=True, slots=True)
class StepDetails:
    """A step with what it takes to say what it did; an entry that is not there, or cannot be read, is None.

    `successors` are the entries that a removed or changed one went into.
    """

    step: Step
    before: Entry | None
    after: Entry | None
    successors: tuple[str, ...] = ()

    @property
    def compared(self) -> ComparedEntry | None:
        """The entry before and after; None where one of both is."""
        # a history that is only counted compares nothing
        from rolethread_vcs.ops.compare.comparison import ComparedEntry

        if self.before is None or self.after is None:
            return None
        return ComparedEntry.of(self.step.entry_id, self.before, self.after)


def details_of(repository: Repository, step: Step) -> StepDetails:
    """Return a step with the entries that it is about."""
    may_split = step.kind in (StepKind.REMOVED, StepKind.CHANGED)
    made = successors(repository, step.commit.id, step.entry_id) if may_split else ()
    return StepDetails(step, entry_of(repository, step.before), entry_of(repository, step.after), made)


class EntryHistory(Walk[Step]):
    """The steps of an entry, newest first."""

    def __init__(self, repository: Repository, entry_id: str, start: str) -> None:
        self.entry_id = entry_id
        self._repository = repository
        self._ids = {entry_id}
        super().__init__(repository.graph, self._with_origins(entry_id, [start]))

    def _with_origins(self, entry_id: str, starts: list[str]) -> Iterator[Step]:
        """Yield the steps under one id, then those under the ids that it was made from."""
        births: list[Step] = []
        waiting: list[Step] = []  # an entry that was added may turn out to have been there before
        for step in self._walk(entry_id, starts):
            if step.kind is StepKind.ADDED:
                births.append(step)
                waiting.append(step)
                continue
            if step.kind is StepKind.REMOVED and waiting:
                yield from (
                    replace(each, kind=StepKind.RESTORED) if each.kind is StepKind.ADDED else each for each in waiting
                )
                waiting, births = [], []
            if waiting:
                waiting.append(step)
            else:
                yield step
        before = []
        for step in births:
            parents = self._graph.parents(step.commit)
            born = replace(step, origin=origins(self._repository, parents, step.commit, entry_id, step.after))
            waiting[waiting.index(step)] = born
            fresh = [origin for origin in born.origin.ids if origin not in self._ids]
            self._ids.update(fresh)
            before += [self._with_origins(origin, [parent.id for parent in parents]) for origin in fresh]
        yield from waiting
        yield from heapq.merge(*before, key=lambda step: -step.commit.time)

    def _walk(self, entry_id: str, starts: list[str]) -> Iterator[Step]:
        """Yield what the commits did at which the entry is not what it was in any parent.

        Of a merge only the first side that holds the same is followed, as `git log -- PATH` does. What a long walk
        found is remembered, and taken from there when a later one comes to where that began.
        """
        objects, graph = self._repository.objects, self._graph
        trace, key, derived = EntryTrace(objects, entry_id), entry_id.encode(), Derived(self._repository.cache_folder)
        row = parsed(derived.find(_TABLE, [key]).get(key), lambda row: commit_ids([row[0], *row[1]]))
        known_tip, *known = row or [""]
        if not all(objects.kind(oid) == "commit" for oid in known):
            known_tip = ""
        queue: Queue[State] = Queue(graph)
        seen = set(starts)
        for oid in starts:
            commit = objects.commit(oid)
            queue.push(commit, trace.state(commit.tree))
        found: list[str] = []
        while queue:
            commit, state = queue.pop()
            if not queue and commit.id == known_tip:
                commits = [objects.commit(oid) for oid in known if oid == known_tip or oid not in seen]
                above = [[trace.state(parent.tree) for parent in graph.parents(each)] for each in commits]
                states = [trace.state(each.tree) for each in commits]
                if not any(map(contains, above, states)):  # else what was remembered cannot be true
                    found += [each.id for each in commits]
                    yield from map(_step, repeat(entry_id), commits, states, above)
                    break
            parents = [(parent, trace.state(parent.tree)) for parent in graph.parents(commit)]
            same = next((pair for pair in parents if pair[1] == state), None)
            if same is None and (state != ABSENT or parents):
                found.append(commit.id)
                yield _step(entry_id, commit, state, [each for _, each in parents])
            for parent, before in parents if same is None else (same,):
                if parent.id not in seen:
                    seen.add(parent.id)
                    queue.push(parent, before)
        if len(seen) > _WORTH_IT and len(starts) == 1 and not graph.ends:
            derived.keep(_TABLE, {key: encode_line([starts[0], found])})


def entry_history(repository: Repository, word: str, rev: str = "@") -> EntryHistory:
    """Return the history of an entry (`12`, a whole id) up to a revision; it may be removed by then.

    Raises:
        NoSuchEntryError: no commit that leads to the revision holds it. UsageError: a number of several entries.
    """
    commit = repository.resolve(rev)
    return EntryHistory(repository, find_in_history(repository, word, commit), commit)


def find_in_history(repository: Repository, word: str, commit: str) -> str:
    """Return the id that a word names in a commit (full hex id), or else in the newest one before that has it.

    Raises:
        NoSuchEntryError, UsageError.
    """

    def before_removals() -> Iterator[Snapshot]:
        selector, graph = parse_selector(word), repository.graph
        for removal in removals(graph, graph.newest_first([commit])):
            if selector in (removal.entry_id, number_of(removal.entry_id)):
                yield repository.snapshot_of(removal.parent.id)

    try:
        return find_entry(repository.snapshot_of(commit), word, before_removals())
    except NoSuchEntryError as error:
        is_commit = word.isdigit() and repository.find_commit(f"commit:{word}") is not None
        hint = f"the commit is: rtv log commit:{word}" if is_commit else error.hint
        raise NoSuchEntryError(f"there is no entry {word}, nor in any commit before", hint=hint) from error


# ---- steps


def _step(entry_id: str, commit: Commit, state: State, befores: list[State]) -> Step:
    before = next((each for each in befores if each.blob is not None), ABSENT)
    if before.blob is None:
        kind = StepKind.ADDED
    elif state.blob is None:
        kind = StepKind.REMOVED
    elif len(befores) > 1:
        kind = StepKind.MERGED
    else:
        kind = StepKind.MOVED if state.blob == before.blob else StepKind.CHANGED
    return Step(commit, entry_id, kind, before.blob, state.blob, before.rank != state.rank)


# ---- what became of what in one commit: entries split off, joined, or given a new id


def origins(repository: Repository, above: list[Commit], commit: Commit, entry_id: str, blob: bytes | None) -> Origin:
    """Return what an entry that a commit added was made from; `above` are the commit's parents.

    Its `origin` names what it was split or joined from. Without one, an entry that was the same conversation, and went
    or was given another in this very commit, is where it comes from.
    """
    entry = entry_of(repository, blob)
    if entry is None or blob is None:
        return UNRELATED
    named = tuple(origin for origin in entry.origin if is_id(origin) and origin != entry_id)
    if named:
        return Origin(named)
    for parent in above:
        twin = _renumbered(repository, parent, commit, blob, entry)
        if twin is not None and twin != entry_id:
            return Origin((twin,), is_renumbered=True)
    return UNRELATED


def _renumbered(repository: Repository, parent: Commit, commit: Commit, blob: bytes, entry: Entry) -> str | None:
    objects = repository.objects
    before, after = (find_folder(objects, each.tree, ENTRIES) for each in (parent, commit))
    for number, (other_id, old) in enumerate(_lost(objects, before, after)):
        if old == blob:
            return other_id
        other = entry_of(repository, old) if number < _COMPARED else None
        if other is not None and is_equal(other.messages, entry.messages):
            return other_id
    return None


def _lost(objects: Objects, before: bytes | None, after: bytes | None) -> Iterator[tuple[str, bytes]]:
    """Yield (id, blob id) of what is no longer there as it was; folders that are only new are not looked into."""
    old, new = differing(before, after, objects.tree)
    for name, item in sorted(old.items()):
        entry_id = name.decode("utf-8", "replace").removesuffix(SUFFIX)
        if item.mode == FOLDER:
            yield from _lost(objects, item.oid, folder_of(new.get(name)))
        elif is_id(entry_id):
            yield entry_id, item.oid


def successors(repository: Repository, commit: str, entry_id: str) -> tuple[str, ...]:
    """Return the ids that a commit (hex id) made from an entry: split off, joined into, or given a new id.

    Looked for among the first few hundred entries that the commit added.
    """
    made = repository.objects.commit(commit)
    above = repository.graph.parents(made)
    if not above:
        return ()
    added: dict[str, Blob] = {}
    gone = None
    for found_id, before, after in entries_between(repository.objects, above[0].tree, made.tree):
        if found_id == entry_id:
            gone = before if after is None else None
        elif before is None and after is not None and len(added) < _COMPARED:
            added[found_id] = after
    found = []
    for found_id, blob in added.items():
        entry = entry_of(repository, blob.oid)
        is_twin = gone is not None and gone.oid == blob.oid
        if entry is not None and (entry_id in entry.origin or is_twin):
            found.append(found_id)
    return tuple(found)


def entry_of(repository: Repository, blob: bytes | None) -> Entry | None:
    """Return the entry of a 20-byte blob id, or None when there is none, it does not read or is not here."""
    return None if blob is None else readable(entry_of_blob(repository.objects, blob))
