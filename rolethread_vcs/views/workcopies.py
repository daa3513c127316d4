"""Working copies as lines: the list of them, what was done with one, and what is in it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rolethread_vcs.gate import EntryChange
from rolethread_vcs.phrases import count, listed
from rolethread_vcs.views.changes import change_line
from rolethread_vcs.views.terminal_text import Line, Lines, Look, head_and_text, styled

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.ops.edit.status import Survey
    from rolethread_vcs.ops.workcopy.commit import Refreshed
    from rolethread_vcs.ops.workcopy.folder_copies import AddedFolder, FolderCopy, RemovedFolder
    from rolethread_vcs.ops.workcopy.links import FileCopy, Link
    from rolethread_vcs.ops.workcopy.status import CopyStatus, LineStatus

_SHOWN = 50


def copies_lines(files: Sequence[FileCopy], folders: Sequence[FolderCopy]) -> Lines:
    if not files and not folders:
        yield Line("note", "there are no working copies; make one with: rtv workcopy add train.jsonl --branch NAME")
    for each in files:
        link, problem = each.link, f"  {styled(each.problem, 'warning')}" if each.problem else ""
        if link is None:
            yield f"file    {each.path or '?'}{problem}"
            continue
        kind = f"{'clean ' if link.clean else ''}{link.format}{f' where {link.where}' if link.where else ''}"
        touched = "  touched since" if link.is_touched else ""
        at = f"{styled(link.branch, 'heading')} @ {styled(link.commit[:10], 'id')}"
        yield f"file    {each.path}  {at}  {count(len(link.ids), 'line')}, {kind}{touched}{problem}"
    for folder in folders:
        here = "  (you are here)" if folder.is_here else ""
        unsaved = f"  {count(folder.unsaved, 'unsaved edit')}" if folder.unsaved else ""
        problem = f"  {styled(folder.problem, 'warning')}" if folder.problem else ""
        branch = folder.branch or "no branch"
        yield f"folder  {folder.folder}  {styled(branch, 'heading')}{here}{unsaved}{problem}"


# ---- what was done


def added_file_lines(link: Link, *, bind: bool, would: bool) -> Lines:
    """Yield which file was written and linked; `bind` when it was there."""
    verb = ("would link" if would else "linked") if bind else ("would write" if would else "wrote")
    kind = f"{'clean ' if link.clean else ''}{link.format}"
    commit = styled(link.commit[:10], "id")
    entries = count(len(link.ids), "entry")
    where = f"{link.path.name} to {link.branch}" if bind else f"{entries} of {link.branch}"
    yield Line("report", f"{verb} {where} @ {commit} ({kind})" + ("" if bind else f" to {link.path.name}"))
    if link.masked:
        yield Line("warn", f"the file does not say that {count(link.masked, 'answer is', 'answers are')} masked")
        yield Line("hint", "to train, write weights: rtv export --clean -o FILE")
    if not would:
        yield Line("note", "edit it with any program, then: rtv workcopy status   rtv workcopy commit")


def added_folder_lines(added: AddedFolder) -> Lines:
    would = added.committed.dry_run
    yield Line("report", f"{'would check out' if would else 'checked out'} {added.branch} in {added.folder}")
    if not would:
        yield Line("report", f"undo with: rtv workcopy remove {shlex.quote(str(added.folder))}")


def refreshed_lines(done: Refreshed) -> Lines:
    name, commit = done.path.name, styled(done.commit[:10], "id")
    if done.set_aside is not None:
        said = f"wrote {name} again @ {commit}; what it held is in {done.set_aside.name}"
    elif done.before == done.commit and not done.is_written:
        said = f"{name} is up to date @ {commit}"
    elif done.dry_run:
        said = f"would bring {name} from {done.before[:10]} to {commit}; nothing was changed"
    else:
        what = "lines went or moved as on the branch" if done.is_written else "no line had to change"
        if done.lines:
            what = f"{count(done.lines, 'line')} came from the branch"
        said = f"{name} is at {commit} now; {what}"
    yield Line("report", said)


def removed_file_lines(path: Path, *, deleted: bool, would: bool) -> Lines:
    gone = "would delete the file" if would else "deleted the file"
    stays = gone if deleted else "the file stays as it is"
    yield Line("report", f"{'would unlink' if would else 'unlinked'} {path.name}; {stays}")


def removed_folder_lines(removed: RemovedFolder) -> Lines:
    did = "would remove" if removed.committed.dry_run else "removed"
    branch = f"; the branch {removed.branch} stays" if removed.branch else ""
    yield Line("report", f"{did} the folder copy {removed.folder}{branch}")
    if removed.left:
        yield Line("note", f"left in that folder: {listed(removed.left, 5)}")


# ---- what is in one


def folder_status_lines(folder: Path, survey: Survey) -> Lines:
    unsaved = count(len(survey.unsaved), "unsaved edit") if survey.unsaved else "nothing unsaved"
    state = "" if survey.git is None else f"; {survey.git.said.removesuffix(' here')} there"
    yield f"{folder} is on {survey.branch or 'no branch'}: {unsaved}{state}"
    yield Line("hint", f"rtv -C {folder} status")


def file_status_lines(found: CopyStatus, look: Look) -> Lines:
    """Yield the counts of a file copy, a line for each line that is not what it was, and the next step."""
    link = found.link
    where = f"{styled(link.branch, 'heading')} @ {styled(link.commit[:10], 'id')}"
    yield f"{link.path.name} of {where}: {count(found.counts['lines'], 'line')}"
    yield from copy_notes(found)
    changes = {key: number for key, number in found.counts.items() if number and key not in ("lines", "respelled")}
    yield ", ".join(f"{number:,} {key}" for key, number in changes.items()) or "nothing was edited"
    items = iter(found.lines())
    for each in islice(items, _SHOWN):
        yield from _line(found, each, look.width)
    more = sum(1 for _ in items)
    if more:
        yield f"… and {more:,} more; --json lists all"
    if found.edits.unclear:
        line = found.edits.lines.numbers[min(found.edits.unclear)]
        yield Line("hint", f"decide with: rtv workcopy commit --as {line}=ID   or --new {line}   or --ambiguous new")
    elif found.edits.drops_many:
        yield Line("hint", f"rtv workcopy commit --removed {found.counts['dropped']}")
    elif not found.is_clean:
        yield Line("hint", "rtv workcopy commit")


def _line(found: CopyStatus, each: LineStatus, width: int) -> Iterator[str]:
    place = f"line {each.line}" if each.line is not None else f"was line {each.was}"
    moved = f" (was line {each.was})" if each.is_moved else ""
    if each.change == "ambiguous":
        yield head_and_text(styled(f"? {place}", "warning"), each.preview, width)
        some = ", ".join(f"{one.id} ({one.percent}%)" for one in each.candidates[:3])
        yield f"    {each.reason}" + (f": {some}" if some else "")
        return
    if each.change == "moved":
        yield head_and_text(styled(f"> {place}{moved}", "changed"), each.preview, width)
        return
    change = found.change_of(each)
    shown = change_line(
        EntryChange(each.id or "new", change[0], change[1]), max(width - len(place) - len(moved) - 2, 30)
    )
    yield f"{place}{moved}: {shown}"


def copy_notes(found: CopyStatus) -> Iterator[str]:
    """Yield what is to be known about a file copy as a whole: its branch, its spelling, whether it was cut off."""
    name = found.link.branch
    if found.tip is None:
        yield f"the branch {name} is gone; make it again with: rtv branch {name} --from {found.link.commit[:10]}"
    elif found.is_apart:
        yield (
            f"{name} does not lead through the commit of this file any more: that was undone, or the branch was moved\n"
            "rtv workcopy refresh brings the file to where the branch is; rtv redo brings back what was undone"
        )
    elif found.newer:
        newer = count(found.newer, "newer commit")
        yield f"{name} has {newer}; rtv workcopy refresh brings {'it' if found.newer == 1 else 'them'} in"
    number = found.counts["respelled"]
    if number:
        how = f" ({', '.join(found.respelled)})" if found.respelled else ""
        lines = "every line is" if number == found.counts["lines"] else f"{count(number, 'line is', 'lines are')}"
        yield f"{lines} written another way, with the same values{how}: another program wrote it, which is no change"
    if found.edits.drops_many:
        gone, before = found.counts["dropped"], len(found.edits.linked)
        yield f"{gone:,} of {before:,} entries would go: was the file cut off? a commit asks for the number"
