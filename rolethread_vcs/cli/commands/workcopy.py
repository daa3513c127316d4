"""Work on a branch in one plain file, with any editor or script, or in a folder.

\b
  rtv workcopy add train.jsonl --branch warmer --format sharegpt --clean
  …                                  edit train.jsonl with whatever you like
  rtv workcopy status
  rtv workcopy commit -m "warmer answers"

A name that ends in .jsonl is a file copy: entries a line each, linked to a commit. Any other name is a folder copy: a
second folder of the dataset, on another branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import click

from rolethread_vcs.cli.answers import note_committed, print_committed
from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import (
    Saving,
    clean_option,
    complete_branches,
    dry_run_option,
    format_option,
    gathered,
    making_options,
    saving_options,
)
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.ops.workcopy.commit import CommitOptions
    from rolethread_vcs.ops.workcopy.merge import Take

COPIES = "rolethread.workcopies/v1"
STATUS = "rolethread.workcopy/v1"
REMOVED = "rolethread.workcopy_removed/v1"

command = Group()


@dataclass(frozen=True, slots=True)
class LineWords:
    """What was said about lines."""

    entries: tuple[str, ...]
    new: tuple[int, ...]
    ambiguous: str
    decisions: str | None

    def options(self, context: Context, removed: int | None = None, take: str | None = None) -> CommitOptions:
        from rolethread_vcs import CommitOptions, LineDecisions

        path = None if self.decisions is None else context.path(self.decisions)
        decisions = LineDecisions(self.entries, self.new, path, self.ambiguous == "new")
        return CommitOptions(decisions, removed, cast("Take | None", take))


line_options = gathered(
    "words",
    LineWords,
    decisions=click.option(
        "--decisions", metavar="FILE", help="Take what is said of lines in this file (status --json)."
    ),
    ambiguous=click.option(
        "--ambiguous",
        type=click.Choice(["stop", "new"]),
        default="stop",
        help="What to do with lines that could be one entry or another.",
    ),
    new=click.option("--new", "new", metavar="LINE", type=int, multiple=True, help="This line is a new entry."),
    entries=click.option("--as", "entries", metavar="LINE=ID", multiple=True, help="This line is that entry."),
)
"""Gives a command `--as`, `--new`, `--ambiguous`, `--decisions`, and its function a `words: LineWords`."""

take_option = click.option(
    "--take", type=click.Choice(["file", "branch"]), help="Who wins where both changed the same."
)


@command.command("add")
@click.argument("path", metavar="FILE|DIR")
@click.option("--branch", metavar="NAME", shell_complete=complete_branches, help="The branch; the current one.")
@click.option("--from", "revision", metavar="REV", help="The commit to start from; the branch's newest.")
@format_option
@clean_option
@click.option("--where", metavar="QUERY", help="Only these entries.")
@click.option("--bind", is_flag=True, help="Link a file that is there, as it is.")
@dry_run_option
def add(
    context: Context,
    path: str,
    branch: str | None,
    revision: str | None,
    format_name: str,
    clean: bool,
    where: str | None,
    bind: bool,
    dry_run: bool,
) -> None:
    """Write the entries of a branch to a file, or check a branch out in a folder."""
    from rolethread_vcs import CopyOptions
    from rolethread_vcs.views.workcopies import added_file_lines, added_folder_lines

    copies, output = context.dataset.copies, context.output
    target = context.path(path)
    if copies.is_file_name(target):
        options = CopyOptions(branch, revision, format_name, clean, where, bind)
        with output.progress("writing") as step:
            link = copies.add(target, options, step=step, dry_run=dry_run)
        file = ({"kind": "file", "lines": len(link.ids), "is_touched": False}, link)
        output.answer(COPIES, {"copies": [file]}, lines=added_file_lines(link, bind=bind, would=dry_run))
        return
    if revision is not None or clean or where is not None or bind or format_name != "messages":
        raise UsageError(
            f"{path} names a folder, and these options are for a file", hint="a file copy is called NAME.jsonl"
        )
    if branch is None:
        raise UsageError("a folder copy needs a branch", hint=f"rtv workcopy add {path} --branch NAME")
    intent = Saving(dry_run=dry_run).intent(f"workcopy add {path} --branch {branch}")
    added = copies.add_folder(target, branch, intent)
    note_committed(output, added.committed)
    folder = ({"kind": "folder", "path": added.folder, "branch": added.branch}, added.committed)
    output.answer(COPIES, {"copies": [folder]}, lines=added_folder_lines(added))


@command.command("list")
def list_(context: Context) -> None:
    """List the file copies and the folder copies."""
    from rolethread_vcs.views.workcopies import copies_lines

    files, folders = context.dataset.copies.files(), context.dataset.copies.folders()
    others = [each for each in folders if each.name or len(folders) > 1]
    copies: list[object] = []
    for file in files:
        if file.link is None:
            copies.append(({"kind": "file", "branch": None, "clean": False, "lines": 0}, file))
        else:
            copies.append(({"kind": "file", "lines": len(file.link.ids)}, file, file.link))
    copies += [({"kind": "folder", "path": each.folder, "is_touched": bool(each.unsaved)}, each) for each in others]
    context.output.answer(COPIES, {"copies": copies}, lines=copies_lines(files, others))


@command.command("status")
@click.argument("path", metavar="[FILE|DIR]", required=False)
@line_options
def status(context: Context, path: str | None, words: LineWords) -> None:
    """Show which lines are new, edited, moved, dropped or ambiguous; --json is also a file for --decisions."""
    from rolethread_vcs.views.workcopies import copy_notes, file_status_lines, folder_status_lines

    copies, output = context.dataset.copies, context.output
    folder = _folder(context, path)
    if folder is not None:
        survey = copies.folder_status(folder)
        of_folder = {"kind": "folder", "path": folder, "branch": survey.branch, "commit": survey.commit}
        of_folder["unsaved"] = len(survey.unsaved)
        output.answer(STATUS, of_folder, lines=folder_status_lines(folder, survey))
        return
    found = copies.status(_file(context, path), words.options(context).decisions)
    own = {"kind": "file", "apart": found.is_apart, "notes": list(copy_notes(found)), "unsaved": None}
    own |= {"branch": found.link.branch, "lines": list(found.lines()) if context.output.json else ()}
    output.answer(STATUS, own, found, found.link, lines=file_status_lines(found, output.look))


@command.command("commit")
@click.argument("path", metavar="[FILE|DIR]", required=False)
@line_options
@click.option("--removed", type=int, metavar="N", help="Remove N entries; needed for more than 20 and a tenth.")
@take_option
@saving_options
def commit(
    context: Context, path: str | None, words: LineWords, removed: int | None, take: str | None, saving: Saving
) -> None:
    """Make one commit of what was edited in a file, on its branch as it is now."""
    copies = context.dataset.copies
    folder = _folder(context, path)
    if folder is not None:
        print_committed(context, copies.commit_folder(folder, saving.intent("commit")))
        return
    file = _file(context, path)
    done = copies.commit(file, words.options(context, removed, take), saving.intent(f"workcopy commit {file.name}"))
    print_committed(context, done.committed, nothing=f"{file.name} says what it said; there is nothing to commit")
    if done.note:
        context.output.warn(done.note)


@command.command("refresh")
@click.argument("path", metavar="[FILE]", required=False)
@line_options
@take_option
@click.option("--discard", is_flag=True, help="Write the file again, without its edits; it is set aside first.")
@dry_run_option
def refresh(
    context: Context, path: str | None, words: LineWords, take: str | None, discard: bool, dry_run: bool
) -> None:
    """Bring newer commits of the branch into a file; what you edited in it stays."""
    from rolethread_vcs.views.workcopies import refreshed_lines

    if _folder(context, path) is not None:
        raise UsageError(
            "a folder copy follows its branch by itself; there is nothing to refresh", hint="rtv workcopy list"
        )
    options = words.options(context, take=take)
    done = context.dataset.copies.refresh(_file(context, path), options, discard=discard, dry_run=dry_run)
    context.output.answer("rolethread.workcopy_refresh/v1", done, lines=refreshed_lines(done))


@command.command("remove")
@click.argument("path", metavar="FILE|DIR")
@click.option("--delete", is_flag=True, help="Delete the file too.")
@click.option("--force", is_flag=True, help="Delete it with edits that were never committed.")
@making_options
def remove(context: Context, path: str, delete: bool, force: bool, saving: Saving) -> None:
    """Unlink a file copy, the file stays; or remove a folder copy that has no unsaved edits."""
    from rolethread_vcs.views.workcopies import removed_file_lines, removed_folder_lines

    copies, output, would = context.dataset.copies, context.output, saving.dry_run
    folder = _folder(context, path)
    if folder is not None:
        removed = copies.remove_folder(folder, saving.intent(f"workcopy remove {path}"))
        note_committed(output, removed.committed)
        own = {"path": removed.folder, "deleted": removed.was_there, "dry_run": would}
        output.answer(REMOVED, own, removed, lines=removed_folder_lines(removed))
        return
    file = _file(context, path)
    deleted = copies.remove(file, delete=delete, force=force, dry_run=would)
    own = {"path": file, "deleted": deleted, "left": (), "dry_run": would}
    output.answer(REMOVED, own, lines=removed_file_lines(file, deleted=deleted, would=would))


def _folder(context: Context, path: str | None) -> Path | None:
    target = None if path is None else context.path(path)
    return None if target is None or context.dataset.copies.is_file_name(target) else target


def _file(context: Context, path: str | None) -> Path:
    return context.dataset.copies.find(None if path is None else context.path(path), name=path or "")
