"""Merges another branch, or another copy of the dataset, into the current branch."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.ops.merge.completion import Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import Decisions, plain_decisions
from rolethread_vcs.ops.merge.tree_merge import merge_trees
from rolethread_vcs.ops.merge.unfinished_merge import read_inputs
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.dataset_folder import open_dataset, place_of
from rolethread_vcs.store.libgit2 import NoDatasetError, discover
from rolethread_vcs.store.log.unfinished import Labels, Unfinished
from rolethread_vcs.store.refs import BRANCHES, UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, NewerWriterError, current_branch, intent_of, split_keywords

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


# ---- what is merged in: a branch, a release or a commit of this dataset, or a branch of another copy of it


@dataclass(frozen=True, slots=True)
class Source:
    """What is merged in: its commit (hex id), which this dataset can read, and what people call it."""

    commit: str
    label: str


def find_source(repository: Repository, source: str, folder: Path = Path(), *, fetches: bool = True) -> Source:
    """Return what `BRANCH`, `REV` or `PATH[#BRANCH]` names; a path is relative to `folder`.

    The commits of another copy are brought over, or, unless `fetches`, only read.

    Raises:
        UsageError: it is here and elsewhere. UnknownRevisionError, NoDatasetError: it is nowhere.
        InvalidError (another_dataset). NewerWriterError: it uses a feature that this program does not know.
    """
    copy, branch = _copy_at(source, folder)
    try:
        commit = repository.resolve(source)
    except (UnknownRevisionError, UsageError):
        if copy is not None:
            return _from_copy(repository, copy, branch, fetches=fetches)
        if source.startswith((".", "/", "~")) or "\\" in source or "#" in source:  # nobody writes a revision like that
            raise NoDatasetError(
                f"there is no dataset at {source.partition('#')[0]}",
                hint="the path of another copy leads to its folder: rtv merge /media/stick/my-dataset#main",
            ) from None
        raise
    if copy is not None:
        raise UsageError(
            f"{source} is both a branch or commit here and a folder with a dataset",
            hint=f"rtv merge ./{source}   the folder\nrtv merge commit:{commit[:10]}   what is here",
        )
    is_short = len(source) < 40 or repository.refs.read(BRANCHES + source) is not None
    return _readable(repository, commit, source if is_short else source[:10])


def _copy_at(source: str, folder: Path) -> tuple[Path | None, str]:
    """Return the folder that a text names if there is a dataset in it, and what stands behind its `#`."""
    whole, _, branch = source.rpartition("#")
    for text, behind in ((source, ""), (whole, branch)):
        with contextlib.suppress(OSError, ValueError, UsageError):
            path = place_of(text, folder)
            if text and path.is_dir() and _is_dataset(path):
                return path, behind
    return None, ""


def _is_dataset(path: Path) -> bool:
    """Whether a folder is the root of a repository, and does not just lie in one."""
    if (path / ".git").exists():
        return True
    found = discover(path)
    return found is not None and found.resolve() == path.resolve()


def _from_copy(repository: Repository, path: Path, branch: str, *, fetches: bool) -> Source:
    original = open_dataset(path)
    if original.common_folder.resolve() == repository.common_folder.resolve():
        raise UsageError(f"{path} is this very dataset", hint=f"rtv merge {branch or original.branch() or 'BRANCH'}")
    ours, theirs = repository.head_snapshot().settings, original.head_snapshot().settings
    if ours.id != theirs.id:
        raise InvalidError(
            f"{path} is another dataset ({theirs.name}), not a copy of this one ({ours.name})",
            hint=f"to bring its entries over: rtv -C {path} export -o rows.jsonl, then rtv import rows.jsonl",
            code="another_dataset",
        )
    name = branch or original.branch()
    if name is None:
        raise UsageError(f"{path} stands at a commit and on no branch; say which branch", hint=f"rtv merge {path}#main")
    commit = original.refs.read(BRANCHES + name) if is_branch_name(name) else None
    if commit is None:
        known = ", ".join(sorted(original.refs.branches())[:5])
        raise UnknownRevisionError(f"there is no branch {name!r} in {path}", hint=f"its branches are: {known}")
    source = _readable(original, commit, f"{path.resolve().name}#{name}")
    if fetches:
        from rolethread_vcs.store.clone import fetch

        fetch(repository, original, [BRANCHES + name], "merge")
    else:
        repository.objects.read_also(original.common_folder / "objects")
    return source


def _readable(repository: Repository, commit: str, label: str) -> Source:
    """Return a commit as a source, unless it uses a feature that this program does not know."""
    why = repository.snapshot_of(commit).settings.why_read_only
    if why is not None:
        raise NewerWriterError(f"{label}: {why}", hint="install a newer version of rolethread-vcs")
    return Source(commit, label)
