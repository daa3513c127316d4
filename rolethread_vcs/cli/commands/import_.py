"""Bring the rows of files in as entries, in one commit.

\b
  rtv import chats.jsonl
  rtv import old.json.gz --skip-invalid
  cat chats.jsonl | rtv import -

A file that was imported before adds only what is new in it. Rows that the gate refuses are not saved: the answer says
how many each way forward would save.
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, BinaryIO

import click

from rolethread_vcs.cli.answers import note_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, complete_branches, saving_options
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.phrases import file_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.import_.row_reader import ImportOptions
    from rolethread_vcs.transaction import Intent


@click.command(cls=ChangeCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--format", "format_name", metavar="NAME", default="auto", help="Read rows of this format only.")
@click.option("--encoding", metavar="NAME", help="Read text that is not UTF-8, such as cp1252, gbk or utf-16.")
@click.option("--fix", is_flag=True, help="Make safe repairs, and say which.")
@click.option(
    "--to",
    "branch",
    metavar="BRANCH",
    shell_complete=complete_branches,
    help="Import into this branch; it is made if missing.",
)
@click.option("--skip-invalid", is_flag=True, help="Save the rows that can be saved, write the rest to a file.")
@click.option("--rejects", metavar="FILE", help="Where rows go that were not saved.")
@click.option("--key", metavar="FIELD", help="A field that tells rows apart, such as id.")
@click.option("--map", "labels", metavar="LABEL=ROLE", multiple=True, help="Read a label of speakers as a role.")
@click.option("--again", is_flag=True, help="Bring back entries that were removed here.")
@saving_options
def command(
    context: Context,
    files: tuple[str, ...],
    format_name: str,
    encoding: str | None,
    fix: bool,
    branch: str | None,
    skip_invalid: bool,
    rejects: str | None,
    key: str | None,
    labels: tuple[str, ...],
    again: bool,
    saving: Saving,
) -> None:
    from rolethread_vcs import ImportOptions

    try:
        dataset = context.dataset
    except NotFoundError as error:
        error.hint = f"make a dataset with these rows: rtv init my-dataset --from {shlex.quote(files[0])}"
        raise
    if files.count("-") > 1:
        raise UsageError("standard input can be read once")
    if "-" in files and sys.stdin.isatty():
        context.output.note("reading rows from the keyboard; end with Ctrl-D")
    rejects_file = context.path(rejects) if rejects is not None else None
    options = ImportOptions(
        format=format_name,
        fix=fix,
        skip_invalid=skip_invalid,
        rejects=rejects_file,
        key=key,
        again=again,
        encoding=encoding,
        roles=dict(map(_label_and_role, labels)),
    )
    sources = [sys.stdin.buffer if name == "-" else context.path(name) for name in files]
    short = [name if name == "-" else file_text(context.path(name).name) for name in files[:3]]
    intent = saving.intent(f"import {' '.join(short)}{' …' if len(files) > 3 else ''}", branch=branch)
    names = [None if name == "-" else name for name in files]
    run_import(context, dataset, sources, options, intent, names=names)


def _label_and_role(word: str) -> tuple[str, str]:
    label, _, role = word.rpartition("=")
    if not label.strip() or not role.strip():
        raise UsageError(f"{word!r} is not LABEL=ROLE", hint="--map narrator=assistant")
    return label.strip(), role.strip()


def run_import(
    context: Context,
    dataset: Dataset,
    files: Sequence[Path | BinaryIO],
    options: ImportOptions,
    intent: Intent,
    *,
    names: Sequence[str | None],
) -> None:
    from rolethread_vcs.views.changes import imported_lines

    output = context.output
    with output.progress("importing") as step:
        result = dataset.import_files(files, options, intent, names=names, step=step)
    committed = result.committed
    note_committed(output, committed)
    for note in result.notes:
        output.note(note)
    formats = sorted({name for source in result.sources for name in source.formats})
    own = {
        "rejects_file": None if result.reject_files is None else result.reject_files.rows,
        "format": formats[0] if len(formats) == 1 else formats or None,
        "source": result.sources[0] if len(result.sources) == 1 else result.sources,
        "notes": [*committed.notes, *result.notes],
    }
    lines = imported_lines(result, None if context.output.json else dataset.current_branch())
    output.answer("rolethread.import/v1", own, result, committed, lines=lines)
