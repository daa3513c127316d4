"""Start a dataset in a folder, empty or with the entries of files.

\b
  rtv init my-dataset
  rtv init my-dataset --from chats.jsonl
  rtv init my-dataset --from drafts/*.jsonl
"""

from __future__ import annotations

import os
import shlex

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.errors import RoleThreadError, UsageError
from rolethread_vcs.phrases import file_text


@click.command(cls=ChangeCommand, change="made")
@click.argument("directory", metavar="[DIR]", default=".")
@click.option("--from", "sources", metavar="FILE", multiple=True, help="Import this file at once; may be repeated.")
@click.option("--name", metavar="TEXT", help="The name of the dataset; the folder's by default.")
@click.option("--id", "identity", metavar="UUID", help="The identity of the dataset; a fresh one by default.")
@click.argument("more", metavar="[FILE]...", nargs=-1)
def command(
    context: Context,
    directory: str,
    sources: tuple[str, ...],
    name: str | None,
    identity: str | None,
    more: tuple[str, ...],
) -> None:
    from rolethread_vcs.dataset import Dataset

    if more and not sources:
        raise UsageError(
            "init takes one folder; files to import stand behind --from", hint=f"rtv init {directory} --from {more[0]}"
        )
    files = [context.path(source) for source in (*sources, *more)]
    in_folder = f"rtv -C {shlex.quote(directory)} import "
    try:
        Dataset.upkeep.refuse_unreadable(files)
    except RoleThreadError as error:
        if error.hint is not None and error.code == "not_utf8":
            error.hint = error.hint.replace("rtv import ", f"rtv init {shlex.quote(directory)} && {in_folder}")
        raise
    dataset = Dataset.init(context.path(directory), name=name, id=identity)
    output = context.output
    output.saved = True
    for warning in dataset.warnings:
        output.warn(warning)
    snapshot = dataset.snapshot()
    output.note(f"made the dataset {snapshot.settings.name} in {dataset.folder}")
    if files:
        from rolethread_vcs import ImportOptions, Intent
        from rolethread_vcs.cli.commands.import_ import run_import

        intent = Intent("import", f"import {' '.join(file_text(file.name) for file in files[:3])}")
        names = [os.path.relpath(file, dataset.folder) for file in files]
        try:
            run_import(context, dataset, files, ImportOptions(), intent, names=names)
        except RoleThreadError as error:
            if not error.saved:
                error.message += f"; the dataset {directory} is made, and empty"
                hint = error.hint or f"rtv import {sources[0]}"
                error.hint = hint.replace("rtv import ", in_folder)
            raise
        return
    settings = snapshot.settings
    own = {"folder": str(dataset.folder), "name": settings.name, "id": settings.id, "commit": snapshot.id}
    output.answer("rolethread.init/v1", own, lines=())
    here = f"rtv -C {shlex.quote(directory)}"
    output.hint(f"{here} import FILE   or   {here} add")
