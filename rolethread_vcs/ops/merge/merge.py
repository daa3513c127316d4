"""Merges another branch, or another copy of the dataset, into the current branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.ops.merge.completion import Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import NONE, Decisions, plain_decisions
from rolethread_vcs.ops.merge.merge_inputs import MergeInputs, merge_at, read_inputs
from rolethread_vcs.ops.merge.source import Source, find_source, read_place
from rolethread_vcs.ops.merge.tree_merge import TreeMerge
from rolethread_vcs.store.log.unfinished import Labels, Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import ComparedEntry


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """Which part of the other side to take, and what becomes of the rest.

    `ids` are entries and paths, `where` a query; with neither, everything. `keeps_rest` finishes the other branch
    although only a part was taken: what was refused does not come back at a later merge. `decisions` settle conflicts
    beforehand, and may give an entry anew (field `entry`). A path of another copy is relative to `folder`.
    """

    ids: tuple[str, ...] | None = None
    where: str | None = None
    keeps_rest: bool = False
    decisions: Decisions = field(default_factory=dict)
    folder: Path = Path()


WHOLE = MergeOptions()


@dataclass(frozen=True, slots=True)
class PreviewedEntry:
    """One entry that a merge would bring: as it is here, as it would be, and whether a person has to decide.

    `about` goes into a decision about the entry as a whole: it holds as long as the entry is what was looked at.
    """

    compared: ComparedEntry
    conflicts: tuple[Conflict, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class MergePreview:
    """All that a merge would bring: entries by id, and the paths of other files."""

    labels: Labels
    entries: tuple[PreviewedEntry, ...]
    files: tuple[str, ...]


def merge(repository: Repository, source: str, intent: Intent | None = None, options: MergeOptions = WHOLE) -> Outcome:
    """Merge a branch, a release or a commit, or `PATH[#BRANCH]`, another copy of this dataset.

    The branch moves on where it can, else there is a commit that joins both; a part alone is an ordinary commit.
    Where a person has to decide, nothing is committed, and the merge stays unfinished; see `ops.merge.resolve`.

    Raises:
        UsageError, UnknownRevisionError, InvalidError (another_dataset): see `find_source`.
        InvalidError (unrelated, detached), ConflictError (unfinished), UnsavedEditsError.
        RefusedByGateError: what comes from the other side breaks a rule.
    """
    intent = intent or Intent("merge", f"merge {source}")
    if options.keeps_rest and options.ids is None and options.where is None:
        raise UsageError(
            "--rest keep-mine says what becomes of the part that is not taken, and everything is taken",
            hint="choose the part with --where QUERY or -p",
        )
    found = find_source(repository, read_place(source, options.folder), fetches=not intent.dry_run)
    return start(repository, _unfinished(repository, found, intent, options), intent)


def preview(repository: Repository, source: str, options: MergeOptions = WHOLE) -> MergePreview:
    """Return what a merge would bring, entry by entry; nothing is changed.

    Raises:
        As `merge`, as far as they can be known.
    """
    refuse_to_start(repository)
    found = find_source(repository, read_place(source, options.folder), fetches=False)
    unfinished = _unfinished(repository, found, Intent("merge", "merge"), options)
    if repository.graph.is_ancestor(found.commit, repository.head_snapshot().id):
        return MergePreview(unfinished.labels, (), ())
    return preview_of(repository, unfinished)


def preview_of(repository: Repository, unfinished: Unfinished) -> MergePreview:
    """Return what a merge, a revert or a pick would bring to where one is, entry by entry; nothing is changed."""
    inputs = read_inputs(repository, unfinished, repository.head_snapshot().id)
    merged = merge_at(inputs, unfinished, NONE)
    return MergePreview(unfinished.labels, tuple(_previewed(inputs, merged)), tuple(sorted(merged.change.files)))


def _previewed(inputs: MergeInputs, merged: TreeMerge) -> list[PreviewedEntry]:
    from rolethread_vcs.ops.compare.comparison import ComparedEntry

    conflicts: dict[str, list[Conflict]] = {}
    for conflict in merged.conflicts:
        conflicts.setdefault(conflict.id, []).append(conflict)
    found = []
    for entry_id in sorted({*merged.change.puts, *merged.change.removes, *merged.open}):
        sides = inputs.entry(entry_id)
        _, ours, theirs = sides.readable
        after = theirs if entry_id in merged.open else merged.change.puts.get(entry_id)
        compared = ComparedEntry.of(entry_id, ours, after)
        found.append(PreviewedEntry(compared, tuple(conflicts.get(entry_id, ())), sides.about))
    return found


def _unfinished(repository: Repository, source: Source, intent: Intent, options: MergeOptions) -> Unfinished:
    branch = repository.branch()
    if branch is None:
        raise InvalidError(
            "you are looking at a commit, not at a branch, so there is nothing to merge into",
            hint="start a branch here with: rtv switch -c NAME",
            code="detached",
        )
    return Unfinished(
        kind="merge",
        branch=branch,
        ours="",
        theirs=source.commit,
        bases=(),
        labels=Labels(branch, source.label, "base"),
        command=intent.command,
        ids=options.ids,
        where=options.where,
        keeps_rest=options.keeps_rest,
        decided=plain_decisions(options.decisions),
    )
