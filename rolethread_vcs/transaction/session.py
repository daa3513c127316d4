"""The session of one mutation: the lock, the branch as it is, and the steps that publish a change to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.layout import SETTINGS
from rolethread_vcs.model.settings import InvalidSettingsError, parse_settings, policy_notes
from rolethread_vcs.store import log as operation_log
from rolethread_vcs.store.log import EXTERNAL, Moves, Operation, moved_since, table_to_record
from rolethread_vcs.store.log.journal import FileChange, Pending, SideEffects
from rolethread_vcs.store.objects import commits, trees
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.trees import Blob, Difference
from rolethread_vcs.store.pack_folder import leftovers
from rolethread_vcs.store.publication import (
    after_saving,
    close,
    head_commit,
    publish,
    publish_file,
    settle,
)
from rolethread_vcs.store.refs import BRANCHES, HEAD, HeldRef, branch_of, is_unfinished, shorten
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Counts
from rolethread_vcs.transaction.refusals import (
    branch_to_make,
    differences_between,
    hold_branch,
    refuse_git_state,
    refuse_left_out,
    refuse_newer_writer,
    refuse_other_folders,
    refuse_unsaved,
)
from rolethread_vcs.transaction.values import Committed, Intent, PathChange, Planned


@contextlib.contextmanager
def _locked(repository: Repository, verb: str) -> Iterator[tuple[Repository, list[str]]]:
    """Take the lock and finish what was cut off; give the repository as it is now, and notes for the user."""
    with repository.lock(f"rtv {verb}".strip()):
        # another command may have checked the files out, or removed them, since this repository was opened
        repository = repository.reopened_if_changed()
        notes: list[str] = []
        if leftovers(repository):
            from rolethread_vcs.store.recovery import finish_interrupted

            notes = finish_interrupted(repository)
            repository = repository.reopened_if_changed() if notes else repository
        repository.operations.find_again()
        yield repository, notes


def finish_cut_off(repository: Repository) -> tuple[str, ...]:
    """Finish what a dead writer left, for a command that reads what a transaction writes before it takes the lock."""
    if not leftovers(repository):
        return ()
    with _locked(repository, "") as (_, notes):
        return tuple(notes)


def change_file(
    repository: Repository,
    intent: Intent,
    effects: SideEffects,
    change: FileChange | None = None,
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Change a file outside the dataset, and by `effects` what is known of it here: both or neither, also when killed.

    It is no operation: no ref moves. `prepare` is called just before the file changes, and may raise to stop that.

    Raises:
        BusyError, SystemRefusedError. RoleThreadError with `saved` set: the file is changed, and the next command
        does the rest.
    """
    with _locked(repository, intent.verb) as (repository, notes):
        pending = Pending(intent.command, int(time.time()), {}, None, repository.worktree_name, effects, change)
        settle(repository, publish_file(repository, pending, prepare), pending, notes)


class Session:
    """The writers' lock, held; the branch as it is; and the steps that publish a change to it.

    Open one with `Session.open`, which first finishes whatever a crash cut off. `repository` is another one once files
    were checked out or removed.
    """

    def __init__(
        self, repository: Repository, intent: Intent, held: HeldRef | None, notes: list[str], *, to_make: str = ""
    ) -> None:
        self.repository = repository
        self.intent = intent
        self.notes = notes
        self._held = held
        self._to_make = to_make

    @cached_property
    def tip(self) -> Snapshot:
        """The branch's tip as it was when the session began."""
        if self._held is not None:
            return self.repository.snapshot_of(self._held.target)
        assert self._to_make, "a session without a branch cannot commit"
        return self.repository.head_snapshot()

    @cached_property
    def _who(self) -> commits.Signature:
        """Who commits, and the moment at which this was first asked."""
        return self.repository.signature()

    @classmethod
    @contextlib.contextmanager
    def open(
        cls,
        repository: Repository,
        intent: Intent,
        *,
        needs_branch: bool = True,
        makes_branch: bool = False,
        goes_back: bool = False,
    ) -> Iterator[Session]:
        """Take the lock, finish what was cut off, and read the branch (ref verbs need none).

        With `makes_branch`, a branch that does not exist is made by the first commit to it, from the current one.
        One that `goes_back` may find settings that do not read: it is the way out of them. While plain git is in the
        middle of something here, nothing goes back, and nothing is saved to the current branch.

        Raises:
            BusyError, NoSuchBranchError, ConflictError (git_unfinished), InvalidError (detached), NewerWriterError.
        """
        with _locked(repository, intent.verb) as (repository, notes):
            if goes_back:
                refuse_git_state(repository, HEAD)
            to_make = branch_to_make(repository, intent) if makes_branch else ""
            held = hold_branch(repository, intent.branch) if needs_branch and not to_make else None
            session = cls(repository, intent, held, notes, to_make=to_make)
            if held is not None or to_make:
                refuse_newer_writer(session.tip)
            elif (commit := repository.refs.head_commit()) is not None:
                with contextlib.suppress(*((InvalidSettingsError,) if goes_back else ())):
                    refuse_newer_writer(repository.snapshot_of(commit))
            yield session

    @property
    def branch(self) -> str:
        """The branch that this session commits to; for a ref verb the current one, "" when HEAD is detached."""
        if self._held is None:
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
        planned: Planned,
        verdict: Verdict,
    ) -> Committed:
        """Commit what a plan comes to, path by path, to the branch; the blobs are in the pack already.

        Raises:
            MovedError: the branch moved; plan again. UnsavedEditsError: hand edits are in the way.
        """
        repository, intent = self.repository, self.intent
        tree = trees.apply(self.tip.tree, paths, repository.objects, pack)
        if tree is None:
            raise InvalidError("a dataset cannot lose all its files")
        moves, commit, number, name = dict(planned.also), None, None, BRANCHES + self.branch
        if tree == self.tip.tree and not planned.merges:
            if (moves or planned.always) and not intent.dry_run:
                number = self.publish(pack, moves, effects=planned.effects(self.tip.id), **planned.remembers)
            return replace(self.unchanged(), operation=number, findings=verdict.introduced)

        def differences() -> Iterator[Difference]:  # of a large import, and mostly nobody asks
            for path, change in paths.items():
                yield Difference(path, self.tip.find(path), None if change is None else Blob(*change))

        if not planned.overwrite and repository.worktree is not None and self.is_current:
            refuse_unsaved(repository.worktree.in_the_way(differences()))
        if not self._to_make:
            refuse_other_folders(repository, {name: (self.tip.id, "")}, {name: differences()})
        self._note_policy(self.branch, self.tip, planned.change.files.get(SETTINGS))
        trailers = (*intent.trailers, *planned.trailers, *verdict.trailers())
        message = commits.compose_message(intent.message or planned.change.summary, trailers)
        if not intent.dry_run:
            commit = pack.add_commit(tree, [self.tip.id, *planned.merges], self._who, message)
            moves = {name: (None if self._held is None else self._held.target, commit), **moves}
            effects = planned.effects(commit)
            number = self.publish(pack, moves, counts, held=self._held, effects=effects, **planned.remembers)
        ids = planned.ids or tuple(sorted(planned.change.puts))
        done = replace(self.unchanged(message), commit=commit, operation=number, findings=verdict.introduced, ids=ids)
        return replace(done, **counts._asdict())

    def unchanged(self, message: str = "") -> Committed:
        """Return the answer of a command that changed nothing, or would not for a dry run."""
        return Committed(self.branch, None, None, notes=tuple(self.notes), dry_run=self.intent.dry_run, message=message)

    # ---- ref verbs

    def move(
        self,
        moves: Moves,
        *,
        counts: Counts | None = None,
        tags: Sequence[bytes] = (),
        effects: SideEffects | None = None,
        **fields: Any,
    ) -> Committed:
        """Move refs as one operation, the checked-out folder with them; the rest as in `publish`.

        `tags` are tag objects that refs are to point at and that may be gone. The caller has looked at the files that
        change hands by the `effects`.

        Raises:
            UnsavedEditsError: hand edits lie on files that would change. MovedError: a ref has another value by now.
        """
        if moves:
            refuse_git_state(self.repository, *moves)
        worktree = self.repository.worktree
        if worktree is not None:
            before, after = (head_commit(self.repository, moves, side) for side in (0, 1))
            changes = () if after is None else tuple(differences_between(self.repository, before, after))
            refuse_left_out(self.repository, changes)
            exchanged = set() if effects is None else {each.path for each in effects.files}
            refuse_unsaved(worktree.in_the_way(each for each in changes if each.path not in exchanged))
        refuse_other_folders(self.repository, moves)
        for name, (old, new) in moves.items():
            if name.startswith(BRANCHES) and old and new:
                self._note_policy(name.removeprefix(BRANCHES), self.repository.snapshot_of(old), new)
        if self.intent.dry_run:
            return self.unchanged()
        counts = counts or Counts()
        if self.intent.message:  # there is no commit to say it
            fields = {"details": {"message": self.intent.message, **self.intent.details}, **fields}
        with self.repository.pack() as pack:
            for tag in tags:
                pack.add("tag", tag)
            number = self.publish(pack, moves, counts, effects=effects, **fields)
        return replace(self.unchanged(), operation=number, **counts._asdict())

    def _note_policy(self, branch: str, before: Snapshot, after: str | bytes | None) -> None:
        """Note what other settings take from the gate of a branch: those of a commit, or their text; None for none."""
        with contextlib.suppress(InvalidSettingsError, DamagedError):  # a command may be the way out of what is damaged
            text = self.repository.snapshot_of(after).file(SETTINGS) if isinstance(after, str) else after
            if text is not None and text != before.file(SETTINGS):
                branches = [*self.repository.refs.branches(), branch]
                self.notes += policy_notes(before.settings, parse_settings(text), branch, branches)

    # ---- any verb

    def publish(
        self,
        pack: PackWriter,
        moves: Moves,
        counts: Counts | None = None,
        *,
        held: HeldRef | None = None,
        effects: SideEffects | None = None,
        config: Moves | None = None,
        **fields: Any,
    ) -> int:
        """Publish a pack, move refs, write the operation, settle; return the operation's number.

        `moves` maps refs to their values before and after; `config` does so with keys of `.git/config`, which are set
        with the other `effects` and remembered for `undo`. `fields` are further fields of the `Operation`; its details
        say why it was done, too.
        """
        config = config or {}
        effects = effects or SideEffects()
        effects = replace(effects, config={**effects.config, **{key: after for key, (_, after) in config.items()}})
        counts = counts or Counts()
        repository, intent = self.repository, self.intent
        who = self._who
        fields = {"details": dict(intent.details), **counts._asdict(), **fields}
        if intent.because:
            fields["details"] = {**fields["details"], "because": intent.because}
        last, table = self._now()
        log_head, number = self._write_external(pack, last, table)
        after = table | {name: new or "" for name, (_, new) in moves.items()}
        after = {name: value for name, value in after.items() if value}
        operation = Operation(
            number=number + 1,
            verb=intent.verb,
            command=intent.command,
            time=who.time,
            branch=self.branch,
            changes=dict(moves),
            refs=table_to_record(last, after, repository.worktree_name, repository.other_heads()),
            worktree=repository.worktree_name,
            previous=log_head,
            config=config,
            **fields,
        )
        new_log = operation_log.write(operation, pack, repository.objects, who)
        log = (None if last is None else last.id, new_log)
        pending = Pending(intent.command, who.time, moves, log, repository.worktree_name, effects)
        try:
            keep = publish(repository, pack, pending, held, keeps_more=bool(operation.attached))
            self.repository = settle(repository, keep, pending, self.notes)
        except KeyboardInterrupt as interrupt:
            # the command's last words say whether the change is saved
            is_logged = repository.operations.head() == new_log
            interrupt.saved = is_logged or any(  # type: ignore[attr-defined]
                repository.refs.is_at(name, after) for name, (_, after) in moves.items()
            )
            raise
        return operation.number

    def record_external(self) -> None:
        """Record, as an operation of its own, what plain git moved since our last one."""
        repository = self.repository
        last, table = self._now()
        if last is None or not moved_since(last, table, repository.worktree_name):
            return
        with repository.pack() as pack:
            head, _ = self._write_external(pack, last, table)
            assert head is not None
            pending = Pending("plain git", self._who.time, {}, (last.id, head), repository.worktree_name)
            keep = publish(repository, pack, pending)
        with after_saving("the note of what plain git moved"):
            close(repository, keep, pending, self.notes)

    def _now(self) -> tuple[Operation | None, dict[str, str]]:
        """Return our last operation, and the refs as they are; a log of which that cannot be read starts anew."""
        try:
            last = self.repository.operations.last()
        except DamagedError:
            from rolethread_vcs.store.damaged_log import restart
            from rolethread_vcs.store.quarantine import Quarantine

            quarantine = Quarantine(self.repository.common_folder)
            self.notes.append(f"{restart(self.repository, quarantine)} (the old one is kept in {quarantine.folder})")
            last = self.repository.operations.last()
        return last, self.repository.refs.table(None if last is None else last.refs)

    def _write_external(
        self, pack: PackWriter, last: Operation | None, table: Mapping[str, str]
    ) -> tuple[str | None, int]:
        """Record refs that plain git moved since our last operation; return the log's new head and last number."""
        external = external_operation(self.repository, last, table, self._who.time, self.branch)
        if external is None:
            return (None, 0) if last is None else (last.id, last.number)
        before, after = external.changes.get(BRANCHES + self.branch, (None, None))
        look = f"; see what it brought with: rtv check --new-since {before[:10]}" if before and after else ""
        who = _mover(external.changes)
        did = external.command.removeprefix(f"{who} ")
        self.notes.append(f"{who} had {did} since the last command; that is one operation in the log now{look}")
        return operation_log.write(external, pack, self.repository.objects, self._who), external.number


def _mover(changes: Moves) -> str:
    """Return who made changes that we did not: no command of plain git's touches an unfinished merge by itself."""
    return "another program" if all(map(is_unfinished, changes)) else "plain git"


def external_operation(
    repository: Repository, last: Operation | None, table: Mapping[str, str], when: int, branch: str
) -> Operation | None:
    """Return the operation that records what plain git did since the last one of ours, None where it moved nothing.

    `table` is `Refs.table()` as it is now, in the folder of the repository.
    """
    worktree = repository.worktree_name
    changes = {} if last is None else moved_since(last, table, worktree)
    if last is None or not changes:
        return None
    did: dict[str, list[str]] = {"moved": [], "made": [], "deleted": [], "switched to": []}
    for name, (before, after) in changes.items():
        what = "made" if before is None else "deleted" if after is None else "moved"
        if name == HEAD and after is not None:
            did["switched to"].append(branch_of(after) or f"the commit {after[:10]}")
        else:
            did[what].append(shorten(name))
    return Operation(
        number=last.number + 1,
        verb=EXTERNAL,
        command=f"{_mover(changes)} "
        + ", ".join(" ".join([what, ", ".join(names)]) for what, names in did.items() if names),
        time=when,
        branch=branch,
        changes=dict(changes),
        refs=table_to_record(last, table, worktree, repository.other_heads()),
        worktree=worktree,
        previous=last.id,
    )
