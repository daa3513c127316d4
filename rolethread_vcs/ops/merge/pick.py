"""Applies the change of another branch's commits here, or only what they did to some entries, without merging the rest.

At the inputs stand the state before the change (base), today, and the state after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rolethread_vcs.errors import UsageError
from rolethread_vcs.ops.history.spans import Span, span_of, touched_ids
from rolethread_vcs.ops.merge.completion import PICKED, Outcome, refuse_to_start, start
from rolethread_vcs.ops.merge.decisions import Decisions, plain_decisions
from rolethread_vcs.ops.merge.merge import MergePreview, preview_of
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent


def pick(
    repository: Repository,
    text: str,
    intent: Intent | None = None,
    *,
    words: Sequence[str] = (),
    where: str | None = None,
    skip_conflicts: bool = False,
) -> Outcome:
    """Do here what a commit or a range (`A..B`) did elsewhere, or only what it did to some entries; one commit.

    Of a merge, what it brought to its first parent. Where a person has to decide, nothing is committed and the pick
    waits, as a merge does; with `skip_conflicts` the rest is committed at once.

    Raises:
        UnknownRevisionError, UsageError, NotFoundError (empty_span), NotFoundError (not_touched): what is named is
        not there.
        InvalidError (nothing_before): history is cut off before it. ConflictError (unfinished), UnsavedEditsError,
        InvalidError (detached).
        RefusedByGateError: what comes in breaks a rule.
    """
    intent = intent or Intent("pick", f"pick {text}")
    span = span_of(repository, text)
    wanted = _wanted(repository, span, intent, words=words, where=where)
    return _carried_out(repository, span, wanted, intent, skip_conflicts=skip_conflicts)


def pick_chosen(
    repository: Repository,
    text: str,
    ids: Sequence[str],
    decisions: Decisions,
    intent: Intent | None = None,
    *,
    skip_conflicts: bool = False,
) -> Outcome:
    """Do here what a commit or a range did to entries and files chosen among the `preview`; one commit.

    `decisions` settle conflicts beforehand, and may give an entry anew (field `entry`).

    Raises:
        As `pick`.
    """
    intent = intent or Intent("pick", f"pick {text}")
    span = span_of(repository, text)
    whole = _wanted(repository, span, intent)
    message = intent.message or _message(span, is_part=True)
    wanted = replace(whole, ids=tuple(ids), decided=plain_decisions(decisions), message=message)
    return _carried_out(repository, span, wanted, intent, skip_conflicts=skip_conflicts)


def preview(repository: Repository, text: str, *, words: Sequence[str] = (), where: str | None = None) -> MergePreview:
    """Return what a pick would bring, entry by entry; nothing is changed.

    Raises:
        As `pick`, as far as they can be known.
    """
    refuse_to_start(repository)
    span = span_of(repository, text)
    return preview_of(repository, _wanted(repository, span, Intent("pick", "pick"), words=words, where=where))


def _carried_out(
    repository: Repository, span: Span, wanted: Unfinished, intent: Intent, *, skip_conflicts: bool
) -> Outcome:
    outcome = start(repository, wanted, intent, skip_conflicts=skip_conflicts)
    return outcome.with_note(span.merge_note("picked")) if span.is_merge else outcome


def _wanted(
    repository: Repository, span: Span, intent: Intent, *, words: Sequence[str] = (), where: str | None = None
) -> Unfinished:
    """Return what a pick wants, before anything is looked at."""
    if words and where is not None:
        raise UsageError("entries are chosen by their ids or by --where, not by both")
    is_part = bool(words) or where is not None
    return Unfinished(
        kind="pick",
        branch=repository.branch() or "",
        ours="",
        theirs=span.after,
        bases=(span.before,) if span.before else (),
        labels=(intent.branch or repository.branch() or "here", span.name, "base"),
        command=intent.command,
        ids=touched_ids(repository, span, words) if words else None,
        where=where,
        message=intent.message or _message(span, is_part=is_part),
        trailers=((PICKED, span.id),),
    )


def _message(span: Span, *, is_part: bool) -> str:
    if is_part:
        return f"pick a part of {span.title}"
    return f"pick {span.title}" if span.is_range else span.subject
