"""Reads the words of `diff` (revisions, ranges, files, standard input) and compares what they name.

| words | compares |
|---|---|
| none | the current commit with the hand edits |
| `A` | A with what is there now, hand edits included |
| `A B`, `A..B` | A with B |
| `A...B` | the commit where both parted with B |

A word is a file when one lies there under that name, and a revision otherwise; one that is both is refused. What begins
with `./`, `../` or `/` is always a file, and `-` is standard input.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError, nearest
from rolethread_vcs.model.layout import id_of_path
from rolethread_vcs.model.revision import CURRENT_NAMES, RevisionError, is_selector, parse_range
from rolethread_vcs.ops.compare.comparison import ChangeKind, Comparison, EntryFilter, compare_trees
from rolethread_vcs.ops.compare.sides import FileSide, Side, TreeSide, commit_side, folder_side
from rolethread_vcs.ops.select.selection import Selection, find_entry
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError, Snapshot

STANDARD_INPUT = "-"

_FILE_STARTS = ("./", "../", "/", ".\\", "..\\")
_FILE_ENDS = (".json", ".jsonl", ".gz")


def compare(
    repository: Repository,
    *words: str,
    ids: Sequence[str] = (),
    where: str | None = None,
    only: Sequence[str] = (),
    stdin: BinaryIO | None = None,
    locate: Callable[[str], Path] = Path,
) -> Comparison:
    """Return what differs between two states; the words are those of `rtv diff`.

    `ids` and `where` choose entries that were or are there; `only` keeps some kinds of `ChangeKind`. `stdin` is what
    `-` reads, and `locate` turns the word of a file into its path.

    Raises:
        UsageError: the words do not fit together, or one has two readings. UnknownRevisionError, NotFoundError: a word
        names nothing. InvalidError: a file cannot be read.
    """
    sides = _Reader(repository, stdin, locate).sides(words)
    wanted = EntryFilter(_ids(ids, sides) if ids else None, Selection.of(where=where), frozenset(map(_kind, only)))
    before, after = sides
    if isinstance(before, FileSide) or isinstance(after, FileSide):
        # reading files brings the formats in, which a comparison of two commits does without
        from rolethread_vcs.ops.compare.file_comparison import compare_with_file

        return compare_with_file(before, after, wanted)
    bare = "no files are checked out here, so nothing can be edited by hand and not saved"
    return compare_trees(before, after, wanted, notes=() if words or repository.worktree is not None else (bare,))


class _Reader:
    """Turns words into sides."""

    def __init__(self, repository: Repository, stdin: BinaryIO | None, locate: Callable[[str], Path]) -> None:
        self._repository = repository
        self._stdin = stdin
        self._locate = locate

    def sides(self, words: Sequence[str]) -> tuple[Side, Side]:
        if len(words) > 2:
            numbers = [word for word in words if is_selector(word)]
            hint = f"entries stand behind --: rtv diff {words[0]} -- {' '.join(numbers)}" if numbers else "rtv diff A B"
            raise UsageError(f"diff compares two states, and here are {len(words)} words", hint=hint)
        if list(words).count(STANDARD_INPUT) > 1:
            raise UsageError("- is standard input, and that can be read only once", hint="rtv diff old.jsonl -")
        if not words:
            return self._revision("@"), self._now()
        self._refuse_entries(words)
        if len(words) == 2:
            return self._side(words[0]), self._side(words[1])
        if ".." in words[0] and not self._is_file(words[0]):
            return self._range(words[0])
        return self._side(words[0]), self._now()

    def _refuse_entries(self, words: Sequence[str]) -> None:
        """Refuse a word that names an entry (`12`, `12@main~1`, its file in the folder): entries stand behind `--`."""
        named = {word: found for word in words if (found := self._entry(word)) is not None}
        for word, (entry, revision) in named.items():
            others = [each for each in words if each not in named] or ([revision] if revision else [])
            if word == entry and self._names_revision(word):
                hint = f"the entry: {_command(others, entry)}\nthe commit: rtv diff commit:{word}"
                raise UsageError(
                    f"{word} is an entry, and a commit begins like that; nothing was compared",
                    hint=hint,
                    code="ambiguous_word",
                )
            raise UsageError(f"{word} is an entry, and diff compares two states", hint=_command(others, entry))

    def _entry(self, word: str) -> tuple[str, str] | None:
        """Return the entry that a word names, and its revision, empty where the word has none."""
        selector, _, revision = word.partition("@")
        if not is_selector(selector):
            entry_id = self._entry_of_file(word)
            return None if entry_id is None else (entry_id, "")
        if self._is_file(word) or not _has_entry(self._repository.head_snapshot(), selector):
            return None
        return selector, f"@{revision}" if revision.startswith(("~", "^")) else revision

    def _entry_of_file(self, word: str) -> str | None:
        """Return the entry whose stored file a word names, unless it says by `./` that the file itself is meant."""
        if word.startswith(_FILE_STARTS) or not self._is_file(word):
            return None
        worktree = self._repository.worktree
        if worktree is None:
            return None
        path, root = self._locate(word).resolve(), worktree.folder.resolve()
        return id_of_path(path.relative_to(root).as_posix()) if path.is_relative_to(root) else None

    def _side(self, word: str) -> Side:
        if word == STANDARD_INPUT:
            if self._stdin is None:
                raise UsageError("- is standard input, and there is none here")
            return FileSide("standard input", self._stdin)
        if word.startswith(_FILE_STARTS):
            return self._file(word)
        if not self._is_file(word):
            return self._revision(word)
        if self._names_revision(word):
            raise UsageError(
                f"{word} is a revision and a file; nothing was compared",
                hint=f"the file is ./{word}; the revision is {self._repository.resolve(word)[:10]}",
                code="ambiguous_word",
            )
        return self._file(word)

    def _file(self, word: str) -> FileSide:
        path = self._locate(word)
        if path.is_dir():
            raise InvalidError(f"{word} is a folder; a side is a branch, a commit or a file")
        if not path.exists():
            raise NotFoundError(f"there is no file {word}", hint=_near_file(word, path))
        return FileSide(word, path)

    def _is_file(self, word: str) -> bool:
        try:
            path = self._locate(word)
            return word.startswith(_FILE_STARTS) or (path.exists() and not path.is_dir())
        except (OSError, ValueError):  # a name too long, or with a null in it
            return False

    def _names_revision(self, word: str) -> bool:
        try:
            self._repository.resolve(word)
        except (UnknownRevisionError, UsageError):
            return False
        return True

    def _revision(self, word: str) -> TreeSide:
        """Return the commit that a word names; a file that is missing is none."""
        try:
            commit = self._repository.resolve(word)
        except UnknownRevisionError as error:
            if word.endswith(_FILE_ENDS) or os.sep in word:
                raise UnknownRevisionError(
                    f"there is no file {word}, and no branch, release or commit of that name", hint=error.hint
                ) from error
            raise
        except RevisionError as error:
            raise RevisionError(f"{error.message}, and there is no file {word}", hint=error.hint) from error
        return commit_side(self._repository, self._repository.snapshot_of(commit), self._label(word))

    def _range(self, word: str) -> tuple[TreeSide, TreeSide]:
        span = parse_range(word)
        start, end = self._revision(str(span.start)), self._revision(str(span.end))
        if not span.from_fork:
            return start, end
        fork = self._repository.graph.common_ancestor(start.commit or "", end.commit or "")
        if fork is None:
            raise NotFoundError(
                f"{start.label} and {end.label} have no commit in common",
                hint=f"rtv diff {start.label} {end.label}   compares them as they are",
            )
        label = f"where {end.label} left {start.label}"
        return commit_side(self._repository, self._repository.snapshot_of(fork), label), end

    def _now(self) -> TreeSide:
        return folder_side(self._repository, self._label("@"))

    def _label(self, word: str) -> str:
        """Return what a revision is called: the branch in the place of `@`."""
        for name in CURRENT_NAMES:
            if word == name or word.startswith((f"{name}~", f"{name}^")):
                branch = self._repository.branch()
                return word if branch is None else branch + word.removeprefix(name)
        return word


def _near_file(word: str, path: Path) -> str | None:
    """Return a hint at a file of nearly that name in the same folder."""
    try:
        names = [each.name for each in path.parent.iterdir() if each.is_file()]
    except OSError:
        return None
    near = nearest(path.name, names, 0.7)
    return f"did you mean {word.removesuffix(path.name)}{near}?" if near else None


def _command(states: Sequence[str], entry: str) -> str:
    return " ".join(["rtv diff", *states, "--", entry])


def _kind(word: str) -> ChangeKind:
    try:
        return ChangeKind(word)
    except ValueError as error:
        raise UsageError(f"{word} is no kind of change", hint=f"one of: {', '.join(ChangeKind)}") from error


def _has_entry(snapshot: Snapshot, word: str) -> bool:
    try:
        find_entry(snapshot, word)
    except NoSuchEntryError:
        return False
    except UsageError:
        return True  # a number that several carry
    return True


def _ids(words: Sequence[str], sides: tuple[Side, Side]) -> frozenset[str]:
    """Return the entries that words name on either side, the newer one first."""
    trees = [side for side in reversed(sides) if isinstance(side, TreeSide)]
    if not trees:
        raise UsageError("entries are named by their ids, and files have lines", hint="choose with --where QUERY")
    newest, *older = [side.snapshot for side in trees if side.snapshot is not None]
    only_by_hand = {id_of_path(path) for side in trees for path in side.edits}
    found = set()
    for word in words:
        try:
            found.add(find_entry(newest, word, older))
        except NoSuchEntryError:
            if word.lower() not in only_by_hand:
                raise
            found.add(word.lower())
    return frozenset(found)
