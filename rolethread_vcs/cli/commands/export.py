"""Write the entries of a commit as a file for a trainer, or to standard output.

\b
  rtv export -o train.jsonl
  rtv export -o train.json --format sharegpt --clean
  rtv export main~3 --where tag:tavern > some.jsonl

The same commit and options give the same bytes on every machine.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import count


@click.command(cls=Command)
@click.argument("revision", metavar="[REV]", default="@", shell_complete=complete_branches)
@click.option("-o", "--output", "target", metavar="FILE", help="Write this file (.json, .jsonl, either with .gz).")
@click.option("--format", "format_name", metavar="NAME", default="messages", help="messages, sharegpt or alpaca.")
@click.option("--clean", is_flag=True, help="Only what a trainer reads: no ids, no tags.")
@click.option("--where", metavar="QUERY", help="Only these entries.")
@click.option("--fail-if-unsaved", is_flag=True, help="Stop when files were edited by hand and not saved.")
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
    skip_damaged: bool,
    overwrite: bool,
) -> None:
    from rolethread_vcs import ExportOptions

    if revision == "-":
        raise UsageError("- is no revision; an export without -o goes to standard output", hint="rtv export -o -")
    dataset = context.dataset
    path = context.path(target) if target not in (None, "-") else None
    if context.json and path is None:
        raise UsageError("--json and an export to standard output do not go together", hint="rtv export -o FILE --json")
    name = (target or "").removesuffix(".gz")
    options = ExportOptions(format_name, clean, where, "json" if name.endswith(".json") else "jsonl", skip_damaged)
    output = context.output
    with output.progress("exporting") as step:
        result = dataset.export(
            revision,
            options,
            path=path,
            write=None if path is not None else output.write_rows,
            overwrite=overwrite,
            fail_if_unsaved=fail_if_unsaved,
            step=step,
        )
    for warning in result.warnings:
        output.warn(warning)
    for entry_id in result.left_out:
        output.warn(f"left out: entry {entry_id} is damaged and cannot be read")
    said = (
        f"exported {count(result.entries, 'entry')} of {result.revision} @ {result.commit[:10]} "
        f"(sha256 {result.sha256[:12]}…)"
    )
    if context.json:
        output.envelope("rolethread.export/v1", result)
    else:
        output.note(said + (f" to {target}" if path is not None else ""))
        if path is not None and path.is_file() and not name.endswith((".json", ".jsonl")):
            output.note("the file holds JSON lines; a name that ends in .jsonl or .json says what is wanted")
