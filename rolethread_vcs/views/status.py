"""The status of a dataset as lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.phrases import count, short_time
from rolethread_vcs.views.terminal_text import Lines, styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.edit.status import HandEdit, Survey
    from rolethread_vcs.ops.merge.resolve import OpenMerge

_SHOWN = 20
_MARKS = {"new": "+", "changed": "~", "removed": "-"}
_STYLES = {"new": "added", "changed": "changed", "removed": "removed"}


def _unfinished_lines(waiting: OpenMerge | RoleThreadError | None) -> Iterator[str]:
    if isinstance(waiting, RoleThreadError):
        yield f"a merge is unfinished, and cannot be gone on with: {waiting.message}"
        yield f"  {waiting.hint or 'give it up: rtv merge --abort'}"
    elif waiting is not None:
        from rolethread_vcs.views.merges import next_steps

        found = waiting.unfinished
        left = count(len(waiting.conflicts), "conflict is", "conflicts are")
        yield f"unfinished: {styled(found.command, 'heading')} on {found.branch}; {left} left to decide"
        for step in next_steps(found.kind, found.labels, waiting.conflicts):
            yield f"  {step}"


def status_lines(survey: Survey, waiting: OpenMerge | RoleThreadError | None) -> Lines:
    """Yield where one is, what is not saved, what needs a decision, and what was done last."""
    if survey.branch is None:
        where = "at a commit, on no branch (start one here: rtv switch -c NAME)"
    else:
        gate = "strict" if survey.is_strict else "report-only"
        where = f"on {styled(survey.branch, 'heading')} ({gate})"
    yield f"{survey.name}: {where} @ {styled(survey.commit[:10], 'id')}"
    files = "" if survey.is_checked_out else "; no files are checked out"
    yield f"{count(survey.entries, 'entry', 'entries')}{files}"
    if survey.interrupted is not None:
        yield f"the last command ({survey.interrupted}) was cut off; the next one that changes something finishes it"
    if survey.why_read_only is not None:
        yield f"{survey.why_read_only} (install a newer one)"
    for ref in survey.damaged_refs:
        yield f"{styled('damaged:', 'error')} {ref}"
        yield f"  {ref.repair or 'see more with: rtv verify'}"
    yield from _unfinished_lines(waiting)
    if survey.has_git_merge:
        yield "plain git is in the middle of a merge here; git status tells what is left to decide in it"
        yield "  go on: git merge --continue   give it up: git merge --abort"
    yield from _unsaved_lines(survey)
    yield from _draft_lines(survey.drafts)
    yield _last_line(survey)


def _draft_lines(names: tuple[str, ...]) -> Iterator[str]:
    of_entries = [name for name in names if not name.startswith(("config", "resolve-", "merge-", "pick-"))]
    for name in names:
        if name.startswith("resolve-"):
            resume = f"rtv resolve {name.removeprefix('resolve-').removesuffix('.txt')} --edit"
        elif name.startswith("merge-"):
            resume = "rtv merge BRANCH -p"
        elif name.startswith("pick-"):
            resume = "rtv pick REV -p"
        elif name not in of_entries:
            resume = "rtv config edit --resume"
        else:
            resume = "rtv edit --resume" + (f" {name.removesuffix('.txt')}" if len(of_entries) > 1 else "")
        yield f"a draft waits: {name}   go on with: {resume}"
    if len(of_entries) > 1:
        yield "throw all of them away: rtv edit --discard-draft --all"


def _unsaved_lines(survey: Survey) -> Iterator[str]:
    if survey.unsaved:
        yield f"{count(len(survey.unsaved), 'hand-edited file is', 'hand-edited files are')} not saved:"
        yield from _edit_lines(survey.unsaved)
        if survey.has_git_merge:
            yield "  rtv commit and rtv restore wait until that merge has ended"
        elif survey.settings_problem is not None:
            yield f"  rtv commit will refuse: {survey.settings_problem}"
            yield "  correct rolethread.toml first   throw them away: rtv restore --all"
        else:
            yield "  keep them: rtv commit   throw them away: rtv restore --all"
    elif survey.is_checked_out:
        yield "everything is saved"
    if survey.foreign:
        yield f"{count(len(survey.foreign), 'file is', 'files are')} no part of the dataset, and left alone:"
        yield from _edit_lines(survey.foreign)


def _edit_lines(edits: tuple[HandEdit, ...]) -> Iterator[str]:
    for edit in edits[:_SHOWN]:
        yield "  " + styled(f"{_MARKS[edit.change]} {edit.id or edit.path}", _STYLES[edit.change])
    if len(edits) > _SHOWN:
        yield f"  … and {len(edits) - _SHOWN:,} more"


def _last_line(survey: Survey) -> str:
    last = survey.last_operation
    if last is None:
        return "nothing was done here yet"
    when = short_time(last.time, now=time.time())
    line = f"last operation: {last.number} {last.command}, {when}"
    if last.verb == "undo":
        return f"{line}   take that back with: rtv redo"
    return f"{line}   undo with: rtv undo" if last.has_effect else line
