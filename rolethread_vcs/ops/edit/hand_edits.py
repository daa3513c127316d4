"""Saves hand edits: files of the checked-out folder that somebody changed, made or removed outside of rtv."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Unpack

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.layout import ENTRIES, ORDER, SUFFIX, entry_path, is_id
from rolethread_vcs.ops.edit.change import order_without, summary_of
from rolethread_vcs.ops.edit.hand_files import HandEdits, read_file, whole_files
from rolethread_vcs.ops.edit.status import is_foreign
from rolethread_vcs.phrases import count, listed
from rolethread_vcs.store.checkout import STAGED
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import Blob, Difference, object_id
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import (
    ChangeSet,
    Committed,
    Intent,
    Planned,
    Said,
    Session,
    intent_of,
    refuse_unsaved,
    touched_entries,
    vote,
    write_blobs,
)

_NAMED = 3
_LEFT_NAMED = 10


def save_hand_edits(repository: Repository, intent: Intent | None = None, **said: Unpack[Said]) -> Committed:
    """Take the hand edits of the checked-out folder through the gate into one commit.

    Changed, new and removed entries, the settings, the order and the registries; staged or not. What is valid JSON in
    another layout is saved in the canonical one, and its file is rewritten. Files that belong to nothing in a dataset
    stay where they are; `notes` of the result name them. An entry that is damaged in the store is saved from its file;
    where that holds just what was saved there is nothing to commit, and the result has an operation alone. With nothing
    to save and nothing damaged it is empty. What git alone has, staged and edited again since, is not written over.

    Raises:
        InvalidError (broken_file): a file does not read, or is a symbolic link; nothing was saved.
        RefusedByGateError: the gate said no. UsageError (not_checked_out): a bare dataset. UnsavedEditsError: git has
        a third content of one of the files staged. ConflictError (git_unfinished).
    """
    intent = intent_of(intent, said, "commit", "commit")
    with Session.open(repository, intent) as session:
        repository, base = session.repository, session.tip
        worktree = repository.worktree
        if worktree is None:
            raise UsageError(
                "the files of this dataset are not checked out, so there is nothing to edit by hand; "
                "every command saves by itself",
                hint="rtv edit ID   or check the files out with: rtv config set checkout always",
                code="not_checked_out",
            )
        edits, taken = HandEdits(), set()
        for item in worktree.unsaved(base.tree):
            if item.flag == STAGED:
                edits.staged.append(item)
            elif is_foreign(item):
                edits.left.append(item.path)
            else:
                taken.add(item.path)
                read_file(worktree, base, item, edits)
        refuse_unsaved([item for item in edits.staged if item.path in taken])
        if edits.problems:
            raise InvalidError(
                f"{count(len(edits.problems), 'file')} cannot be read",
                details=edits.problems,
                hint="correct them and run rtv commit again, or throw the edits away with: rtv restore --all",
                code="broken_file",
            )
        change = _change_of(base, edits)
        verdict = vote(base, change, intent, session.branch)
        healed, replaced = _damaged(repository, base, edits)
        with repository.pack() as pack:
            paths, counts = write_blobs(base, change, pack)
            for data in healed.values():
                pack.add("blob", data)
            # so that the folder equals what is committed
            tidied = tuple(Difference(path, *map(_blob, pair)) for path, pair in edits.tidy.items())
            planned = Planned(change, always=bool(healed), effects=lambda _: SideEffects(files=tidied), overwrite=True)
            result = session.commit(pack, paths, counts, planned, verdict)
            if not (healed or paths or intent.dry_run):
                worktree.exchange(tidied, base.tree)  # a file that somebody has changed since then is their hand edit
            if healed and not paths:
                result = replace(result, ids=tuple(sorted(healed)), undoable=False)
    notes = (
        *result.notes,
        *(
            f"entry {entry_id} was damaged in the store; what its file holds now takes its place"
            for entry_id in replaced
        ),
        *_notes(edits, paths, dry_run=intent.dry_run),
    )
    return replace(result, notes=notes, touched=touched_entries(base, change, paths))


def _damaged(repository: Repository, base: Snapshot, edits: HandEdits) -> tuple[dict[str, bytes], list[str]]:
    """Return the damaged entries that can be saved just as they were, with their bytes, and those that get new ones.

    Where nobody edited anything, all entries are looked at: whoever asks what is not saved yet wants to know of what
    no longer is. Else only the edited ones are, since a commit shall cost what it changes.
    """
    if not (edits.puts or edits.removes or edits.files):
        return whole_files(repository, base, None), []
    healed, replaced = {}, []
    for entry_id, oid in base.damaged(sorted(edits.puts)):
        data = encode_entry(edits.puts[entry_id])
        if object_id("blob", data) == oid:
            healed[entry_id] = data
        else:
            replaced.append(entry_id)
    return healed, replaced


def _blob(data: bytes | None) -> Blob | None:
    return None if data is None else Blob(trees.FILE, object_id("blob", data))


def _change_of(base: Snapshot, edits: HandEdits) -> ChangeSet:
    files: Mapping[str, bytes | None] = edits.files
    if edits.removes and ORDER not in files:
        files = {**order_without(base, edits.removes), **files}
    changed = [entry_id for entry_id in edits.puts if entry_id in base]
    added = [entry_id for entry_id in edits.puts if entry_id not in base]
    said = [summary_of(added, changed, sorted(edits.removes))] if edits.puts or edits.removes else []
    said += [f"change {listed(sorted(edits.files), _NAMED)}"] if edits.files else []
    summary = f"{', '.join(said)} by hand" if said else "save hand edits"
    return ChangeSet(edits.puts, frozenset(edits.removes), files, summary=summary)


# ---- what is said beside it


def _notes(edits: HandEdits, saved: Collection[str], *, dry_run: bool) -> Iterator[str]:
    paths, verb = sorted(edits.tidy.keys() - saved), "would be brought" if dry_run else "was brought"
    if len(paths) == 1:
        yield f"{paths[0]} {verb} into the usual layout; its content is the same"
    elif paths:
        names = listed(paths, _NAMED)
        yield f"the layout of {len(paths):,} files ({names}) {verb} into the usual shape; their content is the same"
    for item in edits.staged:
        yield f"left alone: git has other content of {item.path} staged than is on disk; save it with: git commit"
    for path in edits.left[:_LEFT_NAMED]:
        name = path.rpartition("/")[2]
        entry_id = name.removesuffix(SUFFIX)
        why = "is no part of the dataset"
        if name.endswith(SUFFIX) and is_id(entry_id):
            why = f"lies in the wrong folder; an entry of this name lies at {entry_path(entry_id)}"
        elif path.startswith(f"{ENTRIES}/"):
            why = "has no entry's name; to add what it holds, move it out of entries/ and use rtv add"
        yield f"left alone: {path} {why}"
    if len(edits.left) > _LEFT_NAMED:
        yield f"left alone: {len(edits.left) - _LEFT_NAMED:,} more files that are no part of the dataset"
