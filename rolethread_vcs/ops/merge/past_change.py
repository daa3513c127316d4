"""Does a change of the past here, or takes it back, three-way, so that what was done since stays.

                base                    ours     theirs
    pick        before the change       today    after the change
    revert      after the change        today    before the change

What nobody touched since simply becomes theirs; where somebody did, messages, words and tags are merged like those of
two branches, and what cannot be is a conflict. A change is that of a commit (of a merge: what it brought to its first
parent) or of a range `A..B`, or only what it did to some entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, Unpack

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.revision import Ids, words_of
from rolethread_vcs.ops.history.commit_range import CommitRange, find_range, touched_ids
from rolethread_vcs.ops.merge.completion import PICKED, Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import NONE, Decisions, plain_decisions
from rolethread_vcs.ops.merge.merge import MergePreview, preview_of
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.phrases import count
from rolethread_vcs.store.log.unfinished import Labels, Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, Said, intent_of

REVERTS = "Reverts"
"""The trailer that names the commit, or both ends of the range, that was taken back."""

_FEW = 20
"""Entries that a revert may remove, or change, without a word about it."""


def pick(
    repository: Repository,
    rev: str,
    intent: Intent | None = None,
    *,
    words: Ids = (),
    where: str | None = None,
    ids: Ids | None = None,
    decisions: Decisions = NONE,
    skip_conflicts: bool = False,
    **said: Unpack[Said],
) -> Outcome:
    """Do here what a change did elsewhere, in one commit.

    Entries are selected by `words` (numbers, ids) or `where`, or by `ids` from among the `preview`. `decisions` settle
    conflicts beforehand, and may give an entry as a whole (field `entry`). Where a person has to decide, nothing is
    committed and the pick stays unfinished, as a merge does; with `skip_conflicts` the rest is committed at once.

    Raises:
        UnknownRevisionError, UsageError, NotFoundError (empty_span, not_touched), InvalidError (nothing_before).
        ConflictError (unfinished), UnsavedEditsError, InvalidError (detached).
        RefusedByGateError: what comes in breaks a rule.
    """
    intent = intent_of(intent, said, "pick", f"pick {rev}")
    commits, chosen = find_range(repository, rev, "pick"), None if ids is None else words_of(ids)
    named = words_of(words)
    picked = _wanted(repository, "pick", commits, intent, named, where, ids=chosen, decisions=decisions)
    return _start(repository, commits, picked, intent, skip_conflicts=skip_conflicts)


def preview(repository: Repository, rev: str, *, words: Ids = (), where: str | None = None) -> MergePreview:
    """Return what a pick would bring, entry by entry; nothing is changed, and what `pick` raises is raised here."""
    refuse_to_start(repository)
    picked = _wanted(
        repository, "pick", find_range(repository, rev, "pick"), Intent("pick", "pick"), words_of(words), where
    )
    return preview_of(repository, picked)


def revert(
    repository: Repository,
    rev: str,
    intent: Intent | None = None,
    *,
    words: Ids = (),
    where: str | None = None,
    skip_conflicts: bool = False,
    **said: Unpack[Said],
) -> Outcome:
    """Take back what a change did, in one commit; entries and conflicts are those of `pick`, and so is what is raised.

    Raises:
        InvalidError (nothing_before): it is the first commit.
    """
    intent = intent_of(intent, said, "revert", f"revert {rev}")
    commits = find_range(repository, rev, "revert")
    if not commits.before:
        raise InvalidError(
            f"{commits.name} is the first commit, and there is nothing before it",
            hint="entries go with: rtv remove ID…",
            code="nothing_before",
        )
    reverted = _wanted(repository, "revert", commits, intent, words_of(words), where)
    return _start(repository, commits, reverted, intent, skip_conflicts=skip_conflicts)


def _wanted(
    repository: Repository,
    kind: Literal["pick", "revert"],
    commits: CommitRange,
    intent: Intent,
    words: Sequence[str],
    where: str | None,
    *,
    ids: Sequence[str] | None = None,
    decisions: Decisions = NONE,
) -> Unfinished:
    named = Selection.of(words, where).words
    if ids is None and named:
        ids = touched_ids(repository, commits, named)
    is_part = ids is not None or where is not None
    if kind == "pick":
        base, theirs, trailer = commits.before, commits.after, PICKED
        labels = Labels(intent.branch or repository.branch() or "here", commits.name, "base")
    else:
        base, theirs, trailer = commits.after, commits.before, REVERTS
        labels = Labels("now", "before", "after")
    message = f"{kind} {'a part of ' if is_part else ''}{commits.title}"
    if kind == "pick" and not (is_part or commits.is_range):
        message = commits.subject
    return Unfinished(
        kind=kind,
        branch="",
        ours="",
        theirs=theirs,
        bases=(base,) if base else (),
        labels=labels,
        command=intent.command,
        ids=None if ids is None else tuple(ids),
        where=where,
        message=intent.message or message,
        trailers=((trailer, commits.id),),
        decided=plain_decisions(decisions),
    )


def _start(
    repository: Repository, commits: CommitRange, wanted: Unfinished, intent: Intent, *, skip_conflicts: bool
) -> Outcome:
    before = len(repository.snapshot(intent.branch or "@"))
    outcome = start(repository, wanted, intent, skip_conflicts=skip_conflicts)
    committed, notes = outcome.committed, []
    if commits.is_merge:
        done = "picked" if wanted.kind == "pick" else "taken back"
        notes.append(f"{commits.name} is a merge: {done} is what it brought to its first parent, {commits.before[:10]}")
    if wanted.kind == "revert" and wanted.ids is None and wanted.where is None:
        notes += _other_meaning(repository, commits, outcome, before)
    return replace(outcome, committed=replace(committed, notes=(*notes, *committed.notes)))


def _other_meaning(repository: Repository, commits: CommitRange, outcome: Outcome, entries: int) -> Iterator[str]:
    """Say what a revert does, where it goes so far, or names such a thing, that a way back to then may be meant.

    `entries` is how many there were.
    """
    removed, changed = len(outcome.tree.change.removes), len(outcome.tree.change.puts)
    others = repository.refs.branches().keys() - {outcome.committed.branch}
    is_name = commits.text in repository.refs.releases() or commits.text in others
    is_much = (removed > _FEW and removed * 10 > entries) or (changed > _FEW and changed * 2 > entries)
    if is_name or is_much or 0 < entries <= removed:
        then = commits.before[:10] if commits.is_range else commits.name
        commit = "" if commits.is_range else f", the commit “{commits.subject}”"
        numbers = [f"{number:,} {what}" for number, what in ((removed, "removed"), (changed, "changed")) if number]
        said = ", ".join(numbers) or "none changed"
        yield f"only what {commits.name}{commit}, did is taken back: of {count(entries, 'entry')}, {said}"
        yield f"to go back to how everything was at {then}: rtv restore --all --from {then}"
