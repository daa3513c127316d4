"""Merges another branch, or another copy of the dataset, into the current branch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.ops.compare.comparison import ComparedEntry
from rolethread_vcs.ops.merge.completion import Outcome, carry_out, refuse_to_begin
from rolethread_vcs.ops.merge.decisions import NONE, Decisions, plain_decisions
from rolethread_vcs.ops.merge.merge_inputs import Corners, corners_of, merge_at
from rolethread_vcs.ops.merge.tree_merge import TreeMerge
from rolethread_vcs.store.copying import fetch_commit, read_also
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.places.opening import NoDatasetError, discover
from rolethread_vcs.store.refs.refs import BRANCHES
from rolethread_vcs.store.refs.revisions import UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, NewerWriterError


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
class Source:
    """What is merged in: its commit (hex id), what people call it, and the other copy of the dataset it lies in."""

    commit: str
    label: str
    original: Repository | None = None
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry that a merge would bring: as it is here, as it would be, and whether a person has to decide.

    `about` goes into a decision about the entry as a whole: it holds as long as the entry is what was looked at.
    """

    compared: ComparedEntry
    conflicts: tuple[Conflict, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """All that a merge would bring: entries by id, and the paths of other files."""

    labels: tuple[str, str, str]
    entries: tuple[Offer, ...]
    files: tuple[str, ...]


def merge(repository: Repository, word: str, intent: Intent, options: MergeOptions = WHOLE) -> Outcome:
    """Merge a branch, a release or a commit, or `PATH[#BRANCH]`, another copy of this dataset.

    The branch moves on where it can, else there is a commit that joins both; a part alone is an ordinary commit.
    Where a person has to decide, nothing is committed, and the merge waits; see `ops.merge.resolve`.

    Raises:
        UnknownRevisionError: there is no such thing. InvalidError (another_dataset): the path leads to another dataset.
        InvalidError (unrelated), ConflictError (unfinished), UnsavedEditsError, InvalidError (detached).
        RefusedByGateError: what comes
        from the other side breaks a rule.
    """
    if options.keeps_rest and options.ids is None and options.where is None:
        raise UsageError(
            "--rest keep-mine says what becomes of the part that is not taken, and everything is taken",
            hint="choose the part with --where QUERY or -p",
        )
    source = find_source(repository, word, options.folder)
    _refuse_newer(repository, source)
    if source.original is not None:
        if intent.dry_run:
            read_also(repository, source.original)
        else:
            fetch_commit(repository, source.original, source.branch)
    return carry_out(repository, _unfinished(repository, source, intent, options), intent)


def offers(repository: Repository, word: str, options: MergeOptions = WHOLE) -> Offers:
    """Return what a merge would bring, entry by entry; nothing is changed.

    Raises:
        As `merge`, as far as they can be known.
    """
    refuse_to_begin(repository)
    source = find_source(repository, word, options.folder)
    _refuse_newer(repository, source)
    if source.original is not None:
        read_also(repository, source.original)
    unfinished = _unfinished(repository, source, Intent("merge", "merge"), options)
    if repository.is_ancestor(source.commit, repository.head_snapshot().id):
        return Offers(unfinished.labels, (), ())
    return offers_of(repository, unfinished)


def offers_of(repository: Repository, unfinished: Unfinished) -> Offers:
    """Return what a merge, a revert or a pick would bring to where one is, entry by entry; nothing is changed."""
    corners = corners_of(repository, unfinished, repository.head_snapshot().id)
    merged = merge_at(corners, unfinished, NONE)
    return Offers(unfinished.labels, tuple(_offers(corners, merged)), tuple(sorted(merged.change.files)))


def _offers(corners: Corners, merged: TreeMerge) -> list[Offer]:
    conflicts: dict[str, list[Conflict]] = {}
    for conflict in merged.conflicts:
        conflicts.setdefault(conflict.id, []).append(conflict)
    found = []
    for entry_id in sorted({*merged.change.puts, *merged.change.removes, *merged.open}):
        sides = corners.entry(entry_id)
        _, ours, theirs = sides.readable
        after = theirs if entry_id in merged.open else merged.change.puts.get(entry_id)
        compared = ComparedEntry.of(entry_id, ours, after)
        found.append(Offer(compared, tuple(conflicts.get(entry_id, ())), sides.about))
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
        labels=(branch, source.label, "base"),
        command=intent.command,
        ids=options.ids,
        where=options.where,
        keeps_rest=options.keeps_rest,
        decided=plain_decisions(options.decisions),
    )


# ---- what a word names


def find_source(repository: Repository, word: str, folder: Path = Path()) -> Source:
    """Return what a word names: a branch, a release, a commit, or another copy of the dataset (`PATH[#BRANCH]`).

    A path is relative to `folder`.

    Raises:
        UsageError: it names both. UnknownRevisionError: it names nothing. InvalidError (another_dataset).
    """
    commit = _commit(repository, word)
    path, branch = _path(word, folder)
    if commit is not None and path is not None:
        raise UsageError(
            f"{word} is both a branch or commit here and a folder with a dataset",
            hint=f"rtv merge ./{word}   the folder\nrtv merge commit:{commit[:10]}   what is here",
        )
    if path is not None:
        return _copy(repository, path, branch)
    if commit is None and _is_meant_as_path(word):
        raise NoDatasetError(
            f"there is no dataset at {word.partition('#')[0]}; nothing was changed",
            hint="the path of another copy leads to its folder: rtv merge /media/stick/my-dataset#main",
        )
    if commit is None:
        commit = repository.resolve(word)
    label = word if repository.refs.read(BRANCHES + word) is not None or len(word) < 40 else word[:10]
    return Source(commit, label)


def _commit(repository: Repository, word: str) -> str | None:
    try:
        return repository.resolve(word)
    except (UnknownRevisionError, UsageError):
        return None


def _path(word: str, folder: Path) -> tuple[Path | None, str]:
    """Return the folder with a dataset that a word names, and the branch behind `#`."""
    candidates = [(word, "")]
    if "#" in word:
        whole, _, after = word.rpartition("#")
        candidates.append((whole, after))
    for text, branch in candidates:
        path = folder / Path(text).expanduser() if text else None
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if path is not None and path.is_dir() and _is_dataset(path):
                return path, branch
    return None, ""


def _is_meant_as_path(word: str) -> bool:
    return word.startswith((".", "/", "~")) or "\\" in word or "#" in word


def _is_dataset(path: Path) -> bool:
    """Whether a folder is the root of a repository, and does not just lie in one."""
    if (path / ".git").exists():
        return True
    found = discover(path)
    return found is not None and found.resolve() == path.resolve()


def _copy(repository: Repository, path: Path, branch: str) -> Source:
    original = Repository.open(path)
    if original.common_folder.resolve() == repository.common_folder.resolve():
        raise UsageError(f"{path} is this very dataset", hint=f"rtv merge {branch or original.branch() or 'BRANCH'}")
    ours, theirs = repository.head_snapshot().settings, original.head_snapshot().settings
    if ours.id != theirs.id:
        raise InvalidError(
            f"{path} is another dataset ({theirs.name}), not a copy of this one ({ours.name}); nothing was changed",
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
    return Source(commit, f"{path.resolve().name}#{name}", original, name)


def _refuse_newer(repository: Repository, source: Source) -> None:
    """Raise when the other side uses a feature that this program does not know."""
    there = source.original or repository
    why = there.snapshot_of(source.commit).settings.why_read_only
    if why is not None:
        raise NewerWriterError(f"{source.label}: {why}", hint="install a newer version of rolethread-vcs")
