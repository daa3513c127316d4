"""What the files of the checked-out folder hold that the branch does not, and why it cannot be saved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry, encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import SETTINGS, entry_path, id_of_path
from rolethread_vcs.store.checkout import REMOVED, Unsaved, Worktree
from rolethread_vcs.store.objects.trees import object_id
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot


@dataclass(slots=True)
class HandEdits:
    """What the folder holds that the branch does not, sorted by what becomes of it."""

    puts: dict[str, Entry] = field(default_factory=dict)
    removes: set[str] = field(default_factory=set)
    files: dict[str, bytes | None] = field(default_factory=dict)
    tidy: dict[str, tuple[bytes, bytes | None]] = field(default_factory=dict)
    """What was read from paths whose layout is not the canonical one, and the bytes that are; None where none are."""
    left: list[str] = field(default_factory=list)
    staged: list[Unsaved] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def why_refused(worktree: Worktree, base: Snapshot, item: Unsaved) -> str:
    """Return why a hand edit cannot be saved, nothing where it can."""
    edits = HandEdits()
    read_file(worktree, base, item, edits)
    return "".join(edits.problems)


def read_file(worktree: Worktree, base: Snapshot, item: Unsaved, edits: HandEdits) -> None:
    """Note what a hand edit comes to, or why it cannot be saved."""
    path = item.path
    try:
        data = None if item.change == REMOVED else worktree.read(path)
        canonical = _take(path, data, base, edits)
    except JsonProblemError as error:
        edits.problems.append(f"{path}:{error.line}:{error.column}: {error.reason}")
    except InvalidError as error:
        edits.problems.append(error.message if path in error.message else f"{path}:1:1: {error.message}")
    else:
        if data is not None and canonical != data:
            edits.tidy[path] = (data, canonical)


def _take(path: str, data: bytes | None, base: Snapshot, edits: HandEdits) -> bytes | None:
    """Note what a file holds, None for one that is gone, and return the bytes that are saved."""
    entry_id = id_of_path(path)
    if entry_id is None:
        from rolethread_vcs.documents import kind_of

        kind = kind_of(path)
        if path == SETTINGS:
            from rolethread_vcs.ops.check import check_settings_by_hand

            check_settings_by_hand(base, data)
        else:
            kind.check_by_hand(path, data, base.file(path))
        edits.files[path] = None if data is None else kind.encode(kind.parse(data))
        return edits.files[path]
    if data is None:
        edits.removes.add(entry_id)
        return None
    edits.puts[entry_id] = decode_entry(data)
    return encode_entry(edits.puts[entry_id])


def whole_files(repository: Repository, base: Snapshot, ids: Collection[str] | None) -> dict[str, bytes]:
    """Return the files of damaged entries (of some, or with None of all) that are byte for byte what was saved."""
    found = {}
    for entry_id, oid in base.damaged(ids):
        data = file_of_blob(repository, entry_path(entry_id), oid)
        if data is not None:
            found[entry_id] = data
    return found


def file_of_blob(repository: Repository, path: str, oid: bytes) -> bytes | None:
    """Return the bytes of a checked-out file when they are those of a blob, else None."""
    if repository.worktree is None:
        return None
    try:
        data = repository.worktree.read(path)
    except InvalidError:
        return None
    return data if data is not None and object_id("blob", data) == oid else None
