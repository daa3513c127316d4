"""The facade: one short method per operation, no logic.

Each method imports its operation when called: a command must not pay at start-up for what it does not use.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.settings import InvalidSettingsError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot

if TYPE_CHECKING:
    from rolethread_vcs.ops.branches.branch_edits import DeletedBranches
    from rolethread_vcs.ops.branches.branches import Branch, Whereabouts
    from rolethread_vcs.ops.branches.releases import Release
    from rolethread_vcs.ops.check.check import Checked
    from rolethread_vcs.ops.compare.comparison import Comparison
    from rolethread_vcs.ops.edit.change import Change
    from rolethread_vcs.ops.edit.field_edits import FieldEdit
    from rolethread_vcs.ops.edit.status import Survey
    from rolethread_vcs.ops.export.exporter import Exported, ExportOptions
    from rolethread_vcs.ops.export.origin import Origin
    from rolethread_vcs.ops.history.bisect import Answer, Mark, Search
    from rolethread_vcs.ops.history.blame import Blame
    from rolethread_vcs.ops.history.entry_history import EntryHistory
    from rolethread_vcs.ops.history.log import History, Only
    from rolethread_vcs.ops.history.operation_log import LoggedOperation
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry
    from rolethread_vcs.ops.history.undo import Undone
    from rolethread_vcs.ops.import_.importer import Imported
    from rolethread_vcs.ops.import_.row_reader import ImportOptions
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.ops.merge.decisions import Decisions
    from rolethread_vcs.ops.merge.merge import MergeOptions, MergePreview
    from rolethread_vcs.ops.merge.resolve import OpenMerge, Resolved
    from rolethread_vcs.ops.restore.messages import RestoredMessages
    from rolethread_vcs.ops.restore.removed_entries import RemovedEntries
    from rolethread_vcs.ops.restore.restore import Discarded
    from rolethread_vcs.ops.select.page import Page
    from rolethread_vcs.ops.settings.settings import Setting
    from rolethread_vcs.ops.verify.doctor import Diagnosis, Unlocked
    from rolethread_vcs.ops.verify.verify import Verification
    from rolethread_vcs.ops.workcopy.commit import CommitOptions, CopyCommitted, Refreshed
    from rolethread_vcs.ops.workcopy.file_copies import CopyOptions, FileCopy
    from rolethread_vcs.ops.workcopy.folder_copies import AddedFolder, FolderCopy, RemovedFolder
    from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords
    from rolethread_vcs.ops.workcopy.links import Link
    from rolethread_vcs.ops.workcopy.status import CopyStatus
    from rolethread_vcs.store.damaged_refs import DamagedRef
    from rolethread_vcs.store.log.operations import Operation
    from rolethread_vcs.store.log.unfinished import Kind
    from rolethread_vcs.transaction import Committed, Intent


class Dataset:
    """A versioned dataset on this machine.

    Make one with `Dataset.init`, open one with `Dataset.open`. Methods return the values that the command prints, and
    raise the families of `rolethread_vcs.errors`.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    # ---- start

    @classmethod
    def init(cls, path: str | Path, *, name: str | None = None, id: str | None = None) -> Dataset:
        """Create an empty dataset in a folder, which is made if missing; `id` is a UUID, a fresh one by default."""
        from rolethread_vcs.ops.settings.creation import init

        return cls(init(Path(path), name=name, id=id).repository)

    @classmethod
    def clone(cls, source: str | Path, path: str | Path) -> Dataset:
        """Copy a dataset with its history, branches and releases into a folder that is empty or not there."""
        from rolethread_vcs.ops.settings.creation import clone

        return cls(clone(Path(source), Path(path)).repository)

    @classmethod
    def open(cls, path: str | Path = ".", *, check: bool = True) -> Dataset:
        """Open the dataset that a folder lies in; without `check` also a damaged one, to `verify` it."""
        return cls(Repository.find(Path(path), check=check))

    @classmethod
    def open_to_go_back(cls, path: str | Path = ".") -> Dataset:
        """Open as `open` does, and also a dataset whose settings do not read: `undo` and `redo` are the way out."""
        try:
            return cls.open(path)
        except InvalidSettingsError:
            return cls.open(path, check=False)

    @property
    def folder(self) -> Path:
        """The folder people know the dataset by."""
        return self.repository.folder

    # ---- reading

    def snapshot(self, rev: str = "@") -> Snapshot:
        """Return an immutable view of a revision: `len`, `[id]`, iteration over (id, entry) in dataset order."""
        return self.repository.snapshot(rev)

    def select(self, words: Sequence[str], where: str | None = None, *, rev: str = "@") -> list[str]:
        """Return the ids of the entries that numbers, ids or a query choose; see `ops.select.selection.select`."""
        from rolethread_vcs.ops.select.selection import select

        return select(self.repository.snapshot(rev), words, where)

    def page(
        self,
        words: Sequence[str] = (),
        *,
        where: str | None = None,
        limit: int = 25,
        after: str | None = None,
        rev: str = "@",
        count: bool = False,
    ) -> Page:
        """Return a page of the entries that fit a query, all without one; see `ops.select.page.page`."""
        from rolethread_vcs.ops.select.page import page

        return page(self.repository.snapshot(rev), words, where=where, limit=limit, after=after, count=count)

    def show(self, *words: str) -> Iterator[ShownEntry | ShownCommit]:
        """Yield the entries and commits that words name: `12`, `12@main~1`, `main`, `commit:3fa9c1`."""
        from rolethread_vcs.ops.history.show import show

        return show(self.repository, words)

    def log(self, *revs: str, count: int | None = None, only: Only | None = None) -> History:
        """Iterate over the commits that lead to revisions, to the current one by default, newest first.

        A range `A..B` leaves out what leads to A. `only` says what to keep; see `ops.history.log.Only`.
        """
        from rolethread_vcs.ops.history.log import EVERYTHING, History

        return History(self.repository, revs or ("@",), count=count, only=only or EVERYTHING)

    def life(self, entry: str, *, rev: str = "@") -> EntryHistory:
        """Iterate over what happened to one entry, newest first; see `ops.history.entry_history.Life`."""
        from rolethread_vcs.ops.history.entry_history import entry_history

        return entry_history(self.repository, entry, rev)

    def blame(self, entry: str, *, rev: str = "@") -> Blame:
        """Return, for each message of an entry, which commits changed it last and brought it in."""
        from rolethread_vcs.ops.history.blame import blame

        return blame(self.repository, entry, rev)

    def diff(
        self,
        *words: str,
        ids: Sequence[str] = (),
        where: str | None = None,
        only: Sequence[str] = (),
        stdin: BinaryIO | None = None,
        locate: Callable[[str], Path] = Path,
    ) -> Comparison:
        """Return what differs between two states: `diff("main~1", "main")`, `diff("old.jsonl", "@")`, `diff()`.

        The words are those of `rtv diff`; see `ops.compare.diff.compare`.
        """
        from rolethread_vcs.ops.compare.diff import compare

        return compare(self.repository, words, ids=ids, where=where, only=only, stdin=stdin, locate=locate)

    def status(self) -> Survey:
        """Return where one is, what is not saved, what waits and what was done last."""
        from rolethread_vcs.ops.edit.status import survey

        return survey(self.repository)

    # ---- gate

    def check(
        self, words: Sequence[str] = (), *, where: str | None = None, rev: str = "@", only: Sequence[str] = ()
    ) -> Checked:
        """Return every finding in the entries chosen, all without a choice; see `ops.check.check.check`."""
        from rolethread_vcs.ops.check.check import check

        return check(self.repository, words, where=where, revision=rev, only=only)

    def check_since(self, since: str, *, rev: str = "@", only: Sequence[str] = ()) -> Checked:
        """Return the findings that a revision has and an earlier one had not."""
        from rolethread_vcs.ops.check.check import check_since

        return check_since(self.repository, since, revision=rev, only=only)

    def check_staged(self, *, only: Sequence[str] = ()) -> Checked:
        """Return the findings that the files staged with plain git would bring in."""
        from rolethread_vcs.ops.check.check import check_staged

        return check_staged(self.repository, only=only)

    # ---- branches

    def branches(self) -> tuple[Branch, ...]:
        """Return all branches by name, but for those that are damaged."""
        from rolethread_vcs.ops.branches.branches import branches

        return branches(self.repository)

    def damaged_refs(self) -> tuple[DamagedRef, ...]:
        """Return the branches and releases that cannot be followed."""
        from rolethread_vcs.store.damaged_refs import damaged_refs

        return damaged_refs(self.repository)

    def branch(
        self, name: str, *, start: str = "@", note: str | None = None, intent: Intent | None = None
    ) -> Committed:
        """Make a branch at a revision, with a note about it, and stay where one is."""
        from rolethread_vcs.ops.branches.branch_edits import create

        return create(self.repository, name, _intent_of(intent, "branch", f"branch {name}"), start=start, note=note)

    def note_branch(self, name: str, note: str, *, intent: Intent | None = None) -> Committed:
        """Write a note down about a branch; "" takes it away."""
        from rolethread_vcs.ops.branches.branch_edits import write_note

        return write_note(self.repository, name, note, _intent_of(intent, "branch", f"branch {name} --note {note}"))

    def rename_branch(self, name: str, new_name: str, *, intent: Intent | None = None) -> Committed:
        """Give a branch another name; its note goes with it."""
        from rolethread_vcs.ops.branches.branch_edits import rename

        return rename(
            self.repository, name, new_name, _intent_of(intent, "branch", f"branch --rename {name} {new_name}")
        )

    def delete_branches(self, *names: str, intent: Intent | None = None) -> DeletedBranches:
        """Delete branches; the result says what no other branch or release holds, and `undo` brings them back."""
        from rolethread_vcs.ops.branches.branch_edits import delete

        return delete(self.repository, names, _intent_of(intent, "branch", f"branch --delete {' '.join(names)}"))

    def whereabouts(self, *, against: str | None = None) -> Whereabouts:
        """Return where one is, and how far that is ahead of, and behind, another branch (main)."""
        from rolethread_vcs.ops.branches.branches import whereabouts

        return whereabouts(self.repository, against=against)

    def switch(self, name: str, *, intent: Intent | None = None) -> Committed:
        """Go to a branch."""
        from rolethread_vcs.ops.branches.branch_edits import switch

        return switch(self.repository, name, _intent_of(intent, "switch", f"switch {name}"))

    def switch_to_new(
        self, name: str, *, start: str = "@", note: str | None = None, intent: Intent | None = None
    ) -> Committed:
        """Make a branch at a revision, with a note about it, and go to it."""
        from rolethread_vcs.ops.branches.branch_edits import create

        intent = _intent_of(intent, "switch", f"switch -c {name}")
        return create(self.repository, name, intent, start=start, note=note, switch=True)

    # ---- merging, reverting, picking

    def merge(self, name: str, *, options: MergeOptions | None = None, intent: Intent | None = None) -> Outcome:
        """Merge a branch, or another copy of the dataset (`PATH#BRANCH`), into the current branch.

        Where a person has to decide, nothing is committed: `conflicts` of the result says what.
        """
        from rolethread_vcs.ops.merge.merge import WHOLE, merge

        return merge(self.repository, name, _intent_of(intent, "merge", f"merge {name}"), options or WHOLE)

    def merge_preview(self, name: str, *, options: MergeOptions | None = None) -> MergePreview:
        """Return what a merge would bring, entry by entry, as it is here and as it would be."""
        from rolethread_vcs.ops.merge.merge import WHOLE, preview

        return preview(self.repository, name, options or WHOLE)

    def conflicts(self) -> OpenMerge:
        """Return what waits for decisions, after a merge, a revert or a pick."""
        from rolethread_vcs.ops.merge.resolve import open_merge

        return open_merge(self.repository)

    def resolve(
        self, words: Sequence[str], take: str, *, field: str | None = None, intent: Intent | None = None
    ) -> Resolved:
        """Decide conflicts of entries and files for a side: a branch by its name, `base`, or `both`."""
        from rolethread_vcs.ops.merge.resolve import open_merge, resolve_to_side, select_conflicts, side_named

        found = open_merge(self.repository)
        names, side = select_conflicts(found, words), side_named(found.unfinished, take)
        return resolve_to_side(self.repository, names, side, _intent_of(intent, "resolve", "resolve"), field=field)

    def resolve_with(self, name: str, value: Entry | bytes | None, *, intent: Intent | None = None) -> Resolved:
        """Decide an entry in conflict, or a file, by giving it as a whole; None: it goes."""
        from rolethread_vcs.ops.merge.resolve import open_merge, resolve_as, select_conflicts

        (chosen,) = select_conflicts(open_merge(self.repository), [name])
        return resolve_as(self.repository, chosen, value, _intent_of(intent, "resolve", f"resolve {name}"))

    def finish(self, kind: Kind = "merge", *, skip_conflicts: bool = False, intent: Intent | None = None) -> Outcome:
        """Commit a merge, a revert or a pick of which everything is decided; the last two may leave conflicts out."""
        from rolethread_vcs.ops.merge.completion import finish

        intent = _intent_of(intent, kind, f"{kind} --continue")
        return finish(self.repository, kind, intent, skip_conflicts=skip_conflicts)

    def give_up(self, kind: Kind = "merge", *, intent: Intent | None = None) -> Outcome:
        """Give an unfinished merge, revert or pick up; the branch is as it was."""
        from rolethread_vcs.ops.merge.completion import abort

        return abort(self.repository, kind, _intent_of(intent, kind, f"{kind} --abort"))

    def revert(
        self,
        rev: str,
        intent: Intent | None = None,
        *,
        words: Sequence[str] = (),
        where: str | None = None,
        skip_conflicts: bool = False,
    ) -> Outcome:
        """Take back what a commit or a range did; what was done since stays. See `ops.merge.revert.revert`."""
        from rolethread_vcs.ops.merge.revert import revert

        intent = _intent_of(intent, "revert", f"revert {rev}")
        return revert(self.repository, rev, intent, words=words, where=where, skip_conflicts=skip_conflicts)

    def pick(
        self,
        rev: str,
        intent: Intent | None = None,
        *,
        words: Sequence[str] = (),
        where: str | None = None,
        skip_conflicts: bool = False,
    ) -> Outcome:
        """Do here what a commit or a range did on another branch; see `ops.merge.pick.pick`."""
        from rolethread_vcs.ops.merge.pick import pick

        intent = _intent_of(intent, "pick", f"pick {rev}")
        return pick(self.repository, rev, intent, words=words, where=where, skip_conflicts=skip_conflicts)

    def pick_preview(self, rev: str, *, words: Sequence[str] = (), where: str | None = None) -> MergePreview:
        """Return what a pick would bring, entry by entry, as it is here and as it would be."""
        from rolethread_vcs.ops.merge.pick import preview

        return preview(self.repository, rev, words=words, where=where)

    def pick_chosen(
        self,
        rev: str,
        ids: Sequence[str],
        decisions: Decisions,
        *,
        skip_conflicts: bool = False,
        intent: Intent | None = None,
    ) -> Outcome:
        """Pick what was chosen among the offers, with some conflicts decided beforehand."""
        from rolethread_vcs.ops.merge.pick import pick_chosen

        intent = _intent_of(intent, "pick", f"pick {rev}")
        return pick_chosen(self.repository, rev, intent, ids, decisions, skip_conflicts=skip_conflicts)

    # ---- releases

    def releases(self) -> tuple[Release, ...]:
        """Return all releases, the newest first."""
        from rolethread_vcs.ops.branches.releases import releases

        return releases(self.repository)

    def describe_release(self, name: str) -> Release:
        """Return one release."""
        from rolethread_vcs.ops.branches.releases import describe

        return describe(self.repository, name)

    def release(self, name: str, rev: str = "@", *, force: bool = False, intent: Intent | None = None) -> Committed:
        """Name a revision; `intent.message` says what it is. With `force` an existing release moves there."""
        from rolethread_vcs.ops.branches.releases import release

        return release(self.repository, name, rev, _intent_of(intent, "release", f"release {name}"), force=force)

    def delete_release(self, name: str, *, intent: Intent | None = None) -> Committed:
        """Delete a release; `undo` brings it back."""
        from rolethread_vcs.ops.branches.releases import delete

        return delete(self.repository, name, _intent_of(intent, "release", f"release --delete {name}"))

    # ---- settings

    def settings(self) -> tuple[Setting, ...]:
        """Return every setting: those that travel with the dataset, then those of this machine."""
        from rolethread_vcs.ops.settings.settings import settings_list

        return settings_list(self.repository)

    def setting(self, key: str) -> Setting:
        """Return one setting."""
        from rolethread_vcs.ops.settings.settings import get

        return get(self.repository, key)

    def set_setting(self, key: str, value: str, *, intent: Intent | None = None) -> Committed:
        """Change one setting: a commit for one that travels, an operation for one of this machine."""
        from rolethread_vcs.ops.settings.settings import set_setting

        result = set_setting(self.repository, key, value, _intent_of(intent, "config", f"config set {key} {value}"))
        self.repository = self.repository.reopened_if_changed()
        return result

    def settings_text(self) -> bytes:
        """Return the text of `rolethread.toml`."""
        from rolethread_vcs.ops.settings.settings import settings_text

        return settings_text(self.repository)

    def replace_settings(self, text: bytes, intent: Intent, *, read: bytes | None = None) -> Committed:
        """Put a new text in the place of `rolethread.toml`; `read` is the text that it was made from."""
        from rolethread_vcs.ops.settings.settings import replace_settings

        return replace_settings(self.repository, text, intent, read=read)

    # ---- entries

    @contextlib.contextmanager
    def edit(self, message: str | None = None, *, branch: str | None = None) -> Iterator[Change]:
        """Collect changes to entries, and make them one commit when the block ends well, or nothing.

        `change.add(entry)` returns the new id, `change.put(id, entry)`, `change.remove(id)`; entries are `Entry` or
        plain mappings of their fields. After the block, `change.result` is what was committed. An entry that somebody
        else changed since the block began is a `StaleEntryError`.
        """
        from rolethread_vcs.ops.edit.change import Change
        from rolethread_vcs.transaction import Intent

        change = Change(self.repository, Intent("edit", "edit", message=message, branch=branch))
        yield change
        change.commit()

    def add(self, entries: Sequence[Entry | Mapping[str, Any]], intent: Intent) -> Committed:
        """Add entries in one commit; see `ops.edit.change.add`."""
        from rolethread_vcs.ops.edit.change import add

        return add(self.repository, entries, intent)

    def edit_fields(self, ids: Sequence[str], edit: FieldEdit, intent: Intent) -> Committed:
        """Do one edit of fields to entries, in one commit; see `ops.edit.field_edits.FieldEdit`."""
        from rolethread_vcs.ops.edit.field_edits import edit_fields

        return edit_fields(self.repository, ids, edit, intent)

    def replace(
        self,
        entries: Mapping[str, Entry],
        intent: Intent,
        *,
        if_unchanged_since: Mapping[str, bytes] | None = None,
    ) -> Committed:
        """Replace entries by id, in one commit; `if_unchanged_since` maps ids to the blob ids that were read."""
        from rolethread_vcs.ops.edit.change import put

        return put(
            self.repository, lambda entry_id, _: entries[entry_id], list(entries), intent, expected=if_unchanged_since
        )

    def remove(self, ids: Sequence[str], intent: Intent) -> Committed:
        """Remove entries in one commit; history still holds them."""
        from rolethread_vcs.ops.edit.change import remove

        return remove(self.repository, ids, intent)

    def commit(self, intent: Intent) -> Committed:
        """Save the hand edits of the checked-out folder in one commit; see `ops.edit.hand_edits.save_hand_edits`."""
        from rolethread_vcs.ops.edit.hand_edits import save_hand_edits

        return save_hand_edits(self.repository, intent)

    def discard_edits(self, ids: Collection[str] | None, intent: Intent) -> Discarded:
        """Throw hand edits away, of some entries or (None) all; `undo` brings them back."""
        from rolethread_vcs.ops.restore.restore import discard_edits

        return discard_edits(self.repository, ids, intent)

    def restore(self, ids: Sequence[str], source: Snapshot, intent: Intent) -> Committed:
        """Make entries what they were in a snapshot, in one commit; removed ones come back."""
        from rolethread_vcs.ops.restore.restore import bring_back

        return bring_back(self.repository, ids, source, intent)

    def restore_message(self, ids: Sequence[str], source: Snapshot, number: int, intent: Intent) -> RestoredMessages:
        """Make one message of entries what it was in a snapshot; see `ops.restore.messages`."""
        from rolethread_vcs.ops.restore.messages import bring_message_back

        return bring_message_back(self.repository, ids, source, number, intent)

    def removed(self, *, where: str | None = None, since: str | None = None) -> RemovedEntries:
        """Iterate over the entries that were removed from this branch and are gone, newest first."""
        from rolethread_vcs.ops.restore.removed_entries import RemovedEntries

        return RemovedEntries(self.repository, where=where, since=since)

    def restore_removed(
        self, words: Sequence[str], intent: Intent, *, where: str | None = None, since: str | None = None
    ) -> Committed:
        """Bring removed entries back with their ids; see `ops.restore.removed_entries.bring_back_removed`."""
        from rolethread_vcs.ops.restore.removed_entries import bring_back_removed

        return bring_back_removed(self.repository, intent, words=words, where=where, since=since)

    def restore_all(self, source: Snapshot, intent: Intent) -> Committed:
        """Make all entries and their order what they were in a snapshot, in one commit."""
        from rolethread_vcs.ops.restore.restore import bring_all_back

        return bring_all_back(self.repository, source, intent)

    # ---- files of rows

    def import_files(
        self,
        files: Sequence[str | Path | BinaryIO],
        options: ImportOptions | None = None,
        intent: Intent | None = None,
        *,
        names: Sequence[str | None] = (),
        step: Callable[[int], None] = lambda _: None,
    ) -> Imported:
        """Bring the rows of files (paths, or open binary streams) in as entries, in one commit."""
        from rolethread_vcs.ops.import_.importer import import_files
        from rolethread_vcs.ops.import_.row_reader import ImportOptions

        sources = [Path(file) if isinstance(file, str) else file for file in files]
        intent = _intent_of(intent, "import", "import")
        result = import_files(self.repository, sources, options or ImportOptions(), intent, names=names, step=step)
        self.repository = self.repository.reopened_if_changed()
        return result

    def export(
        self,
        rev: str = "@",
        options: ExportOptions | None = None,
        *,
        path: str | Path | None = None,
        write: Callable[[bytes], object] | None = None,
        overwrite: bool = False,
        fail_if_unsaved: bool = False,
        step: Callable[[int], None] = lambda _: None,
    ) -> Exported:
        """Write a revision's entries to a file, or through `write`; the same bytes on every machine."""
        from rolethread_vcs.ops.export.exporter import ExportOptions, export

        return export(
            self.repository,
            rev,
            options or ExportOptions(),
            path=Path(path) if path is not None else None,
            write=write,
            overwrite=overwrite,
            fail_if_unsaved=fail_if_unsaved,
            step=step,
        )

    def which(self, path: str | Path) -> Origin:
        """Return from which commit, and with which options, a file was exported."""
        from rolethread_vcs.ops.export.origin import which

        return which(self.repository, Path(path))

    # ---- history

    def undo(self, count: int = 1, *, to: int | None = None, dry_run: bool = False) -> Undone:
        """Take the last operations back (or all after operation `to`), as one new operation."""
        from rolethread_vcs.ops.history.undo import undo

        result = undo(self.repository, count=count, to=to, dry_run=dry_run)
        self.repository = self.repository.reopened_if_changed()
        return result

    def undo_candidates(self, count: int = 1, *, to: int | None = None) -> tuple[Operation, ...]:
        """Return the operations that `undo` would take back, newest first."""
        from rolethread_vcs.ops.history.undo import undo_candidates

        return undo_candidates(self.repository, count=count, to=to)

    def redo(self, *, dry_run: bool = False) -> Undone:
        """Bring back what the last undo took, as one new operation."""
        from rolethread_vcs.ops.history.undo import redo

        result = redo(self.repository, dry_run=dry_run)
        self.repository = self.repository.reopened_if_changed()
        return result

    def ops(self) -> Iterator[LoggedOperation]:
        """Yield the operations, newest first, each with whether it is undone by now."""
        from rolethread_vcs.ops.history.operation_log import log

        return log(self.repository)

    def record_external(self) -> tuple[str, ...]:
        """Take what plain git moved into the operation log; return notes about it."""
        from rolethread_vcs.ops.history.operation_log import record_external

        return record_external(self.repository)

    def bisect_start(self, good: str, bad: str = "@") -> Search:
        """Begin to look for the commit that made things worse; see `ops.history.bisect`."""
        from rolethread_vcs.ops.history.bisect import start

        return start(self.repository, good, bad)

    def bisect_mark(self, answer: Answer, rev: str | None = None) -> Search:
        """Take an answer about a revision, by default about the commit that is to be tested."""
        from rolethread_vcs.ops.history.bisect import mark

        return mark(self.repository, answer, rev)

    def bisect_run(self, judge: Callable[[Search], Answer]) -> Search:
        """Ask a function about one commit after the other, until the search is at its end."""
        from rolethread_vcs.ops.history.bisect import run

        return run(self.repository, judge)

    def bisect_status(self) -> Search:
        """Return how far the search has come."""
        from rolethread_vcs.ops.history.bisect import status

        return status(self.repository)

    def bisect_marks(self) -> tuple[Mark, ...]:
        """Return the answers given so far, the oldest first."""
        from rolethread_vcs.ops.history.bisect import marks

        return marks(self.repository)

    def bisect_export(self, commit: str, path: str | Path, *, format: str = "messages", clean: bool = False) -> None:
        """Write the entries of a commit (hex id) for a test, without a trace in the operation log."""
        from rolethread_vcs.ops.history.bisect import export_candidate

        export_candidate(self.repository, commit, Path(path), format=format, clean=clean)

    def bisect_reset(self) -> bool:
        """End the search; return whether there was one."""
        from rolethread_vcs.ops.history.bisect import reset

        return reset(self.repository)

    # ---- working copies

    def add_file_copy(
        self,
        path: str | Path,
        options: CopyOptions | None = None,
        *,
        step: Callable[[int], None] = lambda _: None,
        dry_run: bool = False,
    ) -> Link:
        """Write the entries of a branch to a file, to be edited there; see `ops.workcopy.file_copies.add`."""
        from rolethread_vcs.ops.workcopy.file_copies import CopyOptions, add

        return add(self.repository, Path(path), options or CopyOptions(), step, dry_run=dry_run)

    def file_copies(self) -> tuple[FileCopy, ...]:
        """Return the file copies of this worktree."""
        from rolethread_vcs.ops.workcopy.file_copies import all_copies

        return all_copies(self.repository)

    def find_file_copy(self, path: Path | None, *, name: str = "") -> Path:
        """Return the file copy that is meant: by path, by bare name, or the only one."""
        from rolethread_vcs.ops.workcopy.file_copies import find

        return find(self.repository, path, name)

    def file_copy_status(self, path: str | Path, words: DecisionWords | None = None) -> CopyStatus:
        """Return what was edited in a file copy; see `ops.workcopy.status.status`."""
        from rolethread_vcs.ops.workcopy.status import status

        return status(self.repository, Path(path), words)

    def commit_file_copy(
        self, path: str | Path, options: CommitOptions | None = None, intent: Intent | None = None
    ) -> CopyCommitted:
        """Make one commit of what was edited in a file copy; see `ops.workcopy.commit.commit`."""
        from rolethread_vcs.ops.workcopy.commit import CommitOptions, commit

        intent = _intent_of(intent, "workcopy", f"workcopy commit {Path(path).name}")
        return commit(self.repository, Path(path), options or CommitOptions(), intent)

    def refresh_file_copy(
        self,
        path: str | Path,
        options: CommitOptions | None = None,
        *,
        discard: bool = False,
        dry_run: bool = False,
    ) -> Refreshed:
        """Bring newer commits of its branch into a file copy; see `ops.workcopy.commit.refresh`."""
        from rolethread_vcs.ops.workcopy.commit import CommitOptions, refresh

        return refresh(self.repository, Path(path), options or CommitOptions(), discard=discard, dry_run=dry_run)

    def remove_file_copy(
        self, path: str | Path, *, delete: bool = False, force: bool = False, dry_run: bool = False
    ) -> bool:
        """Unlink a file copy; return whether the file was deleted."""
        from rolethread_vcs.ops.workcopy.file_copies import remove

        return remove(self.repository, Path(path), delete=delete, force=force, dry_run=dry_run)

    def folder_copies(self) -> tuple[FolderCopy, ...]:
        """Return every folder that the dataset is checked out in, the main one first."""
        from rolethread_vcs.ops.workcopy.folder_copies import folder_copies

        return folder_copies(self.repository)

    def add_folder_copy(self, folder: str | Path, branch: str, intent: Intent) -> AddedFolder:
        """Check a branch out in a folder of its own."""
        from rolethread_vcs.ops.workcopy.folder_copies import add

        return add(self.repository, Path(folder), branch, intent)

    def folder_copy_status(self, folder: str | Path) -> Survey:
        """Return where a folder copy is, and what is not saved in it."""
        from rolethread_vcs.ops.workcopy.folder_copies import status

        return status(self.repository, Path(folder))

    def commit_folder_copy(self, folder: str | Path, intent: Intent) -> Committed:
        """Save the hand edits of a folder copy in one commit on its branch."""
        from rolethread_vcs.ops.workcopy.folder_copies import open_folder

        return Dataset(open_folder(self.repository, Path(folder))).commit(intent)

    def remove_folder_copy(self, folder: str | Path, intent: Intent) -> RemovedFolder:
        """Remove a folder copy that has no unsaved edits; its branch stays."""
        from rolethread_vcs.ops.workcopy.folder_copies import remove

        return remove(self.repository, Path(folder), intent)

    # ---- safety

    def verify(self, step: Callable[[], object] = lambda: None) -> Verification:
        """Look at everything the dataset holds and say what is damaged; `step` is called for each object."""
        from rolethread_vcs.ops.verify.verify import verify

        return verify(self.repository, step)

    @staticmethod
    def diagnose(path: str | Path = ".", *, git_version: str | None = None) -> Diagnosis:
        """Look at the machine, the disk, locks and leftovers around the dataset that a folder lies in, if any."""
        from rolethread_vcs.ops.verify.doctor import diagnose

        return diagnose(Path(path), git_version=git_version)

    def unlock(self, *, young_too: bool = False) -> Unlocked:
        """Finish what a killed command left, and remove lock files of git left more than ten minutes ago."""
        from rolethread_vcs.ops.verify.doctor import unlock

        return unlock(self.repository, young_too=young_too)


def _intent_of(given: Intent | None, verb: str, command: str) -> Intent:
    """Return the intent that was given, or a plain one: what the operation log remembers, the default message."""
    from rolethread_vcs.transaction import Intent

    return given or Intent(verb, command)
