"""Verify the dataset to the last byte: objects, entries, branches and the operation log.

Exit status 70 means that something is damaged; what it is stands in plain words, with the entry or commit. Nothing is
changed, but with --repair: then what can be mended is, with objects from the files that are checked out, and from
another copy of the dataset or a bundle of git that --from names. What is in the way goes to a folder in .git, which the
answer names; nothing is deleted.
"""

from __future__ import annotations

import shlex

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import DamagedError, UsageError

ENVELOPE = "rolethread.verify/v1"


@click.command(cls=Command)
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@click.option("--from", "source", metavar="COPY|BUNDLE", help="With --repair: take what is missing from here.")
def command(context: Context, repair: bool, source: str | None) -> int:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.status import verification_lines

    if source is not None and not repair:
        raise UsageError("--from goes with --repair", hint=shlex.join(["rtv", "verify", "--repair", "--from", source]))
    output = context.output
    with output.progress("verifying") as step:
        if repair:
            result = Dataset.upkeep.repair(context.folder, None if source is None else context.path(source), step)
        else:
            result = Dataset.open(context.folder, check=False).upkeep.verify(step)
    output.answer(ENVELOPE, result, lines=verification_lines(result))
    return 0 if result.ok else DamagedError.status
