"""Shows one entry as some commit holds it, or one commit with what it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.model.entry import Entry, preview
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.ops.history.entry_history import entry_of
from rolethread_vcs.ops.history.log import tree_before
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.objects.commits import Commit
from rolethread_vcs.store.objects.trees import two_way
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.store.tree_reader import Counts

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import Comparison


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as a commit holds it; `blob` is the 20-byte id of its stored bytes."""

    id: str
    commit: str
    blob: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class TouchedEntry:
    """An entry that a commit `added`, `changed` or `removed`; `blob` is the 20-byte id of its (last) bytes."""

    id: str
    change: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class ShownCommit:
    """A commit and what it changed against its first parent; `files` are other paths with their change.

    `is_cut` when that parent is not here (a shallow copy, a missing object): all that the commit holds counts as added.
    """

    commit: Commit
    entries: tuple[TouchedEntry, ...]
    files: tuple[tuple[str, str], ...]
    is_cut: bool = False

    @property
    def counts(self) -> Counts:
        """How many entries were added, changed and removed."""
        return Counts(**Counter(entry.change for entry in self.entries))


def show(repository: Repository, *words: str | int) -> Iterator[ShownEntry | ShownCommit]:
    """Yield what each word names: an entry (`12`, an id, `12@main~1`) or a commit (`main`, `3fa9c1`, `commit:1234`).

    A number is an entry's, also where a commit's id begins with the same digits; `commit:` says otherwise. No words
    name the current commit.

    Raises:
        UsageError, NoSuchEntryError, UnknownRevisionError: a word names nothing. UnreadableEntryError.
    """
    for word in map(str, words or ("@",)):
        selector, at, revision = word.partition("@")
        if is_selector(selector) and (revision or not at):
            snapshot = repository.snapshot(revision or "@")
            try:
                entry_id = find_entry(snapshot, selector)
            except NoSuchEntryError as error:
                if selector.isdigit() and repository.find_commit(f"commit:{selector}"):
                    raise NoSuchEntryError(error.message, hint=f"the commit is: rtv show commit:{selector}") from error
                raise
            yield ShownEntry(entry_id, snapshot.id, snapshot.blob_id(entry_id), snapshot[entry_id])
        else:
            yield show_commit(repository, word)


def show_commit(repository: Repository, revision: str = "@") -> ShownCommit:
    """Return a commit with the names of all that it changed; no content is read."""
    commit = repository.objects.commit(repository.resolve(revision))
    entries, files = [], []
    start = tree_before(repository, commit)
    for path, before, after in two_way(start, commit.tree, repository.objects.tree):
        change = ChangeKind.between(before, after)
        entry_id = id_of_path(path)
        blob = after or before
        if entry_id is not None and blob is not None:
            entries.append(TouchedEntry(entry_id, change, blob.oid))
        else:
            files.append((path, change))
    return ShownCommit(commit, tuple(entries), tuple(files), is_cut=start is None and bool(commit.parents))


def changes_of(repository: Repository, shown: ShownCommit) -> Comparison:
    """Return what a commit changed against its first parent, message by message."""
    # a look at an entry compares nothing
    from rolethread_vcs.ops.compare.comparison import compare_trees
    from rolethread_vcs.ops.compare.sides import TreeSide

    commit, objects = shown.commit, repository.objects
    label = commit.parents[0][:10] if commit.parents else "nothing"
    before = TreeSide(label, objects, tree_before(repository, commit))
    return compare_trees(before, TreeSide(commit.id[:10], objects, commit.tree))


def preview_of(repository: Repository, touched: TouchedEntry) -> str:
    """Return the beginning of what is said in an entry that a commit touched, as written."""
    entry = entry_of(repository, touched.blob)
    return "" if entry is None else preview(entry)


def raw_bytes(repository: Repository, shown: ShownEntry | ShownCommit) -> bytes:
    """Return the stored bytes of an entry, or of a commit."""
    if isinstance(shown, ShownEntry):
        return repository.objects.blob(shown.blob)
    return repository.objects.read(shown.commit.id, "commit")
