"""Lists removed entries: which, when and by what they went, and how each one begins."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from rolethread_vcs.cli.context import Context
from rolethread_vcs.phrases import short_time
from rolethread_vcs.views.terminal_text import one_line, styled

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.restore.removed_entries import GoneEntry

ENVELOPE = "rolethread.removed/v1"


def print_removed(context: Context, dataset: Dataset, *, since: str | None, limit: int) -> None:
    """Print a page of what is gone, newest first; history is read no further than for that page."""
    output = context.output
    found = dataset.removed(since=since)
    listed = list(islice(found, limit + 1))
    shown, more = listed[:limit], len(listed) > limit
    if context.json:
        output.envelope(ENVELOPE, {"more": more, "removed": [(each, _tags_and_preview(each)) for each in shown]})
    else:
        for line in _lines(shown, time.time(), output.width):
            output.print(line)
        if more:
            words = f" --since {since}" if since is not None else ""
            output.hint(f"there are more: rtv restore --removed{words} -n {limit * 4}")
        if shown:
            output.hint("bring entries back with: rtv restore --removed ID…   (or --where QUERY, or --all)")
        else:
            output.note(f"no entry was removed{'' if since is None else f' since {since}'}")
    if found.ends:
        # most histories are whole
        from rolethread_vcs.cli._ends import tell_ends

        tell_ends(output, dataset.repository, found.ends)


def _lines(shown: Sequence[GoneEntry], now: float, width: int) -> Iterator[str]:
    for commit_id, entries in groupby(shown, key=lambda each: each.commit.id):
        together = list(entries)
        commit, operation = together[0].commit, together[0].operation
        by = "" if operation is None else f"  (operation {operation.number}, {operation.verb})"
        when = short_time(commit.committer.time, now=now)
        subject = one_line(commit.subject, max(width - len(when) - len(by) - 15, 24))
        head = f"{styled(commit_id[:10], 'id')}  {styled(when, 'faint')}"
        yield f"{head}  {subject}{styled(by, 'faint')}"
        for each in together:
            begins = one_line(_preview(each), max(width - len(each.id) - 6, 10))
            yield f"{styled(f'  - {each.id}', 'removed')}  {begins}".rstrip()


def _tags_and_preview(gone: GoneEntry) -> dict[str, Any]:
    if gone.entry is None:
        return {"tags": (), "preview": None}
    return {"tags": gone.entry.tags, "preview": _preview(gone)}


def _preview(gone: GoneEntry) -> str:
    # what opens a dataset is of no use to help
    from rolethread_vcs.ops.select.page import preview

    return "(does not read)" if gone.entry is None else preview(gone.entry)
