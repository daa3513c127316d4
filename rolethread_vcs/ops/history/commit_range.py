"""What a commit, or a range of commits, did: the states before and after it, and the entries it touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.revision import is_selector, named_of, parse_range, parse_selector
from rolethread_vcs.ops.select import find_entry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import entries_between


@dataclass(frozen=True, slots=True)
class CommitRange:
    """A commit, or a range `A..B`, by the states around it.

    `before` and `after` are hex ids of commits, before is "" for the first commit of all. `subject` is the first line
    of a commit's message, "" of a range. `is_merge` tells of a merge commit, whose state before is its first parent's.
    """

    text: str
    before: str
    after: str
    subject: str
    is_range: bool
    is_merge: bool

    @property
    def id(self) -> str:
        """What a trailer names: the commit's hex id, or both ends of the range."""
        return f"{self.before}..{self.after}" if self.is_range else self.after

    @property
    def title(self) -> str:
        """What it did, in the words of its message; a range has none, and is called as written."""
        return self.name if self.is_range else f"“{self.subject}”"

    @property
    def name(self) -> str:
        """What people call it: as written, a hex id shortened."""
        return self.text[:10] if self.text == self.after else self.text


def find_range(repository: Repository, text: str, verb: str = "show") -> CommitRange:
    """Return what a revision or a range names. A range goes from where both ends parted to its end.

    Digits are a commit's where no entry has that number; else a hint says how the `verb` names the commit.

    Raises:
        UnknownRevisionError, UsageError: it names nothing, or an entry. NotFoundError (empty_span): a range without
        commits.
        InvalidError (nothing_before): history is cut off before it.
    """
    bounds = parse_range(text)
    if is_selector(text):
        is_commit = text.isdigit() and repository.find_commit(text) is not None
        try:
            entry_id = find_entry(repository.head_snapshot(), text)
        except NotFoundError:
            entry_id = ""
        if entry_id or not is_commit:
            raise UsageError(
                f"{text} is the {'number' if text.isdigit() else 'id'} of an entry, and a commit is wanted",
                hint=f"rtv {verb} commit:{text}" if is_commit else f"rtv log {entry_id}" if entry_id else "rtv log",
            )
    after = repository.resolve(bounds.end)
    if bounds.start is not None:
        start = repository.resolve(bounds.start)
        parted = repository.graph.common_ancestor(start, after)
        if parted is None:
            raise InvalidError(f"the two ends of {text} have no commit in common", code="nothing_before")
        if parted == after:
            other_way = f"the other way round: {text.rpartition('.')[2]}..{text.partition('.')[0]}"
            raise NotFoundError(
                f"{text} holds no commit", hint=other_way if start != after else None, code="empty_span"
            )
        return CommitRange(text, parted, after, "", is_range=True, is_merge=False)
    commit = repository.objects.commit(after)
    before = commit.parents[0] if commit.parents else ""
    if before and before not in repository.objects:
        raise InvalidError(
            f"what was before {after[:10]} is not in this copy, so what it changed is not known",
            hint="git fetch --unshallow   brings the rest of the history" if repository.is_shallow else None,
            code="nothing_before",
        )
    return CommitRange(text, before, after, commit.subject, is_range=False, is_merge=len(commit.parents) > 1)


def touched_ids(repository: Repository, commits: CommitRange, words: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the entries that words (numbers, ids) name among those that a commit, or a range, touched.

    Raises:
        UsageError: a word can name no entry. UsageError (ambiguous): a number that several of them carry.
        NotFoundError (not_touched): it did nothing to one.
    """
    objects = repository.objects
    before = objects.commit(commits.before).tree if commits.before else None
    after = objects.commit(commits.after).tree
    touched = [entry_id for entry_id, _, _ in entries_between(objects, before, after)]
    found: dict[str, None] = {}
    for word in words:
        entry_id = named_of(touched, parse_selector(word))
        if entry_id is None:
            raise NotFoundError(
                f"{commits.name} did nothing to entry {word}",
                hint=f"what it did: rtv {'diff' if commits.is_range else 'show'} {commits.text}",
                code="not_touched",
            )
        found[entry_id] = None
    return tuple(found)
