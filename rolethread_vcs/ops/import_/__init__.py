"""Brings rows of files in as entries, in one commit: reads once, streams into one pack while the gate votes.

    rows -> matched (new, changed, already here) -> judged -> blobs in the pack                  ops.import_.row_reader
    a refusal, if there must be one                                                              ops.import_.refusals
    or a file of rejects                                                                         ops.import_.rejects
    then, under the lock: numbers, trees, the commit

Blobs hold no id, so losing a race against another writer renumbers and rebuilds trees only; when the other writer
touched the same entries, everything is read again, and soon with the lock held from the beginning.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.errors import MovedError, did_you_mean
from rolethread_vcs.formats import STANDARD_INPUT, Reject
from rolethread_vcs.gate import Verdict
from rolethread_vcs.matching import Step
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path, make_id, number_of, suffix_part
from rolethread_vcs.model.matched import matched_by
from rolethread_vcs.ops.import_.row_matcher import Outcome, ReadAgainError
from rolethread_vcs.ops.import_.row_reader import ImportOptions, Progress, RowReader, SourceInfo
from rolethread_vcs.phrases import count, listed
from rolethread_vcs.store import disk
from rolethread_vcs.store.derived import Table
from rolethread_vcs.store.log import REDO, UNDO, Operation
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.trees import two_way
from rolethread_vcs.store.publication import BARE_KEY
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import UnreadableEntryError, entry_of_blob, readable
from rolethread_vcs.transaction import (
    ATTEMPTS,
    ChangeSet,
    Committed,
    Counts,
    Intent,
    PathChange,
    Planned,
    Session,
    intent_of,
    split_keywords,
)

if TYPE_CHECKING:
    from rolethread_vcs.ops.import_.rejects import RejectFiles, SourceFile, TakenBack


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; counts are rows, `committed` has the counts of entries.

    `edited_since` rows are part of `unchanged`: their entry was edited here after an earlier import. `removed_before`
    rows were removed here and stay away. `repaired` counts repaired rows by what was done. `absent` is the number of
    entries that no row was matched with, when the file was matched at all. Of the rows `rejected`, `rejects` are the
    first 100,000.
    """

    committed: Committed
    sources: tuple[SourceInfo, ...]
    unchanged: int = 0
    edited_since: int = 0
    removed_before: int = 0
    absent: int = 0
    rejected: int = 0
    rejects: tuple[Reject, ...] = ()
    reject_files: RejectFiles | None = None
    repaired: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


_RACES = 2
"""Readings that another writer may make worthless before the next one is done with the lock held."""


class _WorthlessReadingError(Exception):
    """Files cannot be read to their end, or different rows share a name that decided; the reader knows which."""


_BACKUP = re.compile(r"(.+)~|(.+)\.bak|#(.+)#|\.#(.+)|\.(.+)\.sw[a-p]")
"""What editors call the file that they keep beside one."""


def _editor_backups(named: Sequence[tuple[SourceFile, str]]) -> dict[SourceFile, str]:
    """Return the files that an editor left beside another one that is given, each with a sentence."""
    backups: dict[SourceFile, str] = {}
    for file, name in named:
        if isinstance(file, Path) and (kept := _BACKUP.fullmatch(file.name)):
            original = next(filter(None, kept.groups()))
            if any(file.with_name(original) == other for other, _ in named):
                backups[file] = f"{name} is an editor's backup of {original}"
    return backups


def import_file(
    repository: Repository,
    /,
    file: str | SourceFile,
    options: ImportOptions | None = None,
    intent: Intent | None = None,
    **keywords: Any,
) -> Imported:
    """Import one file (a path, or an open binary stream); see `import_files`."""
    return import_files(repository, [file], options, intent, **keywords)


def import_files(
    repository: Repository,
    /,
    files: Sequence[str | SourceFile],
    options: ImportOptions | None = None,
    intent: Intent | None = None,
    *,
    names: Sequence[str | None] = (),
    step: Progress = lambda _: None,
    **keywords: Any,
) -> Imported:
    """Import files (paths, or open binary streams with `names`) into the intent's branch as one commit.

    The branch is made from the current one when it does not exist.

    Raises:
        RefusedByGateError: rows cannot be saved, and no option says what to do with them; the hint counts the ways.
        ConflictError (rows_in_conflict), InvalidError, SystemRefusedError; nothing was saved then.
        InvalidError (unread_files), or the error of the only one that cannot be read; `skip_invalid` leaves them out.
        InvalidError (name_is_shared): a key, a uuid or an id of ours would decide, and is that of different rows.
        UnreadableEntryError (damaged_entries): entries do not read that rows must be compared with; see
        `refusal_to_match`.
    """
    said, keywords = split_keywords(keywords)
    intent = intent_of(intent, said, "import", "import")
    options = replace(options or ImportOptions(), **keywords)
    sources = [Path(file) if isinstance(file, str) else file for file in files]
    labels = [file.name if isinstance(file, Path) else STANDARD_INPUT for file in sources]
    named = [(file, name or label) for file, name, label in zip(sources, names or labels, labels, strict=True)]
    left_out = _editor_backups(named)
    if options.rejects is not None:
        disk.refuse_bad_place(options.rejects)
    unnamed: set[str] = set()
    lost = 0
    branch = intent.branch or repository.branch() or ""  # somebody else may switch to another one meanwhile
    for attempt in range(ATTEMPTS):
        wanted = [(file, name) for file, name in named if file not in left_out]
        is_last = attempt == ATTEMPTS - 1 or not all(isinstance(file, Path) for file in sources)
        try:
            with nullcontext() if lost < _RACES else _open(repository, intent, branch) as session:
                run = _Attempt(repository, wanted, options, intent, branch, unnamed, session)
                result = run.run(step)
            return replace(result, notes=(*(f"{why}; it was left out" for why in left_out.values()), *result.notes))
        except MovedError as error:
            if error.saved or is_last:
                raise
            lost += 1
        except _WorthlessReadingError as error:
            unread, misleading = run.reader.unread, run.reader.matcher.misleading()
            uuids = {name for step, name in misleading if step is Step.UUID}
            can_skip = options.skip_invalid and len(unread) < len(wanted) if unread else len(uuids) == len(misleading)
            if is_last or not can_skip:
                from rolethread_vcs.ops.import_.refusals import refusal_of_reading

                raise refusal_of_reading(run.reader, wanted, options, intent) from error
            left_out |= {file: reason.message for file, reason in unread.items()}
            unnamed |= uuids
        except UnreadableEntryError as error:
            if error.saved:
                raise
            from rolethread_vcs.ops.import_.refusals import refusal_to_match

            raise refusal_to_match(repository, run.base) from error
    raise AssertionError("unreachable")


def _tells_of_rejects(operation: Operation) -> bool:
    return operation.verb in (UNDO, REDO) or not {"rejects", "took_back"}.isdisjoint(operation.details)


def _open(repository: Repository, intent: Intent, branch: str) -> AbstractContextManager[Session]:
    """Open a session on a branch, which is the one that the gate judges for."""
    said = replace(intent, branch=branch or None)
    return Session.open(repository, said, makes_branch=intent.branch is not None)


class _Attempt:
    """One reading of all files, and the commit of what was read, unless another writer makes it worthless."""

    def __init__(
        self,
        repository: Repository,
        named: Sequence[tuple[SourceFile, str]],
        options: ImportOptions,
        intent: Intent,
        branch: str,
        unnamed: Collection[str],
        session: Session | None,
    ) -> None:
        self._unnamed = unnamed
        self._session = session
        self._repository = repository = repository if session is None else session.repository
        self._named = named
        self._files = [file for file, _ in named]
        self._options = options
        self._intent = intent
        self._branch = branch
        tip = repository.refs.read(BRANCHES + branch) if branch else None
        self._is_new = intent.branch is not None and tip is None
        # a branch still to be made starts from here
        self.base = repository.head_snapshot() if tip is None else repository.snapshot_of(tip)
        self._taken_back: TakenBack | None = None

    def run(self, step: Progress) -> Imported:
        repository, intent = self._repository, self._intent
        self.reader = reader = RowReader(repository, self.base, self._branch, self._options, intent)
        with repository.pack() as pack, closing(reader.rejects):
            written_before = self._open_rejects()
            reader.matcher.unnamed = self._unnamed
            reader.raws_wanted = 2 * max((len(each.details["rejects"]) for each, _ in written_before), default=0)
            for file, name in self._named:
                reader.read(file, name, pack, step)
            if reader.unread or reader.matcher.misleading():
                raise _WorthlessReadingError
            verdict = reader.gate.finish()
            reject_files: AbstractContextManager[RejectFiles | None] = nullcontext()
            if written_before or reader.rejects or not verdict.passes:
                from rolethread_vcs.ops.import_ import refusals, rejects

                refusals.refuse_what_blocks(reader, verdict, self._files, self._options, intent)
                self._taken_back = rejects.find_taken_back(repository, written_before, reader.raws)
                if reader.rejects and not intent.dry_run:
                    reject_files = rejects.written_rejects(reader.rejects, self._files, self._options)
            config, notes = ({}, ()) if intent.dry_run else self._decide_checkout()
            with reject_files as written:
                committed = self._publish(pack, verdict, written, config)
        if reader.rows and not reader.is_key_met:
            reader.notes.append(f"no row has the field {self._options.key} of --key, so it told no rows apart")
        if reader.rejects and not reader.rejects.are_kept:
            reader.notes.append("too many rows were rejected to remember their places; corrected, they come last")
        back = self._taken_back
        if back is not None and (came := sum(kept.is_new and kept.row in back.rows for kept in reader.kept)):
            said = f"rejects of operation {back.operation.number} go back to their places"
            reader.notes.append(f"{said} ({count(came, 'row')})")
        elsewhere = [each for each in repository.refs.branches() if each != self._branch] if self._is_new else []
        if meant := did_you_mean(self._branch, elsewhere, lead=f"{self._branch} is a new branch; "):
            reader.notes.append(meant)
        known = self.base.settings.roles
        given = self._options.roles.items()  # a key of the settings cannot hold a dot
        fresh = {f"import.roles.{each}": role for each, role in given if each not in known and "." not in each}
        for key, role in list(fresh.items())[:1]:
            reader.notes.append(f"to read labels so in every import: rtv config set {shlex.quote(key)} {role}")
        if others := reader.outcomes[Outcome.OTHER_FIELDS]:
            reader.notes.append(
                f"{'1 row has' if others == 1 else f'{others:,} rows have'} the messages of an entry and other tags, "
                "keys or order of keys; the entries stay as they are (rows of a full export bring such changes back)"
            )
        may_be_absent = reader.rows_here or not all(kept.is_new for kept in reader.kept)
        return Imported(
            committed=replace(committed, notes=(*committed.notes, *notes)),
            sources=tuple(reader.sources),
            unchanged=reader.rows_here,
            edited_since=reader.outcomes[Outcome.EDITED_SINCE],
            removed_before=reader.outcomes[Outcome.REMOVED],
            absent=reader.matcher.unmatched() if may_be_absent else 0,
            rejected=len(reader.rejects),
            rejects=tuple(reader.rejects.first),
            reject_files=written,
            repaired=dict(reader.repaired),
            notes=tuple(reader.notes),
        )

    def _open_rejects(self) -> Sequence[tuple[Operation, set[int]]]:
        """Return the imports whose rejects the one file may hold; its rows will tell."""
        if len(self._files) != 1 or not isinstance(self._files[0], Path):
            return ()
        told = list(self._repository.operations.picked(Table("rejects", 1), _tells_of_rejects))
        if all("rejects" not in operation.details for operation in told):
            return ()
        from rolethread_vcs.ops.import_.rejects import open_rejects

        return open_rejects(told)

    def _decide_checkout(self) -> tuple[dict[str, str | None], tuple[str, ...]]:
        """Decide once, at the first import, whether files are checked out; above the limit the dataset goes bare.

        Return what to set in git's configuration, and what to say.
        """
        repository, entries = self._repository, len(self.reader.kept)
        config = repository.config
        is_first = entries and not self.base and repository.branch() == self._branch
        if not is_first or config.get("rolethread.decided") or config.get("rolethread.checkout") not in (None, "auto"):
            return {}, ()
        if entries <= CHECKOUT_LIMIT or repository.is_bare:
            return {"rolethread.decided": "files"}, ()
        note = (
            f"more than {CHECKOUT_LIMIT:,} entries: no files are checked out, so that every command stays fast "
            "(rtv config set checkout always brings them)"
        )
        return {"rolethread.decided": "bare", BARE_KEY: "true"}, (note,)

    def _publish(
        self, pack: PackWriter, verdict: Verdict, files: RejectFiles | None, config: Mapping[str, str | None]
    ) -> Committed:
        reader = self.reader
        held = None if self._session is None else nullcontext(self._session)
        with held or _open(self._repository, self._intent, self._branch) as session:
            session.intent = replace(session.intent, trailers=(*self._intent.trailers, *self._trailers()))
            if session.tip.id != self.base.id:
                self._refuse_interference(session.tip)
            ids = self._assign_ids(session.tip)
            paths: dict[str, PathChange] = {
                entry_path(entry_id): (trees.FILE, kept.blob) for entry_id, kept in zip(ids, reader.kept, strict=True)
            }
            for path, data in self._order(session.tip, ids).items():
                paths[path] = None if data is None else (trees.FILE, pack.add("blob", data))
            added = sum(kept.is_new for kept in reader.kept)
            changed = len(reader.kept) - added
            names = listed([Path(source.name).name for source in reader.sources], 3)
            remembered = self._remember_rejects(pack, ids, files)
            what = count(added, "entry") if added else count(changed, "changed entry")
            planned = Planned(
                ChangeSet(summary=f"import {what} from {names}"),
                ids=tuple(ids),
                # without anything to commit, too: where rejects belong must be known when they come back corrected
                always=bool(reader.rejects),
                effects=lambda _: SideEffects(config=config),
                remembers=remembered,
                overwrite=BARE_KEY in config,  # then no file of them is written
            )
            done = session.commit(pack, paths, Counts(added, changed), planned, verdict)
            return replace(done, undoable=done.commit is not None or done.operation is None)

    def _assign_ids(self, tip: Snapshot) -> list[str]:
        """Number the new rows in file order, behind every number in use; rows with an id of ours keep it."""
        kept_ids = [kept.entry_id for kept in self.reader.kept if kept.entry_id is not None and kept.is_new]
        numbers = itertools.count(max([tip.next_number(), *(number_of(each) + 1 for each in kept_ids)]))
        return [kept.entry_id or make_id(next(numbers), kept.suffix) for kept in self.reader.kept]

    def _order(self, tip: Snapshot, ids: Sequence[str]) -> Mapping[str, bytes | None]:
        """Return the change of the order: corrected rejects go to their old places, an export of ours is as it was."""
        if not tip and any(kept.entry_id is not None for kept in self.reader.kept):
            from rolethread_vcs.ops.edit.change import as_listed

            return tip.files_of_order(as_listed(ids))
        behind: dict[str | None, list[str]] = {}
        back = self._taken_back
        for entry_id, kept in zip(ids, self.reader.kept, strict=True):
            if kept.is_new and kept.entry_id is None and back is not None and kept.row in back.rows:
                behind.setdefault(back.anchor(kept.row), []).append(entry_id)
        if not behind:
            return {}
        from rolethread_vcs.ops.edit.change import behind_anchors

        return tip.files_of_order(behind_anchors(tip, behind))

    def _refuse_interference(self, now: Snapshot) -> None:
        """Raise when what another writer did since we read could change what a row is matched with."""
        reader = self.reader
        wanted = {each for kept in reader.kept for each in (kept.suffix, kept.digest)}
        for difference in two_way(self.base.tree, now.tree, self._repository.objects.tree):
            entry_id = id_of_path(difference.path)
            if entry_id is None:
                touches = difference.path != ORDER
            else:
                touches = suffix_part(entry_id) in wanted or entry_id in reader.matched_ids or reader.has_names
            if not touches and difference.before is not None:  # edited or removed: what it said, and what it says now
                for blob in filter(None, (difference.before, difference.after)):
                    entry = readable(entry_of_blob(self._repository.objects, blob.oid))
                    touches |= entry is None or not wanted.isdisjoint(matched_by(entry))
            if touches:
                raise ReadAgainError("another command changed the same entries meanwhile")

    def _trailers(self) -> list[tuple[str, str]]:
        trailers = []
        for source in self.reader.sources:
            name, size = Path(source.name).name, str(source.size)
            trailers += [("Source", name), ("Source-Size", size), ("Source-SHA256", source.sha256)]
        if self.reader.rejects:
            trailers.append(("Rejected", str(len(self.reader.rejects))))
        return trailers

    def _remember_rejects(self, pack: PackWriter, ids: Sequence[str], files: RejectFiles | None) -> Mapping[str, Any]:
        """Keep the rejects with the operation: their bytes, and behind which entry each belongs; and which came back.

        Rows that were rejects before keep the places that they had.
        """
        details = dict(self._intent.details)
        back = self._taken_back
        if back is not None:
            details["took_back"] = {"operation": back.operation.number, "rejects": sorted(back.rows.values())}
        rejects = self.reader.rejects
        if not rejects or not rejects.are_kept:
            return {"details": details} if back is not None else {}
        places = []
        for reject, anchor, size in zip(rejects.first, self.reader.anchors, rejects.sizes(), strict=True):
            line, row = reject.place.line, reject.place.row
            after = ids[anchor] if isinstance(anchor, int) else anchor
            if back is not None and row - 1 in back.rows:
                after = back.anchor(row - 1)
            places.append({"line": line, "row": row, "code": reject.code, "after": after, "size": size})
        details |= {"rejects": places, "rejects_name": "" if files is None else files.rows.name}
        return {"attached": {"rejects": pack.add("blob", b"".join(rejects.rows()))}, "details": details}
