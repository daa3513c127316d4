"""Merges another branch, or another copy of the dataset, into the current branch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.ops.merge.completion import Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import Decisions, plain_decisions
from rolethread_vcs.ops.merge.source import find_source
from rolethread_vcs.ops.merge.tree_merge import merge_trees
from rolethread_vcs.ops.merge.unfinished_merge import read_inputs
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.log.unfinished import Labels, Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, current_branch, intent_of, split_keywords

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import ComparedEntry


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """Which part of the other side to take, and what becomes of the rest.

    `ids` are entries and paths, `where` a query; with neither, everything. `keeps_rest` finishes the other branch
    although only a part was taken: what was refused does not come back at a later merge. `decisions` settle conflicts
    beforehand, and may give an entry anew (field `entry`). A path of another copy is relative to `folder`.
    """

    ids: str | int | Sequence[str | int] | None = None
    where: str | None = None
    keeps_rest: bool = False
    decisions: Decisions = field(default_factory=dict)
    folder: Path = Path()


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


def merge(
    repository: Repository,
    /,
    source: str,
    intent: Intent | None = None,
    options: MergeOptions | None = None,
    **keywords: Any,
) -> Outcome:
    """Merge a branch, a release or a commit, or `PATH[#BRANCH]`, another copy of this dataset.

    The branch moves on where it can, else there is a commit that joins both; a part alone is an ordinary commit.
    Where a person has to decide, nothing is committed, and the merge stays unfinished; see `ops.merge.resolve`.

    Raises:
        UsageError, UnknownRevisionError, InvalidError (another_dataset): see `find_source`.
        InvalidError (unrelated, detached), ConflictError (unfinished), UnsavedEditsError.
        RefusedByGateError: what comes from the other side breaks a rule.
    """
    said, keywords = split_keywords(keywords)
    intent = intent_of(intent, said, "merge", f"merge {source}")
    options = replace(options or MergeOptions(), **keywords)
    if options.keeps_rest and options.ids is None and options.where is None:
        raise UsageError(
            "--rest keep-mine says what becomes of the part that is not taken, and everything is taken",
            hint="choose the part with --where QUERY or -p",
        )
    wanted = _wanted(repository, source, intent, options, fetches=not intent.dry_run)
    return start(repository, wanted, intent)


def preview(
    repository: Repository, /, source: str, options: MergeOptions | None = None, **keywords: Any
) -> MergePreview:
    """Return what a merge would bring, entry by entry; nothing is changed.

    Raises:
        As `merge`, as far as they can be known.
    """
    options = replace(options or MergeOptions(), **keywords)
    refuse_to_start(repository)
    wanted = _wanted(repository, source, Intent("merge", "merge"), options, fetches=False)
    if repository.graph.is_ancestor(wanted.theirs, repository.head_snapshot().id):
        return MergePreview(wanted.labels, (), ())
    return preview_of(repository, wanted)


def preview_of(repository: Repository, unfinished: Unfinished) -> MergePreview:
    """Return what a merge, a revert or a pick would bring to where one is, entry by entry; nothing is changed."""
    from rolethread_vcs.ops.compare.comparison import ComparedEntry

    inputs = read_inputs(repository, unfinished, repository.head_snapshot().id)
    merged = merge_trees(inputs)
    conflicts: defaultdict[str, list[Conflict]] = defaultdict(list)
    for conflict in merged.conflicts:
        conflicts[conflict.id].append(conflict)
    entries = []
    for entry_id in sorted({*merged.change.puts, *merged.change.removes, *merged.open}):
        sides = inputs.entry(entry_id)
        _, ours, theirs = sides.readable
        after = theirs if entry_id in merged.open else merged.change.puts.get(entry_id)
        compared = ComparedEntry.of(entry_id, ours, after)
        entries.append(PreviewedEntry(compared, tuple(conflicts[entry_id]), sides.about))
    return MergePreview(unfinished.labels, tuple(entries), tuple(sorted(merged.change.files)))


def _wanted(repository: Repository, source: str, intent: Intent, options: MergeOptions, *, fetches: bool) -> Unfinished:
    found = find_source(repository, source, options.folder, fetches=fetches)
    branch, ids = current_branch(repository), options.ids
    next(repository.snapshot_of(found.commit).folders(), None)  # refused where a link or a file stands in their place
    if ids is not None:
        theirs, ours = map(repository.snapshot_of, (found.commit, repository.head_snapshot().id))
        words = map(str, [ids] if isinstance(ids, (str, int)) else ids)
        ids = tuple(find_entry(theirs, word, [ours]) if word.isdecimal() else word for word in words)
    return Unfinished(
        kind="merge",
        branch=branch,
        ours="",
        theirs=found.commit,
        bases=(),
        labels=Labels(branch, found.label, "base"),
        command=intent.command,
        ids=ids,
        where=options.where,
        keeps_rest=options.keeps_rest,
        decided=plain_decisions(options.decisions),
    )
