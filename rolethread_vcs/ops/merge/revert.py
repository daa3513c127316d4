"""Takes an old change back: its inverse, applied to today three-way, so that what was done since stays.

At the inputs stand the state after the change (base), today (now), and the state before it (before). What nobody
touched since simply becomes what it was; where somebody did, messages, words and tags are merged like those of two
branches, and what cannot be is a conflict between `now` and `before`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.ops.history.spans import Span, span_of, touched_ids
from rolethread_vcs.ops.merge.completion import Outcome, start
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent

REVERTS = "Reverts"
"""The trailer that names the commit, or both ends of the range, that was taken back."""

LABELS = ("now", "before", "after")


def revert(
    repository: Repository,
    text: str,
    intent: Intent | None = None,
    *,
    words: Sequence[str] = (),
    where: str | None = None,
    skip_conflicts: bool = False,
) -> Outcome:
    """Take back what a commit or a range (`A..B`) did, or only what it did to some entries; one commit.

    Of a merge, what it brought to its first parent. Where a person has to decide, nothing is committed and the revert
    waits, as a merge does; with `skip_conflicts` the rest is committed at once.

    Raises:
        UnknownRevisionError, UsageError, NotFoundError (empty_span), NotFoundError (not_touched): what is named is
        not there.
        InvalidError (nothing_before): the first commit. ConflictError (unfinished), UnsavedEditsError, InvalidError
        (detached).
        RefusedByGateError: what comes back breaks a rule.
    """
    intent = intent or Intent("revert", f"revert {text}")
    if words and where is not None:
        raise UsageError("entries are chosen by their ids or by --where, not by both")
    span = span_of(repository, text)
    if not span.before:
        raise InvalidError(
            f"{span.name} is the first commit, and there is nothing before it; nothing was changed",
            hint="entries go with: rtv remove ID…",
            code="nothing_before",
        )
    wanted = Unfinished(
        kind="revert",
        branch="",
        ours="",
        theirs=span.before,
        bases=(span.after,),
        labels=LABELS,
        command=intent.command,
        ids=touched_ids(repository, span, words) if words else None,
        where=where,
        message=intent.message or _message(span, is_part=bool(words) or where is not None),
        trailers=((REVERTS, span.id),),
    )
    outcome = start(repository, wanted, intent, skip_conflicts=skip_conflicts)
    return outcome.with_note(span.merge_note("taken back")) if span.is_merge else outcome


def _message(span: Span, *, is_part: bool) -> str:
    return f"revert {'a part of ' if is_part else ''}{span.title}"
