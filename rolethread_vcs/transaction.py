"""The one road to a commit: plan, vote, write, publish, settle.

`Session` holds the writers' lock and does the last three; `run` drives a small change through all five, planning again
when another writer was faster. A bulk import streams its blobs into a pack first and then takes the same session.

    plan     base snapshot -> ChangeSet, pure, can run again
    vote     the gate; the last no
    write    one pack: blobs, trees, the commit, the operation; invisible until published
    publish  the pending file, then compare-and-swap of the refs: the point of no return
    settle   operation log, checked-out folder, `.keep`, folding small packs; repeatable after a crash
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

from rolethread_vcs.errors import ConflictError, InvalidError, MovedError, NotFoundError, UsageError
from rolethread_vcs.gate import Allowance, EntryChange, Gate, Verdict, refusal_of_edit
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.change import ChangeSet
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.model.layout import entry_path, id_of_path
from rolethread_vcs.store import commits, operations, trees
from rolethread_vcs.store.facts import SnapshotFacts
from rolethread_vcs.store.operations import EXTERNAL, Operation
from rolethread_vcs.store.packs import PackWriter
from rolethread_vcs.store.publishing import Moves, finish_interrupted, head_commit, is_published, publish_moves, settle
from rolethread_vcs.store.refs import BRANCHES, HeldRef, shorten
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.revisions import UnknownRevisionError, is_branch_name
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError
from rolethread_vcs.store.walk import Blob, Difference, two_way
from rolethread_vcs.store.worktree import Unsaved, UnsavedEditsError

ATTEMPTS = 12
TOUCHED_SHOWN = 200
"""Entries of one change that an answer may show."""


class DetachedHeadError(InvalidError):
    """HEAD points at a commit and not at a branch, so there is nothing to commit to."""

    code = "detached"


class NoSuchBranchError(NotFoundError):
    """There is no branch of that name."""

    code = "no_such_branch"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a mutating verb says about itself.

    `verb` and `command` go into the operation log (`edit`, `edit 12`); `message` replaces the plan's default message;
    `branch` is the branch to commit to, None for the current one; `trailers` are added to the commit.
    """

    verb: str
    command: str
    message: str | None = None
    branch: str | None = None
    allowances: tuple[Allowance, ...] = ()
    because: str | None = None
    dry_run: bool = False
    trailers: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Committed:
    """What a mutation did: counts are entries; `commit` is None when nothing was committed.

    `notes` are sentences for the user (a crash finished, moves by plain git recorded). `touched` shows, for a small
    change, the entries before and after; at most `TOUCHED_SHOWN`, the rest is only counted.
    """

    branch: str
    commit: str | None
    operation: int | None
    added: int = 0
    changed: int = 0
    removed: int = 0
    findings: tuple[Finding, ...] = ()
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dry_run: bool = False
    message: str = ""
    touched: tuple[EntryChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        return self.commit is None and self.operation is None


def run(
    repository: Repository,
    intent: Intent,
    plan: Callable[[Snapshot], ChangeSet],
    *,
    expected: Mapping[str, str] | None = None,
) -> Committed:
    """Carry a small change to its commit, planning again when the branch moved meanwhile.

    `expected` maps ids to the blob ids that the caller read ("if unchanged since").

    Raises:
        StaleEntryError: an entry of `expected` changed since. RefusedByGateError: the gate said no.
        UnsavedEditsError: hand edits are in the way. BusyError, MovedError: after bounded retries.
    """
    for attempt in range(ATTEMPTS):
        try:
            with Session.open(repository, intent) as session:
                return _run_once(session, intent, plan, expected or {})
        except MovedError as error:
            if error.saved or attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.001, 0.02) * (attempt + 1))
    raise AssertionError("unreachable")


class StaleEntryError(ConflictError):
    """An entry changed since the caller read it; nothing was overwritten."""

    code = "stale"


def _run_once(
    session: Session, intent: Intent, plan: Callable[[Snapshot], ChangeSet], expected: Mapping[str, str]
) -> Committed:
    base = session.base
    for entry_id, blob in expected.items():
        if entry_id not in base or base.blob_id(entry_id) != blob:
            raise StaleEntryError(
                f"entry {entry_id} changed since it was read; nothing was overwritten",
                hint=f"rtv show {entry_id}",
            )
    change = plan(base)
    verdict = vote(base, change, intent, session.branch)
    with session.repository.pack() as pack:
        paths, counts = write_blobs(base, change, pack)
        result = session.commit(
            pack, paths, counts, summary=change.summary, verdict=verdict, ids=tuple(sorted(change.puts))
        )
        return replace(result, touched=touched_entries(base, change, paths))


def vote(base: Snapshot, change: ChangeSet, intent: Intent, branch: str) -> Verdict:
    """Ask the gate about a change; policy is read from the branch's tip before it.

    Raises:
        RefusedByGateError: a strict branch, and findings that the change introduces and nobody allowed.
    """
    gate = Gate(
        base.settings,
        branch,
        intent.allowances,
        intent.because,
        facts=SnapshotFacts(base),
        entry_before=base.get,
    )
    for entry_id, entry in change.puts.items():
        gate.feed(EntryChange(entry_id, _before(base, entry_id), entry, change.origin.get(entry_id, ())))
    for entry_id in change.removes:
        gate.feed(EntryChange(entry_id, _before(base, entry_id), None))
    verdict = gate.finish()
    if not verdict.passes:
        raise refusal_of_edit(verdict)
    return verdict


def _before(base: Snapshot, entry_id: str) -> Entry | None:
    """Return an entry as it is; None where its file does not read, so that it can be repaired or removed."""
    try:
        return base.get(entry_id)
    except UnreadableEntryError:
        return None


def touched_entries(base: Snapshot, change: ChangeSet, paths: Mapping[str, PathChange]) -> tuple[EntryChange, ...]:
    """Return the first entries that a change of paths touches, before and after, in the order of their ids."""
    ids = filter(None, map(id_of_path, sorted(paths)))
    return tuple(EntryChange(id_, _before(base, id_), change.puts.get(id_)) for id_ in islice(ids, TOUCHED_SHOWN))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries a change adds, changes and removes."""

    added: int = 0
    changed: int = 0
    removed: int = 0


def write_blobs(base: Snapshot, change: ChangeSet, pack: PackWriter) -> tuple[dict[str, PathChange], Counts]:
    """Write the blobs of a change into a pack; return what happens to which path, and the counts."""
    paths: dict[str, PathChange] = {}
    added = changed = 0
    for entry_id, entry in change.puts.items():
        path = entry_path(entry_id)
        blob = Blob(trees.FILE, bytes.fromhex(pack.add("blob", encode_entry(entry))))
        before = base.blob_at(path)
        if before is None:
            added += 1
        elif before != blob:
            changed += 1
        else:
            continue
        paths[path] = blob
    for entry_id in change.removes:
        paths[entry_path(entry_id)] = None
    for path, data in change.files.items():
        paths[path] = None if data is None else (trees.FILE, bytes.fromhex(pack.add("blob", data)))
    return paths, Counts(added, changed, len(change.removes))


PathChange = tuple[bytes, bytes] | None
"""What happens to a path: (mode, 20-byte blob id), or None to remove it."""


class Session:
    """The writers' lock, held; the branch as it is; and the steps that publish a change to it.

    Open one with `Session.open`, which first finishes whatever a crash cut off. `before_publish` may add objects to
    the pack of the next publication, and returns further fields of its `Operation`.
    """

    def __init__(
        self, repository: Repository, intent: Intent, held: HeldRef | None, notes: list[str], *, to_make: str = ""
    ) -> None:
        self.repository = repository
        self.intent = intent
        self.notes = notes
        self.before_publish: Callable[[PackWriter], Mapping[str, Any]] = lambda _: {}
        self._maybe_held = held
        self._to_make = to_make

    @cached_property
    def base(self) -> Snapshot:
        """The branch's tip as it was when the session began."""
        if self._to_make:
            return self.repository.head_snapshot()
        return self.repository.snapshot_of(self._held.target)

    @property
    def _held(self) -> HeldRef:
        if self._maybe_held is None:
            raise AssertionError("a session without a branch cannot commit")
        return self._maybe_held

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, repository: Repository, intent: Intent, *, needs_branch: bool = True, makes_branch: bool = False
    ) -> Iterator[Session]:
        """Take the lock, finish what was cut off, and read the branch (ref verbs need none).

        With `makes_branch`, a branch that does not exist is made by the first commit to it, from the current one.

        Raises:
            LockedError, NoSuchBranchError, DetachedHeadError, NewerWriterError.
        """
        with repository.lock(f"rtv {intent.verb}"):
            notes = finish_interrupted(repository)
            to_make = _branch_to_make(repository, intent) if makes_branch else ""
            held = _hold_branch(repository, intent.branch) if needs_branch and not to_make else None
            session = cls(repository, intent, held, notes, to_make=to_make)
            if held is not None or to_make:
                _refuse_newer_writer(session.base)
            yield session

    @property
    def branch(self) -> str:
        """The branch that this session commits to; for a ref verb the current one, "" when HEAD is detached."""
        if self._maybe_held is None:
            return self._to_make or self.repository.branch() or ""
        return self._held.name.removeprefix(BRANCHES)

    @property
    def is_current(self) -> bool:
        """Whether that branch is the one checked out here."""
        return self.repository.branch() == self.branch

    # ---- data verbs

    def commit(
        self,
        pack: PackWriter,
        paths: Mapping[str, PathChange],
        counts: Counts,
        *,
        summary: str,
        verdict: Verdict | None = None,
        ids: tuple[str, ...] = (),
        overwrite: bool = False,
        extra_parents: Sequence[str] = (),
    ) -> Committed:
        """Commit changes of paths to the branch; the blobs are in the pack already.

        With `overwrite`, hand edits on those paths are the change itself (verb `commit`) and do not stand in the way.

        Raises:
            MovedError: the branch moved; plan again. UnsavedEditsError: hand edits are in the way.
        """
        repository, intent = self.repository, self.intent
        findings = verdict.introduced if verdict is not None else ()
        tree = repository.write_tree(self.base.tree, paths, pack)
        result = Committed(
            branch=self.branch,
            commit=None,
            operation=None,
            findings=findings,
            notes=tuple(self.notes),
            ids=ids,
        )
        if tree is None:
            raise InvalidError("a dataset cannot lose all its files")
        if tree == self.base.tree and not extra_parents:
            return replace(result, ids=(), dry_run=intent.dry_run)
        if not overwrite:
            self._refuse_hand_edits(paths)
        message = commits.compose_message(
            intent.message or summary,
            (*intent.trailers, *(verdict.trailers() if verdict is not None else ())),
        )
        result = replace(result, added=counts.added, changed=counts.changed, removed=counts.removed, message=message)
        if intent.dry_run:
            return replace(result, dry_run=True)
        who = repository.signature()
        commit = pack.add("commit", commits.encode(tree.hex(), [self.base.id, *extra_parents], who, who, message))
        held = None if self._to_make else self._held
        moves: Moves = {BRANCHES + self.branch: (None if held is None else held.target, commit)}
        number = self.publish(pack, moves, counts, held=held)
        return replace(result, commit=commit, operation=number, notes=tuple(self.notes))

    def _refuse_hand_edits(self, paths: Mapping[str, PathChange]) -> None:
        worktree = self.repository.worktree
        if worktree is None or not self.is_current:
            return
        differences = (
            Difference(path, self.base.blob_at(path), None if change is None else Blob(*change))
            for path, change in paths.items()
        )
        refuse_unsaved(worktree.in_the_way(differences))

    # ---- ref verbs

    def move(self, moves: Moves, *, counts: Counts | None = None, **fields: Any) -> Committed:
        """Move refs as one operation, the checked-out folder with them; `fields` go into the `Operation`.

        Raises:
            UnsavedEditsError: hand edits lie on files that would change. MovedError: a ref has another value by now.
        """
        result = Committed(branch=self.branch, commit=None, operation=None, notes=tuple(self.notes))
        self._refuse_hand_edits_under(moves)
        if self.intent.dry_run:
            return replace(result, dry_run=True)
        counts = counts or Counts()
        with self.repository.pack() as pack:
            number = self.publish(pack, moves, counts, **fields)
        return replace(
            result,
            operation=number,
            notes=tuple(self.notes),
            added=counts.added,
            changed=counts.changed,
            removed=counts.removed,
        )

    def _refuse_hand_edits_under(self, moves: Moves) -> None:
        worktree, objects = self.repository.worktree, self.repository.objects
        if worktree is None:
            return
        before, after = (head_commit(self.repository, moves, side) for side in (0, 1))
        if after is not None and before != after:
            old = None if before is None else bytes.fromhex(objects.commit(before).tree)
            new = bytes.fromhex(objects.commit(after).tree)
            refuse_unsaved(worktree.in_the_way(two_way(old, new, objects.tree)))

    # ---- any verb

    def publish(
        self,
        pack: PackWriter,
        moves: Moves,
        counts: Counts | None = None,
        *,
        held: HeldRef | None = None,
        **fields: Any,
    ) -> int:
        """Publish a pack, move refs, write the operation, settle; return the operation's number.

        `moves` maps refs to their values before and after; `fields` are further fields of the `Operation`.
        """
        counts = counts or Counts()
        repository, intent = self.repository, self.intent
        _refuse_other_folders(repository, moves)
        who = repository.signature()
        table = repository.refs.table()
        log_head, number = self._write_external(pack, table, who)
        fields = {**fields, **self.before_publish(pack)}
        after = {**table, **{name: new for name, (_, new) in moves.items() if new is not None}}
        for name, (_, new) in moves.items():
            if new is None:
                after.pop(name, None)
        operation = Operation(
            number=number + 1,
            verb=intent.verb,
            command=intent.command,
            time=who.time,
            branch=self.branch,
            changes=dict(moves),
            refs=after,
            added=counts.added,
            changed=counts.changed,
            removed=counts.removed,
            worktree=repository.worktree_name,
            previous=log_head,
            **{"details": dict(intent.details), **fields},
        )
        new_log = operations.write(operation, pack, repository.objects, who)
        log = (repository.operations.head(), new_log)
        try:
            publish_moves(repository, pack, moves, intent.command, who.time, log, held)
            settle(repository, self.notes)
        except KeyboardInterrupt as interrupt:
            # the command's last words say whether the change is saved
            interrupt.saved = is_published(repository, moves)  # type: ignore[attr-defined]
            raise
        return operation.number

    def record_external(self) -> None:
        """Record, as an operation of its own, what plain git moved since our last one."""
        repository = self.repository
        last = repository.operations.last()
        if last is None or not operations.table_difference(last.refs, repository.refs.table()):
            return
        who = repository.signature()
        with repository.pack() as pack:
            head, _ = self._write_external(pack, repository.refs.table(), who)
            assert head is not None
            publish_moves(repository, pack, {}, "plain git", who.time, (last.id, head))
        settle(repository, self.notes)

    def _write_external(
        self, pack: PackWriter, table: Mapping[str, str], who: commits.Signature
    ) -> tuple[str | None, int]:
        """Record refs that plain git moved since our last operation; return the log's new head and last number."""
        repository = self.repository
        last = repository.operations.last()
        if last is None:
            return None, 0
        changes = operations.table_difference(last.refs, table)
        if not changes:
            return last.id, last.number
        external = external_operation(last, changes, table, who.time, repository.worktree_name, self.branch)
        self.notes.append(describe_external(changes))
        return operations.write(external, pack, repository.objects, who), external.number


def external_operation(
    last: Operation, changes: Moves, table: Mapping[str, str], when: int, worktree: str, branch: str
) -> Operation:
    """Return the operation that records what plain git did since the last one of ours."""
    names = ", ".join(shorten(name) for name in changes)
    return Operation(
        number=last.number + 1,
        verb=EXTERNAL,
        command=f"plain git moved {names}",
        time=when,
        branch=branch,
        changes=dict(changes),
        refs=dict(table),
        worktree=worktree,
        previous=last.id,
    )


def describe_external(changes: Moves) -> str:
    """Return the note that tells of moves by plain git."""
    names = ", ".join(shorten(name) for name in changes)
    return f"plain git had moved {names} since the last command; that is in the operation log now"


class NewerWriterError(InvalidError):
    """The dataset uses a feature that this program does not know; it reads, and refuses to write."""

    code = "newer_writer"


def _refuse_newer_writer(base: Snapshot) -> None:
    unknown = base.settings.unknown_writer_features
    if unknown:
        raise NewerWriterError(
            f"this dataset uses {', '.join(unknown)}, which this program does not know; "
            "it can be read, but not changed with this version",
            hint="install a newer version of rolethread-vcs",
        )


class CheckedOutElsewhereError(ConflictError):
    """Another folder of this dataset has the branch checked out; moving it here would leave that folder behind."""

    code = "checked_out_elsewhere"


def _refuse_other_folders(repository: Repository, moves: Moves) -> None:
    branches = [name.removeprefix(BRANCHES) for name in moves if name.startswith(BRANCHES)]
    if not branches or not (repository.common_folder / "worktrees").is_dir():
        return
    elsewhere = repository.checked_out_elsewhere()
    for branch in branches:
        if branch in elsewhere and branch != repository.branch():
            raise CheckedOutElsewhereError(
                f"{branch} is checked out in {elsewhere[branch]}; nothing was changed",
                hint=f"run the command there: rtv -C {elsewhere[branch]} …",
            )


def refuse_unsaved(unsaved: Sequence[Unsaved]) -> None:
    """Raise when hand edits are in the way of a command."""
    if not unsaved:
        return
    names = ", ".join(item.path for item in unsaved[:3]) + (" …" if len(unsaved) > 3 else "")
    raise UnsavedEditsError(
        f"{len(unsaved)} hand-edited file{'s are' if len(unsaved) > 1 else ' is'} in the way ({names}); "
        "nothing was changed",
        hint="keep the edits with: rtv commit   throw them away with: rtv restore --all",
    )


def _branch_to_make(repository: Repository, intent: Intent) -> str:
    """Return the branch that the intent names when there is none of that name yet, else ""."""
    name = intent.branch
    if name is None or repository.refs.read(BRANCHES + name) is not None:
        return ""
    if not is_branch_name(name):
        raise UsageError(f"{name!r} cannot be the name of a branch", hint="letters, digits, - _ and / go well")
    return name


def _hold_branch(repository: Repository, branch: str | None) -> HeldRef:
    name = branch if branch is not None else repository.branch()
    if name is None:
        raise DetachedHeadError(
            "you are looking at a commit, not at a branch, so there is nothing to save to",
            hint="start a branch here with: rtv switch -c NAME",
        )
    held = repository.refs.hold(BRANCHES + name)
    if held is None:
        if branch is None:
            raise UnknownRevisionError(
                f"the branch {name} has no commit; its ref is missing", hint="rtv verify   rtv ops"
            )
        raise NoSuchBranchError(f"there is no branch {name}", hint=f"make it with: rtv branch {name}")
    return held
