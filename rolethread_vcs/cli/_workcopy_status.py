"""Shows what is in a file copy: counts, then a line for each line that is not what it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.cli.context import Context
from rolethread_vcs.gate import EntryChange
from rolethread_vcs.phrases import count
from rolethread_vcs.views.changes import change_line
from rolethread_vcs.views.terminal_text import one_line, styled

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.ops.edit.status import Survey
    from rolethread_vcs.ops.workcopy.status import CopyStatus, LineStatus

ENVELOPE = "rolethread.workcopy/v1"
_SHOWN = 50


def print_status(context: Context, found: CopyStatus) -> None:
    """Show the state of a file copy."""
    if context.json:
        own = {"kind": "file", "apart": found.branch.is_apart, "notes": list(_notes(found)), "unsaved": None}
        own |= {"branch": found.link.branch, "lines": list(found.lines())}
        context.output.envelope(ENVELOPE, own, found, found.link, found.branch)
        return
    for line in _lines(found, context.output.width):
        context.output.print(line)
    if found.edits.unclear:
        place = min(found.edits.unclear)
        line_number = found.edits.lines.numbers[place]
        context.output.hint(
            f"decide with: rtv workcopy commit --as {line_number}=ID   or --new {line_number}   or --ambiguous new"
        )
    elif found.edits.drops_many:
        context.output.hint(f"rtv workcopy commit --removed {found.counts['dropped']}")
    elif not found.is_clean:
        context.output.hint("rtv workcopy commit")


def print_folder_status(context: Context, folder: Path, survey: Survey) -> None:
    """Show, in short, the state of a folder copy."""
    if context.json:
        own = {"kind": "folder", "path": folder, "branch": survey.branch, "commit": survey.commit}
        context.output.envelope(ENVELOPE, own | {"unsaved": len(survey.unsaved)})
        return
    unsaved = count(len(survey.unsaved), "unsaved edit", "unsaved edits") if survey.unsaved else "nothing unsaved"
    context.output.print(f"{folder} is on {survey.branch or 'no branch'}: {unsaved}")
    context.output.hint(f"rtv -C {folder} status")


def _lines(found: CopyStatus, width: int) -> Iterator[str]:
    link = found.link
    where = f"{styled(link.branch, 'heading')} @ {styled(link.commit[:10], 'id')}"
    yield f"{link.path.name} of {where}: {count(found.counts['lines'], 'line', 'lines')}"
    yield from _notes(found)
    changes = {key: number for key, number in found.counts.items() if number and key not in ("lines", "respelled")}
    yield ", ".join(f"{number:,} {key}" for key, number in changes.items()) or "nothing was edited"
    items = iter(found.lines())
    for each in islice(items, _SHOWN):
        yield from _line(found, each, width)
    more = sum(1 for _ in items)
    if more:
        yield f"… and {more:,} more; --json lists all"


def _line(found: CopyStatus, each: LineStatus, width: int) -> Iterator[str]:
    place = f"line {each.line}" if each.line is not None else f"was line {each.was}"
    moved = f" (was line {each.was})" if each.is_moved else ""
    if each.change == "ambiguous":
        head = f"? {place}"
        yield f"{styled(head, 'warning')}  {one_line(each.preview, max(width - len(head) - 2, 10))}"
        some = ", ".join(f"{one.id} ({one.percent}%)" for one in each.candidates[:3])
        yield f"    {each.reason}" + (f": {some}" if some else "")
        return
    if each.change == "moved":
        head = f"> {place}{moved}"
        yield f"{styled(head, 'changed')}  {one_line(each.preview, max(width - len(head) - 2, 10))}"
        return
    change = found.change_of(each)
    shown = change_line(
        EntryChange(each.id or "new", change[0], change[1]), max(width - len(place) - len(moved) - 2, 30)
    )
    yield f"{place}{moved}: {shown}"


def _notes(found: CopyStatus) -> Iterator[str]:
    branch, name = found.branch, found.link.branch
    if branch.tip is None:
        yield f"the branch {name} is gone; make it again with: rtv branch {name} --from {found.link.commit[:10]}"
    elif branch.is_apart:
        yield (
            f"{name} does not lead through the commit of this file any more: that was undone, or the branch was moved\n"
            "rtv workcopy refresh brings the file to where the branch is; rtv redo brings back what was undone"
        )
    elif branch.newer:
        newer = count(branch.newer, "newer commit", "newer commits")
        yield f"{name} has {newer}; rtv workcopy refresh brings {'it' if branch.newer == 1 else 'them'} in"
    number = found.counts["respelled"]
    if number:
        how = f" ({', '.join(found.respelled)})" if found.respelled else ""
        lines = "every line is" if number == found.counts["lines"] else f"{count(number, 'line is', 'lines are')}"
        yield f"{lines} written another way, with the same values{how}: another program wrote it, which is no change"
    if found.edits.drops_many:
        gone, before = found.counts["dropped"], len(found.edits.linked)
        yield f"{gone:,} of {before:,} entries would go: was the file cut off? a commit asks for the number"
