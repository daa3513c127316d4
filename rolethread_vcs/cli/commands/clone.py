"""Copy a dataset with its whole history, all its branches and releases.

\b
  rtv clone /media/stick/tavern tavern
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context, pass_context

GROUP = "start"


@click.command(cls=Command)
@click.argument("source", metavar="PATH")
@click.argument("directory", metavar="[DIR]", required=False)
@pass_context
def command(context: Context, source: str, directory: str | None) -> None:
    # what opens a dataset is of no use to help
    from rolethread_vcs.errors import UsageError
    from rolethread_vcs.ops.settings.creation import clone
    from rolethread_vcs.phrases import count

    if "://" in source or (":" in source and not context.path(source).exists()):
        raise UsageError(f"{source} is not a path; this version copies datasets from folders only")
    origin = context.path(source).resolve()
    target = context.path(directory or origin.name.removesuffix(".git"))
    started = clone(origin, target)
    output = context.output
    for warning in started.warnings:
        output.warn(warning)
    for note in started.notes:
        output.note(note)
    if context.json:
        output.envelope(
            "rolethread.clone/v1",
            {
                "folder": str(started.repository.folder),
                "entries": started.entries,
                "branches": started.branches,
                "commit": started.repository.head_commit(),
            },
        )
        return
    output.report(
        f"copied {count(started.entries, 'entry', 'entries')} on "
        f"{count(started.branches, 'branch', 'branches')} to {started.repository.folder}"
    )
