"""Write the entries of a commit as a file for a trainer, or to standard output.

\b
  rtv export -o train.jsonl
  rtv export -o train.json --format sharegpt --clean
  rtv export main~3 --where tag:tavern > some.jsonl

The same commit and options give the same bytes on every machine.
"""

from __future__ import annotations

import shlex

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import clean_option, complete_branches, format_option
from rolethread_vcs.errors import NotFoundError, UsageError


@click.command(cls=Command)
@click.argument("revision", metavar="[REV]", default="@", shell_complete=complete_branches)
@click.option("-o", "--output", "target", metavar="FILE", help="Write this file (.json, .jsonl, either with .gz).")
@format_option
@clean_option
@click.option("--where", metavar="QUERY", help="Only these entries.")
@click.option("--fail-if-unsaved", is_flag=True, help="Stop when files were edited by hand and not saved.")
@click.option(
    "--masks",
    type=click.Choice(["weight", "train", "drop"]),
    help="With --clean, what becomes of masked answers (train: false, weight: 0): give every answer a weight, 0 or 1 "
    "(the default where any is masked and the format has a place for it), train on them like any other, or drop them, "
    "with the questions that only they answered.",
)
@click.option("--skip-unfit", is_flag=True, help="Leave out entries that the format has no place for, and name them.")
@click.option("--skip-damaged", is_flag=True, help="Leave out entries that cannot be read, and name them.")
@click.option("--overwrite", is_flag=True, help="Replace the file whatever it holds.")
def command(
    context: Context,
    revision: str,
    target: str | None,
    format_name: str,
    clean: bool,
    where: str | None,
    fail_if_unsaved: bool,
    masks: str | None,
    skip_unfit: bool,
    skip_damaged: bool,
    overwrite: bool,
) -> None:
    from rolethread_vcs import ExportOptions
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.entries import exported_lines

    if revision == "-":
        raise UsageError("- is no revision; an export without -o goes to standard output", hint="rtv export -o -")
    output = context.output
    dataset = Dataset.open(context.folder, check=False) if skip_damaged else context.dataset
    path = context.path(target) if target not in (None, "-") else None
    if context.output.json and path is None:
        raise UsageError("--json and an export to standard output do not go together", hint="rtv export -o FILE --json")
    options = ExportOptions(format_name, clean, where, None, skip_damaged, skip_unfit, masks)
    with output.progress("exporting") as step:
        try:
            result = dataset.export(
                revision,
                options,
                path=path,
                write=None if path is not None else output.write_rows,
                overwrite=overwrite,
                fail_if_unsaved=fail_if_unsaved,
                step=step,
            )
        except (UsageError, NotFoundError) as error:
            if target is None and revision.lower().removesuffix(".gz").endswith((".json", ".jsonl")):
                words = ["rtv", "export", "--format", format_name, *["--clean"] * clean, "-o", revision]
                error.hint = f"write that file with: {shlex.join(words)}"
            raise
    for warning in result.warnings:
        output.warn(warning)
    for entry_id in result.left_out:
        output.warn(f"left out: entry {entry_id} is damaged and cannot be read")
    lines = exported_lines(result, target if path is not None else None)
    output.answer("rolethread.export/v1", result, result.options, lines=lines)
