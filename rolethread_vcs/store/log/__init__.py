"""The operation log: a chain of commits under `refs/rolethread/ops`, one per thing the user did.

An operation commit's tree holds `operation.json` and, where needed, `discarded/` (hand edits that were thrown away)
and `tag-objects/` (a tag cannot be a commit's parent). Its parents are the previous operation and the old and new
commits of every ref that changed, so no garbage collection can take an undo away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.canonical import JsonProblemError, encode_line, encode_value, parse
from rolethread_vcs.store.objects import Objects, commits, trees
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.trees import Blob
from rolethread_vcs.store.refs import HEAD, SYMBOLIC, UNFINISHED, Refs, is_unfinished
from rolethread_vcs.store.tree_reader import find_blob

if TYPE_CHECKING:
    from rolethread_vcs.store.derived import Table

_WORTH_REMEMBERING = 50
OPERATIONS_REF: Final = "refs/rolethread/ops"
RECORD = "operation.json"
EXTERNAL = "external"
UNDO = "undo"
REDO = "redo"
REPAIR = "repair"
"""The verb of what `verify --repair` did to refs; its details have, as `lost`, newer commits that it did not find.

`missing` are other values that the log names and nobody has any more.
"""
LOST = "lost"
"""The verb of what stands for operations that a repair could not read; its details have the `first` of them."""

Moves: TypeAlias = Mapping[str, tuple[str | None, str | None]]
"""Refs, or keys of `.git/config`, to their values before and after; None for absent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the user did, numbered from 1.

    `changes` maps a ref (`HEAD`, `refs/heads/…`, `refs/tags/…`) to its values before and after, None for absent;
    HEAD there is that of the folder in which it was done, `worktree`. `refs` is the whole table afterwards, with HEAD
    of the main folder and, as `worktrees/<name>/HEAD`, those of linked ones. `undoes` are the operations that an undo
    took back, `redoes` is the undo that a redo took back. `discarded` maps paths to the blobs of hand edits thrown away
    (None where the file had been deleted by hand), `attached` maps names to blobs kept with the operation, such as the
    rows that an import could not save. `config` maps keys of `.git/config` to values before and after. `details` is
    what the verb wants to remember (of an export: commit, options, SHA-256, path).
    """

    number: int
    verb: str
    command: str
    time: int
    branch: str
    changes: Moves = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    removed: int = 0
    worktree: str = ""
    undoes: tuple[int, ...] = ()
    redoes: int | None = None
    discarded: Mapping[str, bytes | None] = field(default_factory=dict)
    attached: Mapping[str, bytes | None] = field(default_factory=dict)
    config: Moves = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    previous: str | None = None

    def __repr__(self) -> str:
        return f"<Operation {self.number} {self.command!r}>"

    @property
    def has_effect(self) -> bool:
        return bool(self.changes or self.discarded or self.config)

    @property
    def first(self) -> int:
        """Its number, or the lowest of the lost ones that it stands for."""
        return int(self.details["first"]) if self.verb == LOST else self.number

    def is_of_another_folder(self, worktree: str) -> bool:
        """Return whether it is the affair of another folder than a worktree, and can be taken back only there.

        It was done there, and moved HEAD, threw hand edits away, checked files out or in, or began, decided or ended a
        merge. Anything else that was done in another folder moved branches or releases, which all folders share.
        """
        is_bound = (
            self.discarded or "core.bare" in self.config or any(n == HEAD or is_unfinished(n) for n in self.changes)
        )
        return self.worktree != worktree and bool(is_bound)

    def record(self) -> bytes:
        record = {name: getattr(self, name) for name in (*_PLAIN, "redoes")}
        for name in ("changes", "config", "refs", "details"):
            record[name] = dict(getattr(self, name))
        for name in ("discarded", "attached"):
            record[name] = {path: "" if blob is None else blob.hex() for path, blob in getattr(self, name).items()}
        return encode_value(record)


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "number": int,
    "verb": str,
    "command": str,
    "time": int,
    "branch": str,
    "added": int,
    "changed": int,
    "removed": int,
    "worktree": str,
    "undoes": tuple,
}
"""Fields of an operation that JSON has as they are, each with what makes one of a value read."""


def write(operation: Operation, pack: PackWriter, objects: Objects, who: Signature) -> str:
    """Add an operation to a pack and return the hex id of its commit; `operation.previous` names its parent."""
    parents = [operation.previous] if operation.previous else []
    tag_objects: dict[str, tuple[bytes, bytes]] = {}
    for value in dict.fromkeys(value for pair in operation.changes.values() for value in pair if value):
        if value.startswith(SYMBOLIC):
            continue
        new_tag = pack.tags.get(value)
        # the pack first: to ask for an object that nobody can see yet costs a fresh look at all packs
        kind = "tag" if new_tag is not None else "commit" if value in pack else objects.kind(value)
        if kind == "tag":
            data = new_tag if new_tag is not None else objects.read(value, "tag")
            tag_objects[f"tag-objects/{value}"] = (trees.FILE, pack.add("blob", data))
            target = commits.tagged(data)
            if objects.kind(target) == "commit":
                parents.append(target)
        elif kind == "commit":
            # not a tag of a file or folder, which plain git allows: a commit's parents are commits
            parents.append(value)
    files = {RECORD: (trees.FILE, pack.add("blob", operation.record()))}
    for folder, blobs in (("discarded", operation.discarded), ("attached", operation.attached)):
        for path, blob in blobs.items():
            if blob:
                files[f"{folder}/{path}"] = (trees.FILE, blob)
    tree = trees.apply(None, files | tag_objects, objects, pack)
    assert tree is not None
    message = commits.compose_message(f"operation {operation.number}: {operation.command}")
    return pack.add_commit(tree, list(dict.fromkeys(parents)), who, message)


class OperationLog:
    """The operations of one dataset, newest first."""

    def __init__(self, objects: Objects, refs: Refs, cache_folder: Path) -> None:
        self._objects = objects
        self._refs = refs
        self._cache_folder = cache_folder

    def head(self) -> str | None:
        """Return the hex id of the newest operation's commit, or None in a fresh clone.

        A ref that is gone while its reflog is there was lost: the log leads to what the reflog has.
        """
        return self._refs.read(OPERATIONS_REF) or self._logged_head()

    def lost_head(self) -> str | None:
        """Return what the lost ref of the log led to, None where none is lost, or what it led to is lost as well."""
        return self._logged_head() if self._refs.read(OPERATIONS_REF) is None else None

    def _logged_head(self) -> str | None:
        return next((oid for oid in self._refs.logged(OPERATIONS_REF) if self._objects.kind(oid) == "commit"), None)

    def find_again(self) -> None:
        """Put a ref of the log that was lost in its place; call under the lock. A torn one stays for `restart`."""
        lost = None
        with suppress(DamagedError):
            lost = self.lost_head()
        if lost is not None:
            self._refs.create(OPERATIONS_REF, lost, "found again")

    def stray(self) -> Iterator[Operation]:
        """Yield every operation among the objects, in no order; to look costs a look at each object."""
        for oid in self._objects.ids():
            with suppress(DamagedError):
                if self._objects.kind(oid) == "commit":
                    yield self.read(oid)

    def last(self) -> Operation | None:
        head = self.head()
        return None if head is None else self.read(head)

    def __iter__(self) -> Iterator[Operation]:
        oid = self.head()
        while oid is not None:
            operation = self.read(oid)
            yield operation
            oid = operation.previous

    def readable(self) -> Iterator[Operation]:
        """Yield the operations, newest first, as far back as they read: for what only says more with them."""
        with suppress(DamagedError):
            yield from self

    def table(self) -> Mapping[str, str]:
        """Return the refs as the newest operation left them; none where there is no operation that reads."""
        return next((operation.refs for operation in self.readable()), {})

    def picked(self, table: Table, picks: Callable[[Operation], bool]) -> Iterator[Operation]:
        """Yield the operations that a test picks, newest first; which they are is remembered, so each is asked once."""
        from rolethread_vcs.store.derived import Derived, commit_ids, parsed

        derived = Derived(self._cache_folder)
        found = parsed(derived.find(table, [b"log"]).get(b"log"), lambda row: commit_ids([row[0], *row[1]]))
        known, *older = found or [""]
        newer: list[str] = []
        looked_at, head = 0, self.head()
        for operation in self.readable():
            if operation.id == known:
                break
            looked_at += 1
            if picks(operation):
                newer.append(operation.id)
                yield operation
        else:
            older = []  # another log, or the first look at this one
        if looked_at >= _WORTH_REMEMBERING:
            derived.keep(table, {b"log": encode_line([head, [*newer, *older]])})
        for oid in older:
            with suppress(DamagedError):
                operation = self.read(oid)
            if operation.id != oid or not picks(operation):  # it does not read, or was never picked
                derived.forget()
                yield from (each for each in self if each.id not in newer and picks(each))
                return
            newer.append(oid)
            yield operation

    def last_known(self, name: str) -> str | None:
        """Return the newest value of a ref that the log has, as far back as it reads, and that is still there."""
        known = (operation.refs.get(name) for operation in self.readable())
        return next((oid for oid in known if oid is not None and self._objects.commit_at(oid) is not None), None)

    def read(self, oid: str) -> Operation:
        """Return the operation of a commit.

        Raises:
            DamagedError (unreadable_operation): it is missing or does not read.
        """
        try:
            commit = self._objects.commit(oid)
            record = parse(self._objects.blob(self._objects.items(commit.tree)[RECORD.encode()].oid))
            fields = {name: make(record[name]) for name, make in _PLAIN.items()}
            for name in ("changes", "config"):
                fields[name] = {key: (pair[0], pair[1]) for key, pair in record[name].items()}
            for name in ("discarded", "attached"):  # an early one has no `attached`
                blobs = record.get(name, {}) if name == "attached" else record[name]
                fields[name] = {path: bytes.fromhex(blob) or None for path, blob in blobs.items()}
            return Operation(
                **fields,
                refs=dict(record["refs"]),
                details=dict(record["details"]),
                redoes=record["redoes"],
                id=oid,
                previous=commit.parents[0] if fields["number"] > 1 and commit.parents else None,
            )
        except (KeyError, TypeError, ValueError, JsonProblemError, DamagedError) as error:
            raise DamagedError(
                f"the operation {oid[:10]} of the log cannot be read: {error}",
                hint="rtv verify --repair",
                code="unreadable_operation",
            ) from error

    def tag_object(self, operation: Operation, oid: str) -> bytes | None:
        """Return the bytes of a tag object that an operation kept, or None; the id is checked."""
        commit = self._objects.commit(operation.id)
        kept = find_blob(self._objects, commit.tree, f"tag-objects/{oid}")
        if kept is None:
            return None
        data = self._objects.blob(kept.oid)
        return data if trees.has_id(oid, "tag", data) else None


def kept_blob(oid: bytes | None) -> Blob | None:
    """Return the file that an operation has `discarded`, None where it had been deleted by hand."""
    return None if oid is None else Blob(trees.FILE, oid)


def head_key(worktree: str) -> str:
    """Return under which name a table of refs has HEAD of a folder ("" for the main one)."""
    return f"worktrees/{worktree}/HEAD" if worktree else HEAD


def moved_since(last: Operation, now: Mapping[str, str], worktree: str) -> Moves:
    """Return what was moved since an operation: refs, and HEAD of one folder as far as the operation knows it.

    `now` is `Refs.table()`, taken in that folder. HEAD of another folder is that folder's affair: it is looked at, and
    recorded, by the next command there.
    """
    others = [name for name in last.refs if name.startswith("worktrees/") and name.endswith("/HEAD")]
    before = {name: value for name, value in last.refs.items() if name not in others}
    before[HEAD] = last.refs.get(head_key(worktree), now[HEAD])
    if worktree:
        before.pop(UNFINISHED, None)  # git shows it in the main folder alone
    return table_difference(before, now)


def table_to_record(
    last: Operation | None, now: Mapping[str, str], worktree: str, others: Mapping[str, str]
) -> dict[str, str]:
    """Return the table for the next operation: refs and HEAD as they are now, HEAD of other folders as known before.

    `others` are the folders that are there beside this one, by name, with HEAD as it is now ("" where it does not
    read): it counts for a folder that is met for the first time.
    """
    known = {} if last is None else last.refs
    heads = {head_key(name): known.get(head_key(name), head) for name, head in others.items()}
    heads = {key: head for key, head in heads.items() if head}
    if HEAD in known:
        heads[HEAD] = known[HEAD]
    if worktree and UNFINISHED in known:
        heads[UNFINISHED] = known[UNFINISHED]
    rest = {name: value for name, value in now.items() if name != HEAD}
    return {**heads, **rest, head_key(worktree): now[HEAD]}


def table_difference(before: Mapping[str, str], after: Mapping[str, str]) -> Moves:
    """Return the refs whose value differs between two tables, with both values."""
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
