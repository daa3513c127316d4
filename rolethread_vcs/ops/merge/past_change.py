"""Does a change of the past here, or takes it back, three-way, so that what was done since stays.

                base                    ours     theirs
    pick        before the change       today    after the change
    revert      after the change        today    before the change

What nobody touched since simply becomes theirs; where somebody did, messages, words and tags are merged like those of
two branches, and what cannot be is a conflict. A change is that of a commit (of a merge: what it brought to its first
parent) or of a range `A..B`, or only what it did to some entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.ops.history.commit_range import CommitRange, find_range, touched_ids
from rolethread_vcs.ops.merge.completion import PICKED, Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import NONE, Decisions, plain_decisions
from rolethread_vcs.ops.merge.merge import MergePreview, preview_of
from rolethread_vcs.ops.select.selection import Selection
from rolethread_vcs.store.log.unfinished import Labels, Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent

REVERTS = "Reverts"
"""The trailer that names the commit, or both ends of the range, that was taken back."""


def pick(
    repository: Repository,
    rev: str,
    intent: Intent | None = None,
    *,
    words: Sequence[str] = (),
    where: str | None = None,
    ids: Sequence[str] | None = None,
    decisions: Decisions = NONE,
    skip_conflicts: bool = False,
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
    intent = intent or Intent("pick", f"pick {rev}")
    commits = find_range(repository, rev)
    picked = _picked(repository, commits, intent, words, where, ids=ids, decisions=decisions)
    return _start(repository, commits, picked, intent, "picked", skip_conflicts=skip_conflicts)


def preview(repository: Repository, rev: str, *, words: Sequence[str] = (), where: str | None = None) -> MergePreview:
    """Return what a pick would bring, entry by entry; nothing is changed, and what `pick` raises is raised here."""
    refuse_to_start(repository)
    return preview_of(
        repository, _picked(repository, find_range(repository, rev), Intent("pick", "pick"), words, where)
    )


def revert(
    repository: Repository,
    rev: str,
    intent: Intent | None = None,
    *,
    words: Sequence[str] = (),
    where: str | None = None,
    skip_conflicts: bool = False,
) -> Outcome:
    """Take back what a change did, in one commit; entries and conflicts are those of `pick`, and so is what is raised.

    Raises:
        InvalidError (nothing_before): it is the first commit.
    """
    intent = intent or Intent("revert", f"revert {rev}")
    commits = find_range(repository, rev)
    ids = _selected(repository, commits, words, where)
    if not commits.before:
        raise InvalidError(
            f"{commits.name} is the first commit, and there is nothing before it",
            hint="entries go with: rtv remove ID…",
            code="nothing_before",
        )
    reverted = Unfinished(
        kind="revert",
        branch="",
        ours="",
        theirs=commits.before,
        bases=(commits.after,),
        labels=Labels("now", "before", "after"),
        command=intent.command,
        ids=ids,
        where=where,
        message=intent.message or f"revert {'' if ids is None and where is None else 'a part of '}{commits.title}",
        trailers=((REVERTS, commits.id),),
    )
    return _start(repository, commits, reverted, intent, "taken back", skip_conflicts=skip_conflicts)


def _picked(
    repository: Repository,
    commits: CommitRange,
    intent: Intent,
    words: Sequence[str],
    where: str | None,
    *,
    ids: Sequence[str] | None = None,
    decisions: Decisions = NONE,
) -> Unfinished:
    wanted = tuple(ids) if ids is not None else _selected(repository, commits, words, where)
    if wanted is None and where is None:
        message = f"pick {commits.title}" if commits.is_range else commits.subject
    else:
        message = f"pick a part of {commits.title}"
    return Unfinished(
        kind="pick",
        branch=repository.branch() or "",
        ours="",
        theirs=commits.after,
        bases=(commits.before,) if commits.before else (),
        labels=Labels(intent.branch or repository.branch() or "here", commits.name, "base"),
        command=intent.command,
        ids=wanted,
        where=where,
        message=intent.message or message,
        trailers=((PICKED, commits.id),),
        decided=plain_decisions(decisions),
    )


def _selected(
    repository: Repository, commits: CommitRange, words: Sequence[str], where: str | None
) -> tuple[str, ...] | None:
    """Return the ids of the entries that are named, None where no entry is named."""
    selection = Selection.of(words, where)
    return touched_ids(repository, commits, selection.words) if selection.words else None


def _start(
    repository: Repository,
    commits: CommitRange,
    unfinished: Unfinished,
    intent: Intent,
    done: str,
    *,
    skip_conflicts: bool,
) -> Outcome:
    outcome = start(repository, unfinished, intent, skip_conflicts=skip_conflicts)
    if not commits.is_merge:
        return outcome
    committed = outcome.committed
    return replace(outcome, committed=replace(committed, notes=(commits.merge_note(done), *committed.notes)))
