"""Lists the entries that history holds and the branch no longer does, and brings them back to their old places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Unpack

from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import number_of
from rolethread_vcs.model.revision import Ids, named_of, parse_selector, words_of
from rolethread_vcs.ops.edit.change import name_some
from rolethread_vcs.ops.history.log import OperationsByCommit
from rolethread_vcs.ops.restore.restore import order_with
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.objects import Objects
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.refs.commit_graph import Walk
from rolethread_vcs.store.removals import Removal, removals
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import UnreadableEntryError, entry_of_blob, readable
from rolethread_vcs.transaction import ChangeSet, Committed, Intent, Said, intent_of, run


@dataclass(frozen=True)
class GoneEntry:
    """An entry that is gone: the commit that removed it, and the operation that made that commit, where it is known.

    `blob` is the 20-byte id of its last bytes, `last_in` the hex id of the commit that still had it.
    """

    id: str
    commit: Commit
    operation: Operation | None
    blob: bytes
    last_in: str
    _objects: Objects

    @cached_property
    def entry(self) -> Entry | None:
        """What it was in the end, or None when that cannot be read."""
        return readable(entry_of_blob(self._objects, self.blob))


class RemovedEntries(Walk[GoneEntry]):
    """The entries that commits of a branch removed and that are gone now, newest first.

    `where` keeps those that a query matches as they were in the end, `since` those that went after a revision.

    Raises:
        UsageError (query), UnknownRevisionError.
    """

    def __init__(self, repository: Repository, *, where: str | None = None, since: str | None = None) -> None:
        graph, now = repository.graph, repository.head_snapshot()
        selection = Selection.of(where=where)
        commits = graph.newest_first([now.id], hide=() if since is None else [repository.resolve(since)])
        super().__init__(graph, _gone(repository, now, removals(graph, commits), selection))


def _gone(
    repository: Repository, now: Snapshot, removed: Iterable[Removal], selection: Selection
) -> Iterator[GoneEntry]:
    makers = OperationsByCommit(repository)
    commits: dict[str, tuple[Commit, Operation | None]] = {}
    for entry_id, blob, commit, parent in removed:
        if entry_id in now:
            continue
        if commit.id not in commits:
            commits = {commit.id: (commit, makers.find(commit))}  # those of one commit come together
        found = GoneEntry(entry_id, *commits[commit.id], blob, parent.id, repository.objects)
        if selection.is_everything or selection.fits(entry_id, found.entry):
            yield found


def bring_back_removed(
    repository: Repository,
    words: Ids = (),
    intent: Intent | None = None,
    *,
    where: str | None = None,
    since: str | None = None,
    **said: Unpack[Said],
) -> Committed:
    """Bring removed entries back as they were in the end, with their ids and to their old places, in one commit.

    `words` (numbers, ids) or `where` choose among them; without either all come back that went after `since`.

    Raises:
        UsageError: words and a query. UsageError (ambiguous): a number that several removed entries have.
        NotFoundError (not_removed): there is none that is meant. UnreadableEntryError: one of them is damaged.
    """
    intent = intent_of(intent, said, "restore", "restore --removed")
    words = words_of(words)
    Selection.of(words, where)
    found = RemovedEntries(repository, where=where, since=since)
    chosen = list(_named(found, words, repository.head_snapshot())) if words else list(found)
    if not chosen:
        matches = "that was removed matches" if where is not None else "was removed"
        raise NotFoundError(f"no entry {matches}", hint="see them with: rtv restore --removed", code="not_removed")
    for each in chosen:
        if each.entry is None:
            raise UnreadableEntryError(
                f"what was saved of entry {each.id} cannot be read",
                hint=f"rtv log {each.id}   shows earlier states; leave it out, or restore one of them with --from REV",
            )
    last_in = {commit: repository.snapshot_of(commit) for commit in {each.last_in for each in chosen}}
    places = ((each.id, last_in[each.last_in].order.ranks.get(each.id)) for each in chosen)
    ranks = {entry_id: rank for entry_id, rank in places if rank is not None}

    def plan(base: Snapshot) -> ChangeSet:
        back = [each for each in chosen if each.id not in base]
        return ChangeSet(
            puts={each.id: each.entry for each in back if each.entry is not None},
            stored={each.id: each.blob for each in back},
            files=order_with(base, ranks),
            summary=f"restore {name_some([each.id for each in back])} that had been removed" if back else "",
        )

    return run(repository, intent, plan)


def _named(found: Iterable[GoneEntry], words: Sequence[str], now: Snapshot) -> Iterator[GoneEntry]:
    """Yield the removed entries that words name, in the order of the words; history is read as far as it must."""
    selectors = {word: parse_selector(word) for word in dict.fromkeys(words)}
    wanted = set(selectors.values())
    met: dict[str, GoneEntry] = {}
    for each in found:
        if not wanted.isdisjoint((each.id, number_of(each.id))):
            met[each.id] = each
            if met.keys() == wanted:  # of a number there may be more
                break
    for word, selector in selectors.items():
        entry_id = named_of(met, selector)
        if entry_id is not None:
            yield met[entry_id]
            continue
        there = now.with_number(selector) if isinstance(selector, int) else [selector] if selector in now else []
        if there:
            raise NotFoundError(
                f"entry {there[0]} was not removed, it is there",
                hint=f"make it what it was: rtv restore {word} --from REV   (its life: rtv log {word})",
                code="not_removed",
            )
        raise NotFoundError(
            f"no removed entry {word} is in the history of this branch",
            hint="see them with: rtv restore --removed",
            code="not_removed",
        )
