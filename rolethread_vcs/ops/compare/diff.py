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

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.layout import entry_path, is_id
from rolethread_vcs.model.revision import (
    CURRENT,
    Ids,
    RevisionError,
    is_selector,
    parse_range,
    parse_revision,
    words_of,
)
from rolethread_vcs.ops.compare.comparison import Comparison, EntryFilter, compare_trees
from rolethread_vcs.ops.compare.sides import (
    FILE_STARTS,
    STDIN_WORD,
    FileSide,
    Side,
    State,
    States,
    TreeSide,
    find_sides,
)
from rolethread_vcs.ops.select import Selection, find_entry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import NoSuchEntryError


def compare(
    repository: Repository,
    *words: str,
    ids: Ids = (),
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
    states = _read(words, locate)
    before, after = find_sides(repository, states, stdin)
    if unknown := sorted(set(only) - set(ChangeKind)):
        raise UsageError(f"{unknown[0]} is not a kind of change", hint=f"one of: {', '.join(ChangeKind)}")
    kinds = frozenset(map(ChangeKind, only))
    wanted = EntryFilter(_ids(words_of(ids), before, after) if ids else None, Selection.of(where=where), kinds)
    if isinstance(before, FileSide) or isinstance(after, FileSide):
        # reading files brings the formats in, which a comparison of two commits does without
        from rolethread_vcs.ops.compare.file_comparison import compare_with_file

        return compare_with_file(before, after, wanted)
    is_same = before.label == after.label and repository.worktree is None
    bare = "no files are checked out here, so nothing can be edited by hand and not saved"
    return compare_trees(before, after, wanted, notes=(bare,) if is_same else ())


def _read(words: Sequence[str], locate: Callable[[str], Path]) -> States:
    """Return what words say by themselves and by the files that lie there; no revision is looked up.

    Raises:
        UsageError: there are too many. RevisionError: one can be neither a file nor a revision.
    """
    if not words:
        return States(State.of(CURRENT), None)
    if len(words) > 2:
        numbers = [word for word in words if is_selector(word)]
        hint = f"entries stand behind --: rtv diff {words[0]} -- {' '.join(numbers)}" if numbers else "rtv diff A B"
        raise UsageError(f"diff compares two states, and here are {len(words)} words", hint=hint)
    if list(words).count(STDIN_WORD) > 1:
        raise UsageError("- is standard input, and that can be read only once", hint="rtv diff old.jsonl -")
    states = []
    for word in words:
        path = revision = None
        try:
            located = locate(word)
            if word.startswith(FILE_STARTS) or (located.exists() and not located.is_dir()):
                path = located
        except (OSError, ValueError):  # a name too long, or with a null in it
            pass
        try:
            if len(words) == 1 and path is None and ".." in word:
                span = parse_range(word)
                return States(State.of(span.start or CURRENT), State.of(span.end), span.from_fork)
            revision = parse_revision(word)
        except RevisionError as error:
            if path is None and word != STDIN_WORD:
                raise RevisionError(f"{error.message}, and there is no file {word}", hint=error.hint) from error
        states.append(State(word, path, revision))
    return States(states[0], states[1] if len(states) > 1 else None)


def _ids(words: Sequence[str], before: Side, after: Side) -> frozenset[str]:
    """Return the entries that words name on either side, the newer one first."""
    trees = [side for side in (after, before) if isinstance(side, TreeSide)]
    if not trees:
        raise UsageError("entries are named by their ids, and files have lines", hint="choose with --where QUERY")
    newest, *older = [side.snapshot for side in trees if side.snapshot is not None]
    found = set()
    for word in words:
        try:
            found.add(find_entry(newest, word, older))
        except NoSuchEntryError:
            entry_id = word.lower()  # of a file that only hand edits brought
            if not is_id(entry_id) or all(side.blob(entry_path(entry_id)) is None for side in trees):
                raise
            found.add(entry_id)
    return frozenset(found)
