"""Says what was done with working copies, as text or as JSON; what is in a file copy is told in `_workcopy_status`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rolethread_vcs.cli.context import Context
from rolethread_vcs.phrases import count
from rolethread_vcs.views.changes import UNDO
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.ops.workcopy.commit import Refreshed
    from rolethread_vcs.ops.workcopy.file_copies import FileCopy
    from rolethread_vcs.ops.workcopy.folder_copies import AddedFolder, FolderCopy, RemovedFolder
    from rolethread_vcs.ops.workcopy.links import Link

COPIES = "rolethread.workcopies/v1"
REFRESH = "rolethread.workcopy_refresh/v1"
REMOVED = "rolethread.workcopy_removed/v1"


def print_added_file(context: Context, link: Link, *, bind: bool, dry_run: bool) -> None:
    """Say which file was written and linked."""
    if context.json:
        own = {"kind": "file", "lines": len(link.ids), "is_touched": False}
        context.output.envelope(COPIES, {"copies": [(own, link)]})
        return
    verb = ("would link" if dry_run else "linked") if bind else ("would write" if dry_run else "wrote")
    kind = f"{'clean ' if link.clean else ''}{link.format}"
    commit = styled(link.commit[:10], "id")
    entries = count(len(link.ids), "entry", "entries")
    where = f"{link.path.name} to {link.branch}" if bind else f"{entries} of {link.branch}"
    context.output.report(f"{verb} {where} @ {commit} ({kind})" + ("" if bind else f" to {link.path.name}"))
    if not dry_run:
        context.output.note("edit it with any program, then: rtv workcopy status   rtv workcopy commit")


def print_added_folder(context: Context, added: AddedFolder) -> None:
    """Say which branch was checked out where."""
    done = added.committed
    if context.json:
        copy = {"kind": "folder", "path": added.folder, "branch": added.branch, "commit": done.commit}
        context.output.envelope(COPIES, {"copies": [copy]})
        return
    for note in done.notes:
        context.output.note(note)
    would = "would check out" if done.dry_run else "checked out"
    context.output.report(f"{would} {added.branch} in {added.folder}")
    if not done.dry_run:
        context.output.report(UNDO.replace("rtv undo", f"rtv workcopy remove {shlex.quote(str(added.folder))}"))


def print_copies(context: Context, files: Sequence[FileCopy], folders: Sequence[FolderCopy]) -> None:
    """List working copies."""
    others = [each for each in folders if each.name or len(folders) > 1]
    if context.json:
        copies: list[Any] = [_file_value(each) for each in files]
        copies += [({"kind": "folder", "path": each.folder, "is_touched": bool(each.unsaved)}, each) for each in others]
        context.output.envelope(COPIES, {"copies": copies})
        return
    if not files and not others:
        context.output.note("there are no working copies; make one with: rtv workcopy add train.jsonl --branch NAME")
        return
    for each in files:
        context.output.print(_file_line(each))
    for folder in others:
        here = "  (you are here)" if folder.is_here else ""
        unsaved = f"  {count(folder.unsaved, 'unsaved edit', 'unsaved edits')}" if folder.unsaved else ""
        problem = f"  {styled(folder.problem, 'warning')}" if folder.problem else ""
        branch = folder.branch or "no branch"
        context.output.print(f"folder  {folder.folder}  {styled(branch, 'heading')}{here}{unsaved}{problem}")


def _file_value(each: FileCopy) -> tuple[Any, ...]:
    if each.link is None:
        return {"kind": "file", "branch": None, "clean": False, "lines": 0}, each
    return {"kind": "file", "lines": len(each.link.ids)}, each, each.link


def _file_line(each: FileCopy) -> str:
    link = each.link
    if link is None:
        return f"file    {each.path or '?'}  {styled(each.problem, 'warning')}"
    kind = f"{'clean ' if link.clean else ''}{link.format}{f' where {link.where}' if link.where else ''}"
    touched = "  touched since" if link.is_touched else ""
    problem = f"  {styled(each.problem, 'warning')}" if each.problem else ""
    where = f"{styled(link.branch, 'heading')} @ {styled(link.commit[:10], 'id')}"
    return f"file    {each.path}  {where}  {count(len(link.ids), 'line', 'lines')}, {kind}{touched}{problem}"


def print_refreshed(context: Context, done: Refreshed) -> None:
    """Say what a refresh brought into a file."""
    if context.json:
        context.output.envelope(REFRESH, done)
        return
    name, commit = done.path.name, styled(done.commit[:10], "id")
    if done.set_aside is not None:
        context.output.report(f"wrote {name} again @ {commit}; what it held is in {done.set_aside.name}")
    elif done.before == done.commit and not done.is_written:
        context.output.report(f"{name} is up to date @ {commit}")
    elif done.dry_run:
        context.output.report(f"would bring {name} from {done.before[:10]} to {commit}; nothing was changed")
    else:
        if done.lines:
            what = f"{count(done.lines, 'line', 'lines')} came from the branch"
        else:
            what = "lines went or moved as on the branch" if done.is_written else "no line had to change"
        context.output.report(f"{name} is at {commit} now; {what}")


def print_removed_file(context: Context, path: Path, *, deleted: bool, dry_run: bool) -> None:
    """Say that a file copy was unlinked."""
    if context.json:
        context.output.envelope(REMOVED, {"path": path, "deleted": deleted, "left": [], "dry_run": dry_run})
        return
    would = "would unlink" if dry_run else "unlinked"
    gone = "would delete the file" if dry_run else "deleted the file"
    stays = gone if deleted else "the file stays as it is"
    context.output.report(f"{would} {path.name}; {stays}")


def print_removed_folder(context: Context, removed: RemovedFolder) -> None:
    """Say that a folder copy was removed."""
    done = removed.committed
    if context.json:
        own = {"path": removed.folder, "deleted": removed.was_there, "dry_run": done.dry_run}
        context.output.envelope(REMOVED, own, removed)
        return
    for note in done.notes:
        context.output.note(note)
    would = "would remove" if done.dry_run else "removed"
    branch = f"; the branch {removed.branch} stays" if removed.branch else ""
    context.output.report(f"{would} the folder copy {removed.folder}{branch}")
    if removed.left:
        context.output.note(
            f"left in that folder: {', '.join(removed.left[:5])}{' …' if len(removed.left) > 5 else ''}"
        )
