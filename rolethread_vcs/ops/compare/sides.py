"""The sides of a comparison: a tree of the store, perhaps with hand edits laid over it, or a file of rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rolethread_vcs.errors import DamagedError, InvalidError, NotFoundError, UsageError, did_you_mean
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ENTRIES, ORDER, id_of_path
from rolethread_vcs.model.revision import Revision, RevisionKind, is_selector, parse_selector
from rolethread_vcs.store.objects.trees import FILE, LINK, Blob, Readable, apply, files
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Overlay, Unreadable, find_blob, find_folder, read_entry

if TYPE_CHECKING:
    from rolethread_vcs.model.order import Order


@dataclass(frozen=True, slots=True)
class FileSide:
    """A file, or an open stream, with conversations in any readable format; `roles` are those of `roles_by_label`."""

    label: str
    source: Path | BinaryIO
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TreeSide:
    """A tree (20-byte id, None for an empty one).

    `snapshot` is the commit that the tree is of, or that hand edits were made to; None where nobody needs to know it.
    """

    label: str
    objects: Readable
    tree: bytes | None
    snapshot: Snapshot | None = None

    @property
    def commit(self) -> str | None:
        """The commit (hex id) that this side is, None where it is none."""
        return self.snapshot.id if self.snapshot is not None and self.snapshot.tree == self.tree else None

    def blob(self, path: str) -> Blob | None:
        """Return what lies at a path."""
        return find_blob(self.objects, self.tree, path)

    def entry(self, blob: Blob | None) -> Entry | Unreadable | None:
        """Return the entry of something that lies here, or why there is none to read."""
        return None if blob is None else read_entry(self.objects, blob)

    def file(self, path: str) -> bytes | None:
        """Return the bytes of a path, None when there is nothing or it cannot be read."""
        blob = self.blob(path)
        if blob is None or blob.mode == LINK:
            return None
        try:
            return self.objects.blob(blob.oid)
        except DamagedError:
            return None

    def order(self) -> Order:
        """Return the order of the entries.

        Raises:
            InvalidError: `order.json` cannot be read.
        """
        from rolethread_vcs.model.order import Order

        return Order.parse(self.file(ORDER))

    def entries(self) -> dict[str, Blob]:
        """Return where each entry lies, by id, in dataset order."""
        found: dict[str, Blob] = {}
        for path, blob in files(find_folder(self.objects, self.tree, ENTRIES), self.objects.tree, f"{ENTRIES}/"):
            entry_id = id_of_path(path)
            if entry_id is not None:
                found[entry_id] = blob
        try:
            return {entry_id: found[entry_id] for entry_id in sorted(found, key=self.order().key_of)}
        except InvalidError:
            return dict(sorted(found.items()))


Side = TreeSide | FileSide


# ---- from words to sides


STDIN_WORD = "-"
FILE_STARTS = ("./", "../", "/", ".\\", "..\\")
"""How a word begins that means a file, whatever else it may name."""
_FILE_ENDS = (".json", ".jsonl", ".gz")
_NOWHERE = bytes(20)
"""The id of what a symbolic link holds, which nobody reads."""


@dataclass(frozen=True, slots=True)
class State:
    """A state as somebody wrote it: the file that lies there under that name, and the revision that it can mean.

    Standard input is neither; of a path that begins like one, nothing may be there.
    """

    text: str
    path: Path | None = None
    revision: Revision | None = None

    @classmethod
    def of(cls, revision: Revision) -> State:
        """Return the state of a revision, where no file is meant."""
        return cls(str(revision), None, revision)


@dataclass(frozen=True, slots=True)
class States:
    """What is compared: `before` (with `from_fork`, the commit where both parted), and `after`, None for today."""

    before: State
    after: State | None
    from_fork: bool = False


def find_sides(repository: Repository, states: States, stdin: BinaryIO | None) -> tuple[Side, Side]:
    """Return the sides that states name; `stdin` is what `-` reads.

    Raises:
        UsageError: one names an entry, or has two readings. UnknownRevisionError, NotFoundError: it names nothing.
        InvalidError: a folder.
    """
    _refuse_entries(repository, [state for state in (states.before, states.after) if state is not None])
    before = _find_side(repository, states.before, stdin)
    after = _folder_side(repository) if states.after is None else _find_side(repository, states.after, stdin)
    if not (states.from_fork and isinstance(before, TreeSide) and isinstance(after, TreeSide)):
        return before, after
    fork = repository.graph.common_ancestor(before.commit or "", after.commit or "")
    if fork is None:
        raise NotFoundError(
            f"{before.label} and {after.label} have no commit in common",
            hint=f"rtv diff {before.label} {after.label}   compares them as they are",
        )
    return _commit_side(repository, fork, f"where {after.label} left {before.label}"), after


def _refuse_entries(repository: Repository, states: Sequence[State]) -> None:
    """Refuse a word that names an entry (`12`, `12@main~1`, its file in the folder): entries stand behind `--`."""
    named = {state.text: found for state in states if (found := _entry_of(repository, state)) is not None}
    for word, (entry, revision) in named.items():
        beside = " ".join(state.text for state in states if state.text not in named) or revision
        hint = " ".join(filter(None, ("rtv diff", beside, "--", entry)))
        if word == entry and repository.find_commit(word) is not None:
            raise UsageError(
                f"{word} is an entry, and a commit begins like that; nothing was compared",
                hint=f"the entry: {hint}\nthe commit: rtv diff commit:{word}",
                code="ambiguous_word",
            )
        raise UsageError(f"{word} is an entry, and diff compares two states", hint=hint)


def _entry_of(repository: Repository, state: State) -> tuple[str, str] | None:
    """Return the entry that a word names, and its revision, empty where the word has none."""
    if state.path is not None:
        worktree = repository.worktree
        # `./` says that the file itself is meant
        if worktree is None or state.text.startswith(FILE_STARTS):
            return None
        path, root = Path(os.path.realpath(state.path)), worktree.folder.resolve()
        entry_id = id_of_path(path.relative_to(root).as_posix()) if path.is_relative_to(root) else None
        return None if entry_id is None else (entry_id, "")
    word, _, revision = state.text.partition("@")
    if not is_selector(word):
        return None
    selector, snapshot = parse_selector(word), repository.head_snapshot()
    if not (selector in snapshot if isinstance(selector, str) else snapshot.with_number(selector)):
        return None
    return word, f"@{revision}" if revision.startswith(("~", "^")) else revision


def _find_side(repository: Repository, state: State, stdin: BinaryIO | None) -> Side:
    word, path, revision, commit = state.text, state.path, state.revision, None
    if word == STDIN_WORD:
        if stdin is None:
            raise UsageError("- is standard input, and there is none here")
        return FileSide("standard input", stdin, _roles(repository))
    try:
        commit = None if revision is None else repository.resolve(revision)
    except (UnknownRevisionError, UsageError) as error:
        if path is None and isinstance(error, UnknownRevisionError) and (word.endswith(_FILE_ENDS) or os.sep in word):
            raise UnknownRevisionError(
                f"there is no file {word}, and no branch, release or commit of that name", hint=error.hint
            ) from error
        if path is None:
            raise
    if path is None:
        assert revision is not None and commit is not None
        branch = repository.branch() if revision.kind is RevisionKind.CURRENT else None
        return _commit_side(repository, commit, str(revision if branch is None else replace(revision, base=branch)))
    if commit is not None:
        raise UsageError(
            f"{word} is a revision and a file; nothing was compared",
            hint=f"the file is ./{word}; the revision is {commit[:10]}",
            code="ambiguous_word",
        )
    if path.is_dir():
        raise InvalidError(f"{word} is a folder; a side is a branch, a commit or a file")
    if not path.exists():
        raise NotFoundError(f"there is no file {word}", hint=_near_file(word, path))
    return FileSide(word, path, _roles(repository))


def _roles(repository: Repository) -> dict[str, str]:
    """Return the roles that imports would read in the labels of a file."""
    from rolethread_vcs.formats import roles_by_label

    return roles_by_label(repository.head_snapshot().settings.roles)


def _near_file(word: str, path: Path) -> str | None:
    """Return a hint at a file of nearly that name in the same folder."""
    try:
        names = [each.name for each in path.parent.iterdir() if each.is_file()]
    except OSError:
        return None
    return did_you_mean(path.name, names, shown=lambda near: word.removesuffix(path.name) + near, cutoff=0.7) or None


def _commit_side(repository: Repository, commit: str, label: str) -> TreeSide:
    snapshot = repository.snapshot_of(commit)
    return TreeSide(label, repository.objects, snapshot.tree, snapshot)


def _folder_side(repository: Repository) -> TreeSide:
    """Return the current commit with the hand edits of the checked-out folder, as if they were saved."""
    from rolethread_vcs.ops.edit.status import unsaved_files

    snapshot, label, worktree = repository.head_snapshot(), repository.branch() or "@", repository.worktree
    objects = Overlay(repository.objects)
    edits: dict[str, tuple[bytes, bytes] | None] = {}
    for unsaved in unsaved_files(repository):
        assert worktree is not None
        try:
            data = worktree.read(unsaved.path)
            edits[unsaved.path] = None if data is None else (FILE, objects.add("blob", data))
        except InvalidError:
            edits[unsaved.path] = (LINK, _NOWHERE)
    if not edits:
        return TreeSide(label, repository.objects, snapshot.tree, snapshot)
    tree = apply(snapshot.tree, edits, objects, objects)
    return TreeSide(f"{label} with unsaved edits", objects, tree, snapshot)
