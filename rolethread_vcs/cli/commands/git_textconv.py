"""Print a file of a dataset as people read it, for git's diff; called by git.

`rtv hooks install` tells git to call this for `git diff`, `git show` and `git log -p`.
"""

from __future__ import annotations

import sys

import click

from rolethread_vcs.cli.context import Command, Context


@click.command(cls=Command)
@click.argument("file")
@click.option("--kind", default="entry", hidden=True, help="What the file is: entry, tag …")
@click.option("--text", expose_value=False, hidden=True, help="The version of the text, for git's memory.")
def command(context: Context, file: str, kind: str) -> None:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.entries import plain_text

    with Dataset.upkeep.system_errors(f"reading {file}"):
        data = context.path(file).read_bytes()
    sys.stdout.write(plain_text(data, kind))
