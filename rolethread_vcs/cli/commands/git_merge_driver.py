"""Merge three versions of a file the way this program merges; called by git.

`rtv hooks install` tells git to call this, so that plain `git merge`, `rebase`, `cherry-pick` and `stash` merge
conversations. The result is written over OURS. Where both sides changed the same thing the status is 1, OURS holds
everything that merged and its own side of the rest, and what conflicted is told; there are never markers in a file.
In a rebase it is not your side that stands there: git calls what HEAD has ours.
"""

from __future__ import annotations

import shlex

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import InvalidError

CONFLICT = 1
"""What git takes for a conflict; it is git that reads this status."""


@click.command(cls=Command)
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("path")
def command(context: Context, base: str, ours: str, theirs: str, path: str) -> int:
    from rolethread_vcs.dataset import Dataset

    warn = context.output.warn
    try:
        conflicts = Dataset.upkeep.merge_files(path, *map(context.path, (base, ours, theirs)))
    except InvalidError as error:
        warn(f"{error.message}; it was left as HEAD has it")
        return CONFLICT
    if not conflicts:
        return 0
    for conflict in conflicts:
        warn(f"{path}: {conflict.field}: {conflict.message}")
    name = shlex.quote(path)
    warn(
        f"{path} holds what HEAD has of that, and all the rest merged; edit it, then: git add {name}   "
        f"(or take the other side: git checkout --theirs {name}; rtv merge, rtv pick and rtv revert ask you field "
        "by field instead)"
    )
    return CONFLICT
