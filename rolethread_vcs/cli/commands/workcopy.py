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

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import Saving, Wish, complete_branches, line_options, making_options, saving_options
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.workcopy.links import FileCopy
    from rolethread_vcs.transaction import Committed

COPIES = "rolethread.workcopies/v1"
STATUS = "rolethread.workcopy/v1"
REMOVED = "rolethread.workcopy_removed/v1"


command = Group()


@command.command("add")
@click.argument("path", metavar="FILE|DIR")
@click.option("--branch", metavar="NAME", shell_complete=complete_branches, help="The branch; the current one.")
@click.option("--from", "revision", metavar="REV", help="The commit to start from; the branch's newest.")
@click.option("--format", "format_name", metavar="NAME", default="messages", help="messages, sharegpt or alpaca.")
@click.option("--clean", is_flag=True, help="Only what a trainer reads: no ids, no tags.")
@click.option("--where", metavar="QUERY", help="Only these entries.")
@click.option("--bind", is_flag=True, help="Link a file that is there, as it is.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
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

    dataset = context.dataset
    target = context.path(path)
    if dataset.copies.is_file_name(target):
        options = CopyOptions(branch, revision, format_name, clean, where, bind)
        with context.output.progress("writing") as step:
            link = dataset.copies.add(target, options, step=step, dry_run=dry_run)
        copy = ({"kind": "file", "lines": len(link.ids), "is_touched": False}, link)
        context.output.answer(COPIES, {"copies": [copy]}, lines=added_file_lines(link, bind=bind, would=dry_run))
        return
    if revision is not None or clean or where is not None or bind or format_name != "messages":
        raise UsageError(
            f"{path} names a folder, and these options are for a file", hint="a file copy is called NAME.jsonl"
        )
    if branch is None:
        raise UsageError("a folder copy needs a branch", hint=f"rtv workcopy add {path} --branch NAME")
    intent = Saving(dry_run=dry_run).intent(f"workcopy add {path} --branch {branch}")
    added = dataset.copies.add_folder(target, branch, intent)
    _note(context, added.committed)
    own = {"kind": "folder", "path": added.folder, "branch": added.branch}
    context.output.answer(COPIES, {"copies": [(own, added.committed)]}, lines=added_folder_lines(added))


@command.command("list")
def list_(context: Context) -> None:
    """List the file copies and the folder copies."""
    from rolethread_vcs.views.workcopies import copies_lines

    dataset = context.dataset
    files, folders = dataset.copies.files(), dataset.copies.folders()
    others = [each for each in folders if each.name or len(folders) > 1]
    copies: list[object] = [_sources(each) for each in files]
    copies += [({"kind": "folder", "path": each.folder, "is_touched": bool(each.unsaved)}, each) for each in others]
    context.output.answer(COPIES, {"copies": copies}, lines=copies_lines(files, others))


@command.command("status")
@click.argument("path", metavar="[FILE|DIR]", required=False)
@line_options
def status(context: Context, path: str | None, wish: Wish) -> None:
    """Show which lines are new, edited, moved, dropped or ambiguous; --json is also a file for --decisions."""
    from rolethread_vcs.views.workcopies import copy_notes, file_status_lines, folder_status_lines

    dataset = context.dataset
    folder = _folder(context, path)
    if folder is not None:
        survey = dataset.copies.folder_status(folder)
        of_folder = {"kind": "folder", "path": folder, "branch": survey.branch, "commit": survey.commit}
        of_folder["unsaved"] = len(survey.unsaved)
        context.output.answer(STATUS, of_folder, lines=folder_status_lines(folder, survey))
        return
    found = dataset.copies.status(_file(context, dataset, path), wish.words(context))
    if not context.json:
        context.output.show(file_status_lines(found, width=context.output.width))
        return
    own = {"kind": "file", "apart": found.is_apart, "notes": list(copy_notes(found)), "unsaved": None}
    own |= {"branch": found.link.branch, "lines": list(found.lines())}
    context.output.envelope(STATUS, own, found, found.link)


@command.command("commit")
@click.argument("path", metavar="[FILE|DIR]", required=False)
@line_options
@click.option("--removed", type=int, metavar="N", help="Let so many entries go; needed for more than 20 and a tenth.")
@click.option("--take", type=click.Choice(["file", "branch"]), help="Who wins where both changed the same.")
@saving_options
def commit(
    context: Context, path: str | None, wish: Wish, removed: int | None, take: str | None, saving: Saving
) -> None:
    """Make one commit of what was edited in a file, on its branch as it is now."""

    dataset = context.dataset
    folder = _folder(context, path)
    if folder is not None:
        print_committed(context, dataset.copies.commit_folder(folder, saving.intent("commit")))
        return
    file = _file(context, dataset, path)
    intent = saving.intent(f"workcopy commit {file.name}")
    done = dataset.copies.commit(file, wish.options(context, removed, take), intent)
    print_committed(context, done.committed, nothing=f"{file.name} says what it said; there is nothing to commit")
    if done.note:
        context.output.warn(done.note)


@command.command("refresh")
@click.argument("path", metavar="[FILE]", required=False)
@line_options
@click.option("--take", type=click.Choice(["file", "branch"]), help="Who wins where both changed the same.")
@click.option("--discard", is_flag=True, help="Write the file again, without its edits; it is set aside first.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def refresh(context: Context, path: str | None, wish: Wish, take: str | None, discard: bool, dry_run: bool) -> None:
    """Bring newer commits of the branch into a file; what you edited in it stays."""
    from rolethread_vcs.views.workcopies import refreshed_lines

    dataset = context.dataset
    if _folder(context, path) is not None:
        raise UsageError(
            "a folder copy follows its branch by itself; there is nothing to refresh", hint="rtv workcopy list"
        )
    file = _file(context, dataset, path)
    options = wish.options(context, None, take)
    done = dataset.copies.refresh(file, options, discard=discard, dry_run=dry_run)
    context.output.answer("rolethread.workcopy_refresh/v1", done, lines=refreshed_lines(done))


@command.command("remove")
@click.argument("path", metavar="FILE|DIR")
@click.option("--delete", is_flag=True, help="Delete the file too.")
@click.option("--force", is_flag=True, help="Delete it with edits that were never committed.")
@making_options
def remove(context: Context, path: str, delete: bool, force: bool, saving: Saving) -> None:
    """Unlink a file copy, the file stays; or remove a folder copy that has no unsaved edits."""
    from rolethread_vcs.views.workcopies import removed_file_lines, removed_folder_lines

    dataset = context.dataset
    folder = _folder(context, path)
    if folder is not None:
        intent = saving.intent(f"workcopy remove {path}")
        removed = dataset.copies.remove_folder(folder, intent)
        _note(context, removed.committed)
        own = {"path": removed.folder, "deleted": removed.was_there, "dry_run": saving.dry_run}
        context.output.answer(REMOVED, own, removed, lines=removed_folder_lines(removed))
        return
    file = _file(context, dataset, path)
    deleted = dataset.copies.remove(file, delete=delete, force=force, dry_run=saving.dry_run)
    own = {"path": file, "deleted": deleted, "left": (), "dry_run": saving.dry_run}
    context.output.answer(REMOVED, own, lines=removed_file_lines(file, deleted=deleted, would=saving.dry_run))


def _sources(copy: FileCopy) -> tuple[object, ...]:
    if copy.link is None:
        return {"kind": "file", "branch": None, "clean": False, "lines": 0}, copy
    return {"kind": "file", "lines": len(copy.link.ids)}, copy, copy.link


def _note(context: Context, committed: Committed) -> None:
    for note in () if context.json else committed.notes:
        context.output.note(note)


def _folder(context: Context, path: str | None) -> Path | None:
    from rolethread_vcs.dataset import Dataset

    if path is None:
        return None

    target = context.path(path)
    return None if Dataset.copies.is_file_name(target) else target


def _file(context: Context, dataset: Dataset, path: str | None) -> Path:
    return dataset.copies.find(None if path is None else context.path(path), name=path or "")
