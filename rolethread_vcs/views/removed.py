"""Lists removed entries: which, when and by what they went, and how each one begins."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rolethread_vcs.ops.select.page import preview
from rolethread_vcs.phrases import short_time
from rolethread_vcs.views.terminal_text import Line, Lines, one_line, styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.restore.removed_entries import GoneEntry


def removed_lines(shown: Sequence[GoneEntry], limit: int, *, more: bool, since: str | None, width: int) -> Lines:
    """Yield a page of what was removed, newest first, and how to bring it back or to see more."""
    yield from _lines(shown, time.time(), width)
    if more:
        words = f" --since {since}" if since is not None else ""
        yield Line("hint", f"there are more: rtv restore --removed{words} -n {limit * 4}")
    if shown:
        yield Line("hint", "bring entries back with: rtv restore --removed ID…   (or --where QUERY, or --all)")
    else:
        yield Line("note", f"no entry was removed{'' if since is None else f' since {since}'}")


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


def tags_and_preview(gone: GoneEntry) -> dict[str, Any]:
    """Return what the envelope says of an entry beside what the entry is known by."""
    if gone.entry is None:
        return {"tags": (), "preview": None}
    return {"tags": gone.entry.tags, "preview": _preview(gone)}


def _preview(gone: GoneEntry) -> str:
    return "(does not read)" if gone.entry is None else preview(gone.entry)
