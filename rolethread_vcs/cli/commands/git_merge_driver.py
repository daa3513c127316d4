"""Merge three versions of a file the way this program merges; called by git.

`rtv hooks install` tells git to call this, so that plain `git merge`, `rebase`, `cherry-pick` and `stash` merge
conversations. The result is written over OURS. Where both sides changed the same thing the status is 1, OURS holds
everything that merged and our side of the rest, and what conflicted is told; there are never markers in a file.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context, pass_context

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict

GROUP = "git"

CONFLICT = 1
"""What git takes for a conflict; it is git that reads this status."""


@click.command(cls=Command)
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("path")
@pass_context
def command(context: Context, base: str, ours: str, theirs: str, path: str) -> int:
    # only git calls this; help needs none of it
    from rolethread_vcs.ops.merge.version_merge import UnreadableVersionError, merge_versions
    from rolethread_vcs.store import disk

    versions = [context.path(name) for name in (base, ours, theirs)]
    with disk.system_errors(f"merging {path}"):
        was, left, right = (version.read_bytes() for version in versions)
        try:
            merged = merge_versions(path, was, left, right)
        except UnreadableVersionError as error:
            context.output.warn(f"{error.message}; your side was left as it is")
            return CONFLICT
        if merged.data != left:
            versions[1].write_bytes(merged.data)
    for line in _clash_lines(path, merged.conflicts):
        context.output.warn(line)
    return CONFLICT if merged.conflicts else 0


def _clash_lines(path: str, conflicts: tuple[Conflict, ...]) -> list[str]:
    if not conflicts:
        return []
    lines = [f"{path}: {conflict.field}: {conflict.message}" for conflict in conflicts]
    name = shlex.quote(path)
    lines.append(
        f"{path} holds your side of that, and all the rest merged; edit it, then: git add {name}   "
        f"(or take theirs: git checkout --theirs {name}; or start again with rtv merge, which asks you field by field)"
    )
    return lines
