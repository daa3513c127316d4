"""Copy a dataset with its whole history, all its branches and releases.

\b
  rtv clone /media/stick/tavern tavern
  rtv clone file:///media/stick/tavern
  rtv clone tavern.bundle           what git bundle create tavern.bundle --all wrote

The copy follows the original, as one made by git does: git fetch brings what is new there.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import Line


@click.command(cls=ChangeCommand, change="made")
@click.argument("source", metavar="PATH")
@click.argument("directory", metavar="[DIR]", required=False)
def command(context: Context, source: str, directory: str | None) -> None:
    from rolethread_vcs.dataset import Dataset

    dataset = Dataset.clone(source, directory, inside=context.path("."))
    snapshot, branches = dataset.snapshot(), dataset.branches.names()
    output = context.output
    for warning in dataset.warnings:
        output.warn(warning)
    for note in dataset.notes:
        output.note(note)
    value = {
        "folder": dataset.folder,
        "entries": len(snapshot),
        "branches": len(branches),
        "commit": snapshot.id,
    }
    copied = f"copied {count(len(snapshot), 'entry')} on {count(len(branches), 'branch')} to {dataset.folder}"
    output.answer("rolethread.clone/v1", value, lines=[Line("report", copied)])
